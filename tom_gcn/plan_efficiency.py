"""Would a source have been seen? A plan, or what was observed, against sources injected into the sky map."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import numpy as np
from astropy import units as u
from django.utils.safestring import SafeString

from tom_gcn.choices import PointingState
from tom_gcn.coverage import Footprint
from tom_gcn.drawings import efficiency_curve
from tom_gcn.efficiency import Efficiency, Law, Looks, Source, efficiency
from tom_gcn.efficiency.efficiency import MOST_TIMES
from tom_gcn.models import ObservationPlan, PlannedPointing
from tom_gcn.plan_problem import camera_of
from tom_gcn.querysets import User
from tom_grandma_facilities.models import ExecutedObservation
from tom_grandma_facilities.registry import TELESCOPES

MAGNITUDES = np.arange(-22.0, -9.9, 0.25)
MOST_LOOKS = 5000
DAY_S = 86400.0
OF = {"plan": "the plan", "observed": "what was observed"}
USUAL = {"law": "linear", "rate": "1", "mag": "-16", "times": "1", "of": "plan", "mean": "", "sigma": ""}
_BOUNDS = {
    "rate": (-10.0, 10.0),
    "mag": (-30.0, 0.0),
    "times": (1, MOST_TIMES),
    "mean": (0.1, 50_000),
    "sigma": (0, 50_000),
}


@dataclass(frozen=True)
class Asked:
    """What somebody wants to know, as typed, and what is wrong with it by field."""

    typed: dict[str, str]
    numbers: dict[str, float] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)

    @property
    def source(self) -> Source:
        """The source."""
        return Source(Law(self.typed["law"]), self.numbers["rate"])

    @property
    def distance_mpc(self) -> tuple[float, float] | None:
        """The distance to take in place of the map's, if one is given."""
        mean = self.numbers.get("mean")
        return None if mean is None else (mean, self.numbers.get("sigma", 0.0))


def read_asked(given: Any) -> Asked:
    """Read the fields of the form; what is left out takes its usual value."""
    typed = {name: str(given.get(name, usual)).strip()[:20] for name, usual in USUAL.items()}
    asked = Asked(typed)
    for name, choices in (("law", set(Law)), ("of", set(OF))):
        if typed[name] not in choices:
            typed[name] = USUAL[name]
    for name, (low, high) in _BOUNDS.items():
        text = typed[name] or USUAL[name]
        if not text:
            continue
        try:
            number = float(text)
        except ValueError:
            number = float("nan")
        if low <= number <= high and (name != "times" or number == int(number)):
            asked.numbers[name] = number
        else:
            asked.errors[name] = f"Give {'a whole number' if name == 'times' else 'a number'} from {low:g} to {high:g}."
    return asked


@dataclass(frozen=True)
class Answer:
    """The probability to see the source, the curve against its absolute magnitude, and what was left out."""

    result: Efficiency
    probability: float
    error: float
    half_mag: float | None
    curve: SafeString
    without_depth: tuple[str, ...]


def answer_for(plan: ObservationPlan, asked: Asked, user: User) -> Answer:
    """Inject sources into the plan's map.

    Raises
    ------
    NoDistance
        When the map has no distances and none is given.
    """
    t0 = plan.event.t0 or plan.event.created_at
    rows, without = _planned(plan) if asked.typed["of"] == "plan" else _observed(plan, t0, user)
    looks = _looks(rows, t0)
    skymap = plan.localization.skymap.data
    times = int(asked.numbers["times"])
    result = efficiency(skymap, looks, asked.source, times=times, distance_mpc=asked.distance_mpc)
    mag = asked.numbers["mag"]
    points = list(zip(MAGNITUDES.tolist(), result.at(MAGNITUDES).tolist(), strict=True))
    drawn = SafeString(efficiency_curve(points, mag))
    return Answer(
        result, float(result.at(mag)), result.error_at(mag), result.magnitude_at(0.5), drawn, tuple(sorted(without))
    )


Look = tuple[Footprint, datetime, float]


def _looks(rows: Iterable[Look], t0: datetime) -> Looks:
    found = list(rows)
    days = np.array([(middle - t0).total_seconds() / DAY_S for _, middle, _ in found], dtype=float)
    return Looks([look[0] for look in found], days, np.array([look[2] for look in found], dtype=float))


def _planned(plan: ObservationPlan) -> tuple[list[Look], set[str]]:
    """What the plan would look at, but for what cannot be taken; telescopes of unknown depth apart."""
    rows = PlannedPointing.objects.filter(telescope_plan__plan=plan).select_related("telescope_plan")
    looks, without = [], set()
    for row in rows.exclude(state__in=(PointingState.CANNOT, PointingState.CANCELLED)).defer("footprint"):
        telescope = row.telescope_plan.telescope
        camera, depth = camera_of(telescope), _depth(telescope, row.n_exposures * row.exposure_s)
        if camera is None or depth is None:
            without.add(telescope)
        else:
            middle = row.start + (row.end - row.start) / 2
            looks.append((Footprint(*camera, row.ra_deg, row.dec_deg), middle, depth))
    return looks, without


def _observed(plan: ObservationPlan, t0: datetime, user: User) -> tuple[list[Look], set[str]]:
    """Executed observations since the event the user may know of; those of unknown depth apart."""
    rows = ExecutedObservation.objects.visible_to(user).filter(start__gte=t0, width_deg__isnull=False)
    looks, without = [], set()
    for row in rows.order_by("start").defer("raw", "earlier")[:MOST_LOOKS]:
        if row.limiting_mag is None:
            without.add(row.telescope)
        else:
            field = Footprint(row.shape, row.width_deg, row.height_deg, row.ra_deg, row.dec_deg)
            looks.append((field, row.start + (row.end - row.start) / 2, row.limiting_mag))
    return looks, without


def _depth(name: str, exposure_s: float) -> float | None:
    """Limiting magnitude after a total exposure, from the declared one: the noise of the sky falls with the root."""
    telescope = TELESCOPES.get(name)
    if telescope is None or telescope.limiting_magnitude.value is None:
        return None
    usual = telescope.default_exposure.value
    if usual is None or exposure_s <= 0:
        return float(telescope.limiting_magnitude.value)
    return float(telescope.limiting_magnitude.value + 1.25 * np.log10(exposure_s / usual.to_value(u.s)))
