"""Thai Robotic Telescope - GAO: 0.7 m, field of view unknown."""

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
COOKBOOK = "grandma-cookbook/doc2/7_Notifying_Telescope.md l.62"

TELESCOPE = Telescope(
    name="TRT-GAO",
    full_name="Thai Robotic Telescope - GAO",
    site=Site(
        latitude=Fact(26.6955 * u.deg, GRANDMA_DATA),
        longitude=Fact(100.031 * u.deg, GRANDMA_DATA),
        elevation=Fact(3193.0 * u.m, GRANDMA_DATA),
    ),
    aperture=Fact(0.7 * u.m, GRANDMA_DATA, "The cookbook says 0.8m"),
    cameras=(
        Camera(
            name="TRT-GAO",
            kind="imager",
            filters=Fact(("bessellv", "bessellr", "besselli", "bessellb", "bessellux"), INSTRUMENTS),
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
    usage=Fact(UsageClass.VR, COOKBOOK),
    trigger=Fact("Semi-auto", COOKBOOK),
    robotic=Fact(True, GRANDMA_DATA),
    membership=Fact(True, GRANDMA_DATA, "Listed there"),
    status=Fact("regular", COOKBOOK),
)
