"""OSN/T150: 1.5 m, field 0.02 deg, galaxy targeting."""

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

GRANDMA_DATA = "grandma_data/telescopes.yaml"
INSTRUMENTS = "grandma_data/instruments.yaml"
GWEMOPT = "gwemopt/data/config/OSN.config"
FIELD = Fact(
    0.02 * u.deg,
    GWEMOPT,
    "Looks like an area in deg2 rather than a side: as an area it would be a square of 0.14 deg; not verified",
)

TELESCOPE = Telescope(
    name="OSN-T150",
    full_name="OSN/T150",
    site=Site(
        latitude=Fact(37.064167 * u.deg, GRANDMA_DATA),
        longitude=Fact(-3.384722 * u.deg, GRANDMA_DATA),
        elevation=Fact(2896.0 * u.m, GRANDMA_DATA),
    ),
    aperture=Fact(1.5 * u.m, GRANDMA_DATA),
    cameras=(
        Camera(
            name="OSN/T150",
            kind="imager",
            shape=Shape.SQUARE,
            width=FIELD,
            height=FIELD,
            filters=Fact(("bessellb", "bessellv", "bessellr", "besselli", "bessellux", "ps1::open"), INSTRUMENTS),
            readout=Fact(15.0 * u.s, GWEMOPT),
            overhead=Fact(0.0 * u.s, GWEMOPT),
            filter_change=Fact(None, GWEMOPT, "Not set in the config"),
        ),
    ),
    limits=Limits(
        min_altitude=Fact(30.0 * u.deg, PROJECT_DEFAULT),
        moon_separation=Fact(20.0 * u.deg, "gwemopt 0.4.2, default of its code", "The config sets none"),
        declination_min=Fact(None, GWEMOPT, "No limit is set"),
        declination_max=Fact(None, GWEMOPT, "No limit is set"),
        twilight=Fact(-18.0 * u.deg, PROJECT_DEFAULT),
    ),
    slew_rate=Fact(None, GWEMOPT, "The config says 0, which cannot be"),
    default_exposure=Fact(180.0 * u.s, GWEMOPT),
    default_filter=Fact("R", GWEMOPT, "The config says BVRI (four filters); R is taken for a single one"),
    limiting_magnitude=Fact(21.5, GWEMOPT),
    cookbook_limit=UNKNOWN,
    mode=Fact(Mode.GALAXY, "grandma-cookbook/doc2/14_Transcripts.md l.240: a field below 1 deg means galaxy targeting"),
    usage=Fact(UsageClass.UNKNOWN, NOT_FOUND),
    trigger=UNKNOWN,
    robotic=Fact(False, GRANDMA_DATA),
    membership=Fact(True, GRANDMA_DATA, "Listed there"),
    status=UNKNOWN,
    aliases=("OSN/T150", "OSN"),
)
