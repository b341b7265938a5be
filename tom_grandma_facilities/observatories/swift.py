"""The Neil Gehrels Swift Observatory: in space."""

from tom_grandma_facilities.besides import observatory

TELESCOPE = observatory(
    "Swift",
    "Neil Gehrels Swift Observatory",
    source="swifttools 4.0.5, swift_too/swift/toorequest.py",
    site_note="In space",
    filters=("XRT and UVOT",),
    exposure_s=2000.0,
    default_filter="XRT and UVOT",
    notes=("The duty scientist decides; the UVOT filters are those of the mode that the channel names.",),
    space=True,
)
