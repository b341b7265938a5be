"""The same questions asked of astroplan, which computes by astropy (ERFA)."""

import numpy as np
from astroplan import FixedTarget, Observer
from astropy import units as u
from astropy.coordinates import EarthLocation, SkyCoord
from astropy.time import Time

GRAZES_DEG = 0.05
"""A culmination this near to the limit makes its rise and set undefined to more than two minutes."""
GRID = 500
SIDEREAL_DAY = 0.99726957
HOUR = 1.0 / 24.0


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
    for edge, ask in ((0, observer.target_rise_time), (1, observer.target_set_time)):
        theirs = _next(ask, target, limit, sight.mjd[0])
        ours = [window[edge] for window in sight.up if sight.mjd[0] < window[edge] < sight.mjd[-1]]
        if theirs is None:
            assert ours == [], (sight.telescope.name, sight.position, "astroplan finds none")
            continue
        assert ours, (sight.telescope.name, sight.position, "only astroplan finds one")
        yield abs(ours[0] - theirs) * 1440.0


def _next(ask, target, limit, start):
    """Its next rise or set [MJD]; None when there is none within 24 h.

    Of two in 24 h, a sidereal day apart, astroplan names the second: the first is asked for from an hour before.
    """
    found = _asked(ask, target, limit, start)
    if found is None or found - start < SIDEREAL_DAY:
        return found
    first = _asked(ask, target, limit, start - HOUR)
    return first if first is not None and first > start else found


def _asked(ask, target, limit, start):
    found = ask(Time(start, format="mjd"), target, which="next", horizon=limit * u.deg, n_grid_points=GRID)
    return None if np.ma.is_masked(found.mjd) else float(found.mjd)
