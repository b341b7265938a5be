"""Two plans of an event side by side: what they cover, how fast, and which fields they share."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.safestring import SafeString

from tom_gcn.actions import outlines_of
from tom_gcn.drawings import SkyPicture, draw_sky, probability_curve
from tom_gcn.event_page import curve_of, time_to, window_end
from tom_gcn.models import Localization, ObservationPlan, PlannedPointing

# A telescope points no better: fields nearer to each other than this are the same.
SAME_FIELD_DEG = 0.01
# Places among the colours of telescopes.
UNCHANGED, NEW, DROPPED = 7, 4, 5


@dataclass(frozen=True)
class TelescopeChange:
    """The fields of one telescope in both plans, as their numbers in the plan they are of."""

    telescope: str
    unchanged: Sequence[int]
    new: Sequence[int]
    dropped: Sequence[int]

    @property
    def is_same(self) -> bool:
        """Whether it has the same fields in both."""
        return not self.new and not self.dropped


@dataclass(frozen=True)
class PlanComparison:
    """Figures of two plans, `one` the older."""

    one: ObservationPlan
    other: ObservationPlan
    telescopes: Sequence[TelescopeChange]
    level: float
    one_at: datetime | None
    other_at: datetime | None
    curve: SafeString
    picture: SafeString

    @property
    def pair(self) -> tuple[ObservationPlan, ObservationPlan]:
        """Both, the older one first."""
        return self.one, self.other

    @property
    def earlier_words(self) -> str:
        """How much sooner the other one is half as far as the lesser of both comes."""
        if self.one_at is None or self.other_at is None:
            return ""
        minutes = round((self.one_at - self.other_at).total_seconds() / 60)
        if not minutes:
            return "at the same time"
        hours, rest = divmod(abs(minutes), 60)
        words = " ".join(filter(None, (f"{hours} h" * bool(hours), f"{rest} min" * bool(rest))))
        return f"{words} {'earlier' if minutes > 0 else 'later'}"

    @property
    def changed(self) -> list[TelescopeChange]:
        """Telescopes whose fields differ."""
        return [change for change in self.telescopes if not change.is_same]

    @property
    def same(self) -> list[TelescopeChange]:
        """Telescopes whose fields are the same."""
        return [change for change in self.telescopes if change.is_same]

    @property
    def gained(self) -> float:
        """How much more probability the other one covers."""
        return float((self.other.covered_probability or 0) - (self.one.covered_probability or 0))

    @property
    def have_one_map(self) -> bool:
        """Whether both were made for the same localization."""
        return self.one.localization_id == self.other.localization_id


def compare_plans(one: ObservationPlan, other: ObservationPlan, localization: Localization | None) -> PlanComparison:
    """Compare two finished plans of an event; the picture shows `localization`."""
    before, after = _fields(one), _fields(other)
    pairs = {
        telescope: _match(before.get(telescope, []), after.get(telescope, [])) for telescope in {**before, **after}
    }
    changes = [
        TelescopeChange(
            telescope,
            sorted(pointing.order for pointing in pair[UNCHANGED]),
            sorted(pointing.order for pointing in pair[NEW]),
            sorted(pointing.order for pointing in pair[DROPPED]),
        )
        for telescope, pair in sorted(pairs.items())
    ]
    level = min(one.covered_probability or 0, other.covered_probability or 0) / 2
    curves = curve_of(one), curve_of(other)
    start = min(one.window_start, other.window_start)
    end = max(window_end(one), window_end(other))
    return PlanComparison(
        one=one,
        other=other,
        telescopes=changes,
        level=level,
        one_at=time_to(curves[0], level),
        other_at=time_to(curves[1], level),
        curve=SafeString(probability_curve(curves[1], start, end, others=[curves[0]])),
        picture=SafeString(draw_sky(_picture(pairs, localization))),
    )


def _fields(plan: ObservationPlan) -> dict[str, list[PlannedPointing]]:
    rows = PlannedPointing.objects.filter(telescope_plan__plan=plan).select_related("telescope_plan")
    found: dict[str, list[PlannedPointing]] = {}
    for pointing in rows:
        found.setdefault(pointing.telescope_plan.telescope, []).append(pointing)
    return found


def _match(before: Sequence[PlannedPointing], after: Sequence[PlannedPointing]) -> dict[int, list[PlannedPointing]]:
    """Pair the visits of the same fields; one that is visited twice is paired twice."""
    left: dict[tuple[int, int], list[PlannedPointing]] = {}
    for pointing in before:
        left.setdefault(_place(pointing), []).append(pointing)
    found: dict[int, list[PlannedPointing]] = {UNCHANGED: [], NEW: [], DROPPED: []}
    for pointing in after:
        twins = left.get(_place(pointing))
        if twins:
            twins.pop()
            found[UNCHANGED].append(pointing)
        else:
            found[NEW].append(pointing)
    found[DROPPED] = [pointing for rest in left.values() for pointing in rest]
    return found


def _place(pointing: PlannedPointing) -> tuple[int, int]:
    return round(pointing.ra_deg / SAME_FIELD_DEG), round(pointing.dec_deg / SAME_FIELD_DEG)


def _picture(pairs: Mapping[str, Mapping[int, Sequence[PlannedPointing]]], localization: Any) -> SkyPicture:
    footprints: dict[int, list[Any]] = {UNCHANGED: [], DROPPED: [], NEW: []}
    for pair in pairs.values():
        for kind, pointings in pair.items():
            footprints[kind] += [pointing.footprint for pointing in pointings]
    skymap = localization.skymap if localization else None
    return SkyPicture(
        title="Fields of both plans: unchanged, new and dropped, with the 50 % and 90 % regions",
        regions={float(level): lines for level, lines in (outlines_of(skymap) if skymap else {}).items()},
        peak=(skymap.peak_ra_deg, skymap.peak_dec_deg) if skymap else None,
        footprints=footprints,
        is_close=True,
    )
