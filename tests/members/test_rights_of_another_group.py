"""A right held in one group does not reach the rows of another, where one may only look."""

from datetime import date

import pytest

from icare_tom.members.models import Membership
from tests.factories import make_event, make_group, make_target, make_user
from tom_gcn.actions.plans import may_request_plan
from tom_gcn.actions.tags import may_tag
from tom_grandma_facilities.actions.night_marks import mark_target
from tom_grandma_facilities.exceptions import NotAllowed

pytestmark = pytest.mark.django_db


@pytest.fixture
def guest(grandma):
    """A group admin elsewhere, who may only look here."""
    elsewhere = make_group("Another group")
    user = make_user("guest", grandma, elsewhere, role="view")
    Membership.objects.filter(user=user, group=elsewhere).update(role="group-admin")
    return type(user).objects.get(pk=user.pk)


def test_events(guest, member, grandma):
    here, there = make_event("GRB-1", grandma), make_event("GRB-2", make_group("Another group"))
    for may in (may_tag, may_request_plan):
        assert not may(guest, here)
        assert may(guest, there)
        assert may(member, here)


def test_marks_of_a_night(guest, member, grandma):
    target, night = make_target(group=grandma), date(2026, 1, 1)
    with pytest.raises(NotAllowed):
        mark_target("CFHT", night, target, is_observed=True, by=guest)
    assert mark_target("CFHT", night, target, is_observed=True, by=member).is_current


def test_rows_of_the_network_that_have_no_group(guest, member, browse):
    assert browse(guest).get("/dataproducts/data/group/create/").status_code == 404
    assert browse(member).get("/dataproducts/data/group/create/").status_code == 200
    assert browse(guest).get("/tom_dataservices/query/create/?data_service=Simbad").status_code == 404
