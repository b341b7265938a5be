"""FRAM-CTA-N: 0.25 m, field 0.45 deg, tiling."""

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
GWEMOPT = "gwemopt/data/config/FZU-CTA-N.config"
COOKBOOK = "grandma-cookbook/doc2/7_Notifying_Telescope.md l.70"
FIELD = Fact(0.45 * u.deg, GWEMOPT)

TELESCOPE = Telescope(
    name="FRAM-CTA-N",
    full_name="FRAM-CTA-N",
    site=Site(
        latitude=Fact(28.763611 * u.deg, GRANDMA_DATA),
        longitude=Fact(-17.894722 * u.deg, GRANDMA_DATA),
        elevation=Fact(2396.0 * u.m, GRANDMA_DATA, "gwemopt/data/config/FZU-CTA-N.config says 2200 m: rejected"),
    ),
    aperture=Fact(0.25 * u.m, GRANDMA_DATA),
    cameras=(
        Camera(
            name="FRAM-CTA-N",
            kind="imager",
            shape=Shape.SQUARE,
            width=FIELD,
            height=FIELD,
            filters=Fact(("bessellb", "bessellv", "bessellr", "sdssz", "ps1::open"), INSTRUMENTS),
            readout=Fact(8.0 * u.s, GWEMOPT),
            overhead=Fact(0.0 * u.s, GWEMOPT),
            filter_change=Fact(10.0 * u.s, GWEMOPT),
        ),
    ),
    limits=Limits(
        min_altitude=Fact(20.0 * u.deg, GWEMOPT),
        moon_separation=Fact(45.0 * u.deg, GWEMOPT),
        declination_min=Fact(None, GWEMOPT, "No limit is set"),
        declination_max=Fact(None, GWEMOPT, "No limit is set"),
        twilight=Fact(-18.0 * u.deg, PROJECT_DEFAULT),
    ),
    slew_rate=Fact(1.0 * u.deg / u.s, GWEMOPT),
    default_exposure=Fact(90.0 * u.s, GWEMOPT),
    default_filter=Fact("R", GWEMOPT, "The config says r; grandma_data lists Bessell or Johnson R and no Sloan r"),
    limiting_magnitude=Fact(17.0, GWEMOPT),
    cookbook_limit=Fact("17 in a couple of min", COOKBOOK),
    mode=Fact(Mode.TILING, "grandma-cookbook/doc2/14_Transcripts.md l.233-237", "Named there as a tiling telescope"),
    usage=Fact(UsageClass.VF, COOKBOOK),
    trigger=Fact("Automatic", COOKBOOK),
    robotic=Fact(True, GRANDMA_DATA),
    membership=Fact(True, GRANDMA_DATA, "Listed there"),
    status=Fact("regular", COOKBOOK),
    aliases=("FZU-CTA-N",),
)
