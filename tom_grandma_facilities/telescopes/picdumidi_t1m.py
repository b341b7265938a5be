"""PicduMidi/T1M: 1 m, field of view unknown."""

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
COOKBOOK = "grandma-cookbook/doc2/7_Notifying_Telescope.md l.107"

TELESCOPE = Telescope(
    name="PicduMidi-T1M",
    full_name="PicduMidi/T1M",
    site=Site(
        latitude=Fact(42.9369 * u.deg, GRANDMA_DATA),
        longitude=Fact(0.1411 * u.deg, GRANDMA_DATA),
        elevation=Fact(2877.0 * u.m, GRANDMA_DATA),
    ),
    aperture=Fact(1.0 * u.m, GRANDMA_DATA),
    cameras=(
        Camera(
            name="PicduMidi/T1M",
            kind="imager",
            filters=Fact(("sdssg", "sdssr", "sdssi", "sdssz", "ps1::open"), INSTRUMENTS),
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
    cookbook_limit=Fact("22.5", COOKBOOK),
    mode=Fact(Mode.UNKNOWN, "no field of view found in any public source"),
    usage=Fact(UsageClass.R, COOKBOOK),
    trigger=Fact(None, COOKBOOK, "Not told"),
    robotic=Fact(False, GRANDMA_DATA),
    membership=Fact(True, GRANDMA_DATA, "Listed there"),
    status=Fact("regular", COOKBOOK),
    aliases=("PicduMidi/T1M",),
)
