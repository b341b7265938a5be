"""REST API of what belongs together: coincidences, two maps compared, galaxies in a map."""

from dataclasses import asdict
from typing import Any

from django.db.models import QuerySet
from django.http import Http404
from django.shortcuts import get_object_or_404
from django_filters import rest_framework as filters
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers, viewsets
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from tom_gcn.actions.galaxies import catalogue_for, rank_galaxies, records
from tom_gcn.galaxies import Weight
from tom_gcn.joint import Pair, read_window
from tom_gcn.models import Coincidence, Event, Localization
from tom_grandma_facilities.known_parameters import KnownParameters

LIGHT = ("skymap__fits", "skymap__region_50", "skymap__region_90", "skymap__contours")


class CoincidenceSerializer(serializers.ModelSerializer[Coincidence]):
    """A pair of events; `delta_t_s` is the time of `other` minus that of `one`."""

    one = serializers.SlugRelatedField[Event](slug_field="name", read_only=True)
    other = serializers.SlugRelatedField[Event](slug_field="name", read_only=True)

    class Meta:
        model = Coincidence
        fields = [
            "id", "one", "other", "delta_t_s", "window_s", "overlap", "joint_far_hz", "chance_rate_hz",
            "sent_time_far_hz", "sent_sky_far_hz", "one_localization", "other_localization", "area_90_deg2", "found_at",
            "updated_at",
        ]  # fmt: skip


class CoincidenceFilter(filters.FilterSet):
    """Query parameters of `/api/coincidences/`."""

    event = filters.CharFilter(method="of_event", label="name of one of the two events")
    overlap_min = filters.NumberFilter(field_name="overlap", lookup_expr="gte")

    class Meta:
        model = Coincidence
        fields = ["event", "overlap_min"]

    def of_event(self, queryset: QuerySet[Coincidence], name: str, value: str) -> QuerySet[Coincidence]:
        """Pairs with an event of that name."""
        return queryset.filter(one__name=value) | queryset.filter(other__name=value)


class CoincidenceViewSet(KnownParameters, viewsets.ReadOnlyModelViewSet[Coincidence]):
    """Events close in time whose maps do not exclude each other; only pairs of which both may be seen."""

    queryset = Coincidence.objects.none()
    serializer_class = CoincidenceSerializer
    filterset_class = CoincidenceFilter

    def get_queryset(self) -> QuerySet[Coincidence]:
        """The pairs the user may see."""
        return Coincidence.objects.visible_to(self.request.user).select_related("one", "other")


def _localization(request: Request, pk: Any) -> Localization:
    rows = Localization.objects.visible_to(request.user).select_related("skymap", "event").defer(*LIGHT)
    if not str(pk).isdecimal() or len(str(pk)) > 18:
        raise Http404
    return get_object_or_404(rows, pk=pk)


class CrossmatchView(KnownParameters, APIView):
    """Two localizations together, of any events."""

    also_known = frozenset({"one", "other", "window_s"})

    @extend_schema(
        operation_id="crossmatch_retrieve",
        parameters=[
            OpenApiParameter("one", int, required=True),
            OpenApiParameter("other", int, required=True),
            OpenApiParameter("window_s", float, description="Length of the window both were looked for in, s."),
        ],
        responses=OpenApiTypes.OBJECT,
    )
    def get(self, request: Request) -> Response:
        """Overlap integral (above 1 they agree), time between their events, area of both together, and how often
        chance does the same: within `window_s`, or the window of the search they fit."""
        one, other = (_localization(request, request.query_params.get(side, "")) for side in ("one", "other"))
        pair = Pair(one, other, read_window(request.query_params.get("window_s", ""), one.event, other.event))
        return Response(
            {
                "one": {"localization": one.pk, "event": one.event.name},
                "other": {"localization": other.pk, "event": other.event.name},
                "delta_t_s": pair.delay_s,
                "window_s": pair.window_s,
                "overlap": pair.overlap,
                "joint_far_hz": pair.rates.false_alarm_hz,
                "chance_rate_hz": pair.rates.chance_hz,
                "sent": asdict(pair.sent) if pair.sent else None,
                "area_50_deg2": pair.area_50_deg2,
                "area_90_deg2": pair.area_90_deg2,
            }
        )


class _GalaxyQuery(serializers.Serializer[Any]):
    """Query parameters of the galaxies of a localization."""

    weight = serializers.ChoiceField(choices=[weight.value for weight in Weight], default=Weight.MASS.value)
    catalogue = serializers.CharField(default="", allow_blank=True, max_length=40)
    limit = serializers.IntegerField(default=100, min_value=1, max_value=2000)


class GalaxiesOfLocalizationView(KnownParameters, APIView):
    """Galaxies of a catalogue in a localization."""

    also_known = frozenset({"weight", "catalogue"})

    @extend_schema(
        operation_id="localizations_galaxies_retrieve", parameters=[_GalaxyQuery], responses=OpenApiTypes.OBJECT
    )
    def get(self, request: Request, pk: int) -> Response:
        """The likeliest hosts first, with what the ranking rests on."""
        localization = _localization(request, pk)
        asked = _GalaxyQuery(data=request.query_params)
        asked.is_valid(raise_exception=True)
        wanted = asked.validated_data
        catalogue = catalogue_for(wanted["catalogue"], invented=localization.event.is_test)
        if catalogue is None:
            raise Http404("No such catalogue is loaded.")
        ranked = rank_galaxies(localization, catalogue, Weight(wanted["weight"]), wanted["limit"])
        return Response(
            {
                "localization": localization.pk,
                "event": localization.event.name,
                "catalogue": catalogue.name,
                "reference": catalogue.reference,
                "is_sample": catalogue.is_sample,
                "weight": ranked.weight.value,
                "completeness_stated": catalogue.completeness,
                "completeness_b_light": ranked.completeness,
                "count": ranked.count,
                "is_cut": ranked.is_cut,
                "results": list(records(ranked)),
            }
        )
