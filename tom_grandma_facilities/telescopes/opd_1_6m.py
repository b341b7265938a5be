"""OPD/1.6m: 1.6 m, field of view unknown."""

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
COOKBOOK = "grandma-cookbook/doc2/7_Notifying_Telescope.md l.113"

TELESCOPE = Telescope(
    name="OPD-1.6m",
    full_name="OPD/1.6m",
    site=Site(
        latitude=Fact(-22.5349 * u.deg, GRANDMA_DATA),
        longitude=Fact(-45.5832 * u.deg, GRANDMA_DATA),
        elevation=Fact(1864.0 * u.m, GRANDMA_DATA),
    ),
    aperture=Fact(1.6 * u.m, GRANDMA_DATA, "The cookbook says 0.6m ?"),
    cameras=(
        Camera(
            name="OPD/1.6m",
            kind="imager",
            filters=Fact(("ps1::open", "bessellb", "bessellv", "bessellr", "besselli", "bessellux"), INSTRUMENTS),
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
    cookbook_limit=Fact("22 mag in 1h for sure", COOKBOOK),
    mode=Fact(Mode.UNKNOWN, "no field of view found in any public source"),
    usage=Fact(UsageClass.O, COOKBOOK),
    trigger=Fact(None, COOKBOOK, "Not told"),
    robotic=Fact(False, GRANDMA_DATA),
    membership=Fact(True, GRANDMA_DATA, "Listed there"),
    status=Fact("regular", COOKBOOK),
    aliases=("OPD/1.6m",),
)
