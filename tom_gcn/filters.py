"""What the event list can be narrowed to. Everything lives in the address, so that a list can be sent to someone."""

import django_filters
from django import forms
from django.db.models import QuerySet

from tom_gcn import lookups  # noqa: F401  registers `covers`
from tom_gcn.choices import EventKind, EventState
from tom_gcn.models import Event, Localization
from tom_gcn.positions import read_position
from tom_gcn.skymaps.ranges import hpx29


def localizations_covering(ra_deg: float, dec_deg: float) -> QuerySet[Localization]:
    """Current localizations whose 90 % region holds a position (degrees ICRS)."""
    return Localization.objects.filter(is_current=True, skymap__region_90__covers=int(hpx29(ra_deg, dec_deg)))


class EventFilter(django_filters.FilterSet):
    """Search, kind, state, and whether tests and drills are shown."""

    q = django_filters.CharFilter(
        label="Search",
        method="search",
        widget=forms.TextInput(attrs={"type": "search", "placeholder": "name, or RA Dec", "class": "form-control"}),
    )
    kind = django_filters.ChoiceFilter(
        label="Kind",
        choices=EventKind.choices,
        empty_label="all kinds",
        widget=forms.Select(attrs={"class": "form-select"}),
    )
    state = django_filters.ChoiceFilter(
        label="State",
        choices=EventState.choices,
        empty_label="all states",
        widget=forms.Select(attrs={"class": "form-select"}),
    )
    tests = django_filters.BooleanFilter(
        label="Tests and drills",
        method="with_tests",
        widget=forms.CheckboxInput(attrs={"class": "form-check-input"}),
    )

    class Meta:
        model = Event
        fields = ["q", "kind", "state", "tests"]

    def search(self, queryset: QuerySet[Event], name: str, value: str) -> QuerySet[Event]:
        """By part of the name, or by a position that the 90 % region of the current map must hold."""
        position = read_position(value)
        if position is None:
            return queryset.filter(name__icontains=value.strip())
        return queryset.filter(pk__in=localizations_covering(*position).values("event"))

    def with_tests(self, queryset: QuerySet[Event], name: str, value: bool | None) -> QuerySet[Event]:
        """Tests and drills only when asked for."""
        return queryset if value else queryset.filter(is_test=False)
