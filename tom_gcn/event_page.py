"""What the plan part of an event page shows: one row a telescope, with its strip of the night."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

import numpy as np
from django.utils.safestring import SafeString

from tom_gcn.choices import PlanState
from tom_gcn.drawings import Night, night_bar, probability_curve
from tom_gcn.drawings.night_bar import Interval, hour_marks
from tom_gcn.drawings.sky_map import symbol
from tom_gcn.models import ObservationPlan, PlannedPointing, TelescopePlan
from tom_grandma_facilities import almanac
from tom_grandma_facilities.registry import TELESCOPES

MOON_STEP = timedelta(minutes=15)
N_COLOURS = 8


@dataclass(frozen=True)
class EventPlans:
    """The plans of an event, newest first; `asked` is the version somebody wants to look at."""

    rows: Sequence[ObservationPlan]
    asked: int | None = None

    @property
    def network(self) -> ObservationPlan | None:
        """The newest finished plan of the whole network; one that holds nothing never stands before one that does."""
        return self._best([plan for plan in self.done if not plan.named_telescopes])

    @property
    def usual(self) -> ObservationPlan | None:
        """What is shown unless another is asked for: the plan of record, else the network's, else one of some."""
        return self.of_record or self.network or self._best(self.done)

    @property
    def of_record(self) -> ObservationPlan | None:
        """The plan the network goes by."""
        return next((plan for plan in self.done if plan.is_of_record), None)

    @property
    def shown(self) -> ObservationPlan | None:
        """The finished plan to show."""
        return next((plan for plan in self.done if plan.version == self.asked), self.usual)

    @property
    def followed(self) -> ObservationPlan | None:
        """The plan whose progress is told: the one asked for while it is being made, or the newest."""
        unfinished = (plan for plan in self.rows if plan.version == self.asked and plan.is_unfinished)
        return next(unfinished, self.rows[0] if self.rows else None)

    @property
    def done(self) -> list[ObservationPlan]:
        """Finished plans, newest first."""
        return [plan for plan in self.rows if plan.state == PlanState.DONE]

    @property
    def newer(self) -> list[ObservationPlan]:
        """Finished plans that are newer than the one shown."""
        return [plan for plan in self.done if self.shown and plan.version > self.shown.version]

    @staticmethod
    def _best(plans: Sequence[ObservationPlan]) -> ObservationPlan | None:
        return next((plan for plan in plans if plan.n_pointings), plans[0] if plans else None)


class Visit(NamedTuple):
    """What a row of the page needs of a planned pointing."""

    start: datetime
    end: datetime
    filter: str
    exposure_s: float
    n_exposures: int


@dataclass(frozen=True)
class TelescopeRow:
    """One telescope of a plan as a row of the page."""

    part: TelescopePlan
    bar: SafeString
    place: int
    visits: Sequence["Visit"] = ()

    @property
    def last_end(self) -> datetime | None:
        """When its last exposure ends."""
        return max((visit.end for visit in self.visits), default=None)

    @property
    def exposures(self) -> list[str]:
        """Its exposures and filters, each kind once: "2×60 s r"."""
        kinds = dict.fromkeys((visit.n_exposures, visit.exposure_s, visit.filter) for visit in self.visits)
        return [f"{n}×{seconds:g} s {name}".strip() for n, seconds, name in kinds]

    @property
    def colour_class(self) -> int:
        """Number of its colour in the style sheet: colours repeat, names do not."""
        return self.place % N_COLOURS

    @property
    def symbol(self) -> str:
        """Outline of its symbol: together with the colour it tells 56 telescopes apart."""
        return symbol(self.place)

    @property
    def is_planned(self) -> bool:
        """Whether something is planned for it."""
        return self.part.n_pointings > 0


@dataclass(frozen=True)
class PlanView:
    """A finished plan, ready for its template."""

    plan: ObservationPlan
    rows: Sequence[TelescopeRow]
    curve: SafeString
    marks: Sequence[tuple[str, str]]
    half_at: datetime | None = None

    @property
    def chart(self) -> list[TelescopeRow]:
        """Telescopes in the chart of the night: those planned, then those that have a night but no pointings."""
        return [*self.planned, *(row for row in self.without if row.part.nights)]

    @property
    def planned(self) -> list[TelescopeRow]:
        """Telescopes with pointings."""
        return [row for row in self.rows if row.is_planned]

    @property
    def without(self) -> list[TelescopeRow]:
        """Telescopes without."""
        return [row for row in self.rows if not row.is_planned]

    @property
    def reasons(self) -> list[tuple[str, list[str]]]:
        """Why telescopes have no pointings, with their names; first what was found out for this event and night."""
        names: dict[str, list[str]] = {}
        tried: set[str] = set()
        for row in self.without:
            names.setdefault(row.part.reason, []).append(row.part.telescope)
            if row.part.nights:
                tried.add(row.part.reason)
        return sorted(names.items(), key=lambda item: (item[0] not in tried, -len(item[1]), item[0]))


def view_plan(plan: ObservationPlan, colours: Sequence[str]) -> PlanView:
    """Gather what the page shows of a finished plan, in two queries; `colours` lists telescopes in order of colour."""
    parts = list(plan.telescope_plans.all())
    visits = _visits(plan)
    moon = moon_up([part.telescope for part in parts], plan.window_start, window_end(plan))
    rows = [
        TelescopeRow(
            part,
            _bar(plan, part, visits.get(part.pk, ()), moon.get(part.telescope, ())),
            colours.index(part.telescope) if part.telescope in colours else 0,
            visits.get(part.pk, ()),
        )
        for part in parts
    ]
    curve = curve_of(plan)
    start, end = plan.window_start, window_end(plan)
    # The drawings hold numbers and escaped words only.
    drawn = SafeString(probability_curve(curve, start, end, bound=bound_of(plan)))
    marks = [(f"{100 * part:.2f}%", hour) for part, hour in hour_marks(start, end, _hours_between_marks(plan.hours))]
    return PlanView(plan, rows, drawn, marks, time_to(curve, (plan.covered_probability or 0) / 2))


def curve_of(plan: ObservationPlan) -> list[tuple[datetime, float]]:
    """Covered probability against time."""
    return [(datetime.fromisoformat(moment), value) for moment, value in plan.curve]


def bound_of(plan: ObservationPlan) -> float | None:
    """What no plan of the same problem can exceed, if it was computed."""
    return plan.bound["value"] if plan.bound else None


def time_to(curve: Sequence[tuple[datetime, float]], probability: float) -> datetime | None:
    """When a curve reaches a probability."""
    return next((moment for moment, value in curve if value >= probability > 0), None)


def window_end(plan: ObservationPlan) -> datetime:
    """End of the time a plan is for."""
    return plan.window_start + timedelta(hours=plan.hours)


def _hours_between_marks(hours: float) -> int:
    return next((step for step in (1, 2, 3, 6, 12) if hours / step <= 9), 24)


def _visits(plan: ObservationPlan) -> Mapping[int, list[Visit]]:
    found: dict[int, list[Visit]] = {}
    rows = PlannedPointing.objects.filter(telescope_plan__plan=plan).order_by("telescope_plan", "order")
    for part, *visit in rows.values_list("telescope_plan_id", *Visit._fields):
        found.setdefault(part, []).append(Visit(*visit))
    return found


def _bar(plan: ObservationPlan, part: TelescopePlan, visits: Sequence[Visit], moon: Sequence[Interval]) -> SafeString:
    nights = [(datetime.fromisoformat(start), datetime.fromisoformat(end)) for start, end in part.nights]
    planned = [(visit.start, visit.end) for visit in visits]
    return SafeString(night_bar(Night(plan.window_start, window_end(plan), nights, moon, planned)))


def moon_up(names: Sequence[str], start: datetime, end: datetime) -> dict[str, list[Interval]]:
    """When the Moon stands above the horizon of each telescope with a known site, to a quarter of an hour."""
    located = [TELESCOPES[name] for name in names if name in TELESCOPES and TELESCOPES[name].site.known]
    if not located:
        return {}
    moments = np.arange(almanac.mjd_of(start), almanac.mjd_of(end), MOON_STEP / timedelta(days=1))
    latitude = np.array([[telescope.site.latitude_deg] for telescope in located])
    longitude = np.array([[telescope.site.longitude_deg] for telescope in located])
    ra, dec, _, _ = almanac.moon_position(moments)
    altitude, _ = almanac.altitude_azimuth(ra, dec, moments, latitude, longitude)
    return {telescope.name: _intervals(altitude[place] > 0, start) for place, telescope in enumerate(located)}


def _intervals(up: np.ndarray, start: datetime) -> list[Interval]:
    edges = np.flatnonzero(np.diff(np.concatenate([[False], up, [False]]).astype(int)))
    return [
        (start + int(first) * MOON_STEP, start + int(last) * MOON_STEP)
        for first, last in zip(edges[::2], edges[1::2], strict=True)
    ]
