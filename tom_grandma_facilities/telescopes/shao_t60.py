"""Shao-T60: 0.6 m, field 0.283 deg, galaxy targeting."""

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
GWEMOPT = "gwemopt/data/config/ShAO-T60.config"
COOKBOOK = "grandma-cookbook/doc2/7_Notifying_Telescope.md l.94"
FIELD = Fact(0.283 * u.deg, GWEMOPT)

TELESCOPE = Telescope(
    name="Shao-T60",
    full_name="Shao-T60",
    site=Site(
        latitude=Fact(
            40.76999692 * u.deg,
            GRANDMA_DATA,
            "gwemopt/data/config/ShAO-T60.config puts it at 40.782179, 48.600159, 2 km away: rejected",
        ),
        longitude=Fact(48.583997664 * u.deg, GRANDMA_DATA, "See the latitude"),
        elevation=Fact(1500.0 * u.m, GRANDMA_DATA, "gwemopt/data/config/ShAO-T60.config says 156 m: rejected"),
    ),
    aperture=Fact(0.6 * u.m, GRANDMA_DATA),
    cameras=(
        Camera(
            name="Shao-T60",
            kind="imager",
            shape=Shape.SQUARE,
            width=FIELD,
            height=FIELD,
            filters=Fact(
                (
                    "standard::b",
                    "standard::v",
                    "standard::r",
                    "standard::i",
                    "bessellb",
                    "bessellv",
                    "bessellr",
                    "besselli",
                    "bessellux",
                    "ps1::open",
                ),
                INSTRUMENTS,
            ),
            readout=Fact(3.0 * u.s, GWEMOPT),
            overhead=Fact(0.0 * u.s, GWEMOPT),
            filter_change=Fact(0.0 * u.s, GWEMOPT),
        ),
    ),
    limits=Limits(
        min_altitude=Fact(30.0 * u.deg, GWEMOPT),
        moon_separation=Fact(20.0 * u.deg, "gwemopt 0.4.2, default of its code", "The config sets none"),
        declination_min=Fact(None, GWEMOPT, "No limit is set"),
        declination_max=Fact(None, GWEMOPT, "No limit is set"),
        twilight=Fact(-18.0 * u.deg, PROJECT_DEFAULT),
    ),
    slew_rate=Fact(30.0 * u.deg / u.s, GWEMOPT),
    default_exposure=Fact(600.0 * u.s, GWEMOPT),
    default_filter=Fact("Rc", GWEMOPT),
    limiting_magnitude=Fact(18.0, GWEMOPT),
    cookbook_limit=Fact("19 max, 18 mag in 10 min", COOKBOOK),
    mode=Fact(Mode.GALAXY, "grandma-cookbook/doc2/14_Transcripts.md l.240: a field below 1 deg means galaxy targeting"),
    usage=Fact(UsageClass.VR, COOKBOOK),
    trigger=Fact(None, COOKBOOK, "Not told"),
    robotic=Fact(False, GRANDMA_DATA),
    membership=Fact(True, GRANDMA_DATA, "Listed there"),
    status=Fact("regular", COOKBOOK),
    aliases=("ShAO-T60",),
)
