"""REST API of follow-up requests: `/api/requests/`: ask, follow, change, cancel, answer."""

from collections.abc import Callable
from typing import Any

import django_filters as filters
from django.db.models import QuerySet
from django.http import Http404
from django_filters.rest_framework import DjangoFilterBackend
from drf_spectacular.utils import OpenApiExample, OpenApiResponse, extend_schema
from rest_framework import mixins, serializers, viewsets
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.parsers import JSONParser
from rest_framework.request import Request
from rest_framework.response import Response

from tom_grandma_facilities.actions import (
    answer,
    ask,
    cancel_request,
    edit_request,
    retry_now,
    settle_doubt,
    undo_answer,
)
from tom_grandma_facilities.actions.allocations import ASK_PERMISSION
from tom_grandma_facilities.choices import RequestKind, RequestState, Via
from tom_grandma_facilities.exceptions import FacilityError, InvalidRequest, NotAllowed, RequestError
from tom_grandma_facilities.known_parameters import KnownParameters
from tom_grandma_facilities.models import Allocation, FollowUpRequest
from tom_grandma_facilities.registry import ASKABLE
from tom_grandma_facilities.request_serializers import (
    AnswerSerializer,
    CancelSerializer,
    FollowUpRequestDetailSerializer,
    FollowUpRequestSerializer,
    NewRequestSerializer,
    RequestChangesSerializer,
    RequestErrorSerializer,
    SettleSerializer,
)
from tom_grandma_facilities.rights import groups_where
from tom_grandma_facilities.targets_seen import visible_targets

REFUSED = {
    400: OpenApiResponse(RequestErrorSerializer, "What is wrong, where, and how to mend it."),
    403: OpenApiResponse(RequestErrorSerializer, "The right to ask or to change is missing."),
    409: OpenApiResponse(RequestErrorSerializer, "It cannot be now: its state, no channel, no allocation."),
}
WISH = OpenApiExample(
    "three exposures tonight",
    {
        "telescope": "TAROT-TCA",
        "target": 17,
        "exposures": [{"filter": "sdssr", "exposure_s": 60, "count": 3}],
        "window_start": "2026-11-20T18:00:00Z",
        "window_end": "2026-11-21T04:00:00Z",
        "constraints": {"airmass_max": 2.0},
        "priority": 2,
    },
    request_only=True,
)


class FollowUpRequestFilter(filters.FilterSet):
    """By telescope, target, state, plan, time and who asked."""

    telescope = filters.ChoiceFilter(choices=[(name, name) for name in ASKABLE])
    target = filters.NumberFilter(field_name="target_id", min_value=1, max_value=2**31 - 1)
    state = filters.MultipleChoiceFilter(choices=RequestState.choices)
    kind = filters.ChoiceFilter(choices=RequestKind.choices)
    plan_key = filters.CharFilter(lookup_expr="startswith", max_length=100)
    subject = filters.CharFilter(lookup_expr="icontains", max_length=100)
    created_by = filters.CharFilter(field_name="created_by__username", max_length=150)
    after = filters.IsoDateTimeFilter(field_name="created_at", lookup_expr="gte", label="Asked from, UTC")
    before = filters.IsoDateTimeFilter(field_name="created_at", lookup_expr="lt", label="Asked before, UTC")
    open = filters.BooleanFilter(method="by_open", label="May still be observed")
    silent = filters.BooleanFilter(method="by_silent", label="Sent, and nobody answered")

    class Meta:
        model = FollowUpRequest
        fields = ("telescope", "target", "state", "kind", "plan_key", "subject", "created_by", "after", "before")

    def by_open(self, rows: QuerySet[FollowUpRequest], name: str, wanted: bool) -> QuerySet[FollowUpRequest]:
        """Those that may still be observed, or the others."""
        found = FollowUpRequest.objects.open().values("pk")
        return rows.filter(pk__in=found) if wanted else rows.exclude(pk__in=found)

    def by_silent(self, rows: QuerySet[FollowUpRequest], name: str, wanted: bool) -> QuerySet[FollowUpRequest]:
        """Those nobody answered, or the others."""
        found = FollowUpRequest.objects.silent().values("pk")
        return rows.filter(pk__in=found) if wanted else rows.exclude(pk__in=found)


def refusal(error: FacilityError) -> Response:
    """Refuse: 403 when it is not allowed, 400 for what is wrong in what was sent, else 409."""
    status = 403 if isinstance(error, NotAllowed) else 400 if isinstance(error, InvalidRequest) else 409
    told = {"message": str(error), "fix": "", "field": ""}
    if isinstance(error, RequestError):
        told = {"message": error.message, "fix": error.mend, "field": error.field}
    return Response({"code": error.code, **told}, status=status)


class FollowUpRequestViewSet(
    KnownParameters,
    mixins.ListModelMixin,
    mixins.RetrieveModelMixin,
    viewsets.GenericViewSet[FollowUpRequest],
):
    """What telescopes are asked for, newest first. POST asks, PATCH changes what is open, and it is sent again."""

    queryset = FollowUpRequest.objects.none()
    serializer_class = FollowUpRequestDetailSerializer
    filter_backends = [DjangoFilterBackend]
    filterset_class = FollowUpRequestFilter
    parser_classes = [JSONParser]
    lookup_value_regex = r"\d{1,18}"

    def get_queryset(self) -> QuerySet[FollowUpRequest]:
        """The requests the user may see."""
        rows = FollowUpRequest.objects.visible_to(self.request.user).select_related("created_by")
        if self.action == "list":
            return rows.defer("pointings").order_by("-pk")
        return rows.prefetch_related("entries__by", "transactions", "groups").order_by("-pk")

    def get_serializer_class(self) -> type[serializers.BaseSerializer[FollowUpRequest]]:
        """Lists are short, one request is whole."""
        return FollowUpRequestSerializer if self.action == "list" else FollowUpRequestDetailSerializer

    @extend_schema(
        request=NewRequestSerializer, responses={201: FollowUpRequestDetailSerializer, **REFUSED}, examples=[WISH]
    )
    def create(self, request: Request) -> Response:
        """Ask a telescope; it is sent in the background, `state` tells how far it is.

        The same wish again, while the first is open, is the same request: 200.
        """
        wish = _read(NewRequestSerializer, request)
        target = visible_targets(request.user).filter(pk=wish.pop("target"))
        groups, allocation = _groups(request, wish.pop("groups", None)), wish.pop("allocation", None)
        if (found := target.first()) is None:
            raise ValidationError({"target": "There is no such target."})
        if allocation is not None:
            allocation = Allocation.objects.visible_to(request.user).filter(pk=allocation).first()
            if allocation is None:
                raise ValidationError({"allocation": "There is no such allocation."})
        newest = FollowUpRequest.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
        try:
            row = ask(
                by=request.user,
                target=found,
                subject_url=found.get_absolute_url(),
                groups=groups,
                allocation=allocation,
                via=Via.API,
                **wish,
            )
        except FacilityError as error:
            return refusal(error)
        return self._told(row, 201 if row.pk > newest else 200)

    @extend_schema(request=RequestChangesSerializer, responses={200: FollowUpRequestDetailSerializer, **REFUSED})
    def partial_update(self, request: Request, pk: str) -> Response:
        """Change what is asked; where it was sent already, the new version is sent and takes its place."""
        changes = _read(RequestChangesSerializer, request)
        return self._do(lambda row: edit_request(row, by=request.user, via=Via.API, **changes))

    @extend_schema(request=CancelSerializer, responses={200: FollowUpRequestDetailSerializer, **REFUSED})
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, pk: str) -> Response:
        """Take it back; the telescope's side is told."""
        told = _read(CancelSerializer, request)
        return self._do(lambda row: cancel_request(row, by=request.user, via=Via.API, **told))

    @extend_schema(request=AnswerSerializer, responses={200: FollowUpRequestDetailSerializer, **REFUSED})
    @action(detail=True, methods=["post"])
    def answer(self, request: Request, pk: str) -> Response:
        """Say for the telescope: received, accepted (will observe), observing, done, declined."""
        told = _read(AnswerSerializer, request)
        return self._do(lambda row: answer(row, told.pop("state"), by=request.user, via=Via.API, **told))

    @extend_schema(request=None, responses={200: FollowUpRequestDetailSerializer, **REFUSED})
    @action(detail=True, methods=["post"])
    def undo(self, request: Request, pk: str) -> Response:
        """Take the last "done" or "declined" back."""
        return self._do(lambda row: undo_answer(row, by=request.user, via=Via.API))

    @extend_schema(request=None, responses={200: FollowUpRequestDetailSerializer, **REFUSED})
    @action(detail=True, methods=["post"])
    def retry(self, request: Request, pk: str) -> Response:
        """Try at once to send what waits for its next attempt or could not be sent."""
        return self._do(lambda row: retry_now(row, by=request.user, via=Via.API))

    @extend_schema(request=SettleSerializer, responses={200: FollowUpRequestDetailSerializer, **REFUSED})
    @action(detail=True, methods=["post"])
    def settle(self, request: Request, pk: str) -> Response:
        """Say whether a request that may have been sent is at the telescope's side."""
        told = _read(SettleSerializer, request)
        return self._do(lambda row: settle_doubt(row, by=request.user, via=Via.API, **told))

    def _do(self, change: Callable[[FollowUpRequest], FollowUpRequest]) -> Response:
        """Change a visible request, or tell why not."""
        try:
            row = change(self.get_object())
        except FacilityError as error:
            return refusal(error)
        return self._told(row, 200)

    def _told(self, row: FollowUpRequest, status: int) -> Response:
        """The request as it is now."""
        now = self.get_queryset().filter(pk=row.pk).first()
        if now is None:
            raise Http404
        return Response(FollowUpRequestDetailSerializer(now, context=self.get_serializer_context()).data, status=status)


def _read(kind: type[serializers.Serializer[Any]], request: Request) -> dict[str, Any]:
    """What was sent, checked field by field."""
    sent = kind(data=request.data)
    sent.is_valid(raise_exception=True)
    return dict(sent.validated_data)


def _groups(request: Request, names: list[str] | None) -> list[Any] | None:
    if names is None:
        return None
    groups = list(groups_where(request.user, ASK_PERMISSION).filter(name__in=names))
    if not groups or len(groups) != len(set(names)):
        raise ValidationError({"groups": "Name groups of your own."})
    return groups
