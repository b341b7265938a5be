"""The event list as a table: which columns, in which order they sort."""

import django_tables2 as tables
from django.db.models import F, OuterRef, QuerySet, Subquery
from django.db.models.expressions import Combinable

from tom_gcn.choices import PlanState
from tom_gcn.models import Event, ObservationPlan

Ordered = tuple[QuerySet[Event], bool]


def _usual_plan(column: str) -> Subquery:
    plans = ObservationPlan.objects.filter(event=OuterRef("pk"), state=PlanState.DONE)
    return Subquery(plans.network_first().values(column)[:1])


def _by(queryset: QuerySet[Event], key: Combinable, is_descending: bool) -> Ordered:
    """Order by a figure; events without it come last either way."""
    keyed = queryset.annotate(order_key=key)
    column = F("order_key")
    order = column.desc(nulls_last=True) if is_descending else column.asc(nulls_last=True)
    return keyed.order_by(order, "-t0"), True


class EventTable(tables.Table):
    """Events with what decides whether to follow them."""

    name = tables.Column(verbose_name="Event")
    kind = tables.Column()
    t0 = tables.Column(verbose_name="T0")
    mission = tables.Column(verbose_name="From", accessor="summary__mission", order_by="summary__mission")
    classification = tables.Column(verbose_name="Class", orderable=False, empty_values=())
    far = tables.Column(verbose_name="False alarms", empty_values=())
    area = tables.Column(verbose_name="Where", empty_values=())
    distance = tables.Column(empty_values=())
    covered = tables.Column(verbose_name="Planned", empty_values=())
    state = tables.Column()

    class Meta:
        template_name = "tom_gcn/partials/event_table.html"
        order_by = "-t0"

    def order_name(self, queryset: QuerySet[Event], is_descending: bool) -> Ordered:
        """By the name people use."""
        return queryset.order_by("-display_name" if is_descending else "display_name", "name"), True

    def order_t0(self, queryset: QuerySet[Event], is_descending: bool) -> Ordered:
        """By time; events without one last."""
        column = F("t0")
        order = column.desc(nulls_last=True) if is_descending else column.asc(nulls_last=True)
        return queryset.order_by(order, "-created_at"), True

    def order_far(self, queryset: QuerySet[Event], is_descending: bool) -> Ordered:
        """By the false alarm rate."""
        return _by(queryset, F("summary__far_hz"), is_descending)

    def order_area(self, queryset: QuerySet[Event], is_descending: bool) -> Ordered:
        """By the 90 % area of the current localization."""
        return _by(queryset, F("summary__area_90_deg2"), is_descending)

    def order_distance(self, queryset: QuerySet[Event], is_descending: bool) -> Ordered:
        """By the mean distance."""
        return _by(queryset, F("summary__distance_mean_mpc"), is_descending)

    def order_covered(self, queryset: QuerySet[Event], is_descending: bool) -> Ordered:
        """By the probability that is planned."""
        return _by(queryset, _usual_plan("covered_probability"), is_descending)
