"""Plan a whole network at once: probability is counted once, whoever covers it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from time import perf_counter

from tom_gcn.planning.check import keeps_limits
from tom_gcn.planning.clock import span_mjd
from tom_gcn.planning.measure import footprints_of
from tom_gcn.planning.network import Network, Progress
from tom_gcn.planning.options import PlanOptions
from tom_gcn.planning.problem import Problem
from tom_gcn.planning.report import network_plan
from tom_gcn.planning.result import NetworkPlan
from tom_gcn.planning.telescopes import PlanTelescope
from tom_gcn.planning.timing import Draft, arrange
from tom_gcn.planning.visibility import dark_nights, sky_of
from tom_gcn.skymaps import SkyMap

DEFAULT_OPTIONS = PlanOptions()


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


def solve(problem: Problem, progress: Progress | None = None) -> NetworkPlan:
    """Make one joint plan; the same problem always gives the same plan.

    Parameters
    ----------
    problem : Problem
    progress : callable, optional
        Called with the fraction done (0..1) and a word on what is being done; may raise `PlanCancelled`.
    """
    began = perf_counter()
    tell = progress or (lambda fraction, text: None)
    span = span_mjd(problem.start, problem.hours)
    telescopes, skymap = problem.asked, problem.skymap
    tell(0.0, "nights and Moon")
    skies = [sky_of(telescope, span, dark_nights(telescope, *span)) for telescope in telescopes]
    best = skymap.probability_in_area(max((telescope.field_deg2 for telescope in telescopes), default=0.0))
    network = Network(skymap, telescopes, skies, problem.options.for_best(best))
    network.choose_all(tell)
    tell(0.8, "times and checks")
    drafts = _final(network)
    tell(0.9, "probabilities")
    reasons = dict(problem.left_out)
    planned = {draft.telescope for draft in drafts}
    reasons.update({telescopes[n].name: network.reason(n, drafts) for n in range(len(skies)) if n not in planned})
    plan = network_plan(skymap, skies, drafts, reasons, (problem.start, problem.end), began)
    tell(1.0, "done")
    return plan


def _final(network: Network) -> list[Draft]:
    """Give times, replace or drop what a second look refuses, and put the rest in the order in which it ends."""
    timed = [draft for n, sky in enumerate(network.skies) for draft in arrange(n, sky, network.chosen[n])]
    drafts = _checked(timed, network)
    drafts.sort(key=lambda draft: (draft.end_mjd, draft.telescope))
    measured = footprints_of(network.skymap, drafts, network.telescopes)
    return [drafts[n] for n in measured.worth_keeping(range(len(drafts)), network.options.min_new_probability)]


def _checked(drafts: list[Draft], network: Network) -> list[Draft]:
    """Keep what astropy allows; a telescope of which it refuses something is timed once more, with wider margins."""
    good = _allowed(drafts, network)
    for number in sorted({draft.telescope for draft in set(drafts).difference(good)}):
        again = _allowed(arrange(number, network.skies[number].careful(), network.chosen[number]), network)
        if len(again) > sum(draft.telescope == number for draft in good):
            good = [draft for draft in good if draft.telescope != number] + again
    return good


def _allowed(drafts: list[Draft], network: Network) -> list[Draft]:
    return [draft for draft, fine in zip(drafts, keeps_limits(drafts, network.telescopes), strict=True) if fine]
