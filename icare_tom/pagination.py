"""Paging of rows that may be very many: counted to a bound only, and the few of a search looked for once.

Among many rows the exact number costs more than a page. And of rows in an order PostgreSQL hopes to meet the first of
them soon: where somebody sees few, or sees only old ones, it goes through everybody's. So the keys are asked for
first, in no order, to a bound; when these are all, the page is taken from them.
"""

from typing import Any, TypeVar

from django.core.paginator import Paginator
from django.db.models import Model, QuerySet
from django.utils.functional import cached_property
from rest_framework.pagination import LimitOffsetPagination
from rest_framework.request import Request
from rest_framework.response import Response

Row = TypeVar("Row", bound=Model)
BOUND = 10_000


class Counted:
    """How many rows there are, to a bound, and the rows themselves, narrowed to their keys when they are few."""

    def __init__(self, rows: QuerySet[Any], beyond: int = 0) -> None:
        """Count to `BOUND`, or to `beyond` when that is more."""
        bound, unordered = max(BOUND, beyond), rows.order_by()
        if bound > BOUND:
            found = unordered[: bound + 1].count()
            self.rows = rows
        else:
            keys = list(unordered.values_list("pk", flat=True)[: bound + 1])
            found = len(keys)
            self.rows = rows if found > bound else rows.filter(pk__in=keys)
        self.number = min(found, bound)
        self.is_more = found > bound


def first_of(rows: QuerySet[Row], number: int) -> list[Row]:
    """Return the first rows in their order."""
    return list(Counted(rows).rows[:number])


class BoundedPagination(LimitOffsetPagination):
    """`?limit=&offset=`; nobody can ask for the whole database in one page."""

    max_limit = 1000


class BoundedCountPagination(BoundedPagination):
    """`count` goes to 10,000, or to the end of the page beyond that; `?count=exact` counts all.

    `count_is_exact` says whether there are no more; `next` leads on in any case.
    """

    EXACT = "exact"

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> list[Any] | None:
        """Count first, then take the page from the few rows there are."""
        limit = self.get_limit(request)
        if limit is None:
            return None
        self.counted = Counted(queryset, self.get_offset(request) + limit)
        if self.counted.is_more and request.query_params.get("count") == self.EXACT:
            self.counted.number, self.counted.is_more = queryset.order_by().count(), False
        return super().paginate_queryset(self.counted.rows, request, view)

    def get_count(self, queryset: Any) -> int:
        """Return the number found; one more than told where there are further rows, so that `next` leads to them."""
        return self.counted.number + self.counted.is_more

    def get_paginated_response(self, data: Any) -> Response:
        """Say whether the count is exact."""
        answer = super().get_paginated_response(data)
        answer.data |= {"count": self.counted.number, "count_is_exact": not self.counted.is_more}
        return answer

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        """Describe the further field."""
        whole: dict[str, Any] = super().get_paginated_response_schema(schema)
        told = {"type": "boolean", "description": "False: there are more rows than `count` says."}
        whole["properties"] = {**whole["properties"], "count_is_exact": told}
        whole["required"] = [*whole.get("required", []), "count_is_exact"]
        return whole

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        """Describe the further parameter."""
        words = "`exact`: count all rows, however long that takes."
        schema = {"type": "string", "enum": [self.EXACT]}
        asked = {"name": "count", "required": False, "in": "query", "description": words, "schema": schema}
        return [*super().get_schema_operation_parameters(view), asked]


class BoundedPaginator(Paginator[Any]):
    """Pages of rows that are counted up to a bound.

    `more` says that there are rows beyond the pages told of; asked for the last of these, one tells of further ones.
    """

    def __init__(self, rows: QuerySet[Any], *args: Any, asked: str, **kwargs: Any) -> None:
        super().__init__(rows, *args, **kwargs)
        page = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 9 else 1
        counted = Counted(rows, (page + 1) * self.per_page)
        self.object_list, self.more, self._number = counted.rows, counted.is_more, counted.number

    @cached_property
    def count(self) -> int:
        """How many rows there are, or the bound."""
        return self._number


class CountedPaginator(Paginator[Any]):
    """Pages of rows whose number is known: counting what somebody may see takes longer than reading a page of it."""

    def __init__(self, *args: Any, known: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Takes the place of Django's cached property.
        self.__dict__["count"] = known
