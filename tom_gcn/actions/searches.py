"""Keeping a search of the event list."""

from typing import cast

from django.db import transaction

from tom_gcn.exceptions import GcnError
from tom_gcn.models import SavedSearch
from tom_gcn.querysets import User

MOST_SEARCHES = 50


class TooManySearches(GcnError):
    """Somebody keeps as many searches as one may."""


def save_search(user: User, name: str, query: str) -> SavedSearch:
    """Keep a search under a name; one of the same name is overwritten.

    Raises
    ------
    TooManySearches
        When the user keeps as many as one may.
    """
    with transaction.atomic():
        mine = SavedSearch.objects.filter(user=user.pk)
        if mine.exclude(name=name).count() >= MOST_SEARCHES:
            raise TooManySearches(f"You keep {MOST_SEARCHES} searches. Forget one first.")
        search, _ = SavedSearch.objects.update_or_create(
            user_id=cast(int, user.pk), name=name, defaults={"query": query}
        )
    return search
