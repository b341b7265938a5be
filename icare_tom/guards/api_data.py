"""Data products and reduced data over REST, bounded and by the permissions of their target."""

import heapq
import itertools
import logging
import re
from typing import Any

from django.core.exceptions import ValidationError as ModelValidationError
from django.db import IntegrityError, transaction
from django.db.models import Model, Q, QuerySet
from django.http import Http404
from django.urls import reverse
from django_filters.rest_framework import FilterSet
from rest_framework import mixins, permissions, serializers, status, viewsets
from rest_framework.exceptions import PermissionDenied
from rest_framework.parsers import FormParser, JSONParser, MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from tom_common.hooks import run_hook
from tom_dataproducts.data_processor import run_data_processor
from tom_dataproducts.exceptions import InvalidFileFormatException
from tom_dataproducts.filters import DataProductFilter, ReducedDatumFilter
from tom_dataproducts.models import (
    REDUCED_DATUM_MODELS,
    AstrometryReducedDatum,
    DataProduct,
    PhotometryReducedDatum,
    ReducedDatum,
    SpectroscopyReducedDatum,
    try_parse_reduced_datum,
)
from tom_observations.models import ObservationRecord
from tom_targets.models import Target, TargetName

from icare_tom.guards.access import (
    ATTACH,
    changeable_observations,
    changeable_products,
    changeable_targets,
    shown_photometry,
    usable_targets,
    visible_products,
    visible_targets,
)
from icare_tom.guards.files import problem_with
from tom_photvalidation.actions.projection import OURS
from tom_photvalidation.actions.pulling import SENT_BY

logger = logging.getLogger(__name__)

KINDS: dict[str, type[Model]] = {
    "photometry": PhotometryReducedDatum,
    "spectroscopy": SpectroscopyReducedDatum,
    "astrometry": AstrometryReducedDatum,
}
NAMES = {model: name for name, model in KINDS.items()}
# Pages beyond this need a filter by data_type or target: without one four tables are merged in memory.
MAX_MERGED_ROWS = 5000
# `value` is spread over the columns of the typed tables; these would name another row or target.
NOT_IN_VALUE = frozenset({"id", "pk", "target", "target_id", "data_product", "data_product_id", "timestamp"})
COMMON_FIELDS = {field.name for field in ReducedDatum._meta.concrete_fields} - {"data_type"}


class UsableTargetField(serializers.PrimaryKeyRelatedField):
    """The key of a target the user may attach data to."""

    def get_queryset(self) -> QuerySet[Target]:
        """Usable targets; TOM's field read the whole table for every row."""
        request = self.context.get("request")
        return usable_targets(request.user, ATTACH) if request is not None else Target.objects.none()


class ChangeableProductField(serializers.PrimaryKeyRelatedField):
    """The key of a data product the user may change."""

    def get_queryset(self) -> QuerySet[DataProduct]:
        """Changeable products."""
        request = self.context.get("request")
        return changeable_products(request.user) if request is not None else DataProduct.objects.none()


class ChangeableObservationField(serializers.PrimaryKeyRelatedField):
    """The key of an observation the user may change."""

    def get_queryset(self) -> QuerySet[ObservationRecord]:
        """Changeable observations."""
        request = self.context.get("request")
        return changeable_observations(request.user) if request is not None else ObservationRecord.objects.none()


class ReducedDatumSerializer(serializers.ModelSerializer):
    """One measurement of any kind, in TOM's exchange form, with its id."""

    target = UsableTargetField()
    data_product = ChangeableProductField(required=False, allow_null=True)
    data_type = serializers.CharField(max_length=100)

    class Meta:
        model = ReducedDatum
        fields = ("id", "data_product", "data_type", "source_name", "source_location", "timestamp", "value", "target")

    def validate_value(self, value: Any) -> dict[str, Any]:
        """Refuse keys by which a measurement would overwrite another row or move to another target."""
        if not isinstance(value, dict):
            raise serializers.ValidationError("An object is required.")
        if refused := NOT_IN_VALUE & value.keys():
            raise serializers.ValidationError(f"Not allowed inside value: {', '.join(sorted(refused))}.")
        return value

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Refuse rows that would pass for points of photometry, which have been checked and are reviewed."""
        version = str(attrs.get("value", {}).get("reduction_version", ""))
        if attrs["data_type"].lower() != "photometry":
            return attrs
        if re.match(OURS, version):
            words = "Write another reduction_version: p and a number names a point of photometry."
            raise serializers.ValidationError({"value": words})
        return attrs | {"value": attrs["value"] | {SENT_BY: self.context["request"].user.pk}}

    def create(self, validated_data: dict[str, Any]) -> Model:
        """Store in the table of its kind."""
        try:
            datum = try_parse_reduced_datum(validated_data)
            datum.full_clean()
        except ModelValidationError as error:
            raise serializers.ValidationError(error.message_dict) from None
        except (TypeError, ValueError) as error:
            raise serializers.ValidationError({"value": str(error)}) from None
        datum.save()
        return datum

    def to_representation(self, instance: Any) -> dict[str, Any]:
        """The typed columns come back inside `value`, limit and exposure included."""
        kind = NAMES.get(type(instance))
        typed = {
            field.name: getattr(instance, field.name)
            for field in instance._meta.concrete_fields
            if kind and field.name not in COMMON_FIELDS - {"telescope", "instrument"}
        }
        return {
            "id": instance.pk,
            "data_product": instance.data_product_id,
            "data_type": kind or instance.data_type,
            "source_name": instance.source_name,
            "source_location": instance.source_location,
            "timestamp": self.fields["timestamp"].to_representation(instance.timestamp),
            "value": {name: one for name, one in (instance.value or {}).items() if name != SENT_BY} | typed,
            "target": instance.target_id,
        }


class TypedDatumFilter(ReducedDatumFilter):
    """TOM's filters without `data_type`, which the typed tables do not have; names are looked up without a join."""

    data_type = None

    def filter_name(self, queryset: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        """Rows of the targets whose name or alias holds the text."""
        aliased = TargetName.objects.filter(name__icontains=value).values("target")
        named = Target.objects.filter(Q(name__icontains=value) | Q(pk__in=aliased))
        return queryset.filter(target__in=named)

    class Meta(ReducedDatumFilter.Meta):
        fields = ["target__id", "target_name", "data_product__id", "source_name"]


class ReducedDatumViewSet(
    mixins.CreateModelMixin, mixins.ListModelMixin, mixins.DestroyModelMixin, viewsets.GenericViewSet
):
    """Measurements of targets you may see. Use `data_type` (photometry, spectroscopy, astrometry ...) to page far."""

    queryset = ReducedDatum.objects.none()
    serializer_class = ReducedDatumSerializer
    filter_backends: list[type[FilterSet]] = []
    parser_classes = [FormParser, JSONParser]

    def rows(self, model: type[Model], targets: QuerySet[Target]) -> QuerySet[Any]:
        """Rows of one table for some targets, filtered by the query string, newest first."""
        rows = model._default_manager.filter(target__in=targets)
        if model is PhotometryReducedDatum:
            rows = shown_photometry(self.request.user, rows)
        kind = self.request.query_params.get("data_type", "").lower()
        if model is ReducedDatum and kind:
            rows = rows.filter(data_type=kind)
        filtered = TypedDatumFilter(data=self.request.query_params, queryset=rows)
        if not filtered.is_valid():
            raise serializers.ValidationError(filtered.errors)
        return filtered.qs.order_by("-timestamp", "-pk")

    def tables(self) -> list[type[Model]]:
        """Tables the request is about."""
        kind = self.request.query_params.get("data_type", "").lower()
        if kind in KINDS:
            return [KINDS[kind]]
        return [ReducedDatum] if kind else list(REDUCED_DATUM_MODELS)

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """One bounded page: never more rows are read than the page needs."""
        targets = visible_targets(request.user)
        querysets = [self.rows(model, targets) for model in self.tables()]
        rows: Any = querysets[0] if len(querysets) == 1 else MergedRows(querysets)
        page = self.paginate_queryset(rows)
        return self.get_paginated_response(self.get_serializer(page, many=True).data)

    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Store a measurement; the same one again answers 409."""
        serializer = self.get_serializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        try:
            with transaction.atomic():
                serializer.save()
        except IntegrityError:
            return Response({"detail": "This measurement is already there."}, status=status.HTTP_409_CONFLICT)
        return Response({**serializer.data, "message": "Data successfully uploaded."}, status=status.HTTP_201_CREATED)

    def get_object(self) -> Any:
        """The row to delete. Ids repeat between the tables, so that `data_type` must tell when two fit."""
        pk = self.kwargs["pk"]
        if not pk.isdecimal():
            raise Http404
        targets = changeable_targets(self.request.user)
        found = [row for model in self.tables() if (row := self.rows(model, targets).filter(pk=pk).first())]
        if len(found) > 1:
            raise serializers.ValidationError({"data_type": "Several kinds have this id: say which with ?data_type=."})
        if not found:
            raise Http404
        row = found[0]
        if isinstance(row, PhotometryReducedDatum) and re.match(OURS, row.reduction_version):
            point = reverse("api:photometry-detail", args=[row.reduction_version[1:]])
            raise PermissionDenied(f"It shows a point of photometry: take that back at {point}.")
        return row


class MergedRows:
    """Several tables as one list ordered by time, read only as far as a page needs."""

    def __init__(self, querysets: list[QuerySet[Any]]) -> None:
        self.querysets = querysets

    def count(self) -> int:
        """Rows in all tables."""
        return sum(queryset.count() for queryset in self.querysets)

    def __getitem__(self, part: slice) -> list[Any]:
        if part.stop > MAX_MERGED_ROWS:
            hint = f"Beyond row {MAX_MERGED_ROWS} filter by data_type."
            raise serializers.ValidationError({"offset": hint})
        heads = [queryset[: part.stop] for queryset in self.querysets]
        merged = heapq.merge(*heads, key=lambda row: row.timestamp, reverse=True)
        return list(itertools.islice(merged, part.start, part.stop))


class DataProductSerializer(serializers.ModelSerializer):
    """A stored file and what it belongs to."""

    target = UsableTargetField()
    observation_record = ChangeableObservationField(required=False, allow_null=True)

    class Meta:
        model = DataProduct
        fields = ("id", "product_id", "target", "observation_record", "data", "extra_data", "data_product_type")
        extra_kwargs = {
            "data": {"required": True, "allow_null": False},
            "data_product_type": {"required": True, "allow_blank": False},
        }

    def validate_data(self, file: Any) -> Any:
        """Bounded size, known kind."""
        if problem := problem_with(file):
            raise serializers.ValidationError(problem)
        return file

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """An observation belongs to the same target."""
        record = attrs.get("observation_record")
        if record is not None and record.target_id != attrs["target"].pk:
            raise serializers.ValidationError({"observation_record": "It observes another target."})
        return attrs


class DataProductViewSet(
    mixins.CreateModelMixin, mixins.DestroyModelMixin, mixins.ListModelMixin, viewsets.GenericViewSet
):
    """Files of targets you may see. Upload as multipart with the file in `file`."""

    queryset = DataProduct.objects.none()
    serializer_class = DataProductSerializer
    filterset_class = DataProductFilter
    parser_classes = [MultiPartParser]

    def get_queryset(self) -> QuerySet[DataProduct]:
        """Reachable products."""
        safe = self.request.method in permissions.SAFE_METHODS
        rows = visible_products(self.request.user) if safe else changeable_products(self.request.user)
        return rows.order_by("-created", "-pk")

    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Store the file, then read it; a file that cannot be read is not kept."""
        sent: Any = request.data
        fields = {name: sent.get(name) for name in sent if name not in ("file", "data")}
        serializer = self.get_serializer(data={**fields, "data": request.FILES.get("file")})
        serializer.is_valid(raise_exception=True)
        product = serializer.save()
        try:
            with transaction.atomic():
                run_hook("data_product_post_upload", product)
                run_data_processor(product)
        except (InvalidFileFormatException, ModelValidationError, ValueError, KeyError, IntegrityError) as error:
            logger.info("data product %s refused: %s", product.pk, error)
            product.data.delete(save=False)
            product.delete()
            raise serializers.ValidationError({"file": f"It cannot be read as {product.data_product_type}."}) from None
        answer = {**serializer.data, "message": "Data product successfully uploaded."}
        return Response(answer, status=status.HTTP_201_CREATED)

    def perform_destroy(self, instance: DataProduct) -> None:
        """Delete the row, then the file once the row is really gone."""
        storage, name = instance.data.storage, instance.data.name
        with transaction.atomic():
            instance.delete()
            if name:
                transaction.on_commit(lambda: storage.delete(name))
