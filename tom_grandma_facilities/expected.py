"""How bright a target is expected to be: asked of whoever knows photometry, which this app does not.

The roof says who that is with `tell_magnitudes_by`; until then nothing is expected of any target.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.models import AnonymousUser, User
from tom_targets.models import Target


@dataclass(frozen=True, slots=True)
class Expected:
    """A magnitude [AB] in a band at a time, and in words where it comes from."""

    magnitude: float
    band: str
    at: datetime
    source: str


Source = Callable[[Target, User | AnonymousUser], Expected | None]


class _Sources:
    """Holds the one source; a class, so that it can be set without a global statement."""

    current: Source | None = None


def tell_magnitudes_by(source: Source | None) -> Source | None:
    """Set who is asked for magnitudes; return who was asked before."""
    before, _Sources.current = _Sources.current, source
    return before


def expected_magnitude(target: Target, user: User | AnonymousUser) -> Expected | None:
    """Return what is expected of a target, from photometry that `user` may see; None when nothing is known."""
    return None if _Sources.current is None else _Sources.current(target, user)
