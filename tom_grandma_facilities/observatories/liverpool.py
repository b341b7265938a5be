"""The Liverpool Telescope on La Palma."""

from tom_grandma_facilities.besides import observatory

TELESCOPE = observatory(
    "Liverpool",
    "Liverpool Telescope",
    source="tom_lt 0.5.1, tom_lt/lt.py",
    site=(28.762, -17.872, 2363.0),
    exposure_s=120.0,
    filters=("U", "G", "R", "I", "Z"),
    default_filter="R",
    aliases=("LT",),
)
