"""Plan a whole network at once: probability is counted once, whoever covers it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from time import perf_counter

from tom_gcn.planning.check import keeps_limits
from tom_gcn.planning.clock import to_mjd
from tom_gcn.planning.measure import footprints_of
from tom_gcn.planning.network import Network, Progress
from tom_gcn.planning.options import PlanOptions
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
    """Make one joint plan; the same input always gives the same plan.

    Parameters
    ----------
    skymap : SkyMap
    telescopes : sequence of PlanTelescope
    start : datetime
        Aware; no pointing begins before it.
    hours : float
        Length of the plan.
    options : PlanOptions
    excluded : mapping, optional
        Telescopes that take no part, with the sentence that says why; they appear in the result.
    progress : callable, optional
        Called with the fraction done (0..1) and a word on what is being done.

    Raises
    ------
    ValueError
        When ``start`` is naive, ``hours`` is not positive, or two telescopes share a name.
    """
    began = perf_counter()
    check_request(telescopes, start, hours)
    tell = progress or (lambda fraction, text: None)
    span = (to_mjd(start), to_mjd(start + timedelta(hours=hours)))
    tell(0.0, "nights and Moon")
    skies = [sky_of(telescope, span, dark_nights(telescope, *span)) for telescope in telescopes]
    best = skymap.probability_in_area(max((telescope.field_deg2 for telescope in telescopes), default=0.0))
    network = Network(skymap, tuple(telescopes), skies, options.for_best(best))
    network.choose_all(tell)
    tell(0.8, "times and checks")
    drafts = _final(network)
    tell(0.9, "probabilities")
    reasons = dict(excluded or {})
    planned = {draft.telescope for draft in drafts}
    reasons.update({telescopes[n].name: network.reason(n, drafts) for n in range(len(skies)) if n not in planned})
    plan = network_plan(skymap, skies, drafts, reasons, (start, start + timedelta(hours=hours)), began)
    tell(1.0, "done")
    return plan


def check_request(telescopes: Sequence[PlanTelescope], start: datetime, hours: float) -> None:
    """Refuse with a ValueError what no engine can plan."""
    if start.tzinfo is None:
        raise ValueError("The start of a plan needs a time zone.")
    if not 0.0 < hours <= 24.0 * 14:
        raise ValueError(f"A plan spans more than 0 and at most 336 hours, not {hours:g}.")
    if len({telescope.name for telescope in telescopes}) != len(telescopes):
        raise ValueError("Two telescopes have the same name.")


def _final(network: Network) -> list[Draft]:
    """Give times, drop what a second look refuses, and put the rest in the order in which it ends."""
    drafts = [draft for n, sky in enumerate(network.skies) for draft in arrange(n, sky, network.chosen[n])]
    good = keeps_limits(drafts, network.telescopes)
    drafts = sorted(
        (draft for draft, fine in zip(drafts, good, strict=True) if fine),
        key=lambda draft: (draft.end_mjd, draft.telescope),
    )
    measured = footprints_of(network.skymap, drafts, network.telescopes)
    return [drafts[n] for n in measured.worth_keeping(range(len(drafts)), network.options.min_new_probability)]
