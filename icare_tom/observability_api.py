"""`/api/observability/`: when every telescope can observe a position or a target."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from icare_tom.observed_views import place_from_query
from tom_grandma_facilities.known_parameters import KnownParameters
from tom_grandma_facilities.models import TelescopeStatus
from tom_grandma_facilities.observability import Position, Sight, State, look_at, network, rank, stations_of
from tom_grandma_facilities.observability.lines import Line, line_of

MOST_HOURS = 72.0
NAMES = [telescope.name for telescope in network().telescopes]


class ObservabilityQuery(serializers.Serializer[Any]):
    """Query parameters: a position or a target, and of what span."""

    ra = serializers.FloatField(required=False, min_value=0, max_value=360, help_text="deg, ICRS")
    dec = serializers.FloatField(required=False, min_value=-90, max_value=90, help_text="deg, ICRS")
    target = serializers.CharField(required=False, max_length=120, help_text="Name or id, instead of a position.")
    telescope = serializers.ChoiceField(required=False, choices=NAMES, help_text="Only this one.")
    start = serializers.DateTimeField(required=False, help_text="Begin of the span; now when left out.")
    hours = serializers.FloatField(required=False, default=24.0, min_value=1, max_value=MOST_HOURS)
    curves = serializers.BooleanField(required=False, default=False, help_text="With altitudes every ten minutes.")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """One of the two ways to say where."""
        has_position = "ra" in attrs and "dec" in attrs
        if has_position == ("target" in attrs) or ("ra" in attrs) != ("dec" in attrs):
            raise serializers.ValidationError("Give ra and dec, or target.")
        return attrs

    def validate_start(self, value: Any) -> Any:
        """Refuse times for which the almanac was not checked."""
        if not 2000 <= value.year <= 2040:
            raise serializers.ValidationError("Times from 2000 to 2040 can be computed.")
        return value


class CurveSerializer(serializers.Serializer[Any]):
    """Samples every ten minutes, of the same length."""

    mjd = serializers.ListField(child=serializers.FloatField())
    altitude_deg = serializers.ListField(child=serializers.FloatField())
    sun_altitude_deg = serializers.ListField(child=serializers.FloatField())
    moon_altitude_deg = serializers.ListField(child=serializers.FloatField())
    moon_separation_deg = serializers.ListField(child=serializers.FloatField())


class TelescopeObservabilitySerializer(serializers.Serializer[Any]):
    """One telescope, in the order in which one would ask."""

    telescope = serializers.CharField(source="telescope_name")
    state = serializers.ChoiceField(choices=[state.value for state in State])
    reason = serializers.CharField(allow_blank=True, help_text="Why it cannot be observed; empty when it can.")
    windows = serializers.ListField(
        child=serializers.ListField(child=serializers.DateTimeField()),
        help_text="Dark, above the telescope's limit, far enough from the Moon: [from, until], UTC.",
    )
    hours_observable = serializers.FloatField(source="hours")
    altitude_now_deg = serializers.FloatField(help_text="At the begin of the span.")
    airmass_now = serializers.FloatField(allow_null=True)
    best_at = serializers.DateTimeField(allow_null=True, help_text="When it stands highest while observable.")
    max_altitude_deg = serializers.FloatField(allow_null=True, source="best_altitude_deg")
    airmass = serializers.FloatField(allow_null=True, source="best_airmass")
    meridian = serializers.DateTimeField(help_text="The next upper culmination.")
    meridian_altitude_deg = serializers.FloatField()
    moon_distance_deg = serializers.FloatField(source="moon_deg", help_text="At best_at, or at the begin.")
    moon_illumination = serializers.FloatField(source="moon_lit")
    limiting_magnitude = serializers.FloatField(allow_null=True, source="depth_mag", help_text="AB; null: unknown.")
    limiting_magnitude_of = serializers.CharField(allow_blank=True, source="depth_words")
    usage = serializers.CharField(source="usage.value")
    curve = CurveSerializer(required=False, help_text="Only with curves=true.")


class ObservabilitySerializer(serializers.Serializer[Any]):
    """The answer."""

    ra_deg = serializers.FloatField()
    dec_deg = serializers.FloatField()
    target = serializers.IntegerField(allow_null=True)
    start = serializers.DateTimeField()
    hours = serializers.FloatField()
    results = TelescopeObservabilitySerializer(many=True)


class ObservabilityApiView(KnownParameters, APIView):
    """When every telescope can observe a position or a target."""

    also_known = frozenset({"ra", "dec", "target", "telescope", "start", "hours", "curves"})

    @extend_schema(
        operation_id="observability_retrieve", parameters=[ObservabilityQuery], responses=ObservabilitySerializer
    )
    def get(self, request: Request) -> Response:
        """Those that can observe it now first, then those that can soon, later, and not at all with the reason."""
        asked = ObservabilityQuery(data=request.query_params)
        asked.is_valid(raise_exception=True)
        values = asked.validated_data
        place = place_from_query(request, values)
        stations = stations_of([t for t in network().telescopes if values.get("telescope", t.name) == t.name])
        start = values.get("start") or timezone.now()
        set_here = TelescopeStatus.objects.visible_to(request.user).exclude(usage="")
        usages = dict(set_here.values_list("telescope", "usage"))
        sights = rank(look_at(Position("", place.ra_deg, place.dec_deg), start, stations, values["hours"]))
        return Response(
            {
                "ra_deg": place.ra_deg,
                "dec_deg": place.dec_deg,
                "target": place.target.pk if place.target else None,
                "start": start,
                "hours": values["hours"],
                "results": [_result(line_of(sight), sight, values["curves"], usages) for sight in sights],
            }
        )


def _result(line: Line, sight: Sight, with_curves: bool, usages: Mapping[str, str]) -> dict[str, Any]:
    result = dict(TelescopeObservabilitySerializer(line).data)
    result["usage"] = usages.get(line.telescope_name, result["usage"])
    if with_curves:
        names = ("altitude_deg", "sun_altitude_deg", "moon_altitude_deg", "moon_separation_deg")
        curves = {name: getattr(sight, name).round(2).tolist() for name in names}
        result["curve"] = {"mjd": sight.mjd.round(6).tolist(), **curves}
    return result
