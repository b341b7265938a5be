"""Xinglong-TNT: 0.8 m, field 0.19 deg, galaxy targeting."""

from astropy import units as u

from tom_grandma_facilities.telescope import (
    PROJECT_DEFAULT,
    Camera,
    Fact,
    Limits,
    Mode,
    Shape,
    Site,
    Telescope,
    UsageClass,
)

GRANDMA_DATA = "grandma_data/telescopes.yaml"
INSTRUMENTS = "grandma_data/instruments.yaml"
GWEMOPT = "gwemopt/data/config/TNT.config"
COOKBOOK = "grandma-cookbook/doc2/7_Notifying_Telescope.md l.93"
FIELD = Fact(0.19 * u.deg, GWEMOPT)

TELESCOPE = Telescope(
    name="Xinglong-TNT",
    full_name="Xinglong-TNT",
    site=Site(
        latitude=Fact(40.394167 * u.deg, GRANDMA_DATA),
        longitude=Fact(117.575 * u.deg, GRANDMA_DATA),
        elevation=Fact(950.0 * u.m, GRANDMA_DATA),
    ),
    aperture=Fact(0.8 * u.m, GRANDMA_DATA),
    cameras=(
        Camera(
            name="Xinglong-TNT",
            kind="imaging spectrograph",
            shape=Shape.SQUARE,
            width=FIELD,
            height=FIELD,
            filters=Fact(
                ("sdssg", "sdssr", "sdssi", "sdssz", "bessellb", "bessellv", "bessellr", "besselli"), INSTRUMENTS
            ),
            readout=Fact(16.0 * u.s, GWEMOPT),
            overhead=Fact(0.0 * u.s, GWEMOPT),
            filter_change=Fact(0.0 * u.s, GWEMOPT),
        ),
    ),
    limits=Limits(
        min_altitude=Fact(30.0 * u.deg, GWEMOPT),
        moon_separation=Fact(30.0 * u.deg, GWEMOPT),
        declination_min=Fact(-10.0 * u.deg, GWEMOPT),
        declination_max=Fact(68.0 * u.deg, GWEMOPT),
        twilight=Fact(-18.0 * u.deg, PROJECT_DEFAULT),
    ),
    slew_rate=Fact(10.0 * u.deg / u.s, GWEMOPT),
    default_exposure=Fact(300.0 * u.s, GWEMOPT),
    default_filter=Fact("r", GWEMOPT),
    limiting_magnitude=Fact(19.0, GWEMOPT),
    cookbook_limit=Fact("20", COOKBOOK),
    mode=Fact(Mode.GALAXY, "grandma-cookbook/doc2/14_Transcripts.md l.240: a field below 1 deg means galaxy targeting"),
    usage=Fact(UsageClass.O, COOKBOOK),
    trigger=Fact(None, COOKBOOK, "Not told"),
    robotic=Fact(False, GRANDMA_DATA),
    membership=Fact(True, GRANDMA_DATA, "Listed there"),
    status=Fact("regular", COOKBOOK),
    aliases=("TNT",),
)
