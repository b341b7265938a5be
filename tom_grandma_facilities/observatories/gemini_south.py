"""Gemini South: targets of opportunity."""

from tom_grandma_facilities.besides import observatory

TELESCOPE = observatory(
    "Gemini-South",
    "Gemini South",
    source="tomtoolkit 3.1.0, tom_observations/facilities/gemini.py",
    site=(-30.24075, -70.736694, 2722.0),
    exposure_s=120.0,
    notes=("A template observation must wait in the programme; filters are those of the channel's templates.",),
)
