"""The OpenAPI description tells of what is there, not of what is closed."""

from typing import Any

from drf_spectacular.extensions import OpenApiSerializerFieldExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import build_array_type, build_basic_type
from drf_spectacular.types import OpenApiTypes

from icare_tom.guards.urls import CLOSED

Endpoint = tuple[str, str, str, Any]


def only_open(endpoints: list[Endpoint]) -> list[Endpoint]:
    """Keep the routes of the REST API that are not closed (drf-spectacular preprocessing hook)."""
    closed = {f"/{route.split('<')[0]}" for route in CLOSED if route.startswith("api/")}
    return [one for one in endpoints if one[0].startswith("/api/") and not any(one[0].startswith(c) for c in closed)]


class ObservationGroups(OpenApiSerializerFieldExtension):
    """TOM's field of observation groups, which does not say what it holds: a list of objects."""

    target_class = "tom_observations.serializers.ObservationGroupField"

    def map_serializer_field(self, auto_schema: AutoSchema, direction: str) -> Any:
        """Describe the field."""
        return build_array_type(build_basic_type(OpenApiTypes.OBJECT) or {})
