"""Which telescopes take part in a plan, and the sentence for each that does not."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from tom_gcn.planning import CannotPlan, PlanTelescope, plan_telescope
from tom_grandma_facilities.actions import closed_telescopes
from tom_grandma_facilities.registry import TELESCOPES, get_telescope
from tom_grandma_facilities.telescope import Telescope


@dataclass(frozen=True)
class Chosen:
    """Telescopes to plan, and why the others are left out."""

    telescopes: tuple[PlanTelescope, ...]
    excluded: dict[str, str]


def choose_telescopes(names: Sequence[str] = (), moment: datetime | None = None) -> Chosen:
    """Return the telescopes to plan (those named, or all that GRANDMA may ask) and the sentence of each other one.

    `moment` is when the plan begins (default now): a telescope closed until then takes part.
    """
    if names:
        return _sort(((get_telescope(name), "") for name in names), moment)
    return _sort(((telescope, telescope.why_not_in_network()) for telescope in TELESCOPES.values()), moment)


def _sort(asked: Iterable[tuple[Telescope, str]], moment: datetime | None) -> Chosen:
    closed = closed_telescopes(moment)
    ready: list[PlanTelescope] = []
    excluded: dict[str, str] = {}
    for telescope, objection in asked:
        reason = closed.get(telescope.name) or objection or _add(telescope, ready)
        if reason:
            excluded[telescope.name] = reason
    return Chosen(tuple(ready), excluded)


def _add(telescope: Telescope, ready: list[PlanTelescope]) -> str:
    try:
        ready.append(plan_telescope(telescope))
    except CannotPlan as cannot:
        return str(cannot)
    return ""
