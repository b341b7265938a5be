"""TAROT/TCH: 0.25 m, field 1.9 deg, tiling."""

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
GWEMOPT = "gwemopt/data/config/TCH.config"
COOKBOOK = "grandma-cookbook/doc2/7_Notifying_Telescope.md l.80"
FIELD = Fact(1.9 * u.deg, GWEMOPT)

TELESCOPE = Telescope(
    name="TAROT-TCH",
    full_name="TAROT/TCH",
    site=Site(
        latitude=Fact(-29.25992 * u.deg, GRANDMA_DATA),
        longitude=Fact(-70.7326 * u.deg, GRANDMA_DATA),
        elevation=Fact(2398.0 * u.m, GRANDMA_DATA),
    ),
    aperture=Fact(0.25 * u.m, GRANDMA_DATA),
    cameras=(
        Camera(
            name="TAROT/TCH",
            kind="imager",
            shape=Shape.SQUARE,
            width=FIELD,
            height=FIELD,
            filters=Fact(("sdssg", "sdssr", "sdssi", "ps1::open"), INSTRUMENTS),
            readout=Fact(5.0 * u.s, GWEMOPT),
            overhead=Fact(0.0 * u.s, GWEMOPT),
            filter_change=Fact(0.0 * u.s, GWEMOPT),
        ),
    ),
    limits=Limits(
        min_altitude=Fact(15.0 * u.deg, GWEMOPT),
        moon_separation=Fact(30.0 * u.deg, GWEMOPT),
        declination_min=Fact(-90.0 * u.deg, GWEMOPT),
        declination_max=Fact(30.0 * u.deg, GWEMOPT),
        twilight=Fact(-18.0 * u.deg, PROJECT_DEFAULT),
    ),
    slew_rate=Fact(20.0 * u.deg / u.s, GWEMOPT),
    default_exposure=Fact(30.0 * u.s, GWEMOPT),
    default_filter=Fact("r", GWEMOPT),
    limiting_magnitude=Fact(18.0, GWEMOPT),
    cookbook_limit=Fact("g, r, i: < 180s (18–19 mag), > 30 min (20 mag)", COOKBOOK),
    mode=Fact(Mode.TILING, "grandma-cookbook/doc2/14_Transcripts.md l.233-237", "Named there as a tiling telescope"),
    usage=Fact(UsageClass.VF, COOKBOOK),
    trigger=Fact("Automatic (fastest)", COOKBOOK),
    robotic=Fact(True, GRANDMA_DATA),
    membership=Fact(True, GRANDMA_DATA, "Listed there"),
    status=Fact("regular", COOKBOOK),
    aliases=("TAROT/TCH", "TCH"),
)
