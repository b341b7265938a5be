"""How far a telescope's magnitudes lie from those of the others, per filter and month."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
from django.contrib.auth.models import AnonymousUser, User
from django.db.models import Count, Max
from django.db.models.functions import TruncMonth

from tom_photvalidation import lightcurve
from tom_photvalidation.bins import in_bins
from tom_photvalidation.cells_of_target import filter_label
from tom_photvalidation.choices import PROJECTED, Status
from tom_photvalidation.curve import MJD_OF_EPOCH, S_PER_DAY
from tom_photvalidation.lightcurve import Indices, Points
from tom_photvalidation.loading import CHECKED, load
from tom_photvalidation.measurements import Measurements
from tom_photvalidation.models import PhotometryPoint, TargetEpoch
from tom_photvalidation.residuals import curve_points

# Somebody waits for the page: light curves of the targets the telescope saw last.
MOST_TARGETS, MOST_POINTS = 100, 50_000
# No comparison of two telescopes is better than this, mag: colour terms, apertures.
FLOOR_MAG = 0.03
# An offset worth a call.
LARGE_MAG, LARGE_SIGMAS = 0.1, 3.0
_MJD_0 = datetime(1858, 11, 17, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Offset:
    """Mean of a telescope minus the others on one target through one filter, mag, of points in these months."""

    filter: str
    mag: float
    error: float
    months: dict[date, int]


def offsets_by_month(name: str, user: User | AnonymousUser) -> dict[str, Any]:
    """Return how far a telescope is off, per filter over all months and per month, of points that `user` sees.

    Every month with points has its rows, also where no other telescope looked at the same targets. A telescope is
    compared with the light curve through the points of all others, its own left out together.
    """
    points = PhotometryPoint.objects.visible_to(user).filter(status__in=PROJECTED)
    mine = points.filter(telescope=name).order_by()
    targets = list(mine.values("target").annotate(last=Max("t_mid")).order_by("-last").values_list("target", flat=True))
    looked_at = targets[:MOST_TARGETS]
    found = list(_offsets(name, points.filter(target__in=looked_at).exclude(status=Status.QUARANTINED), looked_at))
    counts = mine.annotate(month=TruncMonth("t_mid", tzinfo=UTC)).values("month", "filter").annotate(n=Count("pk"))
    by_month = [
        _row(row["filter"], row["n"], [one for one in found if row["month"].date() in one.months], row["month"].date())
        for row in counts.order_by("-month", "filter")
    ]
    totals: dict[str, int] = defaultdict(int)
    for row in by_month:
        totals[row["filter"]] += row["n"]
    return {
        "by_filter": [_row(filter_, n, found) for filter_, n in sorted(totals.items())],
        "by_month": by_month,
        "can_compare": bool(found),
        "n_points": sum(totals.values()),
        "n_targets": len(targets),
        "n_looked_at": len(looked_at),
    }


def _row(filter_: str, n: int, found: list[Offset], month: date | None = None) -> dict[str, Any]:
    """One line: the mean of the targets' offsets, weighed by their errors; None where nothing can be compared."""
    mine = [one for one in found if one.filter == filter_]
    row: dict[str, Any] = {"filter": filter_, "filter_label": filter_label(filter_), "month": month, "n": n}
    if not mine:
        return row | {"mag": None, "error": None, "n_compared": 0, "n_targets": 0, "is_large": False}
    weight = np.array([1.0 / (one.error**2 + FLOOR_MAG**2) for one in mine])
    mag = float(np.sum(weight * np.array([one.mag for one in mine])) / weight.sum())
    error = float(np.sqrt(1.0 / weight.sum()))
    compared = sum(count for one in mine for when, count in one.months.items() if month in (None, when))
    is_large = abs(mag) > max(LARGE_MAG, LARGE_SIGMAS * error)
    return row | {"mag": mag, "error": error, "n_compared": compared, "n_targets": len(mine), "is_large": is_large}


def _offsets(name: str, points: Any, targets: list[int]) -> Iterator[Offset]:
    keys = list(points.order_by("-t_mid").values_list("pk", flat=True)[:MOST_POINTS])
    if not keys:
        return
    _, m = load(PhotometryPoint.objects.filter(pk__in=keys), CHECKED)
    epochs = TargetEpoch.objects.filter(target__in=targets).values_list("target__name", "t0")
    t0_mjd = {target: MJD_OF_EPOCH + t0.timestamp() / S_PER_DAY for target, t0 in epochs}
    for target in dict.fromkeys(m.target.tolist()):
        one = m.take(np.flatnonzero(m.target == target))
        if len(set(one.telescope.tolist())) > 1:
            yield from _of_target(name, one, t0_mjd.get(target, np.nan))


def _of_target(name: str, m: Measurements, t0_mjd: float) -> Iterator[Offset]:
    found = curve_points(m, np.array([t0_mjd]))
    if found is None:
        return
    rows, points = found
    used = m.take(rows)
    is_mine = used.telescope == name
    if is_mine.all() or not is_mine.any():
        return
    number = int(points.telescope[is_mine][0])
    means, bin_of = in_bins(points)
    for fitted, judged in lightcurve.blocks(means):
        if len(fitted) >= lightcurve.FEWEST_POINTS:
            for bins, mag, error in _of_block(number, means, fitted, judged):
                held = np.flatnonzero(np.isin(bin_of, bins))
                yield Offset(str(used.filter[held[0]]), mag, error, _months(used.mid_mjd[held]))


def _of_block(number: int, means: Points, fitted: Indices, judged: Indices) -> Iterator[tuple[Indices, float, float]]:
    """Per band of a telescope: the bins that this block judges, their offset from the others, and its error, mag."""
    block = means.take(fitted)
    is_mine = block.telescope == number
    if is_mine.all() or not is_mine.any():
        return
    model = lightcurve.fit(block)
    for series in np.unique(block.series[is_mine]).tolist():
        mine = judged[(block.series == series)[judged]]
        if len(mine):
            yield fitted[mine], *model.series_offset(int(series))


def _months(mjd: Any) -> dict[date, int]:
    counts: dict[date, int] = defaultdict(int)
    for value in mjd.tolist():
        counts[(_MJD_0 + timedelta(days=value)).date().replace(day=1)] += 1
    return dict(counts)
