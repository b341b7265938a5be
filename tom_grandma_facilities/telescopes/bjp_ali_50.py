"""BJP/ALi-50: 0.5 m, field of view unknown."""

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
COOKBOOK = "grandma-cookbook/doc2/7_Notifying_Telescope.md l.164"

TELESCOPE = Telescope(
    name="BJP-ALi-50",
    full_name="BJP/ALi-50",
    site=Site(
        latitude=Fact(32.316667 * u.deg, GRANDMA_DATA),
        longitude=Fact(80.016667 * u.deg, GRANDMA_DATA),
        elevation=Fact(5100.0 * u.m, GRANDMA_DATA),
    ),
    aperture=Fact(0.5 * u.m, GRANDMA_DATA),
    cameras=(
        Camera(name="BJP/ALi-50", kind="imager", filters=Fact(("sdssg", "sdssr", "sdssi", "ps1::open"), INSTRUMENTS)),
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
    robotic=Fact(False, GRANDMA_DATA),
    membership=Fact(True, GRANDMA_DATA, "Listed there"),
    status=Fact("broken; team has no access", COOKBOOK),
    aliases=("BJP/ALi-50",),
    out_of_service=True,
    status_in_doubt=True,
)
