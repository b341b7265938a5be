"""One person asks every route of the site in every way; what comes back and what changes is held against the rules.

Secrets are planted in every private model. The routes are found in the resolver, so that a new one is walked without
anybody thinking of it; one in a part of the site that has no rule fails.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from http.cookies import SimpleCookie
from typing import Any

from allauth.account.models import EmailAddress
from django.core.cache import cache
from django.db import transaction
from django.test import Client

from tests.factories import SECRET, World
from tests.planted_members import KEPT
from tests.strangers.tables import Tables
from tests.walk import Audience, Route, audience_of, path_of, plausible, routes, special

METHODS = ("post", "put", "patch", "delete")
# The health page says 503 to monitors while no worker runs; it shows the same to everybody.
MAY_BE_AWAY = {"healthz"}
# Every request may write these: that somebody was here, and when.
OF_EVERY_REQUEST = frozenset({"icare_tom_personsession"})
REFUSALS = (401, 403, 404, 405)
MAX_SHOWN = 40


@dataclass(frozen=True)
class Actor:
    """Who walks and what is expected of them: the secrets they may not read, the tables they may not change."""

    user: Any
    # Signed in with an account that is open.
    is_let_in: bool
    # Belongs to the group of the planted rows.
    is_inside: bool = False
    # Tables in which something of one's own may be made.
    may_write: frozenset[str] = frozenset()
    # The only tables that are looked at; none: all.
    only: frozenset[str] = frozenset()
    # What a script shows instead of a session, and the part of the site where it asks.
    authorization: str = ""
    within: str = ""

    @property
    def hidden(self) -> tuple[str, ...]:
        """What no answer may hold."""
        return (KEPT,) if self.is_inside else (SECRET, KEPT)


def client_of(actor: Actor) -> Client:
    """A browser of somebody, or a script; server errors come back as answers."""
    headers = {"Authorization": actor.authorization} if actor.authorization else {}
    client = Client(raise_request_exception=False, headers=headers)
    if actor.user is not None and not headers:
        client.force_login(actor.user, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def reading(client: Client, path: str, fields: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """A route read plainly and by htmx with fields."""
    yield "GET", client.get(path)
    yield "GET by htmx", client.get(path, fields, headers={"HX-Request": "true"})


def writing(client: Client, route: Route, path: str, world: World) -> Iterator[tuple[str, Any]]:
    """A route written to as a form, as JSON, and in every way that its own fields allow."""
    fields = plausible(world)
    for one in special(route, world):
        yield f"POST {one}", client.post(path, fields | one)
        yield f"POST JSON {one}", client.post(path, json.dumps(fields | one), content_type="application/json")
    for method in METHODS if not route.text.startswith("admin/") else METHODS[:1]:
        send = getattr(client, method)
        if method == "post":
            yield "POST form", send(path, fields)
        if route.text.startswith("api/") or method == "post":
            yield f"{method.upper()} JSON", send(path, json.dumps(fields), content_type="application/json")
        else:
            yield method.upper(), send(path)


def told(response: Any, asked: str, secrets: tuple[str, ...]) -> bool:
    """Whether an answer holds a secret, other than as an echo of the path that was asked for."""
    headers = " ".join(f"{name}: {value}" for name, value in response.items())
    body = b"".join(response.streaming_content) if response.streaming else response.content
    text = (body.decode("utf-8", "replace") + headers).replace(asked, "")
    return any(secret in text for secret in secrets)


def wrong_answer(route: Route, response: Any, actor: Actor) -> str:
    """What is wrong with the status or the address of an answer; empty when nothing is."""
    status, place = response.status_code, response.get("Location", "") or response.get("HX-Redirect", "")
    if status >= 500 and route.text not in MAY_BE_AWAY:
        return f"{status}"
    if "elsewhere.example" in place.split("?")[0]:
        return "redirects to another site"
    audience = audience_of(route)
    if "HX-Redirect" in response:
        # A part of a page cannot be redirected by status.
        status = 302
    to_sign_in = status in (301, 302) and "/login" in place
    if audience is Audience.CLOSED and status not in (404, 405) and not to_sign_in:
        return f"is closed and answers {status}"
    if audience is Audience.STAFF and not to_sign_in and status not in REFUSALS:
        return f"answers {status} to somebody who is no administrator"
    if audience is not Audience.OPEN and not actor.is_let_in and not to_sign_in and status not in REFUSALS:
        return f"answers {status} to somebody who is not signed in"
    if audience is Audience.ROWS and actor.is_let_in and not actor.is_inside and status in (200, 201, 202, 403):
        return f"answers {status} about a row that must seem not to exist"
    return ""


def addresses(world: World) -> dict[str, Route]:
    """Every path of the site with the route that answers it: the first that fits."""
    found: dict[str, Route] = {}
    for route in routes():
        found.setdefault(path_of(route, world), route)
    return found


def walk(actor: Actor, world: World) -> tuple[list[str], set[str]]:
    """Ask everything; returns what is wrong, and the routes that changed anything."""
    cache.clear()
    if actor.user is not None:
        # As signing up does; allauth would do it at the first look at the page of e-mails.
        EmailAddress.objects.create(user=actor.user, email=actor.user.email, primary=True, verified=True)
    tables, problems, wrote = Tables(world), [], set()
    client = client_of(actor)
    cookies = client.cookies.output(header="", sep=";")
    for path, route in addresses(world).items():
        if not route.text.startswith(actor.within):
            continue
        client.cookies = SimpleCookie(cookies)
        save = transaction.savepoint()
        asked = [*reading(client, path, plausible(world))]
        problems += _wrong(route, path, asked, actor)
        by_reading = tables.changed(OF_EVERY_REQUEST)
        problems += [f"GET {route.text}: changed {name}" for name in by_reading]
        problems += _wrong(route, path, writing(client, route, path, world), actor)
        if tables.changed(OF_EVERY_REQUEST):
            wrote.add(route.text)
        spared = actor.may_write | OF_EVERY_REQUEST
        changed = tables.changed(spared) if actor.is_inside else tables.touched(spared)
        changed = [name for name in changed if name not in by_reading and (not actor.only or name in actor.only)]
        problems += [f"{route.text}: changed {name}" for name in changed]
        transaction.savepoint_rollback(save)
        tables.forget()
    return problems, wrote


def _wrong(route: Route, path: str, answers: Any, actor: Actor) -> list[str]:
    found = []
    for how, response in answers:
        if told(response, path, actor.hidden):
            found.append(f"{how} {route.text}: tells a secret ({response.status_code})")
        if words := wrong_answer(route, response, actor):
            found.append(f"{how} {route.text}: {words}")
    return found


def report(problems: list[str]) -> str:
    """The first of the problems, and how many there are."""
    return "\n".join([f"{len(problems)} problems", *problems[:MAX_SHOWN]])
