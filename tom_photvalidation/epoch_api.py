"""REST API of T0: `/api/target-epochs/<key of the target>/`."""

from typing import Any

from django import forms
from django.db.models import QuerySet
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import mixins, serializers, viewsets
from rest_framework.request import Request
from rest_framework.response import Response

from tom_grandma_facilities.known_parameters import KnownParameters
from tom_grandma_facilities.targets_seen import visible_targets
from tom_photvalidation.actions.epochs import release_epoch, set_epoch
from tom_photvalidation.epoch_forms import moment_of_text
from tom_photvalidation.models import TargetEpoch
from tom_photvalidation.problem_details import SaysProblems, not_found


@extend_schema_field(OpenApiTypes.DATETIME)
class MomentField(serializers.Field[Any, Any, Any, Any]):
    """A time: ISO 8601 UTC when read; when written also MJD and JD."""

    def to_internal_value(self, data: Any) -> Any:
        """Understand what people write."""
        try:
            return moment_of_text(str(data))
        except forms.ValidationError as error:
            raise serializers.ValidationError(error.messages, code="invalid") from error

    def to_representation(self, value: Any) -> str:
        """As ISO 8601."""
        return f"{value:%Y-%m-%dT%H:%M:%S.%f}Z"


class EpochSerializer(serializers.ModelSerializer[TargetEpoch]):
    """The time a target is counted from; `is_by_hand`: somebody set it, and no event overwrites it."""

    t0 = MomentField(help_text="UTC: ISO 8601, MJD or JD.")
    source = serializers.CharField(  # type: ignore[assignment]  # a declared field, not the base's attribute
        required=False, allow_blank=True, max_length=200, help_text="Where it is from: a circular, a paper."
    )
    target_name = serializers.CharField(source="target.name", read_only=True)

    class Meta:
        model = TargetEpoch
        fields = ("target", "target_name", "t0", "source", "is_by_hand", "modified_at")
        read_only_fields = ("target", "is_by_hand", "modified_at")


class TargetEpochViewSet(
    SaysProblems,
    KnownParameters,
    mixins.ListModelMixin,
    mixins.RetrieveModelMixin,
    viewsets.GenericViewSet[TargetEpoch],
):
    """T0 of the targets one sees. PUT sets it by hand, for who may change the target; DELETE gives it back."""

    queryset = TargetEpoch.objects.none()
    serializer_class = EpochSerializer
    lookup_value_regex = r"\d{1,18}"

    def get_queryset(self) -> QuerySet[TargetEpoch]:
        """Those of targets one may see."""
        return TargetEpoch.objects.visible_to(self.request.user).select_related("target").order_by("target")

    def update(self, request: Request, pk: str) -> Response:
        """Set T0 of the target with this key, whether it had one or not."""
        target = self._target(pk)
        said = self.get_serializer(data=request.data)
        said.is_valid(raise_exception=True)
        values = said.validated_data
        epoch = set_epoch(target, values["t0"], by=request.user, source=values.get("source", ""))
        return Response(self.get_serializer(epoch).data)

    def destroy(self, request: Request, pk: str) -> Response:
        """Forget what was set by hand; the target is counted from its event again, if it has one."""
        release_epoch(self._target(pk), by=request.user)
        return Response(status=204)

    def _target(self, pk: str) -> Any:
        target = visible_targets(self.request.user).filter(pk=pk).first()
        if target is None:
            raise not_found("There is no such target, or you may not see it.")
        return target
