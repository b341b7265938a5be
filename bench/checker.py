"""An independent look at finished plans: astropy and astroplan for the sky, mocpy for the probability.

Nothing here comes from `tom_gcn.planning` or `tom_gcn.coverage`, whatever made the plan: a pointing is where, when, and
with which camera from which site, and a limit is what the telescope declares.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby, pairwise
from pathlib import Path

import numpy as np
from astroplan import Observer
from astropy import units as u
from astropy.coordinates import AltAz, EarthLocation, SkyCoord, get_body
from astropy.table import QTable
from astropy.time import Time
from astropy.utils import iers
from mocpy import MOC

TOLERANCE_S = 0.002
"""Times of plans are told to a millisecond."""
COARSE, FINE = 11, 12
"""Orders at which outlines are drawn. mocpy keeps every cell that an outline touches, so that areas are too large by
half a cell all around; the surplus halves with every order, and twice the fine value less the coarse one is without."""
CIRCLE_POINTS = 72


@dataclass(frozen=True)
class Site:
    """What a telescope declares; separations in degrees, times in seconds."""

    name: str
    latitude_deg: float
    longitude_deg: float
    elevation_m: float
    min_altitude_deg: float
    moon_separation_deg: float
    twilight_deg: float
    dec_min_deg: float
    dec_max_deg: float
    readout_s: float
    overhead_s: float
    slew_deg_per_s: float
    shape: str
    width_deg: float
    height_deg: float
    moon_by_phase: bool = False
    max_pointings: int | None = None

    @property
    def place(self) -> EarthLocation:
        return EarthLocation.from_geodetic(
            self.longitude_deg * u.deg, self.latitude_deg * u.deg, self.elevation_m * u.m
        )

    def gap_s(self, distance_deg: float) -> float:
        """Seconds from the end of one pointing to the start of the next."""
        return self.overhead_s + max(self.readout_s, distance_deg / self.slew_deg_per_s)


@dataclass(frozen=True)
class Visit:
    """One pointing of a plan."""

    telescope: str
    ra_deg: float
    dec_deg: float
    start: datetime
    end: datetime


@dataclass(frozen=True)
class Verdict:
    """Sentences on what breaks a limit, and what the union of all footprints covers."""

    faults: tuple[str, ...]
    probability: float


def check(skymap: QTable, sites: Sequence[Site], visits: Sequence[Visit], window: tuple[datetime, datetime]) -> Verdict:
    """Look at every pointing of a plan.

    Parameters
    ----------
    skymap : QTable
        Multi-order, with UNIQ and PROBDENSITY.
    sites : sequence of Site
    visits : sequence of Visit
    window : tuple of datetime
        Nothing may begin before or end after it.
    """
    faults: list[str] = []
    by_name = {site.name: site for site in sites}
    ordered = sorted(visits, key=lambda visit: (visit.telescope, visit.start))
    with (
        iers.conf.set_temp("auto_download", False),
        iers.conf.set_temp("auto_max_age", None),
        iers.conf.set_temp("iers_degraded_accuracy", "warn"),
        warnings.catch_warnings(),
    ):
        warnings.simplefilter("ignore")
        for name, group in groupby(ordered, key=lambda visit: visit.telescope):
            mine = list(group)
            faults += _on_the_sky(by_name[name], mine) + _in_time(by_name[name], mine, window)
    return Verdict(tuple(faults), union_probability(skymap, sites, visits))


def _on_the_sky(site: Site, visits: Sequence[Visit]) -> list[str]:
    """Altitude, night and Moon at start, middle and end; declination."""
    start, end = Time([visit.start for visit in visits]), Time([visit.end for visit in visits])
    times = start + (end - start) * np.array([0.0, 0.5, 1.0])[:, None]
    fields = SkyCoord([visit.ra_deg for visit in visits] * u.deg, [visit.dec_deg for visit in visits] * u.deg)
    observer = Observer(location=site.place, pressure=0.0 * u.bar)
    seen = SkyCoord(fields[None, :]).transform_to(AltAz(obstime=times, location=site.place))
    moon = get_body("moon", times, site.place).transform_to(seen.frame)
    night = observer.is_night(times.ravel(), horizon=site.twilight_deg * u.deg).reshape(times.shape)
    wanted = _moon_limits(site, observer.moon_illumination(times.ravel()).reshape(times.shape))
    dec = np.broadcast_to(fields.dec.deg, times.shape)
    tests = {
        "is below its altitude limit": seen.alt.deg < site.min_altitude_deg,
        "is not at night": ~night,
        "is too near to the Moon": moon.separation(seen).deg < wanted,
        "is outside its declination limits": (dec < site.dec_min_deg) | (dec > site.dec_max_deg),
    }
    return [
        f"{site.name} {what} at {visits[number].start:%Y-%m-%d %H:%M:%S}"
        for what, broken in tests.items()
        for number in np.flatnonzero(broken.any(axis=0))
    ]


def _moon_limits(site: Site, illumination: np.ndarray) -> np.ndarray:
    """The declared distance, or the Lorentzian of RTML 2.3 with 6 days for the phase."""
    if not site.moon_by_phase:
        return np.full(illumination.shape, site.moon_separation_deg)
    days = np.arccos(np.clip(2.0 * illumination - 1.0, -1.0, 1.0)) / np.pi * 29.530588 / 2.0
    # the illuminated fraction is right to some thousandths
    return site.moon_separation_deg / (1.0 + (days / 6.0) ** 2) - 0.1


def _in_time(site: Site, visits: Sequence[Visit], window: tuple[datetime, datetime]) -> list[str]:
    """Overlaps, with read-out and slew between; the plan's window; the number of pointings."""
    faults = [f"{site.name} is outside the window" for one in visits if one.start < window[0] or one.end > window[1]]
    for before, after in pairwise(visits):
        one, two = (SkyCoord(visit.ra_deg * u.deg, visit.dec_deg * u.deg) for visit in (before, after))
        gap = (after.start - before.end).total_seconds()
        if gap < site.gap_s(float(one.separation(two).deg)) - TOLERANCE_S:
            faults.append(f"{site.name} is not there in time at {after.start:%Y-%m-%d %H:%M:%S}")
    if site.max_pointings is not None and len(visits) > site.max_pointings:
        faults.append(f"{site.name} has {len(visits)} pointings, more than {site.max_pointings}")
    return faults


def outline(site: Site, ra_deg: float, dec_deg: float) -> SkyCoord:
    """Corners of a footprint: offsets in the tangent plane, as angles and position angles from the centre."""
    x, y = np.tan(np.radians(site.width_deg / 2.0)), np.tan(np.radians(site.height_deg / 2.0))
    if site.shape == "circle":
        turn = np.linspace(0.0, 2.0 * np.pi, CIRCLE_POINTS, endpoint=False)
        # a polygon of the circle's own area
        grown = x * np.sqrt(2.0 * np.pi / CIRCLE_POINTS / np.sin(2.0 * np.pi / CIRCLE_POINTS))
        east, north = grown * np.sin(turn), grown * np.cos(turn)
    else:
        east, north = np.array([x, x, -x, -x]), np.array([y, -y, -y, y])
    centre = SkyCoord(ra_deg * u.deg, dec_deg * u.deg)
    return centre.directional_offset_by(np.arctan2(east, north) * u.rad, np.arctan(np.hypot(east, north)) * u.rad)


def union_probability(skymap: QTable, sites: Sequence[Site], visits: Sequence[Visit]) -> float:
    """Return the probability inside at least one footprint, by mocpy, extrapolated to infinitely fine cells."""
    if not visits:
        return 0.0
    by_name = {site.name: site for site in sites}
    places = {(visit.telescope, visit.ra_deg, visit.dec_deg) for visit in visits}
    corners = [outline(by_name[name], ra, dec) for name, ra, dec in sorted(places)]
    coarse, fine = (_drawn(skymap, corners, order) for order in (COARSE, FINE))
    return 2.0 * fine - coarse


def _drawn(skymap: QTable, corners: Sequence[SkyCoord], order: int) -> float:
    first, *rest = (MOC.from_polygon_skycoord(one, max_depth=order) for one in corners)
    union = first.union(*rest) if rest else first
    return float(union.probability_in_multiordermap(skymap))


def read_map(path: Path) -> QTable:
    """Read a map with astropy alone: a multi-order table as it is, a flat one as cells of its own order."""
    import healpy

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        table = QTable.read(path, hdu=1) if path.suffix != ".gz" or _is_multi_order(path) else QTable()
    if "UNIQ" in table.colnames:
        return table
    probability = np.asarray(healpy.read_map(path, field=0, nest=True), dtype=float)
    nside = healpy.npix2nside(len(probability))
    density = probability / probability.sum() / healpy.nside2pixarea(nside)
    return QTable({"UNIQ": 4 * nside**2 + np.arange(len(probability)), "PROBDENSITY": density / u.sr})


def _is_multi_order(path: Path) -> bool:
    from astropy.io import fits

    return fits.getheader(path, 1).get("ORDERING", "") == "NUNIQ"
