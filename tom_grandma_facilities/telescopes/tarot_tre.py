"""TAROT/TRE: 0.18 m, field 4.2 deg, tiling."""

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
GWEMOPT = "gwemopt/data/config/TRE.config"
COOKBOOK = "grandma-cookbook/doc2/7_Notifying_Telescope.md l.60"
FIELD = Fact(4.2 * u.deg, GWEMOPT)

TELESCOPE = Telescope(
    name="TAROT-TRE",
    full_name="TAROT/TRE",
    site=Site(
        latitude=Fact(-21.19882 * u.deg, GRANDMA_DATA),
        longitude=Fact(55.41022 * u.deg, GRANDMA_DATA),
        elevation=Fact(991.0 * u.m, GRANDMA_DATA),
    ),
    aperture=Fact(0.18 * u.m, GRANDMA_DATA, "The cookbook says 0.2m"),
    cameras=(
        Camera(
            name="TAROT/TRE",
            kind="imager",
            shape=Shape.SQUARE,
            width=FIELD,
            height=FIELD,
            filters=Fact(("ps1::open",), INSTRUMENTS),
            readout=Fact(10.0 * u.s, GWEMOPT),
            overhead=Fact(0.0 * u.s, GWEMOPT),
            filter_change=Fact(0.0 * u.s, GWEMOPT),
        ),
    ),
    limits=Limits(
        min_altitude=Fact(20.0 * u.deg, GWEMOPT),
        moon_separation=Fact(30.0 * u.deg, GWEMOPT),
        declination_min=Fact(-90.0 * u.deg, GWEMOPT),
        declination_max=Fact(40.0 * u.deg, GWEMOPT),
        twilight=Fact(-18.0 * u.deg, PROJECT_DEFAULT),
    ),
    slew_rate=Fact(20.0 * u.deg / u.s, GWEMOPT),
    default_exposure=Fact(30.0 * u.s, GWEMOPT),
    default_filter=Fact("no filter", GWEMOPT, "The config says None"),
    limiting_magnitude=Fact(17.0, GWEMOPT),
    cookbook_limit=Fact("19 max", COOKBOOK),
    mode=Fact(Mode.TILING, "grandma-cookbook/doc2/14_Transcripts.md l.233-237", "Named there as a tiling telescope"),
    usage=Fact(UsageClass.VF, COOKBOOK),
    trigger=Fact("Automatic", COOKBOOK),
    robotic=Fact(True, GRANDMA_DATA),
    membership=Fact(True, GRANDMA_DATA, "Listed there"),
    status=Fact("regular", COOKBOOK),
    aliases=("TAROT/TRE", "TRE"),
)
