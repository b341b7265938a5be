"""Xinglong-2.16m: 2.16 m, field of view unknown."""

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
COOKBOOK = "grandma-cookbook/doc2/7_Notifying_Telescope.md l.98"

TELESCOPE = Telescope(
    name="Xinglong-2.16m",
    full_name="Xinglong-2.16m",
    site=Site(
        latitude=Fact(40.394167 * u.deg, GRANDMA_DATA),
        longitude=Fact(117.575 * u.deg, GRANDMA_DATA),
        elevation=Fact(950.0 * u.m, GRANDMA_DATA),
    ),
    aperture=Fact(2.16 * u.m, GRANDMA_DATA),
    cameras=(
        Camera(name="BFOSC", kind="spectrograph", filters=Fact(None, INSTRUMENTS, "None listed")),
        Camera(
            name="Xinglong-2.16m",
            kind="imaging spectrograph",
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
    cookbook_limit=Fact("20.5 max (with spectra 18 mag)", COOKBOOK),
    mode=Fact(Mode.UNKNOWN, "no field of view found in any public source"),
    usage=Fact(UsageClass.R, COOKBOOK),
    trigger=Fact(None, COOKBOOK, "Not told"),
    robotic=Fact(False, GRANDMA_DATA),
    membership=Fact(True, GRANDMA_DATA, "Listed there"),
    status=Fact("regular", COOKBOOK),
)
