"""TRT/CTO: 0.8 m, field of view unknown."""

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

COOKBOOK = "grandma-cookbook/doc2/7_Notifying_Telescope.md l.83"

TELESCOPE = Telescope(
    name="TRT-CTO",
    full_name="TRT/CTO",
    site=Site(latitude=UNKNOWN, longitude=UNKNOWN, elevation=UNKNOWN),
    aperture=Fact(0.8 * u.m, COOKBOOK),
    cameras=(
        Camera(
            name="not named",
            kind="imager",
            filters=Fact(("g", "r", "i", "B", "V", "R"), COOKBOOK, "As the cookbook writes them"),
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
    cookbook_limit=Fact("14x600s 22.1 in r-band, 11x300s 22.3  in V", COOKBOOK),
    mode=Fact(Mode.UNKNOWN, "no field of view found in any public source"),
    usage=Fact(UsageClass.F, COOKBOOK),
    trigger=Fact("Semi-auto", COOKBOOK),
    robotic=UNKNOWN,
    membership=Fact(None, COOKBOOK, "No entry in grandma_data; membership in GRANDMA not checked"),
    status=Fact("regular", COOKBOOK),
    aliases=("TRT/CTO (Chile)",),
)
