"""REST API of membership: targets in a localization, events that may hold a target."""

from typing import Any

from django.shortcuts import get_object_or_404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from icare_tom.guards.access import one_or_404, visible_targets
from icare_tom.membership import DEFAULT_LEVEL, HIGHEST_LEVEL, Place, candidates, events_of
from tom_gcn.models import Localization
from tom_grandma_facilities.known_parameters import KnownParameters

LIGHT = ("skymap__fits", "skymap__region_50", "skymap__region_90", "skymap__contours")


class LevelQuery(serializers.Serializer[Any]):
    """Query parameters of the targets of a localization."""

    level = serializers.FloatField(default=DEFAULT_LEVEL, min_value=0.001, max_value=HIGHEST_LEVEL)


class DaysQuery(serializers.Serializer[Any]):
    """Query parameters of the events of a target."""

    days = serializers.IntegerField(
        required=False, min_value=0, max_value=36500, help_text="Before the target was first seen; 0: all times."
    )


def _place(place: Place) -> dict[str, float | None]:
    return {
        "credible_level": place.credible_level,
        "probability_density_per_sr": place.density_per_sr,
        "distance_mean_mpc": place.distance_mean_mpc,
        "distance_sigma_mpc": place.distance_sigma_mpc,
    }


class TargetsOfLocalizationView(KnownParameters, APIView):
    """Targets in a localization."""

    also_known = frozenset({"level"})

    @extend_schema(
        operation_id="localizations_targets_retrieve",
        parameters=[LevelQuery],
        responses=OpenApiTypes.OBJECT,
        examples=[
            OpenApiExample(
                "one target in the 90 % region",
                value={
                    "localization": 7,
                    "event": "S241102br",
                    "level": 0.9,
                    "count": 1,
                    "count_is_least": False,
                    "results": [
                        {
                            "id": 12,
                            "name": "AT2024xyz",
                            "ra_deg": 10.1,
                            "dec_deg": -20.2,
                            "credible_level": 0.31,
                            "probability_density_per_sr": 95.1,
                            "distance_mean_mpc": 140.2,
                            "distance_sigma_mpc": 31.0,
                        }
                    ],
                },
                response_only=True,
            )
        ],
    )
    def get(self, request: Request, pk: int) -> Response:
        """The innermost 200 of the targets you may see, with their credible level and the distance at their place.

        They are counted to 10,000; `count_is_least` is true where there are more.
        """
        visible = Localization.objects.visible_to(request.user).select_related("event", "skymap").defer(*LIGHT)
        localization = get_object_or_404(visible, pk=pk)
        asked = LevelQuery(data=request.query_params)
        asked.is_valid(raise_exception=True)
        found = candidates(localization, request.user, asked.validated_data["level"])
        rows = [
            {"id": row.target.pk, "name": row.target.name, "ra_deg": row.target.ra, "dec_deg": row.target.dec}
            | _place(row.place)
            for row in found.rows
        ]
        head = {"localization": localization.pk, "event": localization.event.name, "level": found.level}
        return Response(head | {"count": found.count, "count_is_least": found.is_more, "results": rows})


class EventsOfTargetApiView(KnownParameters, APIView):
    """Events that may hold a target."""

    also_known = frozenset({"days"})

    @extend_schema(operation_id="target_events_retrieve", parameters=[DaysQuery], responses=OpenApiTypes.OBJECT)
    def get(self, request: Request, pk: int) -> Response:
        """Real events you may see whose current 90 % region holds the target, the likeliest first."""
        target = one_or_404(visible_targets(request.user), pk)
        asked = DaysQuery(data=request.query_params)
        asked.is_valid(raise_exception=True)
        window, found = events_of(target, request.user, asked.validated_data.get("days"))
        rows = [
            {"event": row.event.name, "t0": row.event.t0, "kind": row.event.kind, "localization": row.localization.pk}
            | _place(row.place)
            for row in found
        ]
        return Response({"target": target.pk, "after": window.after, "before": window.before, "results": rows})
