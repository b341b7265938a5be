"""Paging: of the REST API by limit and offset, with an upper bound; of tables whose rows were counted already."""

from typing import Any

from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.utils.functional import cached_property
from rest_framework.pagination import LimitOffsetPagination


class BoundedPagination(LimitOffsetPagination):
    """`?limit=&offset=`; nobody can ask for the whole database in one page."""

    max_limit = 1000


class BoundedPaginator(Paginator[Any]):
    """Pages of rows that are counted up to a bound: among many, the exact number costs more than the page itself.

    `more` says that there are rows beyond the pages told of; asked for the last of these, one tells of further ones.
    """

    BOUND = 10_000
    more = False

    def __init__(self, rows: QuerySet[Any], *args: Any, asked: str, **kwargs: Any) -> None:
        super().__init__(rows, *args, **kwargs)
        self._rows = rows
        page = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 9 else 1
        self._bound = max(self.BOUND, (page + 1) * self.per_page)

    @cached_property
    def count(self) -> int:
        """How many rows there are, or the bound."""
        found = self._rows.order_by()[: self._bound + 1].count()
        self.more = found > self._bound
        return min(found, self._bound)


class CountedPaginator(Paginator[Any]):
    """Pages of rows whose number is known: counting what somebody may see takes longer than reading a page of it."""

    def __init__(self, *args: Any, known: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Takes the place of Django's cached property.
        self.__dict__["count"] = known
