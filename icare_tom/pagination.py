"""Paging of the REST API: limit and offset, with an upper bound."""

from rest_framework.pagination import LimitOffsetPagination


class BoundedPagination(LimitOffsetPagination):
    """`?limit=&offset=`; nobody can ask for the whole database in one page."""

    max_limit = 1000
