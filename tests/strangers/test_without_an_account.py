"""Whoever is not let in learns nothing: visitors without an account, and applicants with one that is still closed."""

import base64

import pytest
from django.contrib.auth.models import User

from icare_tom.members.tokens import make_token
from tests.factories import make_user
from tests.strangers.walking import Actor, client_of, report, walk

# Every route of the site in every way: minutes where the machine is busy.
pytestmark = [pytest.mark.django_db, pytest.mark.timeout(1200)]


def test_anonymous_visitors_learn_nothing(world):
    problems, _ = walk(Actor(None, is_let_in=False), world)
    assert not problems, report(problems)


def test_applicants_learn_nothing_by_an_old_session(world):
    pending = make_user("pending", world.group, active=False)
    problems, _ = walk(Actor(pending, is_let_in=False), world)
    assert not problems, report(problems)


def by_token(user: User) -> str:
    """Made while the account was open."""
    return f"token {make_token(user, 'script', has_all_rights=True, is_read_only=False).key}"


def by_password(user: User) -> str:
    return f"Basic {base64.b64encode(b'pending:correct-horse').decode()}"


@pytest.mark.parametrize("show", [by_token, by_password])
def test_applicants_learn_nothing_by_script(show, world):
    """The API is where scripts are answered; pages know sessions only."""
    pending = make_user("pending", world.group)
    authorization = show(pending)
    User.objects.filter(pk=pending.pk).update(is_active=False)
    actor = Actor(pending, is_let_in=False, authorization=authorization, within="api/")
    problems, wrote = walk(actor, world)
    assert not problems, report(problems)
    assert not wrote


def test_scripts_of_members_are_answered_by_token_only(grandma):
    """So that the walk above does not pass because nobody is ever answered."""
    member = make_user("pending", grandma)
    shown = {by_token(member): 200, by_password(member): 401}
    for authorization, status in shown.items():
        actor = Actor(member, is_let_in=True, authorization=authorization)
        assert client_of(actor).get("/api/targets/").status_code == status
