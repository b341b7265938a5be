"""F60: aperture unknown, field 0.3 deg, galaxy targeting."""

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

GWEMOPT = "gwemopt/data/config/F60.config"
FIELD = Fact(0.3 * u.deg, GWEMOPT)

TELESCOPE = Telescope(
    name="F60",
    full_name="F60",
    site=Site(
        latitude=Fact(40.3942 * u.deg, GWEMOPT),
        longitude=Fact(117.575 * u.deg, GWEMOPT),
        elevation=Fact(900.0 * u.m, GWEMOPT),
    ),
    aperture=UNKNOWN,
    cameras=(
        Camera(
            name="not named",
            kind="imager",
            shape=Shape.SQUARE,
            width=FIELD,
            height=FIELD,
            readout=Fact(5.0 * u.s, GWEMOPT),
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
    slew_rate=Fact(6.0 * u.deg / u.s, GWEMOPT),
    default_exposure=Fact(10.0 * u.s, GWEMOPT),
    default_filter=Fact("g", GWEMOPT),
    limiting_magnitude=Fact(18.0, GWEMOPT),
    cookbook_limit=UNKNOWN,
    mode=Fact(Mode.GALAXY, "grandma-cookbook/doc2/14_Transcripts.md l.240: 1 deg rule applied to the field"),
    usage=Fact(UsageClass.UNKNOWN, NOT_FOUND),
    trigger=UNKNOWN,
    robotic=UNKNOWN,
    membership=Fact(None, GWEMOPT, "No entry in grandma_data; membership in GRANDMA not checked"),
    status=UNKNOWN,
)
