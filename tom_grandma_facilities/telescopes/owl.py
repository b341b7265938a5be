"""OWL: 0.5 m, field of view unknown."""

from astropy import units as u

from tom_grandma_facilities.telescope import (
    PROJECT_DEFAULT,
    UNKNOWN,
    Camera,
    Fact,
    Limits,
    Mode,
    Site,
    Telescope,
    UsageClass,
)

GRANDMA_DATA = "grandma_data/telescopes.yaml"
INSTRUMENTS = "grandma_data/instruments.yaml"
COOKBOOK = "grandma-cookbook/doc2/7_Notifying_Telescope.md l.174"

TELESCOPE = Telescope(
    name="OWL",
    full_name="OWL",
    site=Site(
        latitude=Fact(31.206214 * u.deg, GRANDMA_DATA),
        longitude=Fact(-7.866504 * u.deg, GRANDMA_DATA),
        elevation=Fact(2750.0 * u.m, GRANDMA_DATA),
    ),
    aperture=Fact(0.5 * u.m, GRANDMA_DATA),
    cameras=(
        Camera(
            name="OWL",
            kind="imager",
            filters=Fact(("bessellb", "bessellv", "bessellr", "besselli", "bessellux", "ps1::open"), INSTRUMENTS),
        ),
    ),
    limits=Limits(
        min_altitude=Fact(30.0 * u.deg, PROJECT_DEFAULT),
        moon_separation=Fact(30.0 * u.deg, PROJECT_DEFAULT),
        declination_min=UNKNOWN,
        declination_max=UNKNOWN,
        twilight=Fact(-18.0 * u.deg, PROJECT_DEFAULT),
    ),
    slew_rate=UNKNOWN,
    default_exposure=UNKNOWN,
    default_filter=UNKNOWN,
    limiting_magnitude=UNKNOWN,
    cookbook_limit=Fact(None, COOKBOOK, "Not told"),
    mode=Fact(Mode.UNKNOWN, "no field of view found in any public source"),
    usage=Fact(UsageClass.UNKNOWN, COOKBOOK, "Not told"),
    trigger=Fact(None, COOKBOOK, "Not told"),
    robotic=Fact(True, GRANDMA_DATA),
    membership=Fact(True, GRANDMA_DATA, "Listed there"),
    status=Fact("nothing more is told", COOKBOOK),
    status_in_doubt=True,
)
