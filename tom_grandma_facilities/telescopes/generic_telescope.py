"""A placeholder in grandma_data, kept so that its name is known."""

from astropy import units as u

from tom_grandma_facilities.telescope import (
    NOT_FOUND,
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

TELESCOPE = Telescope(
    name="Generic-Telescope",
    full_name="Generic Telescope",
    site=Site(
        latitude=Fact(None, GRANDMA_DATA, "0, 0 is a placeholder"),
        longitude=Fact(None, GRANDMA_DATA, "0, 0 is a placeholder"),
        elevation=Fact(None, GRANDMA_DATA, "0 m is a placeholder"),
    ),
    aperture=Fact(1.0 * u.m, GRANDMA_DATA),
    cameras=(
        Camera(
            name="Generic Instrument",
            kind="imager",
            filters=Fact(
                (
                    "bessellb",
                    "besselli",
                    "bessellr",
                    "bessellux",
                    "bessellv",
                    "sdssg",
                    "sdssi",
                    "sdssr",
                    "sdssu",
                    "sdssz",
                    "standard::b",
                    "standard::i",
                    "standard::r",
                    "standard::u",
                    "standard::v",
                    "ps1::open",
                ),
                INSTRUMENTS,
            ),
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
    cookbook_limit=UNKNOWN,
    mode=Fact(Mode.UNKNOWN, "no field of view found in any public source"),
    usage=Fact(UsageClass.UNKNOWN, NOT_FOUND),
    trigger=UNKNOWN,
    robotic=Fact(False, GRANDMA_DATA),
    membership=Fact(None, GRANDMA_DATA, "Listed there, but a placeholder"),
    status=UNKNOWN,
    aliases=("Generic_Telescope",),
    placeholder=True,
)
