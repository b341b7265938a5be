"""Query parameters of the API are checked by name: a typing error must not give a script the wrong rows."""

from typing import Any

from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

EVERYWHERE = frozenset({"limit", "offset", "format"})


class KnownParameters:
    """A view that refuses a query parameter nobody knows: its filters', paging's and `also_known` are."""

    also_known: frozenset[str] = frozenset()

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Check the parameters before anything is read."""
        super().initial(request, *args, **kwargs)  # type: ignore[misc]
        filters = getattr(getattr(self, "filterset_class", None), "base_filters", {})
        known = {*filters, *self.also_known, *EVERYWHERE}
        unknown = sorted(set(request.query_params) - known)
        if unknown:
            raise ValidationError(
                {name: f"Unknown parameter; known are {', '.join(sorted(known))}." for name in unknown}
            )
