"""Gran Telescopio Canarias: 10 m, field of view unknown."""

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
COOKBOOK = "grandma-cookbook/doc2/7_Notifying_Telescope.md l.141"

TELESCOPE = Telescope(
    name="GTC",
    full_name="Gran Telescopio Canarias",
    site=Site(
        latitude=Fact(28.75667 * u.deg, GRANDMA_DATA),
        longitude=Fact(-17.89194 * u.deg, GRANDMA_DATA),
        elevation=Fact(2267.0 * u.m, GRANDMA_DATA),
    ),
    aperture=Fact(10.0 * u.m, GRANDMA_DATA),
    cameras=(
        Camera(
            name="GTC/OSIRIS",
            kind="imaging spectrograph",
            filters=Fact(("sdssu", "sdssg", "sdssr", "sdssi", "sdssz"), INSTRUMENTS),
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
    cookbook_limit=Fact("25", COOKBOOK),
    mode=Fact(Mode.UNKNOWN, "no field of view found in any public source"),
    usage=Fact(UsageClass.UNKNOWN, COOKBOOK, "Not told"),
    trigger=Fact(None, COOKBOOK, "Not told"),
    robotic=Fact(False, GRANDMA_DATA),
    membership=Fact(True, GRANDMA_DATA, "Listed there"),
    status=Fact("asked through a contact of its own", COOKBOOK),
)
