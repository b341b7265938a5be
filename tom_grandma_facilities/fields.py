"""Where the fields of a plan are: asked of those who made the plans, which this app does not know."""

from collections.abc import Callable, Collection, Mapping

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser

Places = Mapping[str, tuple[float, float]]
Finder = Callable[[str, Collection[str], AbstractBaseUser | AnonymousUser], Places]

_finders: list[Finder] = []


def register(finder: Finder) -> None:
    """Add somebody who knows fields: ``finder(telescope, field_ids, user)`` gives RA and Dec [deg] of those it knows.

    A finder tells only of fields that `user` may see.
    """
    if finder not in _finders:
        _finders.append(finder)


def places_of(telescope: str, field_ids: Collection[str], user: AbstractBaseUser | AnonymousUser) -> Places:
    """RA and Dec [deg] of the fields of a telescope that are known; the finder registered first wins."""
    found: dict[str, tuple[float, float]] = {}
    for finder in _finders:
        found = {**finder(telescope, field_ids, user), **found}
    return found
