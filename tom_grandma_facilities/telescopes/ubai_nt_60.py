"""UBAI/NT-60: 0.6 m, field 0.16 deg, galaxy targeting."""

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
GWEMOPT = "gwemopt/data/config/UBAI-T60N.config"
COOKBOOK = "grandma-cookbook/doc2/7_Notifying_Telescope.md l.95"
FIELD = Fact(0.16 * u.deg, GWEMOPT)

# gwemopt's longitude 66.39 is a typing error: all three telescopes that grandma_data lists there stand at 66.90.
TELESCOPE = Telescope(
    name="UBAI-NT-60",
    full_name="UBAI/NT-60",
    site=Site(
        latitude=Fact(
            38.67 * u.deg,
            GRANDMA_DATA,
            "gwemopt/data/config/UBAI-T60N.config puts it at 38.67, 66.39, 45 km away: rejected",
        ),
        longitude=Fact(66.903867 * u.deg, GRANDMA_DATA, "See the latitude"),
        elevation=Fact(2593.0 * u.m, GRANDMA_DATA),
    ),
    aperture=Fact(0.6 * u.m, GRANDMA_DATA),
    cameras=(
        Camera(
            name="UBAI/NT-60",
            kind="imager",
            shape=Shape.SQUARE,
            width=FIELD,
            height=FIELD,
            filters=Fact(("bessellb", "besselli", "bessellr", "bessellux", "bessellv", "ps1::open"), INSTRUMENTS),
            readout=Fact(0.25 * u.s, GWEMOPT),
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
    slew_rate=Fact(100.0 * u.deg / u.s, GWEMOPT),
    default_exposure=Fact(60.0 * u.s, GWEMOPT),
    default_filter=Fact("R", GWEMOPT, "The config says r; grandma_data lists Bessell or Johnson R and no Sloan r"),
    limiting_magnitude=Fact(17.0, GWEMOPT),
    cookbook_limit=Fact("up to 20 mag in 10 min in R band", COOKBOOK),
    mode=Fact(Mode.GALAXY, "grandma-cookbook/doc2/14_Transcripts.md l.240: a field below 1 deg means galaxy targeting"),
    usage=Fact(UsageClass.F, COOKBOOK),
    trigger=Fact(None, COOKBOOK, "Not told"),
    robotic=Fact(False, GRANDMA_DATA),
    membership=Fact(True, GRANDMA_DATA, "Listed there"),
    status=Fact("regular", COOKBOOK),
    aliases=("UBAI/NT-60", "UBAI-T60N"),
)
