"""Abastumani-T150: 1.5 m, field of view unknown."""

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

COOKBOOK = "grandma-cookbook/doc2/7_Notifying_Telescope.md l.73"

TELESCOPE = Telescope(
    name="Abastumani-T150",
    full_name="Abastumani-T150",
    site=Site(latitude=UNKNOWN, longitude=UNKNOWN, elevation=UNKNOWN),
    aperture=Fact(1.5 * u.m, COOKBOOK),
    cameras=(
        Camera(
            name="not named",
            kind="imager",
            filters=Fact(("u", "g", "r", "i", "z"), COOKBOOK, "As the cookbook writes them"),
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
    cookbook_limit=Fact("21 mag 10 min, 22.5 in 1", COOKBOOK),
    mode=Fact(Mode.UNKNOWN, "no field of view found in any public source"),
    usage=Fact(UsageClass.R, COOKBOOK),
    trigger=Fact("Semi-auto but currently manual", COOKBOOK),
    robotic=UNKNOWN,
    membership=Fact(None, COOKBOOK, "No entry in grandma_data; membership in GRANDMA not checked"),
    status=Fact("regular", COOKBOOK),
    aliases=("Abastumani-T150 (Georgia)",),
)
