"""AbAO-T48: 0.48 m, field 0.3 deg, galaxy targeting."""

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
GWEMOPT = "gwemopt/data/config/Abastunami-T48.config"
FIELD = Fact(0.3 * u.deg, GWEMOPT)

TELESCOPE = Telescope(
    name="AbAO-T48",
    full_name="AbAO-T48",
    site=Site(
        latitude=Fact(41.754167 * u.deg, GRANDMA_DATA),
        longitude=Fact(42.819444 * u.deg, GRANDMA_DATA),
        elevation=Fact(1605.0 * u.m, GRANDMA_DATA),
    ),
    aperture=Fact(0.48 * u.m, GRANDMA_DATA),
    cameras=(
        Camera(
            name="AbAO-T48",
            kind="imager",
            shape=Shape.SQUARE,
            width=FIELD,
            height=FIELD,
            filters=Fact(
                (
                    "standard::b",
                    "standard::v",
                    "standard::r",
                    "standard::i",
                    "standard::u",
                    "bessellb",
                    "bessellv",
                    "bessellr",
                ),
                INSTRUMENTS,
            ),
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
    limiting_magnitude=Fact(15.0, GWEMOPT, "Doubted: shallow for 0.48 m in 60 s"),
    cookbook_limit=UNKNOWN,
    mode=Fact(Mode.GALAXY, "grandma-cookbook/doc2/14_Transcripts.md l.240: a field below 1 deg means galaxy targeting"),
    usage=Fact(UsageClass.UNKNOWN, NOT_FOUND),
    trigger=UNKNOWN,
    robotic=Fact(False, GRANDMA_DATA),
    membership=Fact(True, GRANDMA_DATA, "Listed there"),
    status=UNKNOWN,
    aliases=("Abastunami-T48",),
)
