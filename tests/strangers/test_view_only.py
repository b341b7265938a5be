"""Who may only look changes nothing anywhere, and does not read what is kept from members."""

import pytest

from tests.factories import make_user
from tests.strangers.walking import Actor, report, walk

pytestmark = [pytest.mark.django_db, pytest.mark.timeout(1200)]
# A search that one keeps for oneself changes nothing for anybody.
ONES_OWN = frozenset({"tom_gcn_savedsearch"})


def test_view_only_changes_nothing(world):
    viewer = make_user("viewer", world.group, role="view")
    problems, _ = walk(Actor(viewer, is_let_in=True, is_inside=True, may_write=ONES_OWN), world)
    assert not problems, report(problems)
