"""Follow-up requests as the API reads and writes them: angles deg ICRS, times UTC, seconds."""

from typing import Any

from rest_framework import serializers

from tom_grandma_facilities.choices import DeclineReason
from tom_grandma_facilities.models import FacilityTransaction, FollowUpRequest, RequestEntry
from tom_grandma_facilities.programme import CONSTRAINTS
from tom_grandma_facilities.states import ANSWERS

AnyField = serializers.Field[Any, Any, Any, Any]


class RequestErrorSerializer(serializers.Serializer[Any]):
    """What every refusal of a request tells."""

    code = serializers.CharField(help_text="For programs.")
    message = serializers.CharField(help_text="What is wrong.")
    fix = serializers.CharField(help_text="How to mend it.", allow_blank=True)
    field = serializers.CharField(help_text="Where it is wrong.", allow_blank=True)


class ExposureSerializer(serializers.Serializer[Any]):
    """`count` exposures through one filter."""

    filter = serializers.CharField(max_length=40, help_text="As the telescope's team names it.")
    exposure_s = serializers.FloatField(help_text="One exposure, s.")
    count = serializers.IntegerField(default=1)


class ConstraintsSerializer(serializers.Serializer[Any]):
    """Limits beyond those of the telescope; those left out are the telescope's."""

    airmass_max = serializers.FloatField(required=False, allow_null=True)
    moon_separation_min_deg = serializers.FloatField(required=False, allow_null=True, help_text="deg")
    min_altitude_deg = serializers.FloatField(required=False, allow_null=True, help_text="deg")

    def to_internal_value(self, data: Any) -> Any:
        """A constraint nobody knows would be no constraint at all."""
        if isinstance(data, dict) and (unknown := sorted(set(data) - set(CONSTRAINTS))):
            raise serializers.ValidationError({unknown[0]: f"Unknown; known are {', '.join(CONSTRAINTS)}."})
        return super().to_internal_value(data)


class _Strict(serializers.Serializer[Any]):
    """Refuses what nobody knows: a typing error must not be taken for the default."""

    def to_internal_value(self, data: Any) -> Any:
        """Check the names before the values."""
        if isinstance(data, dict) and (unknown := sorted(set(data) - set(self.fields))):
            known = ", ".join(sorted(self.fields))
            raise serializers.ValidationError(dict.fromkeys(unknown, f"Unknown field; known are {known}."))
        return super().to_internal_value(data)


class RequestChangesSerializer(_Strict):
    """What may be changed of an open request."""

    exposures = ExposureSerializer(many=True, required=False)
    window_start = serializers.DateTimeField(required=False, help_text="Not before, UTC.")
    window_end = serializers.DateTimeField(required=False, help_text="Not after, UTC.")
    constraints = ConstraintsSerializer(required=False)
    priority = serializers.IntegerField(required=False, min_value=1, max_value=5, help_text="1 is the highest.")
    note = serializers.CharField(required=False, allow_blank=True, max_length=4000)


class NewRequestSerializer(RequestChangesSerializer):
    """Ask a telescope for exposures of a target."""

    telescope = serializers.CharField(max_length=64)
    target = serializers.IntegerField(
        min_value=1, max_value=2**31 - 1, help_text="Primary key of a target you may see."
    )
    exposures = ExposureSerializer(many=True)
    window_start = serializers.DateTimeField(help_text="Not before, UTC.")
    window_end = serializers.DateTimeField(help_text="Not after, UTC.")
    groups = serializers.ListField(
        child=serializers.CharField(max_length=150), required=False, help_text="Who sees it: names of your groups."
    )
    allocation = serializers.IntegerField(
        required=False, allow_null=True, min_value=1, max_value=2**63 - 1, help_text="Chosen by itself if left out."
    )


class AnswerSerializer(_Strict):
    """What those who were asked say."""

    state = serializers.ChoiceField(choices=sorted(ANSWERS))
    reason_code = serializers.ChoiceField(choices=DeclineReason.choices, required=False, help_text="Of declined.")
    reason = serializers.CharField(required=False, allow_blank=True, max_length=2000)
    will_observe_at = serializers.DateTimeField(required=False, allow_null=True, help_text="UTC")
    progress = serializers.CharField(required=False, allow_blank=True, max_length=100, help_text="Such as: tile 3.")
    note = serializers.CharField(required=False, allow_blank=True, max_length=2000)


class CancelSerializer(_Strict):
    """Why it is taken back."""

    reason = serializers.CharField(required=False, allow_blank=True, max_length=2000)


class SettleSerializer(_Strict):
    """Whether a request that may have been sent is at the telescope's side."""

    was_sent = serializers.BooleanField()
    external_id = serializers.CharField(required=False, allow_blank=True, max_length=200)


class RequestEntrySerializer(serializers.ModelSerializer[RequestEntry]):
    """A line of the log."""

    by = serializers.SerializerMethodField(help_text="Who: a user name, a link, the telescope, or system.")

    class Meta:
        model = RequestEntry
        fields = ("at", "by", "via", "old_state", "new_state", "note")

    def get_by(self, entry: RequestEntry) -> str:
        """The account, or the words that stand for it."""
        return entry.by.get_username() if entry.by else entry.by_text or "system"


class FacilityTransactionSerializer(serializers.ModelSerializer[FacilityTransaction]):
    """A call to the telescope's side; without credentials."""

    class Meta:
        model = FacilityTransaction
        fields = (
            "at", "finished_at", "action", "transport", "attempt", "key", "ok", "status_code", "external_id", "reason",
            "sent", "reply",
        )  # fmt: skip


class FollowUpRequestSerializer(serializers.ModelSerializer[FollowUpRequest]):
    """A request in a list."""

    created_by: AnyField = serializers.SlugRelatedField(slug_field="username", read_only=True)

    class Meta:
        model = FollowUpRequest
        fields = [
            "id", "telescope", "kind", "target", "subject", "plan_key", "exposures", "programme_s", "window_start",
            "window_end", "constraints", "priority", "note", "state", "reason_code", "reason", "progress",
            "will_observe_at", "allocation", "transport", "external_id", "revision", "sent_revision", "attempts",
            "next_attempt_at", "problem", "may_have_been_sent", "sent_at", "answered_at", "reminded_at",
            "escalated_at", "created_by", "created_at", "modified_at",
        ]  # fmt: skip
        read_only_fields = fields


class FollowUpRequestDetailSerializer(FollowUpRequestSerializer):
    """A request with its pointings, its log and the calls that were made for it."""

    entries = RequestEntrySerializer(many=True, read_only=True)
    transactions = FacilityTransactionSerializer(many=True, read_only=True)
    groups: AnyField = serializers.SlugRelatedField(slug_field="name", many=True, read_only=True)

    class Meta(FollowUpRequestSerializer.Meta):
        fields = [*FollowUpRequestSerializer.Meta.fields, "pointings", "groups", "entries", "transactions"]
        read_only_fields = fields
