"""Paging: of the REST API by limit and offset, with an upper bound; of tables whose rows were counted already."""

from typing import Any

from django.core.paginator import Paginator
from rest_framework.pagination import LimitOffsetPagination


class BoundedPagination(LimitOffsetPagination):
    """`?limit=&offset=`; nobody can ask for the whole database in one page."""

    max_limit = 1000


class CountedPaginator(Paginator[Any]):
    """Pages of rows whose number is known: counting what somebody may see takes longer than reading a page of it."""

    def __init__(self, *args: Any, known: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Takes the place of Django's cached property.
        self.__dict__["count"] = known
