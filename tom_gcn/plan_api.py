"""REST API of plans: ask, follow, cancel, keep, compare, report, and take the result away in every form."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import timedelta
from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponseBase
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import status, viewsets
from rest_framework.decorators import action
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.parsers import JSONParser
from rest_framework.request import Request
from rest_framework.response import Response

from tom_gcn import downloads
from tom_gcn.actions import cancel_plan, keep_plan, refuse, report_pointings, request_plan, withdraw_refusal
from tom_gcn.actions.plans import check_may_plan
from tom_gcn.api_checks import (
    NotInPlan,
    check_can_be_stopped,
    check_has_pointings,
    standing_refusal,
    unasked_settings,
    unknown_fields,
)
from tom_gcn.api_errors import BadWishSerializer, ErrorSerializer, error_response, objections_response
from tom_gcn.api_filters import PlanFilter, RefusalFilter
from tom_gcn.choices import PlanState
from tom_gcn.exceptions import GcnError
from tom_gcn.models import Event, ObservationPlan, Refusal
from tom_gcn.plan_problem import pointing_of, pointings_of
from tom_gcn.plan_serializers import (
    DifferenceSerializer,
    NewRefusalSerializer,
    ObservationPlanDetailSerializer,
    ObservationPlanSerializer,
    PlannedPointingSerializer,
    PlanProgressSerializer,
    PlanRequestSerializer,
    ReasonSerializer,
    RefusalSerializer,
    ReportSerializer,
)
from tom_gcn.planning.difference import compare
from tom_gcn.planning.wish import Objection, PlanWish, WishError
from tom_gcn.printable import is_text
from tom_gcn.site_wishes import site_wish
from tom_grandma_facilities.known_parameters import KnownParameters
from tom_grandma_facilities.registry import UnknownTelescope, get_telescope

FARTHEST_START = timedelta(days=366)
TELESCOPE_PARAMETER = OpenApiParameter("telescope", str, description="Only this telescope.")
REFUSED = {
    400: OpenApiResponse(OpenApiTypes.OBJECT, "What is wrong with each field."),
    403: OpenApiResponse(ErrorSerializer, "The right to plan is missing."),
    409: OpenApiResponse(ErrorSerializer, "It makes no sense now: retracted, not done, no sky map."),
}
WISHES = [
    OpenApiExample("the network as usual", {"event": "S241102br"}, request_only=True),
    OpenApiExample(
        "two telescopes, changed",
        {
            "event": "S241102br",
            "telescopes": ["TAROT-TCA", "CFHT"],
            "start": "2026-11-20T19:00:00Z",
            "hours": 12,
            "settings": {"TAROT-TCA": {"exposure_s": 120, "max_pointings": 30}},
            "options": {"epochs": 2, "revisit_gap_h": 1.5, "airmass_max": 2.5, "refine_s": 30},
        },
        request_only=True,
    ),
    OpenApiExample(
        "everything but one, planned by gwemopt",
        {
            "event": "S241102br",
            "telescopes": ["all"],
            "without": ["ZTF"],
            "engine": "gwemopt",
            "engine_options": {"schedule": "greedy_slew", "targets": "tiling"},
        },
        request_only=True,
    ),
    OpenApiExample(
        "what is wrong",
        {
            "hours": ["A plan cannot span -2 hours. Give more than 0 and at most 240."],
            "problems": [
                {"where": "hours", "what": "A plan cannot span -2 hours.", "mend": "Give more than 0 and at most 240."}
            ],
        },
        response_only=True,
        status_codes=["400"],
    ),
]
REPORTS = [
    OpenApiExample("all of its fields were sent", {"telescope": "TAROT-TCA", "state": "sent"}, request_only=True),
    OpenApiExample(
        "two were observed",
        {"telescope": "TAROT-TCA", "state": "done", "orders": [1, 2], "note": "clear, 1.8 arcsec"},
        request_only=True,
    ),
]


class ObservationPlanViewSet(KnownParameters, viewsets.ReadOnlyModelViewSet[ObservationPlan]):
    """Plans of the network: ask for one, follow its progress, cancel or keep it, report on it, take it away."""

    queryset = ObservationPlan.objects.none()
    filterset_class = PlanFilter
    also_known = frozenset({"telescope", "with"})
    parser_classes = [JSONParser]

    def get_queryset(self) -> QuerySet[ObservationPlan]:
        """The plans the user may see, newest first; with every pointing when one is asked for."""
        plans = ObservationPlan.objects.visible_to(self.request.user).select_related("event").order_by("-pk")
        if self.action == "retrieve":
            return plans.prefetch_related("telescope_plans__pointings")
        return plans.defer("wish", "difference", "curve") if self.action == "list" else plans

    def get_serializer_class(self) -> type[Any]:
        """Lists are short, one plan is whole."""
        return ObservationPlanDetailSerializer if self.action == "retrieve" else ObservationPlanSerializer

    @extend_schema(
        request=PlanRequestSerializer,
        responses={**REFUSED, 202: ObservationPlanSerializer, 400: BadWishSerializer},
        examples=WISHES,
    )
    def create(self, request: Request) -> Response:
        """Ask for a new plan; it is made in the background, `state` and `progress` tell how far it is.

        Everything that is wrong is told at once. The same wish again while the first waits is the same plan.
        """
        given = dict(request.data) if isinstance(request.data, Mapping) else {"": request.data}
        event, objections = self._event(given.pop("event", None))
        wish: PlanWish | None = None
        try:
            wish = site_wish(given)
            objections += [*_too_far(wish), *unasked_settings(wish)]
        except WishError as error:
            objections += error.problems
        if objections or event is None or wish is None:
            return objections_response(objections)
        try:
            plan = request_plan(event, by=request.user, why="asked for by API", wish=wish)
        except GcnError as error:
            return error_response(error)
        return Response(ObservationPlanSerializer(plan).data, status.HTTP_202_ACCEPTED)

    def _event(self, name: object) -> tuple[Event | None, list[Objection]]:
        if not isinstance(name, str) or not name:
            return None, [Objection("event", "No event is named.", "Give the name of an event.")]
        seen = Event.objects.visible_to(self.request.user)
        event = seen.filter(name=name).first() if is_text(name) else None
        if event is None:
            what = f"There is no event {name[:60]!r} that you see."
            return None, [Objection("event", what, "See the list of events.")]
        return event, []

    @extend_schema(responses=PlanProgressSerializer)
    @action(detail=True)
    def progress(self, request: Request, pk: str) -> Response:
        """How far it is, in a few words: for those who ask every second."""
        return Response(PlanProgressSerializer(self.get_object()).data)

    @extend_schema(request=ReasonSerializer, responses={**REFUSED, 200: ObservationPlanSerializer})
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, pk: str) -> Response:
        """Stop the making or refining of a plan: a waiting one at once, a running one within seconds."""
        plan, asked = self.get_object(), ReasonSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        try:
            check_may_plan(request.user, plan.event)
            check_can_be_stopped(plan)
            return Response(ObservationPlanSerializer(cancel_plan(plan, by=request.user, **asked.validated_data)).data)
        except GcnError as error:
            return error_response(error)

    @extend_schema(request=None, responses={**REFUSED, 200: ObservationPlanSerializer})
    @action(detail=True, methods=["post"])
    def keep(self, request: Request, pk: str) -> Response:
        """Make it the plan of record: it stays until another is kept, or a new notice needs a new one."""
        try:
            return Response(ObservationPlanSerializer(keep_plan(self.get_object(), by=request.user)).data)
        except GcnError as error:
            return error_response(error)

    @extend_schema(
        request=ReportSerializer,
        responses={**REFUSED, 200: PlannedPointingSerializer(many=True), 404: ErrorSerializer},
        examples=REPORTS,
    )
    @action(detail=True, methods=["post"])
    def report(self, request: Request, pk: str) -> Response:
        """Say what became of a telescope's pointings: sent, started, done, cannot, or planned to take it back.

        Of `cannot` a new plan follows that gives the sky to others. A report said twice changes nothing.
        """
        plan, told = self.get_object(), ReportSerializer(data=request.data)
        told.is_valid(raise_exception=True)
        try:
            check_may_plan(request.user, plan.event)
            check_has_pointings(plan, told.validated_data["telescope"])
            rows = report_pointings(plan, by=request.user, **told.validated_data)
        except NotInPlan as error:
            return error_response(error, status.HTTP_404_NOT_FOUND)
        except GcnError as error:
            return error_response(error)
        return Response(PlannedPointingSerializer(rows, many=True).data)

    @extend_schema(
        parameters=[OpenApiParameter("with", int, required=True, description="The id of another plan of the event.")],
        responses=DifferenceSerializer,
    )
    @action(detail=True)
    def compare(self, request: Request, pk: str) -> Response:
        """What this plan changes against another one of the same event, in words for each telescope."""
        other = self.get_object()
        one = self._plan_to_compare(request.query_params.get("with", ""), other)
        if PlanState.DONE not in (one.state, other.state) or one.state != other.state:
            raise ValidationError({"with": ["Only plans that are done can be compared."]})
        before = [pointing_of(row) for row in pointings_of(one)]
        difference = asdict(compare(before, [pointing_of(row) for row in pointings_of(other)]))
        gained = (other.covered_probability or 0.0) - (one.covered_probability or 0.0)
        found = {**difference, "one": one.pk, "other": other.pk, "gained_probability": gained}
        return Response(DifferenceSerializer(found).data)

    def _plan_to_compare(self, text: str, other: ObservationPlan) -> ObservationPlan:
        if not (text.isascii() and text.isdecimal() and len(text) < 10):
            raise ValidationError({"with": ["Give the id of another plan of the event."]})
        plan = self.get_queryset().filter(event=other.event_id, pk=int(text)).first()
        if plan is None:
            raise NotFound("This event has no such plan.")
        return plan

    def _file(self, form: str) -> HttpResponseBase:
        telescope = self.request.query_params.get("telescope", "")
        return downloads.kept_plan_file(self.request, self.get_object(), form, telescope)

    @extend_schema(parameters=[TELESCOPE_PARAMETER], responses={(200, "text/csv"): OpenApiTypes.STR})
    @action(detail=True)
    def csv(self, request: Request, pk: str) -> HttpResponseBase:
        """The pointings as CSV."""
        return self._file("csv")

    @extend_schema(parameters=[TELESCOPE_PARAMETER], responses={(200, "text/plain"): OpenApiTypes.STR})
    @action(detail=True)
    def text(self, request: Request, pk: str) -> HttpResponseBase:
        """The plan as the text telescope teams read."""
        return self._file("text")

    @extend_schema(parameters=[TELESCOPE_PARAMETER], responses={200: OpenApiResponse(OpenApiTypes.OBJECT)})
    @action(detail=True)
    def json(self, request: Request, pk: str) -> HttpResponseBase:
        """The plan as one JSON document with footprints, with a schema version."""
        return self._file("json")

    @extend_schema(parameters=[TELESCOPE_PARAMETER], responses={(200, "text/x-ecsv"): OpenApiTypes.STR})
    @action(detail=True)
    def ecsv(self, request: Request, pk: str) -> HttpResponseBase:
        """The pointings as a table with units, for astropy."""
        return self._file("ecsv")

    @extend_schema(parameters=[TELESCOPE_PARAMETER], responses={(200, "application/geo+json"): OpenApiTypes.OBJECT})
    @action(detail=True)
    def geojson(self, request: Request, pk: str) -> HttpResponseBase:
        """The footprints as GeoJSON; longitude is RA, -180 to 180 degrees, cut at the antimeridian."""
        return self._file("geojson")

    @extend_schema(parameters=[TELESCOPE_PARAMETER], responses={200: OpenApiResponse(OpenApiTypes.OBJECT)})
    @action(detail=True)
    def moc(self, request: Request, pk: str) -> HttpResponseBase:
        """The sky that is seen, as a MOC in JSON."""
        return self._file("moc")

    @extend_schema(parameters=[TELESCOPE_PARAMETER], responses={(200, "application/fits"): OpenApiTypes.BINARY})
    @action(detail=True, url_path="moc-fits")
    def moc_fits(self, request: Request, pk: str) -> HttpResponseBase:
        """The sky that is seen, as a MOC in FITS."""
        return self._file("moc-fits")

    @extend_schema(parameters=[TELESCOPE_PARAMETER], responses={(200, "text/calendar"): OpenApiTypes.STR})
    @action(detail=True)
    def calendar(self, request: Request, pk: str) -> HttpResponseBase:
        """Entries for a calendar, one for each night of each telescope."""
        return self._file("calendar")

    @extend_schema(parameters=[TELESCOPE_PARAMETER], responses={200: OpenApiResponse(OpenApiTypes.OBJECT)})
    @action(detail=True, url_path="treasure-map")
    def treasure_map(self, request: Request, pk: str) -> HttpResponseBase:
        """The open pointings as Treasure Map takes them; nothing is sent, what is unknown is null and named."""
        return self._file("treasure-map")


class RefusalViewSet(KnownParameters, viewsets.ReadOnlyModelViewSet[Refusal]):
    """Telescopes that cannot observe an event, newest first; they stay out of its plans until it is taken back."""

    queryset = Refusal.objects.none()
    serializer_class = RefusalSerializer
    filterset_class = RefusalFilter
    parser_classes = [JSONParser]

    def get_queryset(self) -> QuerySet[Refusal]:
        """Those of events the user sees."""
        return Refusal.objects.visible_to(self.request.user).select_related("event")

    @extend_schema(
        request=NewRefusalSerializer,
        responses={**REFUSED, 200: RefusalSerializer, 201: RefusalSerializer, 400: BadWishSerializer},
    )
    def create(self, request: Request) -> Response:
        """Say that a telescope cannot observe an event, until a time or at all; a new plan of the event follows.

        What stands already is not said twice: the answer is then 200 with the refusal of before.
        """
        if objections := unknown_fields(request.data, NewRefusalSerializer):
            return objections_response(objections)
        told = NewRefusalSerializer(data=request.data)
        told.is_valid(raise_exception=True)
        values = dict(told.validated_data)
        event = Event.objects.visible_to(request.user).filter(name=values.pop("event")).first()
        if event is None:
            raise ValidationError({"event": ["There is no such event that you see."]})
        try:
            check_may_plan(request.user, event)
            values["telescope"] = get_telescope(values["telescope"]).name
            if row := standing_refusal(event, values):
                return Response(RefusalSerializer(row).data)
            row = refuse(event, values.pop("telescope"), values.pop("reason_code"), by=request.user, **values)
        except UnknownTelescope as error:
            raise ValidationError({"telescope": [str(error)]}) from error
        except GcnError as error:
            return error_response(error)
        return Response(RefusalSerializer(row).data, status.HTTP_201_CREATED)

    @extend_schema(request=None, responses={**REFUSED, 200: RefusalSerializer})
    @action(detail=True, methods=["post"])
    def withdraw(self, request: Request, pk: str) -> Response:
        """Take it back: the telescope can observe again."""
        try:
            return Response(RefusalSerializer(withdraw_refusal(self.get_object(), by=request.user)).data)
        except GcnError as error:
            return error_response(error)


def _too_far(wish: PlanWish) -> list[Objection]:
    if wish.start is None or abs(wish.start - timezone.now()) <= FARTHEST_START:
        return []
    return [Objection("start", "A plan begins within a year of now.", "Give a time nearer to now.")]
