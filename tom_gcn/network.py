"""Which telescopes take part in a plan, and the sentence for each that does not."""

from collections.abc import Sequence
from dataclasses import dataclass

from tom_gcn.planning import CannotPlan, PlanTelescope, plan_telescope
from tom_grandma_facilities.actions import closed_telescopes
from tom_grandma_facilities.registry import TELESCOPES, get_telescope
from tom_grandma_facilities.telescope import Telescope


@dataclass(frozen=True)
class Chosen:
    """Telescopes to plan, and why the others are left out."""

    telescopes: tuple[PlanTelescope, ...]
    excluded: dict[str, str]


def choose_telescopes(names: Sequence[str] = ()) -> Chosen:
    """Return the telescopes named, or the whole network when none is; closed and unplannable ones with their reason."""
    wanted = [get_telescope(name) for name in names] or [t for t in TELESCOPES.values() if t.in_network]
    closed = closed_telescopes()
    ready: list[PlanTelescope] = []
    excluded: dict[str, str] = {}
    for telescope in wanted:
        reason = closed.get(telescope.name) or _add(telescope, ready)
        if reason:
            excluded[telescope.name] = reason
    return Chosen(tuple(ready), excluded)


def _add(telescope: Telescope, ready: list[PlanTelescope]) -> str:
    try:
        ready.append(plan_telescope(telescope))
    except CannotPlan as cannot:
        return str(cannot)
    return ""
