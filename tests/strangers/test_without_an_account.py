"""Whoever is not let in learns nothing: visitors without an account, and applicants with one that is still closed."""

import pytest

from tests.factories import make_user
from tests.strangers.walking import Actor, report, walk

# Every route of the site in every way: minutes where the machine is busy.
pytestmark = [pytest.mark.django_db, pytest.mark.timeout(1200)]


def test_anonymous_visitors_learn_nothing(world):
    problems, _ = walk(Actor(None, is_let_in=False), world)
    assert not problems, report(problems)


def test_applicants_learn_nothing_by_an_old_session(world):
    pending = make_user("pending", world.group, active=False)
    problems, _ = walk(Actor(pending, is_let_in=False), world)
    assert not problems, report(problems)
