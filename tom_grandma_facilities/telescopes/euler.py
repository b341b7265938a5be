"""Euler: 1 m, field of view unknown."""

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

COOKBOOK = "grandma-cookbook/doc2/7_Notifying_Telescope.md l.147"

TELESCOPE = Telescope(
    name="Euler",
    full_name="Euler",
    site=Site(latitude=UNKNOWN, longitude=UNKNOWN, elevation=UNKNOWN),
    aperture=Fact(1.0 * u.m, COOKBOOK),
    cameras=(
        Camera(
            name="not named", kind="imager", filters=Fact(("g", "r", "i", "R"), COOKBOOK, "The cookbook is not sure")
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
    cookbook_limit=Fact("23.4", COOKBOOK),
    mode=Fact(Mode.UNKNOWN, "no field of view found in any public source"),
    usage=Fact(UsageClass.UNKNOWN, COOKBOOK, "Not told"),
    trigger=Fact(None, COOKBOOK, "Not told"),
    robotic=UNKNOWN,
    membership=Fact(None, COOKBOOK, "No entry in grandma_data; membership in GRANDMA not checked"),
    status=Fact("asked through a contact of its own", COOKBOOK),
    aliases=("Euler (Chile)",),
)
