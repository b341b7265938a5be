"""What is asked of a telescope, checked before it is kept: by the telescope, the time, and what is reported of it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.utils import timezone

from tom_grandma_facilities import programme
from tom_grandma_facilities.actions.allocations import known_telescope
from tom_grandma_facilities.exceptions import InvalidRequest
from tom_grandma_facilities.models import TelescopeStatus
from tom_grandma_facilities.registry import get_telescope


@dataclass(frozen=True)
class Wish:
    """What is asked of a telescope, checked: it can be kept and sent."""

    telescope: str
    window_start: datetime
    window_end: datetime
    exposures: list[dict[str, Any]] = field(default_factory=list)
    pointings: list[dict[str, Any]] = field(default_factory=list)
    constraints: dict[str, float] = field(default_factory=dict)
    priority: int = 3
    note: str = ""

    @property
    def programme_s(self) -> float:
        """Time of all exposures, s."""
        return programme.programme_seconds(self.exposures, self.pointings)

    def columns(self) -> dict[str, Any]:
        """Columns of the row."""
        names = ("window_start", "window_end", "exposures", "pointings", "constraints", "priority", "note")
        return {name: getattr(self, name) for name in names} | {"programme_s": self.programme_s}


def checked(
    telescope: str,
    window_start: datetime,
    window_end: datetime,
    exposures: Iterable[Mapping[str, Any]] = (),
    pointings: Iterable[Mapping[str, Any]] = (),
    constraints: Mapping[str, Any] | None = None,
    priority: int = 3,
    note: str = "",
    *,
    is_for_target: bool = True,
) -> Wish:
    """Return a wish that can be kept and sent.

    Raises
    ------
    InvalidRequest
    """
    name = known_telescope(telescope)
    if get_telescope(name).retired:
        raise InvalidRequest(f"{name} is retired.", "Ask another telescope.", "telescope")
    if is_for_target:
        rows, points = programme.check_exposures(exposures, _filters(name)), []
    else:
        rows, points = [], programme.check_pointings(pointings)
    now = timezone.now()
    wish = Wish(
        telescope=name,
        window_start=_starts(window_start, now),
        window_end=window_end,
        exposures=rows,
        pointings=points,
        constraints=programme.check_constraints(constraints),
        priority=programme.check_priority(priority),
        note=note.strip()[:4000],
    )
    programme.check_window(wish.window_start, wish.window_end, now, wish.programme_s if is_for_target else 0.0)
    _check_open(wish)
    return wish


def _filters(telescope: str) -> list[str]:
    """Filters a telescope has; none when no source lists them."""
    value = get_telescope(telescope)
    default = value.default_filter.value
    return list(dict.fromkeys([*value.filters, *([default] if default else [])]))


def _starts(start: datetime, now: datetime) -> datetime:
    """A form may have been left open for a while, and nobody can observe in the past."""
    return max(start, now) if start.tzinfo is not None and start > now - programme.GRACE else start


def _check_open(wish: Wish) -> None:
    """Refuse a telescope that was reported closed for the whole window."""
    status = TelescopeStatus.objects.filter(telescope=wish.telescope).first()
    if status and status.is_closed_at(wish.window_start) and status.is_closed_at(wish.window_end):
        raise InvalidRequest(f"{wish.telescope}: {status.sentence}", "Ask another, or for a later window.", "telescope")
