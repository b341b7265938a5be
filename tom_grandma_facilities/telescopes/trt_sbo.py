"""Thai Robotic Telescope - SBO: 0.7 m, field 0.028 deg, galaxy targeting."""

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
GWEMOPT = "gwemopt/data/config/SBO.config"
COOKBOOK = "grandma-cookbook/doc2/7_Notifying_Telescope.md l.63"
FIELD = Fact(
    0.028 * u.deg,
    GWEMOPT,
    "Looks like an area in deg2 rather than a side: as an area it would be a square of 0.17 deg; not verified",
)

# gwemopt's SBO.config holds Sierra Remote's coordinates (those of TRT-SRO), and SRO.config a place in neither:
# the two files are mixed up. grandma_data puts SBO next to the other telescopes at 31.3 S, 149.1 E and wins.
TELESCOPE = Telescope(
    name="TRT-SBO",
    full_name="Thai Robotic Telescope - SBO",
    site=Site(
        latitude=Fact(
            -31.28198 * u.deg,
            GRANDMA_DATA,
            "gwemopt/data/config/SBO.config puts it at 37.070819, -119.4128, 12157 km away: rejected",
        ),
        longitude=Fact(149.082341 * u.deg, GRANDMA_DATA, "See the latitude"),
        elevation=Fact(601.0 * u.m, GRANDMA_DATA, "gwemopt/data/config/SBO.config says 1405 m: rejected"),
    ),
    aperture=Fact(0.7 * u.m, GRANDMA_DATA, "The cookbook says 0.8m"),
    cameras=(
        Camera(
            name="TRT-SBO",
            kind="imager",
            shape=Shape.SQUARE,
            width=FIELD,
            height=FIELD,
            filters=Fact(("bessellb", "besselli", "bessellr", "bessellux", "bessellv"), INSTRUMENTS),
            readout=Fact(5.0 * u.s, GWEMOPT),
            overhead=Fact(0.0 * u.s, GWEMOPT),
            filter_change=Fact(60.0 * u.s, GWEMOPT),
        ),
    ),
    limits=Limits(
        min_altitude=Fact(15.0 * u.deg, GWEMOPT),
        moon_separation=Fact(30.0 * u.deg, GWEMOPT),
        declination_min=Fact(
            None,
            GWEMOPT,
            "The config says -25 to 90, copied from a northern site: from 31.3 S it would forbid the zenith. Rejected",
        ),
        declination_max=Fact(
            None,
            GWEMOPT,
            "The config says -25 to 90, copied from a northern site: from 31.3 S it would forbid the zenith. Rejected",
        ),
        twilight=Fact(-18.0 * u.deg, PROJECT_DEFAULT),
    ),
    slew_rate=Fact(50.0 * u.deg / u.s, GWEMOPT),
    default_exposure=Fact(60.0 * u.s, GWEMOPT),
    default_filter=Fact("R", GWEMOPT, "The config says r; grandma_data lists Bessell or Johnson R and no Sloan r"),
    limiting_magnitude=Fact(18.0, GWEMOPT),
    cookbook_limit=Fact("20 mag in B and I in 30 min, 21.8 mag in R and V in 30 min", COOKBOOK),
    mode=Fact(Mode.GALAXY, "grandma-cookbook/doc2/14_Transcripts.md l.240: a field below 1 deg means galaxy targeting"),
    usage=Fact(UsageClass.F, COOKBOOK),
    trigger=Fact("Semi-auto", COOKBOOK),
    robotic=Fact(False, GRANDMA_DATA),
    membership=Fact(True, GRANDMA_DATA, "Listed there"),
    status=Fact("regular", COOKBOOK),
    aliases=("SBO",),
)
