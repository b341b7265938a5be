"""REST API of events, localizations, circulars and messages; rows only through `visible_to`. Plans: `plan_api`."""

from typing import Any

from django.db.models import Prefetch, QuerySet
from django.http import FileResponse, JsonResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import status, viewsets
from rest_framework.decorators import action
from rest_framework.parsers import FormParser, MultiPartParser
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response

from tom_gcn import downloads
from tom_gcn.actions import ReadResult, add_event, outlines_of
from tom_gcn.actions.tags import add_tag, remove_tag
from tom_gcn.api_errors import ErrorSerializer, error_response
from tom_gcn.api_filters import CircularFilter, EventFilter, LocalizationFilter, MessageFilter
from tom_gcn.exceptions import GcnError, NotAllowed
from tom_gcn.manual.parsers import PatientJSONParser
from tom_gcn.models import Circular, Event, EventSummary, Localization, Message
from tom_gcn.serializers import (
    CircularSerializer,
    EventSerializer,
    LocalizationSerializer,
    MessageSerializer,
    NewEventOutcomeSerializer,
    NewEventSerializer,
    NoticeSerializer,
    TagSerializer,
)
from tom_gcn.sky_formats import geojson, moc_json
from tom_grandma_facilities.known_parameters import KnownParameters

# A sky map of 10 MB in base64, and room for the rest.
MOST_REQUEST_BYTES = 24 * 1024 * 1024
LEVEL_PARAMETER = OpenApiParameter("level", float, description="Credible level, 0.01 to 0.99; default 0.9.")
NEW_EVENTS = [
    OpenApiExample(
        "circle",
        {"shape": "cone", "name": "GRB 261120A", "kind": "grb", "time": "2026-11-20T18:30:05Z", "ra_deg": 197.45,
         "dec_deg": -23.38, "radius_deg": 0.05, "containment": 0.9, "groups": ["GRANDMA"]},
        request_only=True,
    ),
    OpenApiExample(
        "polygon",
        {"shape": "polygon", "name": "IPN 261120", "kind": "grb", "corners": [[10, 5], [12, 5], [12, 7], [10, 7]]},
        request_only=True,
    ),
    OpenApiExample(
        "annulus",
        {"shape": "annulus", "name": "IPN 261120", "kind": "grb", "ra_deg": 20.5, "dec_deg": -8.1, "radius_deg": 61.2,
         "half_width_deg": 0.4},
        request_only=True,
    ),
    OpenApiExample(
        "sky map by address",
        {"shape": "url", "name": "S261120ab-test", "kind": "gw", "is_test": True,
         "url": "https://gracedb.ligo.org/api/superevents/S240422ed/files/bayestar.multiorder.fits"},
        request_only=True,
    ),
    OpenApiExample(
        "notice as it was sent",
        {"shape": "message", "message": "<?xml version = '1.0' encoding = 'UTF-8'?> <voe:VOEvent ...>"},
        request_only=True,
    ),
    OpenApiExample(
        "retraction", {"shape": "cone", "name": "GRB 261120A", "kind": "grb", "status": "retraction"}, request_only=True
    ),
]  # fmt: skip


class EventViewSet(KnownParameters, viewsets.ReadOnlyModelViewSet[Event]):
    """Events, newest first, by name."""

    queryset = Event.objects.none()
    serializer_class = EventSerializer
    filterset_class = EventFilter
    lookup_field = "name"
    lookup_value_regex = r"[^/]+"
    parser_classes = [PatientJSONParser, FormParser, MultiPartParser]

    def get_queryset(self) -> QuerySet[Event]:
        """The events the user may see."""
        return (
            Event.objects.visible_to(self.request.user)
            .with_summary()
            .select_related("summary")
            .prefetch_related("aliases")
        )

    @extend_schema(
        request={"application/json": NewEventSerializer, "multipart/form-data": NewEventSerializer},
        responses={201: NewEventOutcomeSerializer, 200: NewEventOutcomeSerializer},
        examples=NEW_EVENTS,
    )
    def create(self, request: Request) -> Response:
        """Enter an event by hand, for your own groups. A FITS file goes as `file` of a multipart form.

        It is stored as a message and read like one that came in by a stream. The same content for the same groups is
        the same message: 200 then, with the event that is here; 201 when something new was stored. Needs the
        permission `tom_gcn.add_event`.
        """
        if not request.user.has_perm("tom_gcn.add_event"):
            return error_response(
                NotAllowed("You may not enter events.", "Ask an administrator."), status.HTTP_403_FORBIDDEN
            )
        if int(request.META.get("CONTENT_LENGTH") or 0) > MOST_REQUEST_BYTES:
            large = GcnError("The request is too large.", f"At most {MOST_REQUEST_BYTES:,} bytes.", "too-large")
            return error_response(large, status.HTTP_413_REQUEST_ENTITY_TOO_LARGE)
        entered = NewEventSerializer(data=request.data, context={"request": request})
        entered.is_valid(raise_exception=True)
        try:
            result = add_event(**entered.validated_data, by=request.user)
        except NotAllowed as error:
            return error_response(error)
        except GcnError as error:
            return error_response(error, status.HTTP_422_UNPROCESSABLE_ENTITY)
        return self._entered(result)

    def _entered(self, result: ReadResult) -> Response:
        event = self.get_queryset().get(pk=result.event.pk) if result.event else None
        outcome = {
            "event": event,
            "is_new": result.is_new_notice,
            "message": result.message.sha256,
            "reason_code": result.message.reason_code,
            "reason": result.message.reason,
        }
        code = status.HTTP_201_CREATED if result.is_new_notice else status.HTTP_200_OK
        return Response(NewEventOutcomeSerializer(outcome).data, code)

    @extend_schema(
        request=TagSerializer,
        responses={200: OpenApiResponse(OpenApiTypes.OBJECT, "All tags of the event."), 403: ErrorSerializer},
        examples=[OpenApiExample("tag", {"tag": "GRANDMA campaign"}, request_only=True)],
    )
    @action(detail=True, methods=["post", "delete"])
    def tags(self, request: Request, name: str) -> Response:
        """Set a tag, or with DELETE remove one somebody set. Needs the permission `tom_gcn.add_handtag`."""
        event = self.get_object()
        asked = TagSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        change = add_tag if request.method == "POST" else remove_tag
        try:
            change(event, asked.validated_data["tag"], by=request.user)
        except NotAllowed as error:
            return error_response(error, status.HTTP_403_FORBIDDEN)
        except GcnError as error:
            return error_response(error, status.HTTP_422_UNPROCESSABLE_ENTITY)
        tags = EventSummary.objects.filter(event=event).values_list("tags", flat=True).first()
        return Response({"tags": tags or []})

    @extend_schema(responses=NoticeSerializer(many=True), filters=False)
    @action(detail=True, pagination_class=None)
    def notices(self, request: Request, name: str) -> Response:
        """The notices of the event, oldest first."""
        rows = self.get_object().notices.select_related("event")
        return Response(NoticeSerializer(rows, many=True).data)


class LocalizationViewSet(KnownParameters, viewsets.ReadOnlyModelViewSet[Localization]):
    """Localizations with the figures of their sky maps; the maps themselves as FITS, their contours as JSON."""

    queryset = Localization.objects.none()
    serializer_class = LocalizationSerializer
    filterset_class = LocalizationFilter
    also_known = frozenset({"level"})

    def get_queryset(self) -> QuerySet[Localization]:
        """The localizations the user may see, without the bytes of the maps."""
        rows = Localization.objects.visible_to(self.request.user).select_related("event", "notice", "skymap")
        kept = [] if self.action == "moc" else ["skymap__packed"]
        return rows.defer("skymap__fits", "skymap__region_50", "skymap__region_90", *kept)

    @extend_schema(responses={(200, "application/fits"): OpenApiTypes.BINARY})
    @action(detail=True)
    def fits(self, request: Request, pk: str) -> FileResponse:
        """The sky map as it came."""
        return downloads.skymap_fits(self.get_object())

    @extend_schema(responses=OpenApiTypes.OBJECT)
    @action(detail=True)
    def contours(self, request: Request, pk: str) -> JsonResponse:
        """Lines of the 50 % and 90 % regions: level -> list of [[ra_deg, dec_deg], ...]."""
        return JsonResponse(outlines_of(self.get_object().skymap))

    @extend_schema(parameters=[LEVEL_PARAMETER], responses=OpenApiTypes.OBJECT, examples=[
        OpenApiExample("a region of five cells", {"3": [12, 13], "4": [56, 57, 60]}, response_only=True)
    ])  # fmt: skip
    @action(detail=True)
    def moc(self, request: Request, pk: str) -> JsonResponse | Response:
        """The credible region as a MOC in JSON: HEALPix order -> nested cells; Aladin and mocpy read it."""
        localization = self.get_object()
        level = _level(request.query_params.get("level", "0.9"))
        if level is None:
            return Response({"level": ["Give a level from 0.01 to 0.99."]}, status.HTTP_400_BAD_REQUEST)
        return JsonResponse(moc_json(localization.skymap.data.region(level)))

    @extend_schema(responses=OpenApiTypes.OBJECT)
    @action(detail=True)
    def geojson(self, request: Request, pk: str) -> JsonResponse:
        """Outlines of the 50 % and 90 % regions as GeoJSON; longitude is RA, in -180 to 180 degrees."""
        localization = self.get_object()
        about = {"event": localization.event.name, "kind": localization.kind, "localization": localization.pk}
        answer = JsonResponse(geojson(outlines_of(localization.skymap), about))
        answer["Content-Type"] = "application/geo+json"
        return answer


class CircularViewSet(KnownParameters, viewsets.ReadOnlyModelViewSet[Circular]):
    """GCN circulars in their latest version, newest first, by their number."""

    queryset = Circular.objects.none()
    serializer_class = CircularSerializer
    filterset_class = CircularFilter
    lookup_field = "circular_id"
    lookup_value_regex = r"[0-9]{1,9}"

    def get_queryset(self) -> QuerySet[Circular]:
        """The circulars the user may read; of the events they are about, those the user may see."""
        own = Event.objects.visible_to(self.request.user).only("name")
        return Circular.objects.visible_to(self.request.user).prefetch_related(Prefetch("events", own)).distinct()


class MayViewMessages(BasePermission):
    """Administrators."""

    def has_permission(self, request: Request, view: Any) -> bool:
        """As in the admin."""
        return bool(request.user.is_staff and request.user.has_perm("tom_gcn.view_message"))


class MessageViewSet(KnownParameters, viewsets.ReadOnlyModelViewSet[Message]):
    """What came in and what became of it, newest first; for administrators. The bytes stay in the admin."""

    queryset = Message.objects.none()
    serializer_class = MessageSerializer
    filterset_class = MessageFilter
    permission_classes = [MayViewMessages]

    def get_queryset(self) -> QuerySet[Message]:
        """The messages the user may see, as in the admin."""
        return Message.objects.visible_to(self.request.user).defer("body").select_related("notice__event")


def _level(text: str) -> float | None:
    try:
        level = float(text)
    except ValueError:
        return None
    return level if 0.01 <= level <= 0.99 else None
