"""C2PU/Omicron: 1 m, field 0.4 deg, galaxy targeting."""

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
GWEMOPT = "gwemopt/data/config/C2PU.config"
COOKBOOK = "grandma-cookbook/doc2/7_Notifying_Telescope.md l.138"
FIELD = Fact(0.4 * u.deg, GWEMOPT)

TELESCOPE = Telescope(
    name="C2PU-Omicron",
    full_name="C2PU/Omicron",
    site=Site(
        latitude=Fact(43.753702 * u.deg, GRANDMA_DATA),
        longitude=Fact(6.922978 * u.deg, GRANDMA_DATA),
        elevation=Fact(1200.0 * u.m, GRANDMA_DATA),
    ),
    aperture=Fact(1.0 * u.m, GRANDMA_DATA),
    cameras=(
        Camera(
            name="C2PU/Omicron",
            kind="imager",
            shape=Shape.SQUARE,
            width=FIELD,
            height=FIELD,
            filters=Fact(("sdssg", "sdssr", "sdssi", "sdssz", "ps1::open"), INSTRUMENTS),
            readout=Fact(0.3 * u.s, GWEMOPT),
            overhead=Fact(0.0 * u.s, GWEMOPT),
            filter_change=Fact(5.0 * u.s, GWEMOPT),
        ),
    ),
    limits=Limits(
        min_altitude=Fact(20.0 * u.deg, GWEMOPT),
        moon_separation=Fact(20.0 * u.deg, "gwemopt 0.4.2, default of its code", "The config sets none"),
        declination_min=Fact(None, GWEMOPT, "No limit is set"),
        declination_max=Fact(None, GWEMOPT, "No limit is set"),
        twilight=Fact(-18.0 * u.deg, PROJECT_DEFAULT),
    ),
    slew_rate=Fact(0.3 * u.deg / u.s, GWEMOPT),
    default_exposure=Fact(240.0 * u.s, GWEMOPT),
    default_filter=Fact("r", GWEMOPT),
    limiting_magnitude=Fact(19.7, GWEMOPT),
    cookbook_limit=Fact("22.5", COOKBOOK),
    mode=Fact(Mode.GALAXY, "grandma-cookbook/doc2/14_Transcripts.md l.240: a field below 1 deg means galaxy targeting"),
    usage=Fact(UsageClass.UNKNOWN, COOKBOOK, "Not told"),
    trigger=Fact(None, COOKBOOK, "Not told"),
    robotic=Fact(False, GRANDMA_DATA),
    membership=Fact(True, GRANDMA_DATA, "Listed there"),
    status=Fact("asked through a contact of its own", COOKBOOK),
    aliases=("C2PU/Omicron", "C2PU"),
)
