"""Las Cumbres Observatory: telescopes on many sites behind one portal."""

from tom_grandma_facilities.besides import observatory

TELESCOPE = observatory(
    "LCO",
    "Las Cumbres Observatory",
    source="tomtoolkit 3.1.0, tom_observations/facilities/lco.py",
    site_note="Many sites; the portal chooses one",
    filters=("U", "B", "V", "R", "I", "up", "gp", "rp", "ip", "zs", "w"),
    exposure_s=120.0,
    default_filter="rp",
    notes=("Its portal chooses the site and the telescope of the class that the channel names.",),
)
