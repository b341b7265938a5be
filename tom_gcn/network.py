"""Which telescopes take part in a plan, and the sentence for each that does not."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from tom_gcn.models import Event
from tom_gcn.planning import CannotPlan, PlanTelescope, plan_telescope
from tom_gcn.planning.clock import to_mjd
from tom_gcn.planning.wish import ALL, PlanWish
from tom_grandma_facilities.in_use import telescopes_in_use
from tom_grandma_facilities.models import TelescopeStatus
from tom_grandma_facilities.registry import get_telescope
from tom_grandma_facilities.telescope import Telescope

SWITCHED_OFF = "It was switched off for this plan."


@dataclass(frozen=True)
class Closure:
    """Why a telescope takes no part, and until when; None: to the end."""

    sentence: str
    until: datetime | None


Closures = Mapping[str, Closure]


@dataclass(frozen=True)
class Chosen:
    """Telescopes to plan, and why the others are left out."""

    telescopes: tuple[PlanTelescope, ...]
    excluded: dict[str, str]


def choose_for(
    wish: PlanWish, start: datetime, closed: Closures, telescopes: Mapping[str, Telescope] | None = None
) -> Chosen:
    """Return the telescopes a wish asks for, with its settings; one that opens within the plan takes part from then.

    `telescopes` are those of the network as they are used now, unless others are given (so that no database is asked).
    """
    end = start + timedelta(hours=wish.hours)
    ready: list[PlanTelescope] = []
    excluded: dict[str, str] = {}
    for telescope, objection in _asked(wish, telescopes):
        closure = closed.get(telescope.name)
        opens = closure.until if closure and closure.until and start < closure.until < end else None
        reason = SWITCHED_OFF if telescope.name in wish.without else objection
        if not reason and closure and opens is None:
            reason = closure.sentence
        reason = reason or _add(telescope, wish.settings.get(telescope.name, {}), opens, ready)
        if reason:
            excluded[telescope.name] = reason
    return Chosen(tuple(ready), excluded)


def closures(moment: datetime, event: Event | None = None) -> dict[str, Closure]:
    """Return the telescopes that are closed at a moment, or cannot observe the event, each with its sentence."""
    found = {row.telescope: Closure(row.sentence, row.until) for row in TelescopeStatus.objects.closed_at(moment)}
    if event is None:
        return found
    for refusal in event.refusals.standing(moment):
        closure = Closure(refusal.sentence, refusal.until)
        found[refusal.telescope] = _longer(found.get(refusal.telescope), closure)
    return found


def _longer(one: Closure | None, other: Closure) -> Closure:
    """Of two closures the one that lasts longer."""
    if one is None or (one.until and (other.until is None or other.until > one.until)):
        return other
    return one


def _asked(wish: PlanWish, telescopes: Mapping[str, Telescope] | None = None) -> Iterable[tuple[Telescope, str]]:
    """The telescopes a wish is about, each with the objection of the network against it, if any."""
    known = telescopes_in_use() if telescopes is None else telescopes
    if wish.telescopes and wish.telescopes != ALL:
        return ((known[get_telescope(name).name], "") for name in wish.telescopes)
    if wish.telescopes == ALL:
        return ((telescope, telescope.why_not_plannable()) for telescope in known.values())
    return ((telescope, telescope.why_not_in_network()) for telescope in known.values())


def names_asked(wish: PlanWish) -> set[str]:
    """The telescopes a wish asks, before weather, refusals and the sky are looked at."""
    return {telescope.name for telescope, objection in _asked(wish) if not objection} - set(wish.without)


def _add(telescope: Telescope, settings: Mapping[str, Any], opens: datetime | None, ready: list[PlanTelescope]) -> str:
    try:
        planned = plan_telescope(telescope, **settings)
    except CannotPlan as cannot:
        return str(cannot)
    ready.append(replace(planned, opens_mjd=to_mjd(opens)) if opens else planned)
    return ""
