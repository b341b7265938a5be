"""SVOM-MXT: in space."""

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

GWEMOPT = "gwemopt/data/config/SVOM-MXT.config"
FIELD = Fact(1.06667 * u.deg, GWEMOPT)

TELESCOPE = Telescope(
    name="SVOM-MXT",
    full_name="SVOM-MXT",
    site=Site(
        latitude=Fact(None, GWEMOPT, "In space: the config's -30, -61.7 is a placeholder"),
        longitude=Fact(None, GWEMOPT, "In space: the config's -30, -61.7 is a placeholder"),
        elevation=Fact(None, GWEMOPT, "In space"),
    ),
    aperture=UNKNOWN,
    cameras=(
        Camera(
            name="not named",
            kind="imager",
            shape=Shape.SQUARE,
            width=FIELD,
            height=FIELD,
            readout=Fact(20.0 * u.s, GWEMOPT),
            overhead=Fact(0.0 * u.s, GWEMOPT),
            filter_change=Fact(0.0 * u.s, GWEMOPT),
        ),
    ),
    limits=Limits(
        min_altitude=Fact(None, GWEMOPT, "No horizon in space"),
        moon_separation=Fact(None, GWEMOPT, "Not a matter of the ground"),
        declination_min=Fact(None, GWEMOPT, "No limit is set"),
        declination_max=Fact(None, GWEMOPT, "No limit is set"),
        twilight=Fact(-18.0 * u.deg, PROJECT_DEFAULT),
    ),
    slew_rate=Fact(6.0 * u.deg / u.s, GWEMOPT),
    default_exposure=Fact(600.0 * u.s, GWEMOPT),
    default_filter=Fact("g", GWEMOPT),
    limiting_magnitude=Fact(22.5, GWEMOPT),
    cookbook_limit=UNKNOWN,
    mode=Fact(Mode.TILING, "grandma-cookbook/doc2/14_Transcripts.md l.240: 1 deg rule applied to the field"),
    usage=Fact(UsageClass.UNKNOWN, NOT_FOUND),
    trigger=UNKNOWN,
    robotic=UNKNOWN,
    membership=Fact(None, GWEMOPT, "No entry in grandma_data; membership in GRANDMA not checked"),
    status=UNKNOWN,
    space=True,
)
