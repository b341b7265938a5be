"""Are two names the same target? Asked of the database in one statement; TOM reads every name into Python."""

from typing import Any

from django.db import models
from django.db.models import F, Q, QuerySet, Value
from django.db.models.functions import Lower
from tom_targets.base_models import TargetMatchManager

# What TOM's `simplify_name` leaves out, besides case.
IGNORED = " -_()"


class Translate(models.Func):
    """PostgreSQL's `translate(text, from, to)`."""

    function = "translate"
    output_field = models.TextField()


class DatabaseMatchManager(TargetMatchManager):
    """TOM's rule (case, spaces, dashes, underscores and brackets do not matter), evaluated by PostgreSQL.

    Letters beyond ASCII are compared as they are: which of them have a lower case depends on the server's locale.
    """

    def match_fuzzy_name(self, name: str, input_queryset: QuerySet[Any] | None = None) -> QuerySet[Any]:
        """Targets with a name or alias that is the same to a reader."""
        from tom_targets.models import TargetName

        targets = self.get_queryset() if input_queryset is None else input_queryset
        wanted = self.simplify_name(name)
        aliased = _simplified(TargetName.objects.all()).filter(simple_name=wanted).values("target")
        named = _simplified(self.get_queryset()).filter(simple_name=wanted).values("pk")
        return targets.filter(Q(pk__in=named) | Q(pk__in=aliased))


def _simplified(rows: QuerySet[Any]) -> QuerySet[Any]:
    return rows.annotate(simple_name=Translate(Lower(F("name")), Value(IGNORED), Value("")))
