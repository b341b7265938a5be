"""Plan a whole network at once: probability is counted once, whoever covers it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from time import perf_counter

from tom_gcn.planning.check import keeps_limits
from tom_gcn.planning.clock import span_mjd
from tom_gcn.planning.measure import Footprints, footprints_of
from tom_gcn.planning.network import Network, Progress
from tom_gcn.planning.options import PlanOptions
from tom_gcn.planning.pixels import Worth
from tom_gcn.planning.problem import Problem
from tom_gcn.planning.report import network_plan
from tom_gcn.planning.result import NetworkPlan
from tom_gcn.planning.standing import is_owed, kept_drafts, standing_drafts, visits_done
from tom_gcn.planning.targets import notes_of, worth_of
from tom_gcn.planning.telescopes import PlanTelescope
from tom_gcn.planning.timing import Draft
from tom_gcn.planning.visibility import Sky, dark_nights, sky_of
from tom_gcn.skymaps import SkyMap

DEFAULT_OPTIONS = PlanOptions()

Begin = Callable[[Network], None]


def plan_network(
    skymap: SkyMap,
    telescopes: Sequence[PlanTelescope],
    start: datetime,
    hours: float = 24.0,
    options: PlanOptions = DEFAULT_OPTIONS,
    excluded: Mapping[str, str] | None = None,
    progress: Progress | None = None,
) -> NetworkPlan:
    """Make one joint plan without anything that went before: the short form of `solve`."""
    return solve(Problem(skymap, tuple(telescopes), start, hours, options, excluded or {}), progress)


def solve(problem: Problem, progress: Progress | None = None, begin: Begin | None = None) -> NetworkPlan:
    """Make one joint plan; the same problem always gives the same plan.

    Where a plan stands already, two are made: one in which its fields stay as far as they can, filled up with others,
    and one without it. The second is taken only if it is worth more by over ``options.stability``.

    Parameters
    ----------
    problem : Problem
    progress : callable, optional
        Called with the fraction done (0..1) and a word on what is being done; may raise `PlanCancelled`.
    begin : callable, optional
        Takes the first fields for a network in which nothing is chosen yet; the greedy choice goes on from there.
    """
    began = perf_counter()
    tell = progress or (lambda fraction, text: None)
    tell(0.0, "nights and Moon")
    setting = _setting(problem, begin)
    outcome, notes = _stable(setting, tell) if problem.previous else (_attempt(setting, (), tell), [])
    tell(0.9, "probabilities")
    plan = _written(setting, outcome, began)
    tell(1.0, "done")
    return replace(plan, notes=(*notes_of(problem), *_sight_notes(setting, outcome), *notes))


@dataclass(frozen=True, eq=False)
class _Setting:
    """What both attempts share."""

    problem: Problem
    worth: Worth
    skies: list[Sky]
    options: PlanOptions
    kept: tuple[Draft, ...]
    begin: Begin | None = None

    def network(self, standing: Sequence[Draft] = ()) -> Network:
        """Return a network in which nothing is chosen yet."""
        fixed, problem = (*self.kept, *standing), self.problem
        return Network(self.worth, problem.asked, list(self.skies), self.options, fixed, problem.done)


@dataclass(frozen=True, eq=False)
class _Outcome:
    """A network whose fields are chosen and timed, and what they are newly worth together."""

    network: Network
    drafts: list[Draft]
    value: float


def network_of(problem: Problem) -> Network:
    """Return the network of a problem before anything is chosen, the standing plan left aside."""
    return _setting(problem).network()


def _setting(problem: Problem, begin: Begin | None = None) -> _Setting:
    span, skymap, telescopes = span_mjd(problem.start, problem.hours), problem.skymap, problem.asked
    skies = [sky_of(telescope, span, dark_nights(telescope, *span)) for telescope in telescopes]
    best = skymap.probability_in_area(max((telescope.field_deg2 for telescope in telescopes), default=0.0))
    options = problem.options.for_best(best)
    return _Setting(problem, worth_of(problem), skies, options, tuple(kept_drafts(problem)), begin)


def _sight_notes(setting: _Setting, outcome: _Outcome) -> list[str]:
    """Tell what weighing by detection came to."""
    options = setting.problem.options
    if options.weigh != "detection":
        return []
    if setting.worth.sight is None:
        return ["Every telescope counts alike: the sky map has no distances, or no depth is known."]
    source = f"a source of {options.source_absolute_mag:g} mag"
    return [f"Weighed by depth: the plan sees {source} with a probability of {100.0 * outcome.value:.1f} %."]


def _stable(setting: _Setting, tell: Progress) -> tuple[_Outcome, list[str]]:
    """Choose between keeping the standing plan's fields and a fresh start."""
    problem = setting.problem
    standing = standing_drafts(problem, setting.worth, setting.skies, setting.kept)
    observed = visits_done(problem)
    owed = [draft for draft in standing if is_owed(draft, observed, problem)]
    fresh = _attempt(setting, owed, lambda fraction, text: tell(fraction / 2.0, text))
    if not standing:
        return fresh, ["Nothing of the standing plan can stay as it is."]
    stable = _attempt(setting, standing, lambda fraction, text: tell(0.45 + fraction / 2.0, text))
    gain, least = fresh.value - stable.value, problem.options.stability
    if gain > least:
        return fresh, [f"Made anew: it gains {100.0 * gain:.1f} % over a plan that keeps the standing fields."]
    if gain > 0.0:
        told = f"a new plan would gain {100.0 * gain:.1f} %, less than the {100.0 * least:.1f} % worth a change"
        return stable, [f"The standing fields stay: {told}."]
    return stable, ["The standing fields stay: a new plan would gain nothing."]


def _attempt(setting: _Setting, standing: Sequence[Draft], tell: Progress) -> _Outcome:
    network, telescopes = setting.network(standing), setting.problem.asked
    if setting.begin is not None:
        setting.begin(network)
    network.choose_all(tell)
    tell(0.8, "times and checks")
    timed = [draft for n in range(len(telescopes)) for draft in network.timed(n)]
    drafts = sorted([*_checked(timed, network), *network.fixed], key=lambda draft: (draft.end_mjd, draft.telescope))
    measured = footprints_of(setting.worth, drafts, telescopes, setting.problem.executed)
    least = setting.options.min_new_probability
    order = measured.worth_keeping(_holding(drafts, network, measured, least), least, _spared(drafts, network))
    firsts = {(drafts[n].telescope, drafts[n].field_id) for n in order if drafts[n].epoch == 1}
    observed = visits_done(setting.problem)
    order = [n for n in order if _is_whole(drafts[n], firsts) or is_owed(drafts[n], observed, setting.problem)]
    return _Outcome(network, [drafts[n] for n in order], float(measured.new_values(order).sum()))


def _holding(drafts: Sequence[Draft], network: Network, measured: Footprints, least: float) -> list[int]:
    """All pointings but centred ones whose true footprint holds too little: what others take does not count there."""
    own = measured.probabilities()
    return [
        number
        for number, draft in enumerate(drafts)
        if draft.original is not None or not network.centred[draft.telescope] or own[number] >= least
    ]


def _spared(drafts: Sequence[Draft], network: Network) -> set[int]:
    """Pointings that need not add anything: kept ones, later visits, and centred ones."""
    return {
        number
        for number, draft in enumerate(drafts)
        if draft.original is not None or draft.epoch > 1 or network.centred[draft.telescope]
    }


def _is_whole(draft: Draft, firsts: set[tuple[int, str]]) -> bool:
    """Whether a pointing is kept, a first visit, or a later visit of a field that still has its first."""
    return draft.original is not None or (draft.telescope, draft.field_id) in firsts


def _checked(drafts: list[Draft], network: Network) -> list[Draft]:
    """Keep what astropy allows; a telescope of which it refuses something is timed once more, with wider margins."""
    good = _allowed(drafts, network)
    for number in sorted({draft.telescope for draft in set(drafts).difference(good)}):
        again = _allowed(network.timed(number, careful=True), network)
        if len(again) > sum(draft.telescope == number for draft in good):
            good = [draft for draft in good if draft.telescope != number] + again
    return good


def _allowed(drafts: list[Draft], network: Network) -> list[Draft]:
    return [draft for draft, fine in zip(drafts, keeps_limits(drafts, network.telescopes), strict=True) if fine]


def _written(setting: _Setting, outcome: _Outcome, began: float) -> NetworkPlan:
    problem, drafts = setting.problem, outcome.drafts
    planned = {draft.telescope for draft in drafts}
    reasons = dict(problem.left_out)
    for number, telescope in enumerate(problem.asked):
        if number not in planned:
            reasons[telescope.name] = outcome.network.reason(number, drafts)
    return network_plan(problem, setting.skies, drafts, reasons, began)
