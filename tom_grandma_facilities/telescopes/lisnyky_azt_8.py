"""Lisnyky/AZT-8: 0.7 m, field 0.26 deg, galaxy targeting."""

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
GWEMOPT = "gwemopt/data/config/Lisnyky-AZT8.config"
COOKBOOK = "grandma-cookbook/doc2/7_Notifying_Telescope.md l.160"
FIELD = Fact(0.26 * u.deg, GWEMOPT)

TELESCOPE = Telescope(
    name="Lisnyky-AZT-8",
    full_name="Lisnyky/AZT-8",
    site=Site(
        latitude=Fact(50.297817 * u.deg, GRANDMA_DATA),
        longitude=Fact(30.524632 * u.deg, GRANDMA_DATA),
        elevation=Fact(143.0 * u.m, GRANDMA_DATA),
    ),
    aperture=Fact(0.7 * u.m, GRANDMA_DATA),
    cameras=(
        Camera(
            name="Lisnyky/AZT-8",
            kind="imager",
            shape=Shape.SQUARE,
            width=FIELD,
            height=FIELD,
            filters=Fact(("bessellb", "bessellv", "bessellr", "besselli", "bessellux", "ps1::open"), INSTRUMENTS),
            readout=Fact(9.5 * u.s, GWEMOPT),
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
    slew_rate=Fact(7.0 * u.deg / u.s, GWEMOPT),
    default_exposure=Fact(600.0 * u.s, GWEMOPT),
    default_filter=Fact("R", GWEMOPT, "The config says r; grandma_data lists Bessell or Johnson R and no Sloan r"),
    limiting_magnitude=Fact(20.0, GWEMOPT),
    cookbook_limit=Fact(None, COOKBOOK, "Not told"),
    mode=Fact(Mode.GALAXY, "grandma-cookbook/doc2/14_Transcripts.md l.240: a field below 1 deg means galaxy targeting"),
    usage=Fact(UsageClass.UNKNOWN, COOKBOOK, "Not told"),
    trigger=Fact(None, COOKBOOK, "Not told"),
    robotic=Fact(False, GRANDMA_DATA),
    membership=Fact(True, GRANDMA_DATA, "Listed there"),
    status=Fact("team faces large issues due to the war", COOKBOOK),
    aliases=("Lisnyky/AZT-8", "Lisnyky-AZT8"),
    status_in_doubt=True,
)
