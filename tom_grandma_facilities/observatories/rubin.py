"""The Vera C. Rubin Observatory: a survey that takes alerts."""

from tom_grandma_facilities.besides import observatory

TELESCOPE = observatory(
    "Rubin",
    "Vera C. Rubin Observatory",
    source="gwemopt/data/config/LSST.config",
    site=(-30.1716, -70.8009, 2207.0),
    site_note="The config has Cerro Tololo's position; Rubin stands on Cerro Pachon, about 10 km away",
    exposure_s=30.0,
    default_filter="r",
    notes=("Its scheduler chooses filters and exposures by the strategy that the channel names.",),
    survey=True,
)
