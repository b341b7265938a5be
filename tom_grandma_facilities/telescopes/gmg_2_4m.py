"""GMG-2.4m: 2.4 m, field of view unknown."""

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
COOKBOOK = "grandma-cookbook/doc2/7_Notifying_Telescope.md l.97"

TELESCOPE = Telescope(
    name="GMG-2.4m",
    full_name="GMG-2.4m",
    site=Site(
        latitude=Fact(26.708889 * u.deg, GRANDMA_DATA),
        longitude=Fact(100.030833 * u.deg, GRANDMA_DATA),
        elevation=Fact(2014.0 * u.m, GRANDMA_DATA),
    ),
    aperture=Fact(2.4 * u.m, GRANDMA_DATA, "The cookbook says 2.0m"),
    cameras=(
        Camera(name="YFOSC", kind="spectrograph", filters=Fact(None, INSTRUMENTS, "None listed")),
        Camera(
            name="GMG-2.4m",
            kind="imager",
            filters=Fact(
                ("sdssg", "sdssr", "sdssi", "sdssz", "bessellb", "bessellv", "bessellr", "besselli"), INSTRUMENTS
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
    cookbook_limit=Fact("21.5  max (with spectra 19 mag)", COOKBOOK),
    mode=Fact(Mode.UNKNOWN, "no field of view found in any public source"),
    usage=Fact(UsageClass.O, COOKBOOK),
    trigger=Fact(None, COOKBOOK, "Not told"),
    robotic=Fact(False, GRANDMA_DATA),
    membership=Fact(True, GRANDMA_DATA, "Listed there"),
    status=Fact("regular", COOKBOOK),
)
