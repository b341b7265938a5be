"""What the checks know beside the measurements: where targets and telescopes are, T0, instruments, stored points."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache

import numpy as np
from django.db.models import Exists, OuterRef
from django.utils import timezone
from numpy.typing import NDArray
from tom_targets.models import Target

from tom_grandma_facilities.registry import TELESCOPES
from tom_photvalidation.audiences import Person
from tom_photvalidation.bandpasses import canonical
from tom_photvalidation.cameras import published_cameras
from tom_photvalidation.checks.base import Context, Instrument
from tom_photvalidation.choices import CURRENT, Status, TimeReference
from tom_photvalidation.loading import CHECKED, load
from tom_photvalidation.measurements import Measurements
from tom_photvalidation.models import InstrumentProfile, PhotometryPoint, TargetEpoch
from tom_photvalidation.naming import find_targets
from tom_photvalidation.querysets import PointQuerySet
from tom_photvalidation.rows import Epochs
from tom_photvalidation.sites import place_of

# So many stored points are looked at beside a batch; where there are more, those near in time.
MOST_NEIGHBOURS = 3_000
NEAR = timedelta(days=10)
_UNIX_MJD = 40_587.0
_NOWHERE = (np.nan, np.nan, np.nan)


def epochs_seen_by(by: Person) -> Epochs:
    """Return what knows T0 (MJD UTC) of targets by the names their rows give them, of targets that `by` may see."""

    def epochs(names: Collection[str]) -> dict[str, float]:
        keys = find_targets(names, by)
        t0 = _t0_of(set(keys.values()))
        return {name: t0[key] for name, key in keys.items() if key in t0}

    return epochs


def t0_mjd_of(target: int) -> float | None:
    """Return T0 of a target, MJD UTC; None where it is not known."""
    return _t0_of([target]).get(target)


def _t0_of(targets: Collection[int]) -> dict[int, float]:
    moments = TargetEpoch.objects.filter(target__in=targets).values_list("target", "t0")
    return {pk: _UNIX_MJD + moment.timestamp() / 86_400 for pk, moment in moments}


def context_of(m: Measurements, target_ids: NDArray[np.int64], neighbours: "Neighbours | None") -> Context:
    """Return what is known beside measurements of targets; four queries, however many."""
    where = {pk: (_or_nan(ra), _or_nan(dec)) for pk, ra, dec in _positions(target_ids)}
    t0 = _t0_of(where)
    keys = target_ids.tolist()
    positions = np.array([where[pk] for pk in keys], dtype=float).reshape(-1, 2)
    sites = np.array([_site(name) for name in m.telescope.tolist()], dtype=float).reshape(-1, 3)
    return Context(
        now_mjd=_UNIX_MJD + timezone.now().timestamp() / 86_400,
        target_ra_deg=positions[:, 0],
        target_dec_deg=positions[:, 1],
        t0_mjd=np.array([t0.get(pk, np.nan) for pk in keys], dtype=float),
        site_lat_deg=sites[:, 0],
        site_lon_deg=sites[:, 1],
        site_elev_m=sites[:, 2],
        instruments=instruments_of(set(m.telescope.tolist())),
        neighbours=None if neighbours is None else neighbours.measurements,
    )


@dataclass(frozen=True, eq=False)
class Neighbours:
    """Stored points beside a batch, and their keys."""

    ids: NDArray[np.int64]
    measurements: Measurements


@dataclass(frozen=True)
class Before:
    """What was stored before an upload that comes in parts.

    Its own points are no neighbours of each other: which of them are stored when a part is made ready is chance. They
    are compared when all are there.
    """

    upload: int
    _had_points: dict[int, bool] = field(default_factory=dict)

    def of(self, points: PointQuerySet, targets: Collection[int]) -> PointQuerySet:
        """Leave out the upload's own points; targets that have no others are not looked through again."""
        if new := [one for one in targets if one not in self._had_points]:
            others = PhotometryPoint.objects.filter(target=OuterRef("pk")).exclude(upload=self.upload)
            found = set(Target.objects.filter(Exists(others), pk__in=new).values_list("pk", flat=True))
            self._had_points.update((one, one in found) for one in new)
        return points.filter(target__in=[one for one in targets if self._had_points[one]]).exclude(upload=self.upload)


def neighbours_of(
    m: Measurements,
    target_ids: NDArray[np.int64],
    visible: Collection[int],
    without: Collection[int] = (),
    before: Before | None = None,
) -> "Neighbours | None":
    """Return the stored points of targets that nobody rejected, of sets of groups that may be looked at.

    At most `MOST_NEIGHBOURS`, of the time the measurements are from.
    """
    targets = np.unique(target_ids).tolist()
    points = PhotometryPoint.objects.filter(audience__in=visible, status__in=CURRENT)
    points = points.exclude(status=Status.REJECTED)
    points = points.filter(target__in=targets) if before is None else before.of(points, targets)
    if without:
        points = points.exclude(pk__in=list(without))
    # The keys first: within the statement that reads the rows the planner may look for them again and again.
    keys = _keys(points)
    if len(keys) > MOST_NEIGHBOURS:
        first, last = (moment_of(float(edge)) for edge in (m.t_mjd.min(), m.t_mjd.max()))
        keys = _keys(points.filter(t_mid__range=(first - NEAR, last + NEAR)))[:MOST_NEIGHBOURS]
    return Neighbours(*load(PhotometryPoint.objects.filter(pk__in=keys), CHECKED)) if keys else None


def _keys(points: PointQuerySet) -> list[int]:
    """Return keys in the order of the index of light curves, one more than are looked at."""
    return list(points.order_by("target", "t_mid").values_list("pk", flat=True)[: MOST_NEIGHBOURS + 1])


def moment_of(mjd: float) -> datetime:
    """Return an MJD as UTC time."""
    return datetime.fromtimestamp((mjd - _UNIX_MJD) * 86_400, tz=UTC)


def _positions(target_ids: NDArray[np.int64]) -> "list[tuple[int, float | None, float | None]]":
    return list(Target.objects.filter(pk__in=np.unique(target_ids).tolist()).values_list("pk", "ra", "dec"))


def _or_nan(value: float | None) -> float:
    return float("nan") if value is None else float(value)


@cache
def _site(name: str) -> tuple[float, float, float]:
    """Return latitude, longitude [deg, east] and elevation [m]; NaN for space, the generic one and unknown ones."""
    place = place_of(name)
    return _NOWHERE if place is None else (place.latitude_deg, place.longitude_deg, place.elevation_m)


# --- instruments ------------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Declared:
    """What the registry says of a telescope's filters, by our names of bandpasses."""

    filters: tuple[str, ...]


@cache
def declared(name: str) -> Declared:
    """Return what the registry says of a telescope; filters that no bandpass is known for leave the list open."""
    telescope = TELESCOPES.get(name)
    if telescope is None or telescope.placeholder:
        return Declared(())
    named = [one for camera in telescope.cameras for one in (camera.filters.value or ())]
    known = [canonical(one, name) for one in named]
    return Declared(() if "" in known else tuple(dict.fromkeys(known)))


def instruments_of(telescopes: set[str]) -> Mapping[str, Instrument]:
    """Return what is known of the instruments of telescopes: profiles, else what the registry or papers declare."""
    known = published_cameras(telescopes)
    known |= {name: Instrument(filters=frozenset(declared(name).filters)) for name in telescopes if name in TELESCOPES}
    for profile in InstrumentProfile.objects.filter(telescope__in=telescopes):
        known[f"{profile.telescope} {profile.instrument}".strip()] = instrument_of(profile)
    return known


def instrument_of(profile: InstrumentProfile) -> Instrument:
    """Return a profile as the checks take it."""
    reference = "" if profile.time_reference == TimeReference.UNKNOWN else profile.time_reference
    light = profile.first_light
    return Instrument(
        filters=frozenset(profile.filters),
        default_magsys=profile.default_magsys,
        magnitude_range={name: (float(low), float(high)) for name, (low, high) in profile.magnitude_range.items()},
        error_floor=_or_nan(profile.error_floor),
        first_light_mjd=float("nan") if light is None else _UNIX_MJD + light.timestamp() / 86_400,
        time_scale=profile.time_scale,
        time_reference=reference,
        zero_point_offset={name: float(value) for name, value in profile.zero_point_offset.items()},
    )
