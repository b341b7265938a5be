"""ShAO/T2m: 2 m, field of view unknown."""

from astropy import units as u

from tom_grandma_facilities.telescope import PROJECT_DEFAULT, Camera, Fact, Limits, Mode, Site, Telescope, UsageClass

GRANDMA_DATA = "grandma_data/telescopes.yaml"
INSTRUMENTS = "grandma_data/instruments.yaml"
GWEMOPT = "gwemopt/data/config/ShAO-2m.config"
COOKBOOK = "grandma-cookbook/doc2/7_Notifying_Telescope.md l.161"

# gwemopt swaps latitude and longitude and copies field, slew and magnitude from ZTF: nothing of its
# ShAO-2m.config is used.
TELESCOPE = Telescope(
    name="ShAO-T2m",
    full_name="ShAO/T2m",
    site=Site(
        latitude=Fact(
            40.76999692 * u.deg,
            GRANDMA_DATA,
            "gwemopt/data/config/ShAO-2m.config puts it at 48.584444, 40.772222, 1065 km away: rejected "
            "(latitude and longitude are swapped there)",
        ),
        longitude=Fact(48.583997664 * u.deg, GRANDMA_DATA, "See the latitude"),
        elevation=Fact(1500.0 * u.m, GRANDMA_DATA),
    ),
    aperture=Fact(2.0 * u.m, GRANDMA_DATA),
    cameras=(
        Camera(
            name="Spectrograph Canberra",
            kind="spectrograph",
            width=Fact(None, GWEMOPT, "The only one found (6.86 deg, in gwemopt) is copied from ZTF"),
            height=Fact(None, GWEMOPT, "The only one found (6.86 deg, in gwemopt) is copied from ZTF"),
            filters=Fact(None, INSTRUMENTS, "None listed"),
        ),
        Camera(
            name="Spectrograph UAGS",
            kind="spectrograph",
            width=Fact(None, GWEMOPT, "The only one found (6.86 deg, in gwemopt) is copied from ZTF"),
            height=Fact(None, GWEMOPT, "The only one found (6.86 deg, in gwemopt) is copied from ZTF"),
            filters=Fact(None, INSTRUMENTS, "None listed"),
        ),
    ),
    limits=Limits(
        min_altitude=Fact(30.0 * u.deg, PROJECT_DEFAULT),
        moon_separation=Fact(30.0 * u.deg, PROJECT_DEFAULT),
        declination_min=Fact(None, GWEMOPT, "No limit is set"),
        declination_max=Fact(None, GWEMOPT, "No limit is set"),
        twilight=Fact(-18.0 * u.deg, PROJECT_DEFAULT),
    ),
    slew_rate=Fact(None, GWEMOPT, "The config says 2.6: rejected with the rest of that file, which is copied from ZTF"),
    default_exposure=Fact(
        None, GWEMOPT, "The config says 30.0: rejected with the rest of that file, which is copied from ZTF"
    ),
    default_filter=Fact(None, GWEMOPT, "Rejected with the rest of that file"),
    limiting_magnitude=Fact(None, GWEMOPT, "The config says 17, copied from ZTF"),
    cookbook_limit=Fact(None, COOKBOOK, "Not told"),
    mode=Fact(Mode.UNKNOWN, "the only FOV found (gwemopt 6.86 deg) is not credible"),
    usage=Fact(UsageClass.UNKNOWN, COOKBOOK, "Not told"),
    trigger=Fact(None, COOKBOOK, "Not told"),
    robotic=Fact(False, GRANDMA_DATA),
    membership=Fact(True, GRANDMA_DATA, "Listed there"),
    status=Fact("in the GRANDMA list but no image was ever obtained", COOKBOOK),
    aliases=("ShAO/T2m", "ShAO-2m"),
    status_in_doubt=True,
)
