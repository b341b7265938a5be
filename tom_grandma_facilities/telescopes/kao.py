"""KAO: 1.88 m, field 0.0191 deg, galaxy targeting."""

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
GWEMOPT = "gwemopt/data/config/KAO.config"
COOKBOOK = "grandma-cookbook/doc2/7_Notifying_Telescope.md l.106"
FIELD = Fact(
    0.0191 * u.deg,
    GWEMOPT,
    "Looks like an area in deg2 rather than a side: as an area it would be a square of 0.14 deg; not verified",
)

TELESCOPE = Telescope(
    name="KAO",
    full_name="KAO",
    site=Site(
        latitude=Fact(29.934016 * u.deg, GRANDMA_DATA),
        longitude=Fact(31.827731 * u.deg, GRANDMA_DATA),
        elevation=Fact(500.0 * u.m, GRANDMA_DATA),
    ),
    aperture=Fact(1.88 * u.m, GRANDMA_DATA, "The cookbook says 2m"),
    cameras=(
        Camera(
            name="KAO",
            kind="imager",
            shape=Shape.SQUARE,
            width=FIELD,
            height=FIELD,
            filters=Fact(("sdssg", "sdssr", "sdssi", "sdssz", "ps1::open"), INSTRUMENTS),
            readout=Fact(4.2 * u.s, GWEMOPT),
            overhead=Fact(0.0 * u.s, GWEMOPT),
            filter_change=Fact(4.0 * u.s, GWEMOPT),
        ),
    ),
    limits=Limits(
        min_altitude=Fact(30.0 * u.deg, GWEMOPT),
        moon_separation=Fact(20.0 * u.deg, "gwemopt 0.4.2, default of its code", "The config sets none"),
        declination_min=Fact(None, GWEMOPT, "No limit is set"),
        declination_max=Fact(None, GWEMOPT, "No limit is set"),
        twilight=Fact(-18.0 * u.deg, PROJECT_DEFAULT),
    ),
    slew_rate=Fact(1.0 * u.deg / u.s, GWEMOPT),
    default_exposure=Fact(300.0 * u.s, GWEMOPT),
    default_filter=Fact("r", GWEMOPT, "sdssr in the config"),
    limiting_magnitude=Fact(21.0, GWEMOPT),
    cookbook_limit=Fact("21.5/22.0 mag in r (45 min),", COOKBOOK),
    mode=Fact(Mode.GALAXY, "grandma-cookbook/doc2/14_Transcripts.md l.240: a field below 1 deg means galaxy targeting"),
    usage=Fact(UsageClass.F, COOKBOOK),
    trigger=Fact(None, COOKBOOK, "Not told"),
    robotic=Fact(False, GRANDMA_DATA),
    membership=Fact(True, GRANDMA_DATA, "Listed there"),
    status=Fact("regular", COOKBOOK),
)
