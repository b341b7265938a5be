"""SNOVA: 1 m, field of view unknown."""

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
COOKBOOK = "grandma-cookbook/doc2/7_Notifying_Telescope.md l.163"

TELESCOPE = Telescope(
    name="SNOVA",
    full_name="SNOVA",
    site=Site(
        latitude=Fact(43.78 * u.deg, GRANDMA_DATA),
        longitude=Fact(87.28 * u.deg, GRANDMA_DATA),
        elevation=Fact(2080.0 * u.m, GRANDMA_DATA),
    ),
    aperture=Fact(1.0 * u.m, GRANDMA_DATA),
    cameras=(
        Camera(
            name="SNOVA",
            kind="imager",
            filters=Fact(("bessellux", "bessellb", "bessellv", "bessellr", "ps1::open"), INSTRUMENTS),
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
    robotic=Fact(False, GRANDMA_DATA),
    membership=Fact(True, GRANDMA_DATA, "Listed there"),
    status=Fact("replaced by TNOT, not functioning anymore", COOKBOOK),
    notes=(
        "site numbers equal those of gwemopt NOWT.config (43.78, 87.28, 2080); whether SNOVA and NOWT"
        " are the same telescope could not be checked",
    ),
    retired=True,
    status_in_doubt=True,
)
