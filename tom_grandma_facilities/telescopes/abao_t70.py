"""AbAO-T70: 0.7 m, field 0.5 deg, galaxy targeting."""

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
GWEMOPT = "gwemopt/data/config/Abastunami-T70.config"
COOKBOOK = "grandma-cookbook/doc2/7_Notifying_Telescope.md l.96"
FIELD = Fact(0.5 * u.deg, GWEMOPT)

TELESCOPE = Telescope(
    name="AbAO-T70",
    full_name="AbAO-T70",
    site=Site(
        latitude=Fact(41.754167 * u.deg, GRANDMA_DATA),
        longitude=Fact(42.819444 * u.deg, GRANDMA_DATA),
        elevation=Fact(1610.0 * u.m, GRANDMA_DATA),
    ),
    aperture=Fact(0.7 * u.m, GRANDMA_DATA),
    cameras=(
        Camera(
            name="AbAO-T70",
            kind="imager",
            shape=Shape.SQUARE,
            width=FIELD,
            height=FIELD,
            filters=Fact(("standard::b", "standard::v", "standard::r", "standard::i"), INSTRUMENTS),
            readout=Fact(10.0 * u.s, GWEMOPT),
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
    slew_rate=Fact(20.0 * u.deg / u.s, GWEMOPT),
    default_exposure=Fact(60.0 * u.s, GWEMOPT),
    default_filter=Fact("R", GWEMOPT, "The config says r; grandma_data lists Bessell or Johnson R and no Sloan r"),
    limiting_magnitude=Fact(18.0, GWEMOPT),
    cookbook_limit=Fact("10 min in R around 20 and 21.5 mag in 90 min", COOKBOOK),
    mode=Fact(Mode.GALAXY, "grandma-cookbook/doc2/14_Transcripts.md l.240: a field below 1 deg means galaxy targeting"),
    usage=Fact(UsageClass.F, COOKBOOK),
    trigger=Fact(None, COOKBOOK, "Not told"),
    robotic=Fact(False, GRANDMA_DATA),
    membership=Fact(True, GRANDMA_DATA, "Listed there"),
    status=Fact("regular", COOKBOOK),
    aliases=("Abastunami-T70",),
)
