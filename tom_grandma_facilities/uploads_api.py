"""REST API of uploads: `/api/observation-uploads/`, how far they are and what became of their rows."""

from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.reverse import reverse

from tom_grandma_facilities.known_parameters import KnownParameters
from tom_grandma_facilities.models import ObservationUpload
from tom_grandma_facilities.upload_files import upload_file


class ObservationUploadSerializer(serializers.ModelSerializer[ObservationUpload]):
    """An upload: `state` is queued, running, done or failed; `progress` goes from 0 to 1."""

    counts = serializers.DictField(child=serializers.IntegerField(), read_only=True)
    dry_run = serializers.BooleanField(source="is_dry_run", read_only=True)
    unknown_columns = serializers.JSONField(source="unknown", read_only=True)
    answers = serializers.SerializerMethodField(help_text="Address of the answer to every row (CSV), when it is done.")

    class Meta:
        model = ObservationUpload
        fields = [
            "id", "source", "telescope", "state", "progress", "doing", "reason", "dry_run", "counts",
            "unknown_columns", "created_at", "finished_at", "answers",
        ]  # fmt: skip
        read_only_fields = fields

    def get_answers(self, upload: ObservationUpload) -> str | None:
        """Null until all rows are answered."""
        if upload.state != "done":
            return None
        return reverse("api:observation-uploads-answers", args=[upload.pk], request=self.context.get("request"))


class ObservationUploadDetailSerializer(ObservationUploadSerializer):
    """One upload with its rejected rows, at most 10,000, as they came."""

    class Meta(ObservationUploadSerializer.Meta):
        fields = [*ObservationUploadSerializer.Meta.fields, "rejected"]
        read_only_fields = fields


class ObservationUploadViewSet(KnownParameters, viewsets.ReadOnlyModelViewSet[ObservationUpload]):
    """Deliveries of executed observations, the newest first."""

    queryset = ObservationUpload.objects.none()
    serializer_class = ObservationUploadSerializer
    lookup_value_regex = r"\d{1,18}"

    def get_queryset(self) -> QuerySet[ObservationUpload]:
        """The uploads the user may see."""
        rows = ObservationUpload.objects.visible_to(self.request.user)
        return rows.defer("rejected") if self.action == "list" else rows

    def get_serializer_class(self) -> type[serializers.BaseSerializer[ObservationUpload]]:
        """Rejected rows only of one upload."""
        return ObservationUploadDetailSerializer if self.action == "retrieve" else ObservationUploadSerializer

    @extend_schema(responses={(200, "text/csv"): OpenApiTypes.STR})
    @action(detail=True)
    def answers(self, request: Request, **kwargs: Any) -> HttpResponse:
        """A line for every row, or for every problem of a rejected one."""
        return upload_file(self.get_object(), "answers")

    @extend_schema(responses={(200, "application/octet-stream"): OpenApiTypes.BINARY})
    @action(detail=True)
    def file(self, request: Request, **kwargs: Any) -> HttpResponse:
        """The file as it came."""
        return upload_file(self.get_object(), "file")
