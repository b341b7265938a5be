"""Les-Makes/T60: 0.6 m, field 0.3 deg, galaxy targeting."""

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
GWEMOPT = "gwemopt/data/config/Makes-60.config"
COOKBOOK = "grandma-cookbook/doc2/7_Notifying_Telescope.md l.61"
FIELD = Fact(0.3 * u.deg, GWEMOPT)

TELESCOPE = Telescope(
    name="Les-Makes-T60",
    full_name="Les-Makes/T60",
    site=Site(
        latitude=Fact(-21.1997 * u.deg, GRANDMA_DATA),
        longitude=Fact(55.409 * u.deg, GRANDMA_DATA),
        elevation=Fact(1000.0 * u.m, GRANDMA_DATA),
    ),
    aperture=Fact(0.6 * u.m, GRANDMA_DATA),
    cameras=(
        Camera(
            name="Les-Makes/T60",
            kind="imager",
            shape=Shape.SQUARE,
            width=FIELD,
            height=FIELD,
            filters=Fact(("bessellr", "ps1::open"), INSTRUMENTS),
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
    slew_rate=Fact(4.0 * u.deg / u.s, GWEMOPT),
    default_exposure=Fact(30.0 * u.s, GWEMOPT),
    default_filter=Fact("R", GWEMOPT, "The config says r; grandma_data lists Bessell or Johnson R and no Sloan r"),
    limiting_magnitude=Fact(19.0, GWEMOPT),
    cookbook_limit=Fact("20 mag in 6x120s and 21-21.5 in 30 min", COOKBOOK),
    mode=Fact(Mode.GALAXY, "grandma-cookbook/doc2/14_Transcripts.md l.240: a field below 1 deg means galaxy targeting"),
    usage=Fact(UsageClass.O, COOKBOOK),
    trigger=Fact("Semi-auto", COOKBOOK),
    robotic=Fact(False, GRANDMA_DATA),
    membership=Fact(True, GRANDMA_DATA, "Listed there"),
    status=Fact("regular", COOKBOOK),
    aliases=("Les-Makes/T60", "Makes-60"),
)
