"""Canada-France-Hawaii Telescope: 3.58 m, field 0.9 deg, tiling."""

from astropy import units as u

from tom_grandma_facilities.telescope import (
    PROJECT_DEFAULT,
    Camera,
    Fact,
    Limits,
    Mode,
    Shape,
    Site,
    Telescope,
    UsageClass,
)

GRANDMA_DATA = "grandma_data/telescopes.yaml"
INSTRUMENTS = "grandma_data/instruments.yaml"
GWEMOPT = "gwemopt/data/config/CFHT.config"
SITES = "astropy-data coordinates/sites.json (commit 6fd70f0), from the IRAF Observatory Database"
COOKBOOK = "grandma-cookbook/doc2/7_Notifying_Telescope.md l.149"
FIELD = Fact(0.9 * u.deg, GWEMOPT, "The config names no camera; taken as MegaCam")

# grandma_data and gwemopt give the headquarters in Waimea, 30 km from the dome on the summit of Mauna Kea.
TELESCOPE = Telescope(
    name="CFHT",
    full_name="Canada-France-Hawaii Telescope",
    site=Site(
        latitude=Fact(
            19.826667 * u.deg, SITES, "grandma_data says 20.0195 and gwemopt 20.0203: rejected, 30 km from the summit"
        ),
        longitude=Fact(
            -155.471667 * u.deg,
            SITES,
            "grandma_data says -155.672 and gwemopt -155.6719: rejected, 30 km from the summit",
        ),
        elevation=Fact(
            4204.0 * u.m, GRANDMA_DATA, f"{GWEMOPT} says 812.09 m: rejected; astropy-data sites.json says 4215 m"
        ),
    ),
    aperture=Fact(3.58 * u.m, GRANDMA_DATA),
    cameras=(
        Camera(
            name="CFHT/MEGACAM",
            kind="imager",
            shape=Shape.SQUARE,
            width=FIELD,
            height=FIELD,
            filters=Fact(("sdssg", "sdssr", "sdssi", "sdssz"), INSTRUMENTS),
            readout=Fact(40.0 * u.s, GWEMOPT),
            overhead=Fact(0.0 * u.s, GWEMOPT),
            filter_change=Fact(None, GWEMOPT, "Not set in the config"),
        ),
        Camera(name="CFHT/WIRCAM", kind="imager", filters=Fact(("2massj", "2massh", "2massks"), INSTRUMENTS)),
    ),
    limits=Limits(
        min_altitude=Fact(30.0 * u.deg, GWEMOPT),
        moon_separation=Fact(20.0 * u.deg, "gwemopt 0.4.2, default of its code", "The config sets none"),
        declination_min=Fact(None, GWEMOPT, "No limit is set"),
        declination_max=Fact(None, GWEMOPT, "No limit is set"),
        twilight=Fact(-18.0 * u.deg, PROJECT_DEFAULT),
    ),
    slew_rate=Fact(15.0 * u.deg / u.s, GWEMOPT),
    default_exposure=Fact(300.0 * u.s, GWEMOPT),
    default_filter=Fact("r", GWEMOPT),
    limiting_magnitude=Fact(None, GWEMOPT, "The config says 15 mag in 300 s, which is not credible for 3.58 m"),
    cookbook_limit=Fact("25", COOKBOOK),
    mode=Fact(Mode.TILING, "grandma-cookbook/doc2/14_Transcripts.md l.233-237", "Named there as a tiling telescope"),
    usage=Fact(UsageClass.UNKNOWN, COOKBOOK, "Not told"),
    trigger=Fact(None, COOKBOOK, "Not told"),
    robotic=Fact(False, GRANDMA_DATA),
    membership=Fact(True, GRANDMA_DATA, "Listed there"),
    status=Fact("asked through a contact of its own", COOKBOOK),
)
