"""Gemini North: targets of opportunity."""

from tom_grandma_facilities.besides import observatory

TELESCOPE = observatory(
    "Gemini-North",
    "Gemini North",
    source="tomtoolkit 3.1.0, tom_observations/facilities/gemini.py",
    site=(19.8238, -155.46905, 4213.0),
    exposure_s=120.0,
    notes=("A template observation must wait in the programme; filters are those of the channel's templates.",),
)
