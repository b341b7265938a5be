"""Telescopes as the API shows them: every number with its unit and its source."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from tom_grandma_facilities.described import telescope_facts
from tom_grandma_facilities.models import TelescopeStatus
from tom_grandma_facilities.telescope import Telescope


class FactSerializer(serializers.Serializer[Any]):
    """One number or word and where it comes from."""

    group = serializers.CharField()
    key = serializers.CharField(help_text="Name with the unit in it, such as field_width_deg.")
    label = serializers.CharField()  # type: ignore[assignment]  # a declared field, not the base's attribute
    value = serializers.JSONField(allow_null=True, help_text="null when unknown")
    unit = serializers.CharField(allow_blank=True)
    source = serializers.CharField()  # type: ignore[assignment]
    note = serializers.CharField(allow_blank=True, help_text="Why it is doubted, or what was rejected.")


class TelescopeStatusSerializer(serializers.ModelSerializer[TelescopeStatus]):
    """The state that people reported."""

    class Meta:
        model = TelescopeStatus
        fields = ("state", "reason", "since", "until", "usage", "updated_at")


class DarknessSerializer(serializers.Serializer[Any]):
    """Where a telescope stands between day and night at the moment of the answer."""

    is_dark = serializers.BooleanField()
    words = serializers.CharField(help_text="Such as: dark from 18:20 UTC, in 2 h.")
    changes_at = serializers.DateTimeField(allow_null=True, help_text="When it gets dark or light next, UTC.")
    sun_altitude_deg = serializers.FloatField()
    moon_altitude_deg = serializers.FloatField()


class TelescopeSerializer(serializers.Serializer[Any]):
    """A telescope in a list."""

    name = serializers.CharField()
    full_name = serializers.CharField()
    aliases = serializers.ListField(child=serializers.CharField())
    in_network = serializers.BooleanField(help_text="A network plan asks it without being told to.")
    why_not_plannable = serializers.CharField(allow_blank=True, help_text="Empty when it can be planned.")
    why_not_in_network = serializers.CharField(allow_blank=True)
    notes = serializers.ListField(child=serializers.CharField())
    status = serializers.SerializerMethodField()
    darkness = serializers.SerializerMethodField()

    @extend_schema_field(TelescopeStatusSerializer(allow_null=True))
    def get_status(self, telescope: Telescope) -> dict[str, Any] | None:
        """Return the state that was reported, null when nobody may see it or there is none."""
        status = self.context["statuses"].get(telescope.name)
        return dict(TelescopeStatusSerializer(status).data) if status else None

    @extend_schema_field(DarknessSerializer(allow_null=True))
    def get_darkness(self, telescope: Telescope) -> dict[str, Any] | None:
        """Return the darkness now, null when the site is unknown."""
        moment = self.context["moments"].get(telescope.name)
        return dict(DarknessSerializer(moment).data) if moment else None


class NightSerializer(serializers.Serializer[Any]):
    """The 24 hours from local noon to local noon around now."""

    start = serializers.DateTimeField()
    end = serializers.DateTimeField()
    night = serializers.ListField(child=serializers.ListField(child=serializers.DateTimeField()))
    sun_down = serializers.ListField(child=serializers.ListField(child=serializers.DateTimeField()), source="twilight")
    moon_up = serializers.ListField(child=serializers.ListField(child=serializers.DateTimeField()))
    moon_illumination = serializers.FloatField()
    twilight_deg = serializers.FloatField()


class TelescopeDetailSerializer(TelescopeSerializer):
    """A telescope with all its facts and tonight's darkness."""

    facts = serializers.SerializerMethodField()
    tonight = serializers.SerializerMethodField()

    @extend_schema_field(FactSerializer(many=True))
    def get_facts(self, telescope: Telescope) -> list[dict[str, Any]]:
        """Return every fact with its source."""
        return list(FactSerializer(telescope_facts(telescope), many=True).data)

    @extend_schema_field(NightSerializer(allow_null=True))
    def get_tonight(self, telescope: Telescope) -> dict[str, Any] | None:
        """Return tonight's darkness, null when the site is unknown."""
        night = self.context["tonight"](telescope)
        return dict(NightSerializer(night).data) if night else None
