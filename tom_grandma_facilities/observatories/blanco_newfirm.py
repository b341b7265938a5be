"""The Blanco 4 m with NEWFIRM, in AEON nights."""

from tom_grandma_facilities.besides import observatory

TELESCOPE = observatory(
    "Blanco-NEWFIRM",
    "Victor M. Blanco Telescope, NEWFIRM in AEON nights",
    source="tomtoolkit 3.1.0, tom_observations/facilities/blanco.py",
    site=(-30.16541667, -70.81463889, 2000.0),
    exposure_s=60.0,
    notes=("It observes by LCO's portal in the nights given to AEON only.",),
)
