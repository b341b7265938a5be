"""REST API of executed observations: `/api/executed-observations/`."""

from typing import Any

from django.contrib.auth.models import Group
from django.db.models import QuerySet
from django_filters.rest_framework import DjangoFilterBackend
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework import mixins, serializers, viewsets
from rest_framework.exceptions import PermissionDenied, ValidationError
from rest_framework.parsers import BaseParser, MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse

from tom_grandma_facilities.actions import Received, Recorded, groups_to_tell, receive_observations
from tom_grandma_facilities.actions.executed import ask_permission
from tom_grandma_facilities.choices import RowOutcome
from tom_grandma_facilities.exceptions import NotAllowed
from tom_grandma_facilities.executed import Sheet, UnreadableSheet
from tom_grandma_facilities.executed.readers import MOST_BYTES
from tom_grandma_facilities.executed_filters import ExecutedObservationFilter
from tom_grandma_facilities.known_parameters import KnownParameters
from tom_grandma_facilities.models import ExecutedObservation
from tom_grandma_facilities.registry import UnknownTelescope


class BytesParser(BaseParser):
    """The body as it came, bounded: our own reader tells lines and columns."""

    def parse(  # type: ignore[override]  # the view reads the bytes
        self, stream: Any, media_type: str | None = None, parser_context: Any = None
    ) -> bytes:
        """One byte more than may be read, so that the reader sees that it is too much."""
        return bytes(stream.read(MOST_BYTES + 1))


class JsonBytesParser(BytesParser):
    """JSON."""

    media_type = "application/json"


class TextBytesParser(BytesParser):
    """CSV and other tables of text."""

    media_type = "text/*"


class FitsBytesParser(BytesParser):
    """A FITS image; its header is read."""

    media_type = "image/fits"


class FitsApplicationParser(BytesParser):
    """The same under the other name of the standard."""

    media_type = "application/fits"


class OctetsParser(BytesParser):
    """What `curl --data-binary` sends when it is told to."""

    media_type = "application/octet-stream"


class ExecutedObservationSerializer(serializers.ModelSerializer[ExecutedObservation]):
    """An executed observation; angles deg, times UTC, seconds, AB magnitudes."""

    end = serializers.DateTimeField(read_only=True)

    class Meta:
        model = ExecutedObservation
        fields = [
            "id", "telescope", "observation_id", "field_id", "ra_deg", "dec_deg", "start", "end", "exposure_s",
            "filter", "seeing_arcsec", "limiting_mag", "airmass", "target_name", "processed_fraction", "shape",
            "width_deg", "height_deg", "created_at", "changed_at",
        ]  # fmt: skip
        read_only_fields = fields


class _Asked(serializers.Serializer[Any]):
    """Options of an upload, in the address or beside the file."""

    telescope = serializers.CharField(default="", allow_blank=True, max_length=64)
    dry_run = serializers.BooleanField(default=False, help_text="Answer as if, and store nothing.")
    groups = serializers.CharField(default="", allow_blank=True, max_length=1000, help_text="Names, by commas.")
    source = serializers.CharField(  # type: ignore[assignment]  # a declared field, not the base's attribute
        default="", allow_blank=True, max_length=255, help_text="Name of the file."
    )


ANSWER = {
    "upload": 12,
    "dry_run": False,
    "counts": {"created": 1, "changed": 0, "exists": 0, "rejected": 1},
    "unknown_columns": [],
    "rows": [
        {"line": 2, "outcome": "created", "telescope": "TAROT-TCA", "observation_id": "a1", "id": 7, "note": "",
         "problems": []},
        {"line": 3, "outcome": "rejected", "telescope": "", "observation_id": "a2", "id": None, "note": "",
         "problems": [{"line": 3, "column": "airmass", "reason": "0.2 cannot be.", "mend": "Write 1 or more."}]},
    ],
}  # fmt: skip


class ExecutedObservationViewSet(
    KnownParameters,
    mixins.ListModelMixin,
    mixins.RetrieveModelMixin,
    viewsets.GenericViewSet[ExecutedObservation],
):
    """What telescopes did, newest first. POST tells more of it."""

    queryset = ExecutedObservation.objects.none()
    serializer_class = ExecutedObservationSerializer
    filter_backends = [DjangoFilterBackend]
    filterset_class = ExecutedObservationFilter
    parser_classes = [
        JsonBytesParser, TextBytesParser, MultiPartParser, FitsBytesParser, FitsApplicationParser, OctetsParser,
    ]  # fmt: skip
    lookup_value_regex = r"\d{1,18}"
    also_known = frozenset({"dry_run", "groups", "source"})

    def get_queryset(self) -> QuerySet[ExecutedObservation]:
        """The rows the user may see."""
        return ExecutedObservation.objects.visible_to(self.request.user).defer("raw", "earlier")

    @extend_schema(
        request={
            "application/json": OpenApiTypes.OBJECT,
            "text/csv": OpenApiTypes.STR,
            "image/fits": OpenApiTypes.BINARY,
            "multipart/form-data": {"type": "object", "properties": {"file": {"type": "string", "format": "binary"}}},
        },
        parameters=[
            OpenApiParameter("telescope", str, description="Of all rows; else every row names its own."),
            OpenApiParameter("dry_run", bool),
            OpenApiParameter("groups", str, description="Who sees what is new: names, by commas."),
            OpenApiParameter("source", str, description="Name of the file."),
        ],
        responses=dict.fromkeys((201, 200, 202, 400), OpenApiTypes.OBJECT),
        examples=[
            OpenApiExample(
                "rows",
                value={
                    "telescope": "TAROT-TCA",
                    "observations": [
                        {
                            "observation_id": "a1",
                            "RA": 30.1,
                            "Dec": 45.5,
                            "obstime": "2024-11-02T13:00:01.25",
                            "filter": "r",
                            "exposure_time": 60,
                            "limmag": 18.2,
                        }
                    ],
                },
                request_only=True,
            ),
            OpenApiExample("an answer per row", value=ANSWER, response_only=True),
        ],
    )
    def create(self, request: Request) -> Response:
        """Record observations: 201 when something is new, 200 when nothing is, 400 when no row is good.

        A file of more rows than ICARE_UPLOAD_ROWS_AT_ONCE is kept and recorded in the background: 202 with the address
        where its state is told.
        """
        try:
            ask_permission(request.user)
            data, options = _body(request)
            received = receive_observations(data, by=request.user, **options)
        except UnreadableSheet as error:
            # Not by ValidationError, which would make texts of the numbers of lines.
            return Response({"problems": [problem.as_dict() for problem in error.problems]}, status=400)
        except NotAllowed as error:
            raise PermissionDenied(str(error)) from error
        except UnknownTelescope as error:
            raise ValidationError({"telescope": str(error)}) from error
        if received.recorded is None or received.sheet is None:
            return Response(told_later(received, request), status=202)
        return Response(described(received.recorded, received.sheet), status=_status(received.recorded))


def told_later(received: Received, request: Request) -> dict[str, Any]:
    """Where to see what becomes of a long file."""
    upload = received.upload
    pk = upload.pk if upload else 0
    return {
        "upload": pk,
        "state": upload.state if upload else "",
        "address": reverse("api:observation-uploads-detail", args=[pk], request=request),
    }


def _body(request: Request) -> tuple[bytes, dict[str, Any]]:
    """The table that was sent, and the options beside it."""
    sent: Any = request.data
    fields = request.query_params.dict()
    if isinstance(sent, bytes):
        data = sent
    else:
        file = sent.get("file")
        if not hasattr(file, "read"):
            raise ValidationError({"file": "Send the table as the file of this name, or as the body itself."})
        data = file.read(MOST_BYTES + 1)
        fields = {"source": file.name or ""} | fields | {name: sent[name] for name in sent if name != "file"}
    asked = _Asked(data=fields)
    asked.is_valid(raise_exception=True)
    options = dict(asked.validated_data)
    return data, options | {"groups": named_groups(request, options["groups"]), "source": options["source"] or "api"}


def named_groups(request: Request, text: str) -> list[Group] | None:
    """Groups of one's own by their names; None when none are named."""
    names = {name.strip() for name in text.split(",") if name.strip()}
    if not names:
        return None
    groups = list(groups_to_tell(request.user).filter(name__in=names))
    if len(groups) != len(names):
        raise ValidationError({"groups": "Name groups of your own."})
    return groups


def described(recorded: Recorded, sheet: Sheet) -> dict[str, Any]:
    """What became of every row, for JSON."""
    return {
        "upload": recorded.upload.pk if recorded.upload else None,
        "dry_run": recorded.is_dry_run,
        "counts": dict(recorded.counts),
        "unknown_columns": list(sheet.unknown),
        "rows": [
            {
                "line": answer.line,
                "outcome": answer.outcome.value,
                "telescope": answer.telescope,
                "observation_id": answer.observation_id,
                "id": answer.pk,
                "note": answer.note,
                "problems": [problem.as_dict() for problem in answer.problems],
            }
            for answer in recorded.answers
        ],
    }


def _status(recorded: Recorded) -> int:
    counts = recorded.counts
    if counts[RowOutcome.CREATED] or counts[RowOutcome.CHANGED]:
        return 200 if recorded.is_dry_run else 201
    return 200 if counts[RowOutcome.EXISTS] else 400
