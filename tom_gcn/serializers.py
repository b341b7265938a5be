"""Rows as JSON. Times UTC, angles degrees ICRS, probabilities 0 to 1; units are in the names."""

from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone
from rest_framework import serializers

from tom_gcn.models import (
    Circular,
    Event,
    Localization,
    Notice,
    ObservationPlan,
    PlannedPointing,
    StoredSkyMap,
    TelescopePlan,
)


class StoredSkyMapSerializer(serializers.ModelSerializer[StoredSkyMap]):
    """The figures of a sky map."""

    class Meta:
        model = StoredSkyMap
        fields = [
            "sha256", "n_tiles", "max_order", "area_50_deg2", "area_90_deg2", "probability_500_deg2",
            "peak_ra_deg", "peak_dec_deg", "distance_mean_mpc", "distance_sigma_mpc",
        ]  # fmt: skip


class LocalizationSerializer(serializers.ModelSerializer[Localization]):
    """A localization with its sky map."""

    event = serializers.SlugRelatedField[Event](slug_field="name", read_only=True)
    skymap = StoredSkyMapSerializer(read_only=True)
    notice_type = serializers.CharField(source="notice.notice_type", read_only=True)

    class Meta:
        model = Localization
        fields = [
            "id", "event", "notice", "notice_type", "kind", "ra_deg", "dec_deg", "error_deg", "containment",
            "is_current", "skymap", "created_at",
        ]  # fmt: skip


class NoticeSerializer(serializers.ModelSerializer[Notice]):
    """What a notice said."""

    event = serializers.SlugRelatedField[Event](slug_field="name", read_only=True)

    class Meta:
        model = Notice
        exclude = ["message"]


class EventSerializer(serializers.ModelSerializer[Event]):
    """An event with what a list shows of it."""

    aliases = serializers.SlugRelatedField[Any](slug_field="name", many=True, read_only=True)
    localization = serializers.SerializerMethodField()
    notice = serializers.SerializerMethodField()
    plan = serializers.SerializerMethodField()

    class Meta:
        model = Event
        fields = [
            "name", "display_name", "namespace", "event_id", "aliases", "kind", "state", "t0", "is_test", "drill_of",
            "created_at", "updated_at", "notice", "localization", "plan",
        ]  # fmt: skip

    def get_localization(self, event: Event) -> dict[str, Any] | None:
        """The current localization, prefetched by `with_summary`."""
        return LocalizationSerializer(event.current_localizations[0]).data if event.current_localizations else None

    def get_notice(self, event: Event) -> dict[str, Any] | None:
        """The latest notice, prefetched by `with_summary`."""
        return NoticeSerializer(event.latest_notices[0]).data if event.latest_notices else None

    def get_plan(self, event: Event) -> dict[str, Any] | None:
        """The newest finished plan, prefetched by `with_summary`."""
        return ObservationPlanSerializer(event.latest_plans[0]).data if event.latest_plans else None


class ObservationPlanSerializer(serializers.ModelSerializer[ObservationPlan]):
    """A plan and how the work on it goes."""

    event = serializers.SlugRelatedField[Event](slug_field="name", read_only=True)

    class Meta:
        model = ObservationPlan
        fields = [
            "id", "event", "version", "localization", "why", "telescopes", "window_start", "hours", "state", "progress",
            "doing", "reason_code", "reason", "requested_at", "started_at", "finished_at", "covered_probability",
            "area_deg2", "n_pointings", "first_start", "seconds",
        ]  # fmt: skip


class PlannedPointingSerializer(serializers.ModelSerializer[PlannedPointing]):
    """One planned pointing."""

    class Meta:
        model = PlannedPointing
        exclude = ["id", "telescope_plan"]


class TelescopePlanSerializer(serializers.ModelSerializer[TelescopePlan]):
    """The part of one telescope, with its pointings in order of time."""

    pointings = PlannedPointingSerializer(many=True, read_only=True)

    class Meta:
        model = TelescopePlan
        exclude = ["id", "plan"]


class ObservationPlanDetailSerializer(ObservationPlanSerializer):
    """A plan with every telescope and pointing."""

    curve = serializers.JSONField(read_only=True)
    telescope_plans = TelescopePlanSerializer(many=True, read_only=True)

    class Meta(ObservationPlanSerializer.Meta):
        fields = [*ObservationPlanSerializer.Meta.fields, "curve", "telescope_plans"]


class ErrorSerializer(serializers.Serializer[Any]):
    """What every refusal of this API tells."""

    code = serializers.CharField(help_text="For programs.")
    message = serializers.CharField(help_text="What is wrong.")
    fix = serializers.CharField(help_text="How to mend it.", allow_blank=True)


class PlanRequestSerializer(serializers.Serializer[Any]):
    """What a script sends to ask for a plan."""

    event = serializers.SlugRelatedField[Event](slug_field="name", queryset=Event.objects.none())
    telescopes = serializers.ListField(child=serializers.CharField(max_length=60), required=False, max_length=200)
    hours = serializers.FloatField(required=False, min_value=1, max_value=240)
    start = serializers.DateTimeField(required=False, help_text="UTC; default: when the plan is made")

    def validate_start(self, start: datetime) -> datetime:
        """A plan is for nights that can be computed: a year before or after now."""
        if abs(start - timezone.now()) > timedelta(days=366):
            raise serializers.ValidationError("The start must lie within a year of now.")
        return start

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        request = self.context.get("request")
        if request is not None:
            self.fields["event"].queryset = Event.objects.visible_to(request.user)  # type: ignore[attr-defined]


class CircularSerializer(serializers.ModelSerializer[Circular]):
    """A circular, as its authors wrote it."""

    events = serializers.SlugRelatedField[Any](slug_field="name", many=True, read_only=True)

    class Meta:
        model = Circular
        fields = [
            "circular_id", "version", "subject", "body", "body_format", "event_name", "submitter", "sent_at",
            "archive_url", "events",
        ]  # fmt: skip
