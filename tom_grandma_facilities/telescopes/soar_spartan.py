"""SOAR/Spartan: 4.1 m, field 0.1 deg, galaxy targeting."""

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
GWEMOPT = "gwemopt/data/config/SOAR-phot.config"
COOKBOOK = "grandma-cookbook/doc2/7_Notifying_Telescope.md l.183"
FIELD = Fact(
    0.1 * u.deg,
    GWEMOPT,
    "Called circular, which gwemopt 0.4.2 cannot draw; taken as the diameter, it may be the radius",
)

TELESCOPE = Telescope(
    name="SOAR-Spartan",
    full_name="SOAR/Spartan",
    site=Site(
        latitude=Fact(-30.2379 * u.deg, GRANDMA_DATA),
        longitude=Fact(-70.7337 * u.deg, GRANDMA_DATA),
        elevation=Fact(2738.0 * u.m, GRANDMA_DATA),
    ),
    aperture=Fact(4.1 * u.m, GRANDMA_DATA),
    cameras=(
        Camera(
            name="SOAR/Spartan",
            kind="imager",
            shape=Shape.CIRCLE,
            width=FIELD,
            height=FIELD,
            filters=Fact(("ps1::open", "2massj", "2massh", "sdssg", "sdssr", "sdssi", "sdssz"), INSTRUMENTS),
            readout=Fact(60.0 * u.s, GWEMOPT),
            overhead=Fact(0.0 * u.s, GWEMOPT),
            filter_change=Fact(0.5 * u.s, GWEMOPT),
        ),
    ),
    limits=Limits(
        min_altitude=Fact(15.0 * u.deg, GWEMOPT),
        moon_separation=Fact(20.0 * u.deg, "gwemopt 0.4.2, default of its code", "The config sets none"),
        declination_min=Fact(None, GWEMOPT, "No limit is set"),
        declination_max=Fact(None, GWEMOPT, "No limit is set"),
        twilight=Fact(-18.0 * u.deg, PROJECT_DEFAULT),
    ),
    slew_rate=Fact(20.0 * u.deg / u.s, GWEMOPT),
    default_exposure=Fact(60.0 * u.s, GWEMOPT),
    default_filter=Fact("r", GWEMOPT, "besselr in the config, but the cameras list sdssr"),
    limiting_magnitude=Fact(22.0, GWEMOPT),
    cookbook_limit=Fact(None, COOKBOOK, "Not told"),
    mode=Fact(Mode.GALAXY, "grandma-cookbook/doc2/14_Transcripts.md l.240: a field below 1 deg means galaxy targeting"),
    usage=Fact(UsageClass.UNKNOWN, COOKBOOK, "Not told"),
    trigger=Fact(None, COOKBOOK, "Not told"),
    robotic=Fact(False, GRANDMA_DATA),
    membership=Fact(True, GRANDMA_DATA, "Listed there"),
    status=Fact("nothing more is told", COOKBOOK),
    aliases=("SOAR/Spartan", "SOAR-phot"),
    status_in_doubt=True,
)
