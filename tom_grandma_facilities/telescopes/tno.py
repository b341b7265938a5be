"""Thai National Telescope: 2.4 m, field of view unknown."""

from astropy import units as u

from tom_grandma_facilities.telescope import (
    NOT_FOUND,
    PROJECT_DEFAULT,
    UNKNOWN,
    Fact,
    Limits,
    Mode,
    Site,
    Telescope,
    UsageClass,
)

GRANDMA_DATA = "grandma_data/telescopes.yaml"

TELESCOPE = Telescope(
    name="TNO",
    full_name="Thai National Telescope",
    site=Site(
        latitude=Fact(18.566667 * u.deg, GRANDMA_DATA),
        longitude=Fact(98.466667 * u.deg, GRANDMA_DATA),
        elevation=Fact(2457.0 * u.m, GRANDMA_DATA),
    ),
    aperture=Fact(2.4 * u.m, GRANDMA_DATA),
    cameras=(),
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
    cookbook_limit=UNKNOWN,
    mode=Fact(Mode.UNKNOWN, "no field of view found in any public source"),
    usage=Fact(UsageClass.UNKNOWN, NOT_FOUND),
    trigger=UNKNOWN,
    robotic=Fact(False, GRANDMA_DATA),
    membership=Fact(True, GRANDMA_DATA, "Listed there"),
    status=UNKNOWN,
)
