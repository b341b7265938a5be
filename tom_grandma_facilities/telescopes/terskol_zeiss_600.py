"""Terskol/Zeiss-600: aperture unknown, field of view unknown."""

from astropy import units as u

from tom_grandma_facilities.telescope import (
    NOT_FOUND,
    PROJECT_DEFAULT,
    UNKNOWN,
    Camera,
    Fact,
    Limits,
    Mode,
    Site,
    Telescope,
    UsageClass,
)

GRANDMA_DATA = "grandma_data/telescopes.yaml"
INSTRUMENTS = "grandma_data/instruments.yaml"

# grandma_data says 2.0 m for a telescope that is named after its 600 mm: neither is taken.
TELESCOPE = Telescope(
    name="Terskol-Zeiss-600",
    full_name="Terskol/Zeiss-600",
    site=Site(
        latitude=Fact(43.2742 * u.deg, GRANDMA_DATA),
        longitude=Fact(42.5017 * u.deg, GRANDMA_DATA),
        elevation=Fact(3127.0 * u.m, GRANDMA_DATA),
    ),
    aperture=Fact(None, GRANDMA_DATA, "grandma_data says 2.0 m, which contradicts the name (Zeiss-600)"),
    cameras=(
        Camera(
            name="Terskol/Zeiss-600",
            kind="imager",
            filters=Fact(("bessellb", "besselli", "bessellr", "bessellux", "bessellv", "ps1::open"), INSTRUMENTS),
        ),
    ),
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
    cookbook_limit=UNKNOWN,
    mode=Fact(Mode.UNKNOWN, "no field of view found in any public source"),
    usage=Fact(UsageClass.UNKNOWN, NOT_FOUND),
    trigger=UNKNOWN,
    robotic=Fact(False, GRANDMA_DATA),
    membership=Fact(True, GRANDMA_DATA, "Listed there"),
    status=UNKNOWN,
    aliases=("Terskol/Zeiss-600",),
)
