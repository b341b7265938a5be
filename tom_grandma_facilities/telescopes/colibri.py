"""COLIBRI: aperture unknown, field 0.383 deg, galaxy targeting."""

from astropy import units as u

from tom_grandma_facilities.telescope import (
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

GWEMOPT = "gwemopt/data/config/COLIBRI.config"
COOKBOOK = "grandma-cookbook/doc2/7_Notifying_Telescope.md l.182"
FIELD = Fact(0.383 * u.deg, GWEMOPT)

TELESCOPE = Telescope(
    name="COLIBRI",
    full_name="COLIBRI",
    site=Site(
        latitude=Fact(31.0449 * u.deg, GWEMOPT),
        longitude=Fact(-115.4645 * u.deg, GWEMOPT),
        elevation=Fact(2600.0 * u.m, GWEMOPT),
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
    slew_rate=Fact(20.0 * u.deg / u.s, GWEMOPT),
    default_exposure=Fact(240.0 * u.s, GWEMOPT),
    default_filter=Fact("r", GWEMOPT),
    limiting_magnitude=Fact(21.5, GWEMOPT),
    cookbook_limit=Fact(None, COOKBOOK, "Not told"),
    mode=Fact(Mode.GALAXY, "grandma-cookbook/doc2/14_Transcripts.md l.240: 1 deg rule applied to the field"),
    usage=Fact(UsageClass.UNKNOWN, COOKBOOK, "Not told"),
    trigger=Fact(None, COOKBOOK, "Not told"),
    robotic=UNKNOWN,
    membership=Fact(None, GWEMOPT, "No entry in grandma_data; membership in GRANDMA not checked"),
    status=Fact("partnership unknown", COOKBOOK),
    status_in_doubt=True,
)
