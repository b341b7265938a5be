"""TELESTO: aperture unknown, field 1 deg, tiling."""

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

GWEMOPT = "gwemopt/data/config/TELESTO.config"
FIELD = Fact(1.0 * u.deg, GWEMOPT)

TELESCOPE = Telescope(
    name="TELESTO",
    full_name="TELESTO",
    site=Site(
        latitude=Fact(46.308 * u.deg, GWEMOPT),
        longitude=Fact(6.135 * u.deg, GWEMOPT),
        elevation=Fact(443.0 * u.m, GWEMOPT),
    ),
    aperture=UNKNOWN,
    cameras=(
        Camera(
            name="not named",
            kind="imager",
            shape=Shape.SQUARE,
            width=FIELD,
            height=FIELD,
            readout=Fact(2.1 * u.s, GWEMOPT),
            overhead=Fact(0.0 * u.s, GWEMOPT),
            filter_change=Fact(0.0 * u.s, GWEMOPT),
        ),
    ),
    limits=Limits(
        min_altitude=Fact(30.0 * u.deg, GWEMOPT),
        moon_separation=Fact(20.0 * u.deg, "gwemopt 0.4.2, default of its code", "The config sets none"),
        declination_min=Fact(None, GWEMOPT, "No limit is set"),
        declination_max=Fact(None, GWEMOPT, "No limit is set"),
        twilight=Fact(-18.0 * u.deg, PROJECT_DEFAULT),
    ),
    slew_rate=Fact(2.0 * u.deg / u.s, GWEMOPT),
    default_exposure=Fact(30.0 * u.s, GWEMOPT),
    default_filter=Fact("no filter", GWEMOPT, "The config says none"),
    limiting_magnitude=Fact(21.0, GWEMOPT, "Doubted: very deep for 30 s"),
    cookbook_limit=UNKNOWN,
    mode=Fact(Mode.TILING, "grandma-cookbook/doc2/14_Transcripts.md l.240: 1 deg rule applied to the field"),
    usage=Fact(UsageClass.UNKNOWN, NOT_FOUND),
    trigger=UNKNOWN,
    robotic=UNKNOWN,
    membership=Fact(None, GWEMOPT, "No entry in grandma_data; membership in GRANDMA not checked"),
    status=UNKNOWN,
)
