"""The OpenAPI description tells of what is there, not of what is closed."""

from typing import Any

from icare_tom.guards.urls import CLOSED

Endpoint = tuple[str, str, str, Any]


def only_open(endpoints: list[Endpoint]) -> list[Endpoint]:
    """Keep the routes of the REST API that are not closed (drf-spectacular preprocessing hook)."""
    closed = {f"/{route.split('<')[0]}" for route in CLOSED if route.startswith("api/")}
    return [one for one in endpoints if one[0].startswith("/api/") and not any(one[0].startswith(c) for c in closed)]
