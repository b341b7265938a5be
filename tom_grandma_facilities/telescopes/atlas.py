"""ATLAS - Asteroid Terrestrial-impact Last Alert System: 0.5 m, field 5.46 deg, tiling."""

from astropy import units as u

from tom_grandma_facilities.telescope import (
    NOT_FOUND,
    PROJECT_DEFAULT,
    UNKNOWN,
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
GWEMOPT = "gwemopt/data/config/ATLAS.config"
FIELD = Fact(5.46 * u.deg, GWEMOPT)

# gwemopt's site is 145 km away, another island: two stations of one survey. grandma_data wins.
TELESCOPE = Telescope(
    name="ATLAS",
    full_name="ATLAS - Asteroid Terrestrial-impact Last Alert System",
    site=Site(
        latitude=Fact(
            19.5361 * u.deg,
            GRANDMA_DATA,
            "gwemopt/data/config/ATLAS.config puts it at 20.7204, -156.1552, 145 km away: rejected",
        ),
        longitude=Fact(-155.5761 * u.deg, GRANDMA_DATA, "See the latitude"),
        elevation=Fact(4168.7 * u.m, GRANDMA_DATA, "gwemopt/data/config/ATLAS.config says 3055 m: rejected"),
    ),
    aperture=Fact(0.5 * u.m, GRANDMA_DATA),
    cameras=(
        Camera(
            name="ATLAS",
            kind="imager",
            shape=Shape.SQUARE,
            width=FIELD,
            height=FIELD,
            filters=Fact(("atlaso", "atlasc"), INSTRUMENTS),
            readout=Fact(6.0 * u.s, GWEMOPT),
            overhead=Fact(0.0 * u.s, GWEMOPT),
            filter_change=Fact(60.0 * u.s, GWEMOPT),
        ),
    ),
    limits=Limits(
        min_altitude=Fact(30.0 * u.deg, GWEMOPT),
        moon_separation=Fact(20.0 * u.deg, "gwemopt 0.4.2, default of its code", "The config sets none"),
        declination_min=Fact(None, GWEMOPT, "No limit is set"),
        declination_max=Fact(None, GWEMOPT, "No limit is set"),
        twilight=Fact(-18.0 * u.deg, PROJECT_DEFAULT),
    ),
    slew_rate=Fact(15.0 * u.deg / u.s, GWEMOPT),
    default_exposure=Fact(30.0 * u.s, GWEMOPT),
    default_filter=Fact("c", GWEMOPT),
    limiting_magnitude=Fact(18.7, GWEMOPT),
    cookbook_limit=UNKNOWN,
    mode=Fact(Mode.TILING, "FOV in the gwemopt config > 1 deg (survey telescopes; not scheduled by GRANDMA)"),
    usage=Fact(UsageClass.UNKNOWN, NOT_FOUND),
    trigger=UNKNOWN,
    robotic=Fact(False, GRANDMA_DATA),
    membership=Fact(None, GRANDMA_DATA, "Listed there, but a survey that GRANDMA does not schedule"),
    status=UNKNOWN,
    notes=("A survey with its own programme; not scheduled by GRANDMA",),
    survey=True,
)
