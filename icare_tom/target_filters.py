"""Filters of the target list: TOM's, with a cone search that is right everywhere and no look at hidden rows."""

from functools import reduce
from operator import or_
from typing import Any

from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django_filters import ModelChoiceFilter
from tom_targets.filters import TargetFilterSet
from tom_targets.models import Target, TargetList, TargetName

from icare_tom import sky
from icare_tom.guards.access import visible_target_lists


def lists_of_visitor(request: HttpRequest | None) -> QuerySet[TargetList]:
    """Target lists offered as choices."""
    return visible_target_lists(request.user) if request is not None else TargetList.objects.none()


def numbers(text: str, count: int) -> list[float] | None:
    """`count` numbers separated by commas or spaces, or None."""
    parts = text.replace(",", " ").split()
    try:
        return [float(part) for part in parts] if len(parts) == count else None
    except ValueError:
        return None


def named(text: str) -> Q:
    """With a text in the name or in an alias; every target once, so that nobody need ask for distinct rows."""
    aliases = TargetName.objects.filter(name__icontains=text)
    return Q(name__icontains=text) | Q(pk__in=aliases.values("target"))


class SkyTargetFilterSet(TargetFilterSet):
    """TOM's filters; lists of other people are no choices, and positions come from visible targets only."""

    targetlist__name = ModelChoiceFilter(
        queryset=lists_of_visitor,
        field_name="targetlist",
        label="Target list",
        widget=TargetFilterSet.base_filters["targetlist__name"].extra["widget"],
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("cone_search", "target_cone_search"):
            # TOM waits for Enter by an expression that htmx would have to evaluate, which is forbidden here.
            self.filters[name].extra["widget"].attrs["hx-trigger"] = "change"

    def filter_name(self, queryset: QuerySet[Target], name: str, value: str) -> QuerySet[Target]:
        """Targets with one of the terms, which commas separate, in their name or an alias."""
        return queryset.filter(reduce(or_, map(named, value.split(","))))

    def filter_cone_search(self, queryset: QuerySet[Target], name: str, value: str) -> QuerySet[Target]:
        """Targets around a position, or around a visible target; nothing when the text cannot be read."""
        circle = numbers(value, 3) if name == "cone_search" else self._around_target(value)
        if circle is None:
            return queryset.none()
        try:
            return sky.cone(queryset, *circle)
        except ValueError:
            return queryset.none()

    def _around_target(self, value: str) -> list[float] | None:
        target_name, _, radius = value.rpartition(",")
        size = numbers(radius, 1)
        # self.queryset holds only what the visitor may see: a hidden target's place must not be found by asking.
        found = list(self.queryset.filter(named(target_name.strip())).values_list("ra", "dec")[:2])
        if size is None or len(found) != 1 or None in found[0]:
            return None
        return [*found[0], *size]

    class Meta(TargetFilterSet.Meta):
        """As TOM has it."""
