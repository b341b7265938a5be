"""What the event list can be narrowed to. Everything lives in the address, so that a list can be sent to someone."""

import math
from datetime import UTC, date, datetime, time
from typing import Any

import django_filters
from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Expression, F, FloatField, Q, QuerySet, Value
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast, Cos, Power, Radians, Sin
from django.http import QueryDict

from tom_gcn import lookups  # noqa: F401  registers `covers`
from tom_gcn.choices import EventKind, EventState, EventTag
from tom_gcn.conditions import COLUMNS, WORDS, Condition, ConditionError, read_conditions
from tom_gcn.models import Event, EventAlias, HandTag, Localization, TagRule
from tom_gcn.names import name_key
from tom_gcn.positions import read_position
from tom_gcn.querysets import User
from tom_gcn.skymaps.ranges import hpx29

_LOOKUPS = {"<": "lt", "<=": "lte", ">": "gt", ">=": "gte", "=": "exact"}
_DATE = {"type": "date", "class": "form-control"}
WIDEST_CONE_DEG = 180.0


def localizations_covering(ra_deg: float, dec_deg: float) -> QuerySet[Localization]:
    """Current localizations whose 90 % region holds a position (degrees ICRS)."""
    return Localization.objects.filter(is_current=True, skymap__region_90__covers=int(hpx29(ra_deg, dec_deg)))


def called(text: str) -> Q:
    """Events that have a text in one of their names, however it is spaced."""
    key = name_key(text)
    named = Q(name__icontains=text) | Q(display_name__icontains=text)
    return named | Q(pk__in=EventAlias.objects.filter(key__contains=key).values("event")) if key else named


def meets(condition: Condition) -> Q:
    """Events whose summary meets a condition; those without the figure do not."""
    if condition.name in WORDS:
        path = "kind" if condition.name == "kind" else f"summary__{WORDS[condition.name]}"
        return Q(**{f"{path}__iexact": condition.value})
    lookup = _LOOKUPS[condition.comparison]
    if condition.is_probability:
        return Q(**{f"p_{condition.name}__{lookup}": condition.value})
    return Q(**{f"summary__{COLUMNS[condition.name]}__{lookup}": condition.value})


def tag_choices(user: User) -> list[tuple[str, str]]:
    """The tags there are on events the user may see, with the words people read."""
    by_hand = HandTag.objects.visible_to(user).standing().order_by("tag").values_list("tag", flat=True).distinct()
    by_rule = TagRule.objects.visible_to(user).filter(is_active=True).order_by("tag").values_list("tag", flat=True)
    own = [(tag.value, str(tag.label)) for tag in EventTag]
    return own + [(tag, tag) for tag in sorted({*by_hand, *by_rule}, key=str.casefold)]


def _half_sine2(angle_deg: Expression) -> Power:
    return Power(Sin(Radians(angle_deg) / Value(2.0)), Value(2.0))


class ConditionsField(forms.CharField):
    """Conditions as people type them, read."""

    def clean(self, value: Any) -> list[Condition]:
        """Read them, or say what cannot be read."""
        try:
            return read_conditions(super().clean(value))
        except ConditionError as error:
            raise ValidationError(str(error)) from None


class ConeField(forms.CharField):
    """A position and a radius: (ra, dec, radius) in degrees."""

    def clean(self, value: Any) -> tuple[float, float, float] | None:
        """Read them, or say how they are written."""
        text = super().clean(value)
        if not text:
            return None
        place, _, radius = text.rpartition(" ")
        position = read_position(place.rstrip(" ,"))
        try:
            size = float(radius)
        except ValueError:
            size = -1.0
        if position is None or not 0 < size <= WIDEST_CONE_DEG:
            raise ValidationError("Write RA, Dec and a radius in degrees, for instance 150.1 -20.25 3.")
        return (*position, size)


class ConditionsFilter(django_filters.CharFilter):
    """Takes conditions."""

    field_class = ConditionsField


class ConeFilter(django_filters.CharFilter):
    """Takes a cone."""

    field_class = ConeField


def _text(placeholder: str, **attributes: str) -> forms.TextInput:
    return forms.TextInput(attrs={"placeholder": placeholder, "class": "form-control", **attributes})


def _number() -> forms.NumberInput:
    return forms.NumberInput(attrs={"class": "form-control", "min": "0", "step": "any", "inputmode": "decimal"})


def _select() -> forms.Select:
    return forms.Select(attrs={"class": "form-select"})


class EventFilter(django_filters.FilterSet):
    """Text, kind, mission, tags, figures, place, time, state, and whether tests and drills are shown."""

    q = django_filters.CharFilter(
        label="Search", method="search", widget=_text("name, or RA Dec", type="search"), max_length=200
    )
    kind = django_filters.ChoiceFilter(
        label="Kind", choices=EventKind.choices, empty_label="all kinds", widget=_select()
    )
    mission = django_filters.CharFilter(
        label="Mission", field_name="summary__mission", lookup_expr="iexact", widget=_text("all", list="missions")
    )
    tag = django_filters.MultipleChoiceFilter(
        label="Tags", choices=EventTag.choices, method="tagged", widget=forms.CheckboxSelectMultiple
    )
    where = ConditionsFilter(
        label="Conditions", method="meeting", widget=_text("FAR < 1/yr, HasNS >= 0.5, class = BNS"), max_length=300
    )
    area = django_filters.NumberFilter(
        label="90% area up to, deg²", field_name="summary__area_90_deg2", lookup_expr="lte", widget=_number()
    )
    distance = django_filters.NumberFilter(
        label="Distance up to, Mpc", field_name="summary__distance_mean_mpc", lookup_expr="lte", widget=_number()
    )
    after = django_filters.DateFilter(label="From, UTC", method="since", widget=forms.DateInput(attrs=_DATE))
    before = django_filters.DateFilter(label="To, UTC", method="until", widget=forms.DateInput(attrs=_DATE))
    cone = ConeFilter(label="Cone, RA Dec radius", method="near", widget=_text("150.1 -20.25 3"), max_length=100)
    state = django_filters.ChoiceFilter(
        label="State", choices=EventState.choices, empty_label="all states", widget=_select()
    )
    tests = django_filters.BooleanFilter(
        label="Tests and drills",
        method="with_tests",
        widget=forms.CheckboxInput(attrs={"class": "form-check-input"}),
    )

    class Meta:
        model = Event
        fields = ["q", "kind", "state", "tests"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.request is not None:
            self.filters["tag"].extra["choices"] = tag_choices(self.request.user)

    def search(self, queryset: QuerySet[Event], name: str, value: str) -> QuerySet[Event]:
        """By part of a name, or by a position that the 90 % region of the current map must hold."""
        position = read_position(value)
        if position is None:
            return queryset.filter(called(value.strip()))
        return queryset.filter(pk__in=localizations_covering(*position).values("event"))

    def tagged(self, queryset: QuerySet[Event], name: str, value: list[str]) -> QuerySet[Event]:
        """With all of the tags."""
        return queryset.filter(summary__tags__contains=value) if value else queryset

    def meeting(self, queryset: QuerySet[Event], name: str, value: list[Condition]) -> QuerySet[Event]:
        """All of the conditions."""
        for condition in value:
            if condition.is_probability:
                path = Cast(KeyTextTransform(condition.name, "summary__probabilities"), FloatField())
                queryset = queryset.alias(**{f"p_{condition.name}": path})
            queryset = queryset.filter(meets(condition))
        return queryset

    def since(self, queryset: QuerySet[Event], name: str, value: date) -> QuerySet[Event]:
        """From the beginning of a day, UTC."""
        return queryset.filter(t0__gte=datetime.combine(value, time.min, UTC))

    def until(self, queryset: QuerySet[Event], name: str, value: date) -> QuerySet[Event]:
        """To the end of a day, UTC."""
        return queryset.filter(t0__lte=datetime.combine(value, time.max, UTC))

    def near(self, queryset: QuerySet[Event], name: str, value: tuple[float, float, float]) -> QuerySet[Event]:
        """With the most probable position within a cone."""
        ra, dec, radius = value
        across = Cos(Radians(F("summary__dec_deg"))) * Cos(Radians(Value(dec)))
        # The haversine of the separation: exact for the smallest cones too.
        haversine = _half_sine2(F("summary__dec_deg") - Value(dec)) + across * _half_sine2(
            F("summary__ra_deg") - Value(ra)
        )
        limit = math.sin(math.radians(radius) / 2) ** 2
        return queryset.alias(haversine=haversine).filter(
            summary__dec_deg__range=(dec - radius, dec + radius), haversine__lte=limit
        )

    def with_tests(self, queryset: QuerySet[Event], name: str, value: bool | None) -> QuerySet[Event]:
        """Tests and drills only when asked for."""
        return queryset if value else queryset.filter(is_test=False)


def list_query(asked: QueryDict) -> str:
    """The part of an address that chooses and sorts events, without the page and what is empty."""
    kept = asked.copy()
    for name in list(kept):
        values = [value for value in kept.getlist(name) if value]
        if name in {*EventFilter.base_filters, "sort"} and values:
            kept.setlist(name, values)
        else:
            kept.pop(name)
    return str(kept.urlencode())
