"""Zadko: 1 m, field 0.3 deg, galaxy targeting."""

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
GWEMOPT = "gwemopt/data/config/Zadko.config"
COOKBOOK = "grandma-cookbook/doc2/7_Notifying_Telescope.md l.159"
FIELD = Fact(0.3 * u.deg, GWEMOPT)

TELESCOPE = Telescope(
    name="Zadko",
    full_name="Zadko",
    site=Site(
        latitude=Fact(-31.356 * u.deg, GRANDMA_DATA),
        longitude=Fact(115.7131 * u.deg, GRANDMA_DATA),
        elevation=Fact(50.0 * u.m, GRANDMA_DATA),
    ),
    aperture=Fact(1.0 * u.m, GRANDMA_DATA),
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
        min_altitude=Fact(30.0 * u.deg, GWEMOPT),
        moon_separation=Fact(20.0 * u.deg, "gwemopt 0.4.2, default of its code", "The config sets none"),
        declination_min=Fact(None, GWEMOPT, "No limit is set"),
        declination_max=Fact(None, GWEMOPT, "No limit is set"),
        twilight=Fact(-18.0 * u.deg, PROJECT_DEFAULT),
    ),
    slew_rate=Fact(6.0 * u.deg / u.s, GWEMOPT),
    default_exposure=Fact(30.0 * u.s, GWEMOPT),
    default_filter=Fact("r", GWEMOPT, "The config says gri (three filters); r is taken for a single one"),
    limiting_magnitude=Fact(22.0, GWEMOPT, "Doubted: very deep for 1 m in 30 s"),
    cookbook_limit=Fact(None, COOKBOOK, "Not told"),
    mode=Fact(Mode.GALAXY, "grandma-cookbook/doc2/14_Transcripts.md l.240: a field below 1 deg means galaxy targeting"),
    usage=Fact(UsageClass.UNKNOWN, COOKBOOK, "Not told"),
    trigger=Fact(None, COOKBOOK, "Not told"),
    robotic=Fact(False, GRANDMA_DATA),
    membership=Fact(True, GRANDMA_DATA, "Listed there"),
    status=Fact("possibly not working anymore", COOKBOOK),
    status_in_doubt=True,
)
