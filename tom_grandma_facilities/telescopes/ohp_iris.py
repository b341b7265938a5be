"""OHP/IRIS: 0.5 m, field 0.4 deg, galaxy targeting."""

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
GWEMOPT = "gwemopt/data/config/IRIS.config"
COOKBOOK = "grandma-cookbook/doc2/7_Notifying_Telescope.md l.72"
FIELD = Fact(0.4 * u.deg, GWEMOPT)

TELESCOPE = Telescope(
    name="OHP-IRIS",
    full_name="OHP/IRIS",
    site=Site(
        latitude=Fact(43.932348 * u.deg, GRANDMA_DATA),
        longitude=Fact(5.713301 * u.deg, GRANDMA_DATA),
        elevation=Fact(650.0 * u.m, GRANDMA_DATA),
    ),
    aperture=Fact(0.5 * u.m, GRANDMA_DATA),
    cameras=(
        Camera(
            name="IRIS",
            kind="imager",
            shape=Shape.SQUARE,
            width=FIELD,
            height=FIELD,
            filters=Fact(("sdssg", "sdssr", "sdssi", "sdssz", "ps1::open"), INSTRUMENTS),
            readout=Fact(8.4 * u.s, GWEMOPT),
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
    slew_rate=Fact(10.0 * u.deg / u.s, GWEMOPT),
    default_exposure=Fact(10.0 * u.s, GWEMOPT),
    default_filter=Fact("r", GWEMOPT),
    limiting_magnitude=Fact(14.6, GWEMOPT, "Doubted: the cookbook says 19 mag in a couple of minutes"),
    cookbook_limit=Fact("19 mag in couple of min", COOKBOOK),
    mode=Fact(Mode.GALAXY, "grandma-cookbook/doc2/14_Transcripts.md l.240: a field below 1 deg means galaxy targeting"),
    usage=Fact(UsageClass.NOP, COOKBOOK, "The cookbook says Not operational for GRANDMA yet"),
    trigger=Fact("Semi-Automatic", COOKBOOK),
    robotic=Fact(True, GRANDMA_DATA),
    membership=Fact(True, GRANDMA_DATA, "Listed there"),
    status=Fact("regular", COOKBOOK),
    aliases=("OHP/IRIS", "IRIS"),
)
