"""Members of another group, and of none, learn nothing of the network's rows and change nothing on them."""

import pytest

from tests.factories import make_group, make_user
from tests.strangers.walking import Actor, report, walk

pytestmark = [pytest.mark.django_db, pytest.mark.timeout(1200)]


def test_members_of_another_group_learn_nothing(world):
    visitor = make_user("visitor", make_group("Another group"), role="group-admin")
    problems, _ = walk(Actor(visitor, is_let_in=True), world)
    assert not problems, report(problems)
