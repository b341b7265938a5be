"""Rows as JSON. Times UTC, angles degrees ICRS, probabilities 0 to 1; units are in the names."""

from collections.abc import Mapping
from typing import Any

from django.utils.datastructures import MultiValueDict
from rest_framework import serializers

from tom_gcn.actions.manual import groups_for
from tom_gcn.actions.sharing import is_manual
from tom_gcn.choices import EventKind
from tom_gcn.manual.forms import SHAPES, STATUSES, ManualEventForm
from tom_gcn.models import (
    Circular,
    Event,
    Localization,
    Message,
    Notice,
    StoredSkyMap,
)
from tom_gcn.models.summary import LONGEST_TAG
from tom_gcn.plan_serializers import ObservationPlanSerializer


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
            "id", "event", "notice", "notice_type", "kind", "is_current", "ra_deg", "dec_deg", "error_deg",
            "containment", "skymap", "created_at",
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
    tags = serializers.SerializerMethodField()

    class Meta:
        model = Event
        fields = [
            "name", "display_name", "namespace", "event_id", "aliases", "kind", "state", "t0", "is_test", "drill_of",
            "tags", "created_at", "updated_at", "notice", "localization", "plan",
        ]  # fmt: skip

    def get_tags(self, event: Event) -> list[str]:
        """From its figures, by rules, and by hand."""
        summary = getattr(event, "summary", None)
        return list(summary.tags) if summary else []

    def get_localization(self, event: Event) -> dict[str, Any] | None:
        """The current localization, prefetched by `with_summary`."""
        return LocalizationSerializer(event.current_localizations[0]).data if event.current_localizations else None

    def get_notice(self, event: Event) -> dict[str, Any] | None:
        """The latest notice, prefetched by `with_summary`."""
        return NoticeSerializer(event.latest_notices[0]).data if event.latest_notices else None

    def get_plan(self, event: Event) -> dict[str, Any] | None:
        """The newest finished plan, prefetched by `with_summary`."""
        return ObservationPlanSerializer(event.latest_plans[0]).data if event.latest_plans else None


class TagSerializer(serializers.Serializer[Any]):
    """A tag to set or remove."""

    tag = serializers.CharField(max_length=LONGEST_TAG)


class NewEventSerializer(serializers.Serializer[Any]):
    """What a script sends to enter an event; checked by the form of the page, field by field."""

    shape = serializers.ChoiceField(choices=SHAPES, default="cone")
    name = serializers.CharField(max_length=40, required=False, help_text="The same again adds to the same event.")
    kind = serializers.ChoiceField(choices=EventKind.choices, default=EventKind.GRB)
    time = serializers.DateTimeField(required=False, help_text="UTC")
    status = serializers.ChoiceField(choices=STATUSES, default="initial")
    ra_deg = serializers.FloatField(required=False, min_value=0, max_value=360, help_text="ICRS")
    dec_deg = serializers.FloatField(required=False, min_value=-90, max_value=90, help_text="ICRS")
    radius_deg = serializers.FloatField(required=False, help_text="Of a circle or a ring.")
    half_width_deg = serializers.FloatField(required=False, help_text="Of a ring: radius ± half width.")
    major_deg = serializers.FloatField(required=False, help_text="Semi-major axis.")
    minor_deg = serializers.FloatField(required=False, help_text="Semi-minor axis.")
    position_angle_deg = serializers.FloatField(required=False, help_text="From North through East.")
    containment = serializers.FloatField(required=False, help_text="Probability inside; default 0.9.")
    corners = serializers.ListField(
        child=serializers.ListField(child=serializers.FloatField()), required=False, help_text="[[ra, dec], ...], deg"
    )
    url = serializers.URLField(required=False, max_length=500, help_text="Of a FITS file; fetched in the background.")
    message = serializers.CharField(required=False, help_text="A notice as it was sent.")
    topic = serializers.CharField(required=False, max_length=200, help_text="Where the notice does not tell its kind.")
    file = serializers.FileField(required=False, help_text="FITS file or notice; multipart only.")
    groups = serializers.ListField(
        child=serializers.CharField(), required=False, help_text="Names of your own groups; default the network."
    )
    remark = serializers.CharField(required=False, max_length=2000)
    is_test = serializers.BooleanField(default=False)

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        """The content to store and the groups it is for."""
        if not isinstance(data, Mapping):
            raise serializers.ValidationError({"non_field_errors": ["Send one object."]})
        user = self.context["request"].user
        given = _as_form_data(data, dict(groups_for(user).values_list("name", "pk")))
        files = MultiValueDict({"file": [data["file"]]}) if hasattr(data.get("file"), "chunks") else None
        form = ManualEventForm(given, files, user=user)
        if not form.is_valid():
            raise serializers.ValidationError({name: [*map(str, errors)] for name, errors in form.errors.items()})
        return {"content": form.content, "groups": form.cleaned_data["groups"]}


def _as_form_data(data: Mapping[str, Any], groups: Mapping[str, int]) -> MultiValueDict[str, str]:
    """JSON as a form would have sent it; a group nobody has is no number, and refused as such."""
    given = MultiValueDict({"shape": ["cone"], "kind": [str(EventKind.GRB)], "status": ["initial"]})
    for name in NewEventSerializer().fields.keys():  # noqa: SIM118  the stubs take it for a list
        values = data.getlist(name) if isinstance(data, MultiValueDict) else [data[name]] if name in data else []
        if name == "groups":
            listed = values[0] if len(values) == 1 and isinstance(values[0], list) else values
            given.setlist(name, [str(groups.get(str(value), f"?{value}")) for value in listed])
        elif name == "corners" and values and isinstance(values[0], list):
            lines = (corner if isinstance(corner, list) else [corner] for corner in values[0])
            given[name] = "\n".join(" ".join(map(str, line)) for line in lines)
        elif name != "file" and values and values[-1] is not None:
            given[name] = str(values[-1])
    return given


class NewEventOutcomeSerializer(serializers.Serializer[Any]):
    """What became of an event entered by hand."""

    event = EventSerializer(read_only=True)
    is_new = serializers.BooleanField(help_text="False: the same was here already.")
    message = serializers.CharField(help_text="sha256 of the stored message.")
    reason_code = serializers.CharField(help_text="What could not be used, as a short stable name; else empty.")
    reason = serializers.CharField(help_text="The same in words.")


class CircularSerializer(serializers.ModelSerializer[Circular]):
    """A GCN circular; its text is other people's."""

    events = serializers.SlugRelatedField[Any](slug_field="name", many=True, read_only=True)
    archive_url = serializers.CharField(read_only=True)

    class Meta:
        model = Circular
        fields = [
            "circular_id", "version", "subject", "body", "body_format", "event_name", "submitter", "sent_at", "events",
            "archive_url",
        ]  # fmt: skip


class MessageSerializer(serializers.ModelSerializer[Message]):
    """A message and what became of it."""

    event = serializers.CharField(source="notice.event.name", default=None, read_only=True)
    actor = serializers.SerializerMethodField(help_text="Who entered it by hand; else empty.")

    class Meta:
        model = Message
        fields = [
            "id", "sha256", "source", "topic", "partition", "offset", "size_bytes", "is_cut", "received_at", "read_at",
            "again_at", "state", "reason_code", "reason", "starts", "event", "actor",
        ]  # fmt: skip

    def get_actor(self, message: Message) -> str:
        """The account's name at that time."""
        return str(message.headers.get("actor", "")) if is_manual(message) else ""
