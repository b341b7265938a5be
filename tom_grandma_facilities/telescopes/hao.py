"""HAO: 0.318 m, field of view unknown."""

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
COOKBOOK = "grandma-cookbook/doc2/7_Notifying_Telescope.md l.105"

TELESCOPE = Telescope(
    name="HAO",
    full_name="HAO",
    site=Site(
        latitude=Fact(31.206214 * u.deg, GRANDMA_DATA),
        longitude=Fact(-7.866504 * u.deg, GRANDMA_DATA),
        elevation=Fact(2750.0 * u.m, GRANDMA_DATA),
    ),
    aperture=Fact(0.318 * u.m, GRANDMA_DATA, "The cookbook says 30cm"),
    cameras=(
        Camera(
            name="HAO",
            kind="imager",
            filters=Fact(("ps1::open", "bessellb", "bessellv", "bessellr", "besselli"), INSTRUMENTS),
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
    cookbook_limit=Fact("19.5 mag", COOKBOOK),
    mode=Fact(Mode.UNKNOWN, "no field of view found in any public source"),
    usage=Fact(UsageClass.F, COOKBOOK, "The cookbook says Frequent to Very Frequent"),
    trigger=Fact(None, COOKBOOK, "Not told"),
    robotic=Fact(True, GRANDMA_DATA),
    membership=Fact(True, GRANDMA_DATA, "Listed there"),
    status=Fact("regular", COOKBOOK),
)
