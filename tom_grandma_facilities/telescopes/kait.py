"""KAIT: aperture unknown, field of view unknown."""

from astropy import units as u

from tom_grandma_facilities.telescope import PROJECT_DEFAULT, UNKNOWN, Fact, Limits, Mode, Site, Telescope, UsageClass

COOKBOOK = "grandma-cookbook/doc2/7_Notifying_Telescope.md l.184"

TELESCOPE = Telescope(
    name="KAIT",
    full_name="KAIT",
    site=Site(latitude=UNKNOWN, longitude=UNKNOWN, elevation=UNKNOWN),
    aperture=UNKNOWN,
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
    robotic=UNKNOWN,
    membership=Fact(None, COOKBOOK, "No entry in grandma_data; membership in GRANDMA not checked"),
    status=Fact("nothing more is told", COOKBOOK),
    status_in_doubt=True,
)
