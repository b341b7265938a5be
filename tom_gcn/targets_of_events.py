"""Which targets belong to an event: asked of whoever knows where targets lie, which this app does not.

The roof says who that is with `tell_targets_by`; until then no target belongs to any event.
"""

from __future__ import annotations

from collections.abc import Callable, Collection

from tom_gcn.models import Event

Source = Callable[[Event, Collection[int]], Collection[int]]


class _Sources:
    """Holds the one source; a class, so that it can be set without a global statement."""

    current: Source | None = None


def tell_targets_by(source: Source | None) -> Source | None:
    """Set who is asked which of some targets belong to an event; return who was asked before."""
    before, _Sources.current = _Sources.current, source
    return before


def targets_of(event: Event, among: Collection[int]) -> Collection[int]:
    """Return those of some targets (primary keys) that belong to an event; whether one may see them is not asked."""
    return _Sources.current(event, among) if _Sources.current and among else ()
