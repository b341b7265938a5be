"""FRAM-Auger: 0.3 m, field 1 deg, tiling."""

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
GWEMOPT = "gwemopt/data/config/FZU-Auger.config"
COOKBOOK = "grandma-cookbook/doc2/7_Notifying_Telescope.md l.79"
FIELD = Fact(1.0 * u.deg, GWEMOPT)

# gwemopt's FZU-Auger.config is 11 km off and 800 m higher: grandma_data wins.
TELESCOPE = Telescope(
    name="FRAM-Auger",
    full_name="FRAM-Auger",
    site=Site(
        latitude=Fact(
            -35.48084 * u.deg,
            GRANDMA_DATA,
            "gwemopt/data/config/FZU-Auger.config puts it at -35.4956928, -69.4494508, 11 km away: rejected",
        ),
        longitude=Fact(-69.57052 * u.deg, GRANDMA_DATA, "See the latitude"),
        elevation=Fact(1400.0 * u.m, GRANDMA_DATA, "gwemopt/data/config/FZU-Auger.config says 2200 m: rejected"),
    ),
    aperture=Fact(0.3 * u.m, GRANDMA_DATA),
    cameras=(
        Camera(
            name="FRAM-Auger",
            kind="imager",
            shape=Shape.SQUARE,
            width=FIELD,
            height=FIELD,
            filters=Fact(
                ("bessellb", "bessellv", "bessellr", "sdssg", "sdssr", "sdssi", "sdssz", "ps1::open"), INSTRUMENTS
            ),
            readout=Fact(30.0 * u.s, GWEMOPT),
            overhead=Fact(0.0 * u.s, GWEMOPT),
            filter_change=Fact(10.0 * u.s, GWEMOPT),
        ),
    ),
    limits=Limits(
        min_altitude=Fact(20.0 * u.deg, GWEMOPT),
        moon_separation=Fact(45.0 * u.deg, GWEMOPT),
        declination_min=Fact(None, GWEMOPT, "No limit is set"),
        declination_max=Fact(None, GWEMOPT, "No limit is set"),
        twilight=Fact(-18.0 * u.deg, PROJECT_DEFAULT),
    ),
    slew_rate=Fact(1.0 * u.deg / u.s, GWEMOPT),
    default_exposure=Fact(60.0 * u.s, GWEMOPT),
    default_filter=Fact("r", GWEMOPT),
    limiting_magnitude=Fact(17.0, GWEMOPT),
    cookbook_limit=Fact("17 mag nominally", COOKBOOK),
    mode=Fact(Mode.TILING, "grandma-cookbook/doc2/14_Transcripts.md l.233-237", "Named there as a tiling telescope"),
    usage=Fact(UsageClass.VF, COOKBOOK),
    trigger=Fact("Automatic", COOKBOOK),
    robotic=Fact(True, GRANDMA_DATA),
    membership=Fact(True, GRANDMA_DATA, "Listed there"),
    status=Fact("regular", COOKBOOK),
    aliases=("FZU-Auger",),
    notes=("FOV_coverage 1390 in the gwemopt config is not an angle in degrees",),
)
