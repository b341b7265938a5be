"""NOWT: aperture unknown, field 1.4 deg, tiling."""

from astropy import units as u

from tom_grandma_facilities.telescope import (
    NOT_FOUND,
    PROJECT_DEFAULT,
    UNKNOWN,
    Camera,
    Fact,
    Limits,
    Mode,
    Shape,
    Site,
    Telescope,
    UsageClass,
)

GWEMOPT = "gwemopt/data/config/NOWT.config"
FIELD = Fact(1.4 * u.deg, GWEMOPT)

TELESCOPE = Telescope(
    name="NOWT",
    full_name="NOWT",
    site=Site(
        latitude=Fact(43.78 * u.deg, GWEMOPT),
        longitude=Fact(87.28 * u.deg, GWEMOPT),
        elevation=Fact(2080.0 * u.m, GWEMOPT),
    ),
    aperture=UNKNOWN,
    cameras=(
        Camera(
            name="not named",
            kind="imager",
            shape=Shape.SQUARE,
            width=FIELD,
            height=FIELD,
            readout=Fact(28.0 * u.s, GWEMOPT),
            overhead=Fact(0.0 * u.s, GWEMOPT),
            filter_change=Fact(None, GWEMOPT, "Not set in the config"),
        ),
    ),
    limits=Limits(
        min_altitude=Fact(30.0 * u.deg, GWEMOPT),
        moon_separation=Fact(20.0 * u.deg, "gwemopt 0.4.2, default of its code", "The config sets none"),
        declination_min=Fact(None, GWEMOPT, "No limit is set"),
        declination_max=Fact(None, GWEMOPT, "No limit is set"),
        twilight=Fact(-18.0 * u.deg, PROJECT_DEFAULT),
    ),
    slew_rate=Fact(7.0 * u.deg / u.s, GWEMOPT),
    default_exposure=Fact(15.0 * u.s, GWEMOPT),
    default_filter=Fact("r", GWEMOPT),
    limiting_magnitude=Fact(16.1, GWEMOPT),
    cookbook_limit=UNKNOWN,
    mode=Fact(Mode.TILING, "grandma-cookbook/doc2/14_Transcripts.md l.240: 1 deg rule applied to the field"),
    usage=Fact(UsageClass.UNKNOWN, NOT_FOUND),
    trigger=UNKNOWN,
    robotic=UNKNOWN,
    membership=Fact(None, GWEMOPT, "No entry in grandma_data; membership in GRANDMA not checked"),
    status=UNKNOWN,
)
