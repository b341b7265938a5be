"""The Blanco 4 m with NEWFIRM in its AEON nights, asked through LCO's portal.

Source: TOM Toolkit's `tom_observations.facilities.blanco`, whose extra parameters (dithers, co-added exposures,
repeats) are sent as its form does. DECam is not scheduled this way; its team is asked by message.
"""

from __future__ import annotations

from typing import Any

from tom_observations.facilities.blanco import BLANCOSettings

from tom_grandma_facilities.transports.base import Exposure, Line, Outgoing, Refused, Setting
from tom_grandma_facilities.transports.ocs import Ocs

DITHERS = ("2x2", "3x3", "4x4", "5-point")
DETECTORS = ("none", "det_1", "det_2", "det_3", "det_4")
_OWN = {
    "instrument_type": Setting("instrument_type", "Instrument type", required=True, help="BLANCO_NEWFIRM"),
    "telescope_class": Setting("telescope_class", "Telescope class", required=True, help="The Blanco is a 4m0."),
    "site": Setting("site", "Site", help="bco"),
    "filters": Setting("filters", "Filters", help="Ours=theirs as the portal lists NEWFIRM's, such as 2massj=JX."),
}


class Blanco(Ocs):
    """NEWFIRM, near infrared."""

    name = "blanco"
    label = "Blanco/NEWFIRM (AEON)"
    about = "The Blanco's share of AEON nights, scheduled by LCO's portal, with LCO's token."
    facility = BLANCOSettings()
    settings = (
        *(_OWN.get(one.name, one) for one in Ocs.settings),
        Setting(
            "dither_sequence", "Dither sequence", choices=DITHERS, help=f"One of {', '.join(DITHERS)}; 2x2 without."
        ),
        Setting("dither_value", "Dither [arcsec]", help="Distance of the dithers; 80 without it."),
        Setting(
            "detector_centering", "Detector", choices=DETECTORS, help="Which detector is centred; det_1 without it."
        ),
        Setting("coadds", "Co-added exposures", help="1 without it."),
    )

    def _configuration(
        self,
        outgoing: Outgoing,
        line: Line,
        name: str,
        position: tuple[float, float],
        exposures: tuple[Exposure, ...],
    ) -> dict[str, Any]:
        configuration = super()._configuration(outgoing, line, name, position, exposures)
        configuration["extra_params"] = {
            "dither_value": _whole(line, "dither_value", "80"),
            "dither_sequence": line.get("dither_sequence", "2x2"),
            "detector_centering": line.get("detector_centering", "det_1"),
            "dither_sequence_random_offset": True,
        }
        return configuration

    def _exposure(self, one: Exposure, line: Line) -> dict[str, Any]:
        config = super()._exposure(one, line)
        config["extra_params"] = {"coadds": _whole(line, "coadds", "1"), "sequence_repeats": 1}
        return config


def _whole(line: Line, name: str, default: str) -> int:
    value = line.get(name, default)
    if not value.isdecimal():
        raise Refused(f"The channel's {name} is {value!r}, which is not a whole number.")
    return int(value)


TRANSPORTS = (Blanco(),)
