"""OHP/T120: 1.2 m, field of view unknown."""

from astropy import units as u

from tom_grandma_facilities.telescope import PROJECT_DEFAULT, UNKNOWN, Fact, Limits, Mode, Site, Telescope, UsageClass

GRANDMA_DATA = "grandma_data/telescopes.yaml"
COOKBOOK = "grandma-cookbook/doc2/7_Notifying_Telescope.md l.172"

TELESCOPE = Telescope(
    name="OHP-T120",
    full_name="OHP/T120",
    site=Site(
        latitude=Fact(43.932348 * u.deg, GRANDMA_DATA),
        longitude=Fact(5.713301 * u.deg, GRANDMA_DATA),
        elevation=Fact(650.0 * u.m, GRANDMA_DATA),
    ),
    aperture=Fact(1.2 * u.m, GRANDMA_DATA),
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
    cookbook_limit=Fact(None, COOKBOOK, "Not told"),
    mode=Fact(Mode.UNKNOWN, "no field of view found in any public source"),
    usage=Fact(UsageClass.UNKNOWN, COOKBOOK, "Not told"),
    trigger=Fact(None, COOKBOOK, "Not told"),
    robotic=Fact(True, GRANDMA_DATA),
    membership=Fact(True, GRANDMA_DATA, "Listed there"),
    status=Fact("possible via the MISTRAL collaboration", COOKBOOK),
    aliases=("OHP/T120",),
    status_in_doubt=True,
)
