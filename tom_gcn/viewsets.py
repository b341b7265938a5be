"""REST API of events, localizations and plans. Rows only through `visible_to`; what one may not see is not found."""

from typing import Any

from django.db.models import Prefetch, QuerySet
from django.http import FileResponse, HttpResponse, JsonResponse, StreamingHttpResponse
from django_filters import rest_framework as filters
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import mixins, status, viewsets
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from tom_gcn import downloads
from tom_gcn.actions import request_plan
from tom_gcn.choices import EventKind, EventState, PlanState
from tom_gcn.exceptions import GcnError, NotAllowed
from tom_gcn.exporters import contours_geojson
from tom_gcn.models import Circular, Event, Localization, ObservationPlan
from tom_gcn.serializers import (
    CircularSerializer,
    ErrorSerializer,
    EventSerializer,
    LocalizationSerializer,
    NoticeSerializer,
    ObservationPlanDetailSerializer,
    ObservationPlanSerializer,
    PlanRequestSerializer,
)
from tom_gcn.skymaps.ranges import ranges_to_moc
from tom_grandma_facilities.registry import UnknownTelescope

TELESCOPE_PARAMETER = OpenApiParameter("telescope", str, description="Only this telescope.")


class KnownParameters:
    """Refuses a query parameter nobody knows: a typing error must not give a script the wrong rows."""

    also_known: frozenset[str] = frozenset({"limit", "offset", "format", "telescope"})

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Check the parameters before anything is read."""
        super().initial(request, *args, **kwargs)  # type: ignore[misc]
        known = set(getattr(getattr(self, "filterset_class", None), "base_filters", {})) | self.also_known
        unknown = sorted(set(request.query_params) - known)
        if unknown:
            raise ValidationError(
                {name: f"Unknown parameter; known are {', '.join(sorted(known))}." for name in unknown}
            )


class EventFilter(filters.FilterSet):
    """Query parameters of `/api/events/`."""

    kind = filters.ChoiceFilter(choices=EventKind.choices)
    state = filters.ChoiceFilter(choices=EventState.choices)
    is_test = filters.BooleanFilter()
    t0_after = filters.IsoDateTimeFilter(field_name="t0", lookup_expr="gte")
    t0_before = filters.IsoDateTimeFilter(field_name="t0", lookup_expr="lt")
    name = filters.CharFilter(lookup_expr="icontains")

    class Meta:
        model = Event
        fields = ["kind", "state", "is_test", "name"]


class EventViewSet(KnownParameters, viewsets.ReadOnlyModelViewSet[Event]):
    """Events, newest first, by name."""

    queryset = Event.objects.none()
    serializer_class = EventSerializer
    filterset_class = EventFilter
    lookup_field = "name"
    lookup_value_regex = r"[^/]+"

    def get_queryset(self) -> QuerySet[Event]:
        """The events the user may see."""
        return Event.objects.visible_to(self.request.user).with_summary().prefetch_related("aliases")

    @extend_schema(responses=NoticeSerializer(many=True), filters=False)
    @action(detail=True, pagination_class=None)
    def notices(self, request: Request, name: str) -> Response:
        """The notices of the event, oldest first."""
        rows = self.get_object().notices.select_related("event")
        return Response(NoticeSerializer(rows, many=True).data)


class CircularFilter(filters.FilterSet):
    """Query parameters of `/api/circulars/`."""

    event = filters.CharFilter(method="of_event", label="Name of an event")
    subject = filters.CharFilter(lookup_expr="icontains")
    sent_after = filters.IsoDateTimeFilter(field_name="sent_at", lookup_expr="gte")
    sent_before = filters.IsoDateTimeFilter(field_name="sent_at", lookup_expr="lt")

    class Meta:
        model = Circular
        fields = ["event", "subject"]

    def of_event(self, queryset: QuerySet[Circular], name: str, value: str) -> QuerySet[Circular]:
        """Only through events the user may see."""
        events = Event.objects.visible_to(self.request.user).filter(name=value)
        return queryset.filter(events__in=events)


class CircularViewSet(viewsets.ReadOnlyModelViewSet[Circular]):
    """GCN circulars, newest first, by their number, with the events they are about."""

    queryset = Circular.objects.none()
    serializer_class = CircularSerializer
    filterset_class = CircularFilter
    lookup_field = "circular_id"
    lookup_value_regex = r"[0-9]+"

    def get_queryset(self) -> QuerySet[Circular]:
        """The circulars the user may read; of their events only those the user may see."""
        visible = Prefetch("events", Event.objects.visible_to(self.request.user))
        return Circular.objects.visible_to(self.request.user).prefetch_related(visible)


class LocalizationFilter(filters.FilterSet):
    """Query parameters of `/api/localizations/`."""

    event = filters.CharFilter(field_name="event__name")
    is_current = filters.BooleanFilter()

    class Meta:
        model = Localization
        fields = ["event", "is_current"]


class LocalizationViewSet(KnownParameters, viewsets.ReadOnlyModelViewSet[Localization]):
    """Localizations with the figures of their sky maps; the maps themselves as FITS, their contours as JSON."""

    queryset = Localization.objects.none()
    serializer_class = LocalizationSerializer
    filterset_class = LocalizationFilter

    def get_queryset(self) -> QuerySet[Localization]:
        """The localizations the user may see, without the bytes of the maps."""
        rows = Localization.objects.visible_to(self.request.user).select_related("event", "notice", "skymap")
        return rows.defer("skymap__fits", "skymap__packed", "skymap__region_50", "skymap__region_90")

    @extend_schema(responses={(200, "application/fits"): OpenApiTypes.BINARY})
    @action(detail=True)
    def fits(self, request: Request, pk: str) -> FileResponse:
        """The sky map as it came."""
        return downloads.skymap_fits(self.get_object())

    @extend_schema(responses=OpenApiTypes.OBJECT)
    @action(detail=True)
    def contours(self, request: Request, pk: str) -> JsonResponse:
        """Lines of the 50 % and 90 % regions: level -> list of [[ra_deg, dec_deg], ...]."""
        return JsonResponse(self.get_object().skymap.contours)

    @extend_schema(responses=OpenApiTypes.OBJECT)
    @action(detail=True)
    def geojson(self, request: Request, pk: str) -> JsonResponse:
        """The same lines as GeoJSON, longitude -180 to 180 standing for right ascension."""
        return JsonResponse(contours_geojson(self.get_object()))

    @extend_schema(
        parameters=[OpenApiParameter("level", float, description="Credible level; default 0.9.", enum=[0.5, 0.9])],
        responses=OpenApiTypes.OBJECT,
    )
    @action(detail=True)
    def moc(self, request: Request, pk: str) -> JsonResponse:
        """A credible region as an IVOA MOC in JSON: order -> list of nested HEALPix cells."""
        skymap = self.get_object().skymap
        wanted = skymap.region_50 if request.query_params.get("level") == "0.5" else skymap.region_90
        return JsonResponse(ranges_to_moc(wanted))


class PlanFilter(filters.FilterSet):
    """Query parameters of `/api/plans/`."""

    event = filters.CharFilter(field_name="event__name")
    state = filters.ChoiceFilter(choices=PlanState.choices)

    class Meta:
        model = ObservationPlan
        fields = ["event", "state"]


class ObservationPlanViewSet(KnownParameters, mixins.CreateModelMixin, viewsets.ReadOnlyModelViewSet[ObservationPlan]):
    """Plans of the network: ask for one, follow its progress, take it away as JSON, CSV or text."""

    queryset = ObservationPlan.objects.none()
    filterset_class = PlanFilter

    def get_queryset(self) -> QuerySet[ObservationPlan]:
        """The plans the user may see, newest first; with every pointing when one is asked for."""
        plans = ObservationPlan.objects.visible_to(self.request.user).select_related("event").order_by("-pk")
        if self.action == "retrieve":
            return plans.prefetch_related("telescope_plans__pointings")
        return plans

    def get_serializer_class(self) -> type[Any]:
        """Lists are short, one plan is whole, a request is checked."""
        by_action = {"retrieve": ObservationPlanDetailSerializer, "create": PlanRequestSerializer}
        return by_action.get(self.action, ObservationPlanSerializer)

    @extend_schema(
        request=PlanRequestSerializer,
        responses={
            202: ObservationPlanSerializer,
            400: OpenApiResponse(OpenApiTypes.OBJECT, "What is wrong with each field."),
            403: OpenApiResponse(ErrorSerializer, "The right to ask for plans is missing."),
            409: OpenApiResponse(ErrorSerializer, "Nothing can be planned: retracted, no sky map, no such telescope."),
        },
    )
    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Ask for a new plan; it is made in the background, `state` and `progress` tell how far it is."""
        asked = PlanRequestSerializer(data=request.data, context={"request": request})
        asked.is_valid(raise_exception=True)
        try:
            plan = request_plan(by=request.user, why="asked for by API", **asked.validated_data)
        except NotAllowed as error:
            return _error(error, status.HTTP_403_FORBIDDEN)
        except GcnError as error:
            return _error(error, status.HTTP_409_CONFLICT)
        except UnknownTelescope as error:
            return Response({"telescopes": [str(error)]}, status.HTTP_400_BAD_REQUEST)
        return Response(ObservationPlanSerializer(plan).data, status.HTTP_202_ACCEPTED)

    @extend_schema(parameters=[TELESCOPE_PARAMETER], responses={(200, "text/csv"): OpenApiTypes.STR})
    @action(detail=True)
    def csv(self, request: Request, pk: str) -> StreamingHttpResponse:
        """The pointings as CSV."""
        return downloads.plan_as_csv(self.get_object(), request.query_params.get("telescope", ""))

    @extend_schema(parameters=[TELESCOPE_PARAMETER], responses={(200, "text/plain"): OpenApiTypes.STR})
    @action(detail=True)
    def text(self, request: Request, pk: str) -> HttpResponse:
        """The plan as the text telescope teams read."""
        return downloads.plan_as_text(self.get_object(), request.query_params.get("telescope", ""))

    @extend_schema(parameters=[TELESCOPE_PARAMETER], responses={200: OpenApiResponse(OpenApiTypes.OBJECT)})
    @action(detail=True)
    def json(self, request: Request, pk: str) -> JsonResponse:
        """The plan as one JSON document with footprints."""
        return downloads.plan_as_json(self.get_object(), request.query_params.get("telescope", ""))


def _error(error: GcnError, code: int) -> Response:
    return Response({"code": error.code, "message": error.message, "fix": error.fix}, code)
