"""VIRT: 0.5 m, field 0.347 deg, galaxy targeting."""

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
GWEMOPT = "gwemopt/data/config/VIRT.config"
COOKBOOK = "grandma-cookbook/doc2/7_Notifying_Telescope.md l.81"
FIELD = Fact(0.347 * u.deg, GWEMOPT)

TELESCOPE = Telescope(
    name="VIRT",
    full_name="VIRT",
    site=Site(
        latitude=Fact(18.35 * u.deg, GRANDMA_DATA),
        longitude=Fact(-64.96 * u.deg, GRANDMA_DATA),
        elevation=Fact(420.0 * u.m, GRANDMA_DATA),
    ),
    aperture=Fact(0.5 * u.m, GRANDMA_DATA),
    cameras=(
        Camera(
            name="not named",
            kind="imager",
            shape=Shape.SQUARE,
            width=FIELD,
            height=FIELD,
            filters=Fact(("u", "g", "r", "i", "z"), COOKBOOK, "As the cookbook writes them"),
            readout=Fact(5.0 * u.s, GWEMOPT),
            overhead=Fact(0.0 * u.s, GWEMOPT),
            filter_change=Fact(45.0 * u.s, GWEMOPT),
        ),
    ),
    limits=Limits(
        min_altitude=Fact(20.0 * u.deg, GWEMOPT),
        moon_separation=Fact(20.0 * u.deg, "gwemopt 0.4.2, default of its code", "The config sets none"),
        declination_min=Fact(None, GWEMOPT, "No limit is set"),
        declination_max=Fact(None, GWEMOPT, "No limit is set"),
        twilight=Fact(-18.0 * u.deg, PROJECT_DEFAULT),
    ),
    slew_rate=Fact(10.0 * u.deg / u.s, GWEMOPT),
    default_exposure=Fact(10.0 * u.s, GWEMOPT),
    default_filter=Fact("r", GWEMOPT),
    limiting_magnitude=Fact(17.0, GWEMOPT),
    cookbook_limit=Fact("19 mag in 1 min (tentative)", COOKBOOK),
    mode=Fact(Mode.GALAXY, "grandma-cookbook/doc2/14_Transcripts.md l.240: a field below 1 deg means galaxy targeting"),
    usage=Fact(UsageClass.O, COOKBOOK),
    trigger=Fact("Automatic?", COOKBOOK),
    robotic=Fact(True, GRANDMA_DATA),
    membership=Fact(True, GRANDMA_DATA, "Listed there"),
    status=Fact("regular", COOKBOOK),
)
