"""The same questions asked of astroplan, which computes by astropy (ERFA)."""

from astroplan import FixedTarget, Observer
from astropy import units as u
from astropy.coordinates import EarthLocation, SkyCoord
from astropy.time import Time

GRAZES_DEG = 0.05
"""A culmination this near to the limit makes its rise and set undefined to more than two minutes."""
GRID = 500


def compare(sight) -> tuple[float, list[float]]:
    """Largest difference in altitude [deg], and differences of the next rise and set above the limit [min]."""
    site = sight.telescope.site
    place = EarthLocation(lat=site.latitude_deg * u.deg, lon=site.longitude_deg * u.deg, height=0 * u.m)
    observer = Observer(location=place, pressure=0 * u.hPa)
    target = FixedTarget(SkyCoord(sight.position.ra_deg, sight.position.dec_deg, unit="deg"))
    altitude = observer.altaz(Time(sight.mjd, format="mjd"), target).alt.deg
    return float(abs(altitude - sight.altitude_deg).max()), list(_edges(sight, observer, target, altitude))


def _edges(sight, observer, target, altitude):
    limit = sight.min_altitude_deg
    if min(abs(altitude.max() - limit), abs(altitude.min() - limit)) < GRAZES_DEG:
        return
    start = Time(sight.mjd[0], format="mjd")
    for edge, ask in ((0, observer.target_rise_time), (1, observer.target_set_time)):
        found = ask(start, target, which="next", horizon=limit * u.deg, n_grid_points=GRID)
        ours = [window[edge] for window in sight.up if sight.mjd[0] < window[edge] < sight.mjd[-1]]
        theirs = getattr(found, "mask", False)
        if theirs is not False and bool(theirs):
            assert ours == [], (sight.telescope.name, sight.position, "astroplan finds none")
            continue
        assert ours, (sight.telescope.name, sight.position, "only astroplan finds one")
        yield abs(ours[0] - found.mjd) * 1440.0
