"""OAJ/T80: 0.8 m, field 1.4 deg, tiling."""

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
GWEMOPT = "gwemopt/data/config/OAJ.config"
COOKBOOK = "grandma-cookbook/doc2/7_Notifying_Telescope.md l.171"
FIELD = Fact(1.4 * u.deg, GWEMOPT)

TELESCOPE = Telescope(
    name="OAJ-T80",
    full_name="OAJ/T80",
    site=Site(
        latitude=Fact(40.041942 * u.deg, GRANDMA_DATA),
        longitude=Fact(-1.016165 * u.deg, GRANDMA_DATA),
        elevation=Fact(1954.0 * u.m, GRANDMA_DATA),
    ),
    aperture=Fact(0.8 * u.m, GRANDMA_DATA),
    cameras=(
        Camera(
            name="OAJ/T80",
            kind="imager",
            shape=Shape.SQUARE,
            width=FIELD,
            height=FIELD,
            filters=Fact(("sdssr", "ps1::open"), INSTRUMENTS),
            readout=Fact(12.0 * u.s, GWEMOPT),
            overhead=Fact(0.0 * u.s, GWEMOPT),
            filter_change=Fact(60.0 * u.s, GWEMOPT),
        ),
    ),
    limits=Limits(
        min_altitude=Fact(30.0 * u.deg, GWEMOPT),
        moon_separation=Fact(20.0 * u.deg, "gwemopt 0.4.2, default of its code", "The config sets none"),
        declination_min=Fact(None, GWEMOPT, "No limit is set"),
        declination_max=Fact(None, GWEMOPT, "No limit is set"),
        twilight=Fact(-18.0 * u.deg, PROJECT_DEFAULT),
    ),
    slew_rate=Fact(4.0 * u.deg / u.s, GWEMOPT),
    default_exposure=Fact(180.0 * u.s, GWEMOPT),
    default_filter=Fact("r", GWEMOPT),
    limiting_magnitude=Fact(21.0, GWEMOPT),
    cookbook_limit=Fact(None, COOKBOOK, "Not told"),
    mode=Fact(Mode.TILING, "grandma-cookbook/doc2/14_Transcripts.md l.233-237", "Named there as a tiling telescope"),
    usage=Fact(UsageClass.UNKNOWN, COOKBOOK, "Not told"),
    trigger=Fact(None, COOKBOOK, "Not told"),
    robotic=Fact(False, GRANDMA_DATA),
    membership=Fact(True, GRANDMA_DATA, "Listed there"),
    status=Fact("needs a Spanish partner", COOKBOOK),
    aliases=("OAJ/T80", "OAJ"),
    status_in_doubt=True,
)
