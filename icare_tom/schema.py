"""The OpenAPI description tells of what is there, not of what is closed."""

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension, OpenApiSerializerFieldExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import build_array_type, build_basic_type
from drf_spectacular.types import OpenApiTypes

from icare_tom.guards.urls import CLOSED

Endpoint = tuple[str, str, str, Any]
# The same routes once more, for scripts that do not write the slash at the end, or do.
TWICE = ("/api/observation/", "/api/observation/ascii/")
# What every route may answer, beside its own answers.
REFUSALS = {
    "400": "What was sent cannot be understood; the answer says what and how to mend it.",
    "401": "No token was sent, or one that is not known, has ended or was revoked.",
    "403": "Your role or your token does not permit this.",
    "404": "There is no such thing, or none that you may see.",
    "405": "The route does not take this method.",
    "406": "The route does not answer in the format asked for.",
    "413": "What was sent is too large.",
    "415": "The route does not read bodies of this type.",
    "429": "Too many requests; `Retry-After` says when to go on.",
    "503": "The database is away for a moment.",
}
# What routes that change something may answer besides.
WRITING = {
    "409": "It is no longer as you saw it, or was sent before.",
    "422": "It was understood and cannot be done; the answer says why.",
}


def only_open(endpoints: list[Endpoint]) -> list[Endpoint]:
    """Keep the routes of the REST API that are not closed (drf-spectacular preprocessing hook)."""
    closed = {f"/{route.split('<')[0]}" for route in CLOSED if route.startswith("api/")}
    opened = [one for one in endpoints if one[0].startswith("/api/") and one[0] not in TWICE]
    return [one for one in opened if not any(one[0].startswith(path) for path in closed)]


def with_refusals(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Add to every route what any may answer (drf-spectacular postprocessing hook)."""
    for methods in result["paths"].values():
        for method, operation in methods.items():
            refusals = REFUSALS if method == "get" else REFUSALS | WRITING
            for status, words in refusals.items():
                operation["responses"].setdefault(status, {"description": words})
    return result


class Tokens(OpenApiAuthenticationExtension):
    """Tokens of the profile page."""

    target_class = "icare_tom.members.token_auth.ApiTokenAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, str]:
        """Describe the header."""
        words = "`token KEY` or `Bearer KEY`, with a key made on the profile page."
        return {"type": "apiKey", "in": "header", "name": "Authorization", "description": words}


class ObservationGroups(OpenApiSerializerFieldExtension):
    """TOM's field of observation groups, which does not say what it holds: a list of objects."""

    target_class = "tom_observations.serializers.ObservationGroupField"

    def map_serializer_field(self, auto_schema: AutoSchema, direction: str) -> Any:
        """Describe the field."""
        return build_array_type(build_basic_type(OpenApiTypes.OBJECT) or {})
