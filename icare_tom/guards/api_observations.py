"""Observations and one's own groups over REST."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from rest_framework import mixins, permissions, serializers, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from tom_common.api_views import GroupViewSet as StockGroupViewSet
from tom_observations.api_views import ObservationRecordViewSet as StockObservationViewSet
from tom_observations.facility import get_service_classes
from tom_observations.models import ObservationRecord
from tom_observations.serializers import ObservationRecordSerializer

from icare_tom.guards.access import OBSERVE, changeable_observations, one_or_404, usable_targets, visible_observations
from icare_tom.guards.observations import VisibleObservationFilter
from tom_grandma_facilities.facility import GrandmaFacility


class ObservationViewSet(
    mixins.CreateModelMixin, mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet
):
    """Observations of targets you may see. POST sends a request; PATCH on `cancel/` cancels one you may change."""

    queryset = ObservationRecord.objects.none()
    serializer_class = ObservationRecordSerializer
    filterset_class = VisibleObservationFilter

    def get_queryset(self) -> QuerySet[ObservationRecord]:
        """Reachable observations."""
        safe = self.request.method in permissions.SAFE_METHODS
        rows = visible_observations(self.request.user) if safe else changeable_observations(self.request.user)
        return rows.prefetch_related("observationgroup_set__dynamiccadence_set").order_by("-created", "-pk")

    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Check target and facility, then submit as TOM does."""
        if not isinstance(request.data, dict):
            raise serializers.ValidationError("Send an object.")
        one_or_404(usable_targets(request.user, OBSERVE), request.data.get("target_id"))
        facility = get_service_classes().get(request.data.get("facility"))
        kinds = facility().get_form_classes_for_display() if facility else {}
        if request.data.get("observation_type") not in kinds:
            raise serializers.ValidationError({"observation_type": "This facility takes no such request."})
        if not isinstance(request.data.get("observing_parameters"), dict):
            raise serializers.ValidationError({"observing_parameters": "An object is required."})
        if request.data.get("groups"):
            raise serializers.ValidationError({"groups": "Observations are seen by whoever sees their target."})
        if issubclass(facility, GrandmaFacility):
            return self._ask(facility, request)
        return StockObservationViewSet.create(self, request, *args, **kwargs)

    def _ask(self, facility: type[GrandmaFacility], request: Request) -> Response:
        """Ask one of our telescopes, which want to know who asks; TOM does not tell them."""
        telescope = facility()
        telescope.set_user(request.user)
        sent: Any = request.data
        asked = {**sent["observing_parameters"], "target_id": sent["target_id"]}
        asked |= {"facility": telescope.name, "observation_type": sent["observation_type"]}
        form = telescope.get_form(None)(asked)
        if not form.is_valid():
            raise serializers.ValidationError({name: [str(one) for one in told] for name, told in form.errors.items()})
        try:
            with transaction.atomic():
                (number,) = telescope.submit_observation(form.observation_payload())
                record, _ = ObservationRecord.objects.get_or_create(
                    facility=telescope.name,
                    observation_id=number,
                    defaults={
                        "target_id": form.cleaned_data["target_id"],
                        "user": request.user,
                        "parameters": form.serialize_parameters(),
                        "status": "queued",
                    },
                )
        except ValidationError as error:
            raise serializers.ValidationError(error.messages) from error
        return Response(self.get_serializer([record], many=True).data, status=201)

    @action(detail=True, methods=["patch"])
    def cancel(self, request: Request, pk: str | None = None) -> Response:
        """Ask the facility to cancel."""
        record = self.get_object()
        facility = get_service_classes().get(record.facility)
        if facility is None:
            raise serializers.ValidationError("The facility of this observation is not installed.")
        if not issubclass(facility, GrandmaFacility):
            return StockObservationViewSet.cancel(self, request)
        telescope = facility()
        telescope.set_user(request.user)
        try:
            telescope.cancel_observation(record.observation_id)
        except ValidationError as error:
            raise serializers.ValidationError(error.messages) from error
        record.refresh_from_db()
        return Response(self.get_serializer(record).data)


class GroupViewSet(StockGroupViewSet):
    """The groups you belong to."""

    def get_queryset(self) -> QuerySet[Any]:
        """One's own groups in a stable order."""
        return super().get_queryset().order_by("name")
