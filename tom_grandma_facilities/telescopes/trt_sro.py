"""Thai Robotic Telescope - SRO: 0.7 m, field 0.028 deg, galaxy targeting."""

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
GWEMOPT = "gwemopt/data/config/SRO.config"
COOKBOOK = "grandma-cookbook/doc2/7_Notifying_Telescope.md l.82"
FIELD = Fact(
    0.028 * u.deg,
    GWEMOPT,
    "Looks like an area in deg2 rather than a side: as an area it would be a square of 0.17 deg; not verified",
)

# gwemopt's SRO.config points at 28.18 S, 153.28 E, which is neither SRO nor SBO; SBO.config holds this site.
# grandma_data wins.
TELESCOPE = Telescope(
    name="TRT-SRO",
    full_name="Thai Robotic Telescope - SRO",
    site=Site(
        latitude=Fact(
            37.070278 * u.deg,
            GRANDMA_DATA,
            "gwemopt/data/config/SRO.config puts it at -28.1775976, 153.2801292, 11628 km away: rejected",
        ),
        longitude=Fact(-119.413056 * u.deg, GRANDMA_DATA, "See the latitude"),
        elevation=Fact(2267.0 * u.m, GRANDMA_DATA, "gwemopt/data/config/SRO.config says 1405 m: rejected"),
    ),
    aperture=Fact(0.7 * u.m, GRANDMA_DATA, "The cookbook says 0.8m"),
    cameras=(
        Camera(
            name="TRT-SRO",
            kind="imager",
            shape=Shape.SQUARE,
            width=FIELD,
            height=FIELD,
            filters=Fact(("bessellux", "bessellr", "bessellv", "besselli", "bessellb"), INSTRUMENTS),
            readout=Fact(5.0 * u.s, GWEMOPT),
            overhead=Fact(0.0 * u.s, GWEMOPT),
            filter_change=Fact(60.0 * u.s, GWEMOPT),
        ),
    ),
    limits=Limits(
        min_altitude=Fact(15.0 * u.deg, GWEMOPT),
        moon_separation=Fact(30.0 * u.deg, GWEMOPT),
        declination_min=Fact(-25.0 * u.deg, GWEMOPT),
        declination_max=Fact(90.0 * u.deg, GWEMOPT),
        twilight=Fact(-18.0 * u.deg, PROJECT_DEFAULT),
    ),
    slew_rate=Fact(50.0 * u.deg / u.s, GWEMOPT),
    default_exposure=Fact(60.0 * u.s, GWEMOPT),
    default_filter=Fact("R", GWEMOPT, "The config says r; grandma_data lists Bessell or Johnson R and no Sloan r"),
    limiting_magnitude=Fact(18.0, GWEMOPT),
    cookbook_limit=Fact("21 mag in R and V in 50 min", COOKBOOK),
    mode=Fact(Mode.GALAXY, "grandma-cookbook/doc2/14_Transcripts.md l.240: a field below 1 deg means galaxy targeting"),
    usage=Fact(UsageClass.F, COOKBOOK),
    trigger=Fact("Semi-auto", COOKBOOK),
    robotic=Fact(False, GRANDMA_DATA),
    membership=Fact(True, GRANDMA_DATA, "Listed there"),
    status=Fact("regular", COOKBOOK),
    aliases=("SRO",),
)
