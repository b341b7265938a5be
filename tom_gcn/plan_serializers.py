"""Plans and what is said about them as JSON. Times UTC, angles degrees ICRS, probabilities 0 to 1."""

from typing import Any

from rest_framework import serializers

from tom_gcn.choices import RefusalReason
from tom_gcn.models import Event, ObservationPlan, PlannedPointing, Refusal, TelescopePlan

REPORTED = ("planned", "sent", "started", "done", "cannot")


class ObservationPlanSerializer(serializers.ModelSerializer[ObservationPlan]):
    """A plan, what was asked, and how the work on it goes."""

    event = serializers.SlugRelatedField[Event](slug_field="name", read_only=True)

    class Meta:
        model = ObservationPlan
        fields = [
            "id", "event", "version", "localization", "why", "cause", "preset", "previous", "engine", "telescopes",
            "window_start", "hours", "state", "progress", "doing", "reason_code", "reason", "requested_at",
            "started_at", "finished_at", "cancel_requested_at", "is_of_record", "covered_probability", "area_deg2",
            "executed_probability", "covered_galaxy_weight", "own_sum", "greedy_probability", "bound", "refinement",
            "refinement_note", "refined_at", "n_pointings", "first_start", "seconds",
        ]  # fmt: skip


class PlannedPointingSerializer(serializers.ModelSerializer[PlannedPointing]):
    """One planned pointing and what became of it."""

    class Meta:
        model = PlannedPointing
        exclude = ["id", "telescope_plan", "carried_from", "reported_by"]


class TelescopePlanSerializer(serializers.ModelSerializer[TelescopePlan]):
    """The part of one telescope, with its pointings in order of time."""

    pointings = PlannedPointingSerializer(many=True, read_only=True)

    class Meta:
        model = TelescopePlan
        exclude = ["id", "plan"]


class ObservationPlanDetailSerializer(ObservationPlanSerializer):
    """A plan with every telescope and pointing."""

    wish = serializers.JSONField(read_only=True)
    difference = serializers.JSONField(read_only=True)
    notes = serializers.JSONField(read_only=True)
    curve = serializers.JSONField(read_only=True)
    telescope_plans = TelescopePlanSerializer(many=True, read_only=True)

    class Meta(ObservationPlanSerializer.Meta):
        fields = [
            *ObservationPlanSerializer.Meta.fields, "wish", "difference", "notes", "curve", "telescope_plans"
        ]  # fmt: skip


class PlanProgressSerializer(serializers.ModelSerializer[ObservationPlan]):
    """How far a plan is: small, for those who ask every second."""

    class Meta:
        model = ObservationPlan
        fields = ["id", "state", "progress", "doing", "reason_code", "reason", "refinement", "covered_probability"]


class PlanRequestSerializer(serializers.Serializer[Any]):
    """A wish and the event it is for; what is left out takes its default."""

    event = serializers.CharField(help_text="Name of an event you see.")
    telescopes = serializers.ListField(
        child=serializers.CharField(),
        required=False,
        help_text='Names; `["all"]`: every one that can be planned; empty: those GRANDMA asks by default.',
    )
    without = serializers.ListField(child=serializers.CharField(), required=False, help_text="Switched off.")
    settings = serializers.DictField(
        child=serializers.DictField(),
        required=False,
        help_text="By telescope: `exposure_s`, `n_exposures`, `filter`, `max_pointings`, `min_altitude_deg`, "
        "`moon_separation_deg`.",
    )
    start = serializers.DateTimeField(required=False, allow_null=True, help_text="UTC; null: when it is made")
    hours = serializers.FloatField(required=False, help_text="Above 0, at most 240.")
    engine = serializers.CharField(required=False, help_text="`network` or `gwemopt`")
    engine_options = serializers.DictField(required=False, help_text="Of the engine, e.g. `schedule`.")
    options = serializers.DictField(
        required=False,
        help_text="Of the plan: `max_pointings`, `epochs`, `revisit_gap_h`, `airmass_max`, `refine_s` ...",
    )


class ReasonSerializer(serializers.Serializer[Any]):
    """Why something is done; may be left out."""

    why = serializers.CharField(required=False, max_length=200, allow_blank=True, default="")


class DifferenceSerializer(serializers.Serializer[Any]):
    """What a plan changes against another, in words and counts."""

    one = serializers.IntegerField(help_text="The plan compared with.")
    other = serializers.IntegerField(help_text="This plan.")
    summary = serializers.CharField()
    sentences = serializers.DictField(child=serializers.CharField(), help_text="By telescope.")
    unchanged = serializers.IntegerField()
    moved = serializers.IntegerField(help_text="The same field at another time.")
    new = serializers.IntegerField()
    dropped = serializers.IntegerField()
    gained_probability = serializers.FloatField(allow_null=True, help_text="How much more this plan covers.")


class ReportSerializer(serializers.Serializer[Any]):
    """What a telescope says of its pointings."""

    telescope = serializers.CharField(max_length=60)
    state = serializers.ChoiceField(choices=REPORTED)
    orders = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=100_000),
        required=False,
        allow_null=True,
        default=None,
        max_length=10_000,
        help_text="Numbers of its pointings; null: all that are still open.",
    )
    note = serializers.CharField(required=False, allow_blank=True, default="", max_length=300)


class RefusalSerializer(serializers.ModelSerializer[Refusal]):
    """A telescope that cannot observe an event."""

    event = serializers.SlugRelatedField[Event](slug_field="name", read_only=True)
    sentence = serializers.CharField(read_only=True)

    class Meta:
        model = Refusal
        fields = ["id", "event", "telescope", "reason_code", "reason", "until", "at", "withdrawn_at", "sentence"]


class NewRefusalSerializer(serializers.Serializer[Any]):
    """What a script sends to say that a telescope cannot observe an event."""

    event = serializers.CharField(help_text="Name of an event you see.")
    telescope = serializers.CharField(max_length=60)
    reason_code = serializers.ChoiceField(choices=RefusalReason.choices, default=RefusalReason.OTHER)
    reason = serializers.CharField(required=False, allow_blank=True, default="", max_length=300)
    until = serializers.DateTimeField(required=False, allow_null=True, default=None, help_text="UTC; null: at all.")
