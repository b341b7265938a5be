"""Query parameters of the API."""

import math
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.forms import CharField
from django.utils import timezone
from django_filters import rest_framework as filters

from tom_gcn import lookups  # noqa: F401  registers `covers` and `overlaps`
from tom_gcn.choices import EventKind, EventState, MessageState, PlanState
from tom_gcn.models import Circular, Event, EventAlias, Localization, Message, ObservationPlan, Refusal
from tom_gcn.names import name_key
from tom_gcn.skymaps import cone_ranges, hpx29

CONE_HELP = "RA,Dec,radius in degrees: events whose 90 % region overlaps this circle, e.g. `197.45,-23.38,2`"
AT_HELP = "RA,Dec in degrees: events whose 90 % region holds this position, e.g. `197.45,-23.38`"
ALIAS_HELP = "Any of its names, however it is spaced: GRB 230802A, GRB230802A, a trigger number as swift:1186032"


class DegreesField(CharField):
    """Numbers with commas between them."""

    def __init__(self, *args: Any, numbers: int = 2, **kwargs: Any) -> None:
        self._numbers = numbers
        super().__init__(*args, **kwargs)

    def clean(self, value: Any) -> tuple[float, ...] | None:
        """Read them, and look whether they lie on the sky."""
        text = super().clean(value)
        if not text:
            return None
        try:
            numbers = tuple(float(part) for part in text.split(","))
        except ValueError:
            numbers = ()
        if len(numbers) != self._numbers or not all(map(math.isfinite, numbers)):
            raise ValidationError(f"Write {self._numbers} numbers in degrees with commas between them.")
        if not (0 <= numbers[0] <= 360 and -90 <= numbers[1] <= 90 and all(0 <= n <= 180 for n in numbers[2:])):
            raise ValidationError("RA lies in 0 to 360, Dec in -90 to 90, a radius in 0 to 180 degrees.")
        return numbers


class DegreesFilter(filters.CharFilter):
    """Takes numbers with commas between them."""

    field_class = DegreesField


class EventFilter(filters.FilterSet):
    """Query parameters of `/api/events/`."""

    kind = filters.MultipleChoiceFilter(choices=EventKind.choices)
    state = filters.ChoiceFilter(choices=EventState.choices)
    is_test = filters.BooleanFilter()
    t0_after = filters.IsoDateTimeFilter(field_name="t0", lookup_expr="gte", help_text="UTC")
    t0_before = filters.IsoDateTimeFilter(field_name="t0", lookup_expr="lt", help_text="UTC")
    name = filters.CharFilter(lookup_expr="icontains", help_text="Part of its name in addresses.")
    alias = filters.CharFilter(method="called", help_text=ALIAS_HELP, max_length=100)
    tag = filters.CharFilter(method="tagged", help_text="A tag it has, by itself, by a rule or by hand.", max_length=30)
    at = DegreesFilter(method="holding", help_text=AT_HELP, max_length=100)
    cone = DegreesFilter(method="touching", help_text=CONE_HELP, max_length=100, numbers=3)

    class Meta:
        model = Event
        fields = ["kind", "state", "is_test", "name"]

    def called(self, queryset: QuerySet[Event], name: str, value: str) -> QuerySet[Event]:
        """By any name, whole."""
        aliases = EventAlias.objects.filter(key=name_key(value)).values("event")
        return queryset.filter(Q(keys__contains=[name_key(value)]) | Q(keys__contains=[value]) | Q(pk__in=aliases))

    def tagged(self, queryset: QuerySet[Event], name: str, value: str) -> QuerySet[Event]:
        """By a tag, whole."""
        return queryset.filter(summary__tags__contains=[value])

    def holding(self, queryset: QuerySet[Event], name: str, value: tuple[float, float]) -> QuerySet[Event]:
        """By a position."""
        return self._current(queryset, skymap__region_90__covers=int(hpx29(*value)))

    def touching(self, queryset: QuerySet[Event], name: str, value: tuple[float, float, float]) -> QuerySet[Event]:
        """By a circle."""
        return self._current(queryset, skymap__region_90__overlaps=cone_ranges(*value))

    def _current(self, queryset: QuerySet[Event], **condition: Any) -> QuerySet[Event]:
        rows = Localization.objects.filter(event=OuterRef("pk"), is_current=True, **condition)
        return queryset.filter(Exists(rows))


class LocalizationFilter(filters.FilterSet):
    """Query parameters of `/api/localizations/`."""

    event = filters.CharFilter(field_name="event__name")
    is_current = filters.BooleanFilter()

    class Meta:
        model = Localization
        fields = ["event", "is_current", "kind"]


class PlanFilter(filters.FilterSet):
    """Query parameters of `/api/plans/`."""

    event = filters.CharFilter(field_name="event__name")
    state = filters.ChoiceFilter(choices=PlanState.choices)

    class Meta:
        model = ObservationPlan
        fields = ["event", "state", "engine", "is_of_record"]


class RefusalFilter(filters.FilterSet):
    """Query parameters of `/api/refusals/`."""

    event = filters.CharFilter(field_name="event__name")
    is_standing = filters.BooleanFilter(method="standing", help_text="Not taken back, and not over.")

    class Meta:
        model = Refusal
        fields = ["event", "telescope"]

    def standing(self, queryset: QuerySet[Refusal], name: str, value: bool) -> QuerySet[Refusal]:
        """By whether it still holds."""
        holds = Q(until=None) | Q(until__gt=timezone.now())
        chosen = holds & Q(withdrawn_at=None)
        return queryset.filter(chosen if value else ~chosen)


class CircularFilter(filters.FilterSet):
    """Query parameters of `/api/circulars/`."""

    event = filters.CharFilter(method="about", help_text="Name of an event you see.")
    subject = filters.CharFilter(lookup_expr="icontains")
    text = filters.CharFilter(field_name="body", lookup_expr="icontains")
    sent_after = filters.IsoDateTimeFilter(field_name="sent_at", lookup_expr="gte", help_text="UTC")
    sent_before = filters.IsoDateTimeFilter(field_name="sent_at", lookup_expr="lt", help_text="UTC")

    class Meta:
        model = Circular
        fields = ["event", "subject"]

    def about(self, queryset: QuerySet[Circular], name: str, value: str) -> QuerySet[Circular]:
        """By an event the user sees: a circular must not tell of one that is hidden."""
        return queryset.filter(events__in=Event.objects.visible_to(self.request.user).filter(name=value))


class MessageFilter(filters.FilterSet):
    """Query parameters of `/api/messages/`."""

    state = filters.MultipleChoiceFilter(choices=MessageState.choices)
    received_after = filters.IsoDateTimeFilter(field_name="received_at", lookup_expr="gte", help_text="UTC")
    received_before = filters.IsoDateTimeFilter(field_name="received_at", lookup_expr="lt", help_text="UTC")

    class Meta:
        model = Message
        fields = ["state", "reason_code", "source", "topic", "sha256"]
