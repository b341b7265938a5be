"""SOAR in its AEON nights, asked through LCO's portal as TOM Toolkit's `tom_observations.facilities.soar` does."""

from __future__ import annotations

from tom_observations.facilities.soar import SOARSettings

from tom_grandma_facilities.transports.base import Setting
from tom_grandma_facilities.transports.ocs import Ocs

_OWN = {
    "instrument_type": Setting(
        "instrument_type", "Instrument type", required=True, help="Such as SOAR_GHTS_REDCAM_IMAGER."
    ),
    "telescope_class": Setting("telescope_class", "Telescope class", required=True, help="SOAR is a 4m0."),
    "site": Setting("site", "Site", help="sor"),
    "readout_mode": Setting(
        "readout_mode", "Readout mode", help="Such as GHTS_R_IMAGE_1x1; it must match the night's."
    ),
}


class Soar(Ocs):
    """SOAR's imagers. It observes only in the nights given to AEON; otherwise the window passes."""

    name = "soar"
    label = "SOAR (AEON)"
    about = "SOAR's share of AEON nights, scheduled by LCO's portal, with LCO's token."
    facility = SOARSettings()
    settings = tuple(_OWN.get(one.name, one) for one in Ocs.settings)


TRANSPORTS = (Soar(),)
