"""Strangers walk every route: nothing private comes back, nothing private changes, nothing breaks.

Three visitors: somebody without an account, a member of no group, a member of another group. Secrets are planted in
every private model. The routes are found in the resolver, so that a new one is walked without anybody thinking of it.
"""

import json
from typing import Any

import pytest
from django.db import models, transaction
from django.test import Client

from tests.factories import SECRET, World, make_group, make_user, make_world
from tests.walk import Route, path_of, plausible, routes

pytestmark = pytest.mark.django_db

METHODS = ("post", "put", "patch", "delete")
# The health page says 503 to monitors while no worker runs; it shows the same to everybody.
MAY_BE_AWAY = {"healthz"}
MAX_SHOWN = 30
# One test asks every route of the site in every way, some two thousand requests: minutes where the machine is busy.
LONG_WALK = pytest.mark.timeout(1200)


@pytest.fixture
def world(settings):
    settings.ICARE_DEFAULT_GROUP = f"{SECRET} network"
    return make_world(make_group(f"{SECRET} network"))


def signed_in(user) -> Client:
    client = Client(raise_request_exception=False)
    if user is not None:
        client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def state_of(row: models.Model) -> dict[str, Any] | None:
    """Columns and relations of a planted row; None when it is gone."""
    values = type(row)._default_manager.filter(pk=row.pk).values().first()
    if values is None:
        return None
    values = {name: comparable(value) for name, value in values.items()}
    values.pop("last_login", None)
    for relation in row._meta.many_to_many:
        values[relation.name] = sorted(getattr(row, relation.name).values_list("pk", flat=True))
    return values


def comparable(value: Any) -> Any:
    """A value that can be compared with ==: files and arrays by their bytes."""
    if isinstance(value, memoryview):
        return bytes(value)
    return value.tobytes() if hasattr(value, "tobytes") else value


def answers(client: Client, route: Route, path: str, fields: dict[str, str]):
    """Every answer of one route: read plainly and by htmx with fields, then written, as a form and as JSON."""
    yield "GET", client.get(path)
    yield "GET by htmx", client.get(path, fields, headers={"HX-Request": "true"})
    for method in METHODS if not route.text.startswith("admin/") else METHODS[:1]:
        send = getattr(client, method)
        if method == "post":
            yield "POST form", send(path, fields)
        if route.text.startswith("api/") or method == "post":
            yield f"{method.upper()} JSON", send(path, json.dumps(fields), content_type="application/json")
        else:
            yield method.upper(), send(path)


def body_of(response) -> bytes:
    return b"".join(response.streaming_content) if response.streaming else response.content


def told(response, asked: str) -> bool:
    """Whether an answer holds the secret, other than as an echo of the path that was asked for."""
    headers = " ".join(f"{name}: {value}" for name, value in response.items())
    text = body_of(response).decode("utf-8", "replace") + headers
    return SECRET in text.replace(asked, "")


def walk(user, world: World) -> list[str]:
    fields, problems = plausible(world), []
    before = [(row, state_of(row)) for row in world.rows]
    for path, route in {path_of(route, world): route for route in routes()}.items():
        client = signed_in(user)
        save = transaction.savepoint()
        for how, response in answers(client, route, path, fields):
            if response.status_code >= 500 and route.text not in MAY_BE_AWAY:
                problems.append(f"{how} {route.text}: {response.status_code}")
            if told(response, path):
                problems.append(f"{how} {route.text}: tells a secret ({response.status_code})")
            if "elsewhere.example" in response.get("Location", "").split("?")[0]:
                problems.append(f"{how} {route.text}: redirects to another site")
        changed = [row._meta.label for row, state in before if state_of(row) != state]
        problems += [f"{route.text}: changed {label}" for label in changed]
        transaction.savepoint_rollback(save)
    return problems


def report(problems: list[str]) -> str:
    return "\n".join([f"{len(problems)} problems", *problems[:MAX_SHOWN]])


@LONG_WALK
def test_anonymous_visitors_learn_nothing(world):
    problems = walk(None, world)
    assert not problems, report(problems)


@LONG_WALK
def test_members_of_no_group_learn_nothing(world):
    problems = walk(make_user("stranger"), world)
    assert not problems, report(problems)


@LONG_WALK
def test_members_of_another_group_learn_nothing(world):
    problems = walk(make_user("visitor", make_group("Another group")), world)
    assert not problems, report(problems)


def test_the_secrets_are_there_to_be_found(world):
    """The walk proves nothing unless those who may see the rows do find the secrets on the same pages."""
    client = signed_in(world.owner)
    for path in (
        "/targets/",
        f"/targets/{world.target.pk}/",
        "/observations/list/",
        "/dataproducts/data/",
        "/events/",
        f"/targets/{world.target.pk}/observability/",
        f"/observability/night/starlist.txt?telescope=CFHT&target_list={world.pk('tom_targets.targetlist')}",
        "/api/targets/",
        "/api/reduceddatums/",
        "/api/observations/",
        "/api/dataproducts/",
        "/api/events/",
    ):
        response = client.get(path)
        assert response.status_code == 200, path
        assert SECRET in response.content.decode(), path


def test_every_private_model_has_a_planted_row(world):
    """A new model with rows of users must be planted, or be named here with the reason why it need not."""
    from django.apps import apps

    not_private = {
        "tom_observations.facility": "public facts about telescopes",
        "tom_gcn.unreadablemessage": "a proxy of the message",
        "tom_gcn.alerttopic": "what is read of public streams, in the admin only",
        "tom_gcn.listenerheartbeat": "processes, shown to administrators",
        "tom_gcn.galaxy": "public catalogues",
        "tom_gcn.galaxycatalogue": "public catalogues",
        "tom_gcn.planpreset": "standing rules of the network, for all members",
        "icare_tom.targetskyindex": "follows the target",
        "icare_tom.workerheartbeat": "processes, shown to administrators",
        "icare_tom.taskclaim": "processes, shown to administrators",
        "tom_common.profile": "follows the user",
        "tom_common.termsofserviceacceptance": "follows the user",
    }
    ours = [model for model in apps.get_models() if model._meta.app_label.startswith(("tom_", "icare_tom"))]
    missing = {m._meta.label_lower for m in ours} - set(world.by_model) - set(not_private)
    assert not missing, f"plant a row in tests/factories.py: {sorted(missing)}"
