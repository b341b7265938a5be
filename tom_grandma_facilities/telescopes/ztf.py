"""ZTF: 1.2 m, field 6.86 deg, tiling."""

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
GWEMOPT = "gwemopt/data/config/ZTF.config"
COOKBOOK = "grandma-cookbook/doc2/7_Notifying_Telescope.md l.181"
FIELD = Fact(6.86 * u.deg, GWEMOPT, "The config names no camera; taken as the first imager listed")

TELESCOPE = Telescope(
    name="ZTF",
    full_name="ZTF",
    site=Site(
        latitude=Fact(
            33.3633675 * u.deg,
            GRANDMA_DATA,
            "gwemopt/data/config/ZTF.config puts it at 33.3563, -116.8648, 3 km away: rejected",
        ),
        longitude=Fact(-116.8361345 * u.deg, GRANDMA_DATA, "See the latitude"),
        elevation=Fact(1870.0 * u.m, GRANDMA_DATA, "gwemopt/data/config/ZTF.config says 1742 m: rejected"),
    ),
    aperture=Fact(1.2 * u.m, GRANDMA_DATA),
    cameras=(
        Camera(
            name="CFH12k",
            kind="imager",
            shape=Shape.SQUARE,
            width=FIELD,
            height=FIELD,
            filters=Fact(("ztfr", "ztfg"), INSTRUMENTS),
            readout=Fact(10.0 * u.s, GWEMOPT),
            overhead=Fact(10.0 * u.s, GWEMOPT),
            filter_change=Fact(60.0 * u.s, GWEMOPT),
        ),
        Camera(name="MMATest", kind="imager", filters=Fact(("ztfg", "ztfi", "ztfr"), INSTRUMENTS)),
    ),
    limits=Limits(
        min_altitude=Fact(30.0 * u.deg, GWEMOPT),
        moon_separation=Fact(20.0 * u.deg, "gwemopt 0.4.2, default of its code", "The config sets none"),
        declination_min=Fact(None, GWEMOPT, "No limit is set"),
        declination_max=Fact(None, GWEMOPT, "No limit is set"),
        twilight=Fact(-18.0 * u.deg, PROJECT_DEFAULT),
    ),
    slew_rate=Fact(2.6 * u.deg / u.s, GWEMOPT),
    default_exposure=Fact(30.0 * u.s, GWEMOPT),
    default_filter=Fact("r", GWEMOPT),
    limiting_magnitude=Fact(20.4, GWEMOPT),
    cookbook_limit=Fact(None, COOKBOOK, "Not told"),
    mode=Fact(Mode.TILING, "FOV in the gwemopt config > 1 deg (survey telescopes; not scheduled by GRANDMA)"),
    usage=Fact(UsageClass.UNKNOWN, COOKBOOK, "Not told"),
    trigger=Fact(None, COOKBOOK, "Not told"),
    robotic=Fact(False, GRANDMA_DATA),
    membership=Fact(None, GRANDMA_DATA, "Listed there, but a survey that GRANDMA does not schedule"),
    status=Fact("nothing more is told", COOKBOOK),
    notes=(
        "A survey with its own programme; not scheduled by GRANDMA",
        "grandma_data lists instruments called CFH12k and MMATest for it",
    ),
    survey=True,
    status_in_doubt=True,
)
