"""SOAR with the Goodman imager, in AEON nights."""

from tom_grandma_facilities.besides import observatory

TELESCOPE = observatory(
    "SOAR-Goodman",
    "SOAR, Goodman in AEON nights",
    source="tomtoolkit 3.1.0, tom_observations/facilities/soar.py",
    site=(-30.237892, -70.733642, 2000.0),
    exposure_s=120.0,
    notes=("It observes by LCO's portal in the nights given to AEON only.",),
)
