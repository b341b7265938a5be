"""REST API of photometry: `/api/photometry/` and `/api/photometry-uploads/`."""

from typing import Any

from django.conf import settings
from django.contrib.auth.models import Group
from django.db.models import QuerySet
from django.http import HttpResponse
from django_filters.rest_framework import DjangoFilterBackend
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework import mixins, serializers, viewsets
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.pagination import CursorPagination
from rest_framework.parsers import JSONParser, MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse

from tom_grandma_facilities.known_parameters import KnownParameters
from tom_photvalidation.actions.answers import error_of
from tom_photvalidation.actions.column_mappings import remember_what_was_said, with_recalled
from tom_photvalidation.actions.uploads import Received, Sent, receive_photometry
from tom_photvalidation.actions.versions import edit_point, withdraw_points
from tom_photvalidation.audiences import ask_permission, groups_to_tell
from tom_photvalidation.choices import Channel, Mode, Outcome, UploadState
from tom_photvalidation.filters import PointFilter
from tom_photvalidation.kept_files import kept_file
from tom_photvalidation.models import PhotometryPoint, PhotometryUpload
from tom_photvalidation.out_of_sight import OutOfSight, notes_of, of_upload, out_of_sight
from tom_photvalidation.parsers import BodyParser, bounded
from tom_photvalidation.problem_details import SaysProblems, not_found, problem
from tom_photvalidation.serializers import SOURCES, USUAL, PointSerializer, UploadSerializer, rows_of


class PointPagination(CursorPagination):
    """`?cursor=&limit=`: a page costs the same however far one has come."""

    page_size = 1000
    page_size_query_param = "limit"
    max_page_size = 10_000
    ordering = "-pk"


class Options(serializers.Serializer[Any]):
    """What may be said beside a body, in the address or as fields of the form."""

    mode = serializers.ChoiceField(choices=Mode.choices, default=Mode.PARTIAL)
    dry_run = serializers.BooleanField(default=False, help_text="Answer as if, and store nothing.")
    groups = serializers.CharField(default="", allow_blank=True, max_length=1000, help_text="Names, by commas.")
    source = serializers.CharField(  # type: ignore[assignment]  # a declared field, not the base's attribute
        default="", allow_blank=True, max_length=255, help_text="Name of the file."
    )
    mapping = serializers.JSONField(
        default=dict, binary=True, help_text="Our column for each of the file's, as JSON."
    )  # fmt: skip
    remember = serializers.BooleanField(
        default=True, help_text="Take what you said of a table with the same header, and keep what you say of this one."
    )


# Values for rows that give none.
DEFAULTS = (
    "target", "telescope", "instrument", "filter", "magsys", "time_reference", "exposure_s", "t0", "limit_sigma",
    "pipeline", "reducer", "observer", "origin", "reference", "calibration_catalogue",
)  # fmt: skip
_EXAMPLE = {
    "upload": "6f2c4e0a-5d8a-4a5e-9a37-0f7f0f1a2b3c",
    "state": "done",
    "dry_run": False,
    "mode": "partial",
    "counts": {"created": 1, "quarantined": 0, "exists": 0, "rejected": 1},
    "rows": [
        {"row": 2, "status": "created", "id": 7, "note": "", "errors": [], "findings": []},
        {"row": 3, "status": "rejected", "id": None, "note": "", "findings": [],
         "errors": [{"row": 3, "column": "filter", "code": "unknown-filter", "value": "banana",
                     "message": "No filter is called banana.", "fix": "Write one of the table of bandpasses."}]},
    ],
    "errors": [{"row": 3, "column": "filter", "code": "unknown-filter", "value": "banana",
                "message": "No filter is called banana.", "fix": "Write one of the table of bandpasses."}],
    "columns": {"mjd": "mjd"},
    "recalled": {},
    "notes": [],
}  # fmt: skip


class PhotometryViewSet(
    SaysProblems,
    KnownParameters,
    mixins.ListModelMixin,
    mixins.RetrieveModelMixin,
    viewsets.GenericViewSet[PhotometryPoint],
):
    """Measurements, the last stored first. POST sends more; PATCH makes a later version; DELETE takes one back."""

    queryset = PhotometryPoint.objects.none()
    serializer_class = PointSerializer
    pagination_class = PointPagination
    filter_backends = [DjangoFilterBackend]
    filterset_class = PointFilter
    lookup_value_regex = r"\d{1,18}"
    also_known = frozenset(
        {"mode", "dry_run", "groups", "source", "mapping", "remember", "cursor", "columns", "note", *DEFAULTS}
    )

    def get_parsers(self) -> list[Any]:
        """Bodies of photometry go to our own readers."""
        # The schema is drawn without a request.
        method = (self.request.method or "").lower() if self.request else ""
        if (getattr(self, "action_map", None) or {}).get(method) == "create":
            return [MultiPartParser(), BodyParser()]
        return [JSONParser()]

    def get_queryset(self) -> QuerySet[PhotometryPoint]:
        """The points the user may see."""
        points = PhotometryPoint.objects.visible_to(self.request.user)
        return points.select_related("target", "upload", "successor") if self.action == "retrieve" else points

    def filter_queryset(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Filter lists; a single point is found whatever its version."""
        return super().filter_queryset(queryset) if self.action == "list" else queryset

    @extend_schema(parameters=[OpenApiParameter("columns", str, description="Names of columns, by commas.")])
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """A page of points, as rows with the columns that were asked for."""
        columns = _columns(request)
        points = self.filter_queryset(self.get_queryset())
        page = self.paginate_queryset(points.values("pk", *{SOURCES[name] for name in columns}))
        return self.get_paginated_response(rows_of(page or (), columns))

    @extend_schema(
        request={
            "application/json": OpenApiTypes.OBJECT,
            "application/x-ndjson": OpenApiTypes.STR,
            "text/csv": OpenApiTypes.STR,
            "application/vnd.apache.parquet": OpenApiTypes.BINARY,
            "application/x-votable+xml": OpenApiTypes.STR,
            "multipart/form-data": {"type": "object", "properties": {"file": {"type": "string", "format": "binary"}}},
        },
        parameters=[
            OpenApiParameter("mode", str, enum=[*Mode.values], description="All or nothing, or the good rows."),
            OpenApiParameter("dry_run", bool),
            OpenApiParameter("groups", str, description="Who sees what is new: names, by commas."),
            OpenApiParameter("source", str, description="Name of the file."),
            OpenApiParameter("mapping", str, description="Our column for each of the file's, as JSON."),
            OpenApiParameter("remember", bool, description="Of tables with the same header; true unless said."),
            *(OpenApiParameter(name, str, description="For rows that do not say.") for name in DEFAULTS),
            OpenApiParameter("Idempotency-Key", str, OpenApiParameter.HEADER),
        ],
        responses=dict.fromkeys((200, 201, 202, 400, 403, 422), OpenApiTypes.OBJECT),
        examples=[OpenApiExample("an answer per row", value=_EXAMPLE, response_only=True)],
    )
    def create(self, request: Request) -> Response:
        """Store photometry: 201 when something is new, 200 when nothing is, 400 when no row is good.

        A body of more rows than ICARE_PHOTOMETRY_ROWS_AT_ONCE is kept and stored in the background: 202 with the
        address where its state is told. The same point again is the same row; so is the same body with the same
        Idempotency-Key.
        """
        ask_permission(request.user)
        sent, groups, remembers = sent_of(request)
        if remembers:
            sent = with_recalled(sent, by=request.user)
        received = receive_photometry(sent, by=request.user, groups=groups)
        if remembers:
            remember_what_was_said(sent, by=request.user)
        answer = answer_of(received, request)
        answer.data["recalled"] = dict(sent.recalled)
        return answer

    @extend_schema(request=OpenApiTypes.OBJECT, responses={200: PointSerializer})
    def partial_update(self, request: Request, pk: str) -> Response:
        """Make a later version with other values; the answer is the new point, under its own key."""
        if not isinstance(request.data, dict):
            raise ValidationError({"body": "Send an object of columns and values."})
        try:
            point = edit_point(
                int(pk), request.data, by=request.user, note=request.query_params.get("note", "")
            )  # fmt: skip
        except PhotometryPoint.DoesNotExist:
            raise not_found() from None
        return Response(PointSerializer(point, context=self.get_serializer_context()).data)

    def destroy(self, request: Request, pk: str) -> Response:
        """Take a point back: it stays in the store as withdrawn."""
        try:
            withdraw_points([int(pk)], by=request.user, note=request.query_params.get("note", ""))
        except PhotometryPoint.DoesNotExist:
            raise not_found() from None
        return Response(status=204)


def _columns(request: Request) -> tuple[str, ...]:
    asked = tuple(name.strip() for name in request.query_params.get("columns", "").split(",") if name.strip())
    if unknown := [name for name in asked if name not in SOURCES]:
        raise ValidationError({"columns": f"No column is called {unknown[0]}; names are {', '.join(SOURCES)}."})
    return tuple(dict.fromkeys(asked)) or USUAL


def sent_of(request: Request) -> tuple[Sent, list[Group] | None, bool]:
    """The body that was sent with what was said beside it, who sees it, and whether its columns are remembered."""
    data: Any = request.data
    said = request.query_params.dict()
    content_type = request.content_type or ""
    if isinstance(data, bytes):
        body = data
    else:
        file = data.get("file")
        if not hasattr(file, "read"):
            raise ValidationError({"file": "Send the table as the file of this name, or as the body itself."})
        body, content_type = bounded(file.read(settings.ICARE_MAX_UPLOAD_BYTES + 1)), file.content_type or ""
        said = {"source": file.name or ""} | said | {name: data[name] for name in data if name != "file"}
    asked = Options(data=said)
    asked.is_valid(raise_exception=True)
    options = asked.validated_data
    if not isinstance(options["mapping"], dict):
        raise ValidationError({"mapping": 'Write an object: {"their column": "our column"}.'})
    sent = Sent(
        body=body,
        source=options["source"],
        content_type=content_type,
        channel=Channel.API,
        mode=options["mode"],
        is_dry_run=options["dry_run"],
        mapping={str(name): str(meant) for name, meant in options["mapping"].items()},
        defaults={name: said[name] for name in DEFAULTS if said.get(name, "").strip()},
        key=request.headers.get("Idempotency-Key", "").strip()[:200],
    )
    return sent, named_groups(request, options["groups"]), options["remember"]


def named_groups(request: Request, text: str) -> list[Group] | None:
    """Groups of one's own by their names; None when none are named."""
    names = {name.strip() for name in text.split(",") if name.strip()}
    if not names:
        return None
    groups = list(groups_to_tell(request.user).filter(name__in=names))
    if len(groups) != len(names):
        raise ValidationError({"groups": "Name groups of your own."})
    return groups


def answer_of(received: Received, request: Request) -> Response:
    """What became of a body: every row, or where to see it later."""
    upload = received.upload
    headers = {"Idempotent-Replayed": "true"} if received.is_replayed else {}
    if received.answers is None:
        address = reverse("api:photometry-uploads-detail", args=[upload.uuid], request=request)
        waiting = {"upload": upload.uuid, "state": upload.state, "address": address}
        return Response(waiting, status=202, headers=headers | {"Location": address})
    counts = received.counts
    rows = [answer.as_dict() for answer in received.answers]
    errors = [error_of(one) for answer in received.answers for one in answer.errors]
    body: dict[str, Any] = {
        "upload": upload.uuid if received.is_kept else None,
        "state": UploadState.DONE,
        "dry_run": upload.is_dry_run,
        "mode": upload.mode,
        "counts": counts,
        "rows": rows,
        "errors": errors,
        "columns": upload.mapping,
        "notes": [*upload.notes, *notes_of(_out_of_sight(received, request))],
    }
    if not any(counts[one] for one in (Outcome.CREATED, Outcome.QUARANTINED, Outcome.EXISTS)):
        return problem(400, "no-good-row", "No row can be stored: see errors.", **body)
    if upload.mode == Mode.ATOMIC and counts[Outcome.REJECTED]:
        return problem(400, "rows-refused", "Nothing is stored, because some rows are refused: see errors.", **body)
    is_new = (counts[Outcome.CREATED] or counts[Outcome.QUARANTINED]) and received.is_kept
    return Response(body, status=201 if is_new else 200, headers=headers)


def _out_of_sight(received: Received, request: Request) -> list[OutOfSight]:
    if received.is_replayed:
        return of_upload(received.upload, request.user)
    return out_of_sight(received.targets, received.upload.groups, request.user)


class PhotometryUploadViewSet(KnownParameters, viewsets.ReadOnlyModelViewSet[PhotometryUpload]):
    """Deliveries of photometry, the newest first; the file and the answers only for who sent them."""

    queryset = PhotometryUpload.objects.none()
    serializer_class = UploadSerializer
    lookup_field = "uuid"
    lookup_value_regex = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"

    def get_queryset(self) -> QuerySet[PhotometryUpload]:
        """One's own: others see the points, as far as they see their targets."""
        return PhotometryUpload.objects.of(self.request.user)

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """One of them; its notes say too who does not see its targets as yet."""
        upload = self.get_object()
        data = self.get_serializer(upload).data
        return Response({**data, "notes": [*data["notes"], *notes_of(of_upload(upload, request.user))]})

    @extend_schema(responses={(200, "text/csv"): OpenApiTypes.STR})
    @action(detail=True)
    def answers(self, request: Request, **kwargs: Any) -> HttpResponse:
        """A line for every row, or for every error or finding of one."""
        return kept_file(self.get_object(), "answers")

    @extend_schema(responses={(200, "application/octet-stream"): OpenApiTypes.BINARY})
    @action(detail=True)
    def file(self, request: Request, **kwargs: Any) -> HttpResponse:
        """The body as it came."""
        return kept_file(self.get_object(), "file")
