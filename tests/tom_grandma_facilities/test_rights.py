"""Rights are held in a group: a full user of one group only looks in another."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from icare_tom.members.models import Membership
from tests.factories import make_group, make_user
from tests.tom_grandma_facilities.asking import asked, channel
from tom_grandma_facilities.actions import answer, cancel_request, edit_request, set_allocation
from tom_grandma_facilities.actions.executed import groups_to_tell
from tom_grandma_facilities.actions.links import make_link, revoke_link
from tom_grandma_facilities.choices import Via
from tom_grandma_facilities.exceptions import NoAllocation, NotAllowed
from tom_grandma_facilities.models import Allocation, FollowUpRequest

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def line(ways):
    return channel("CFHT", "by-list")


@pytest.fixture
def groups(db):
    return make_group(), make_group("Another group")


@pytest.fixture
def half(groups):
    """Works in another group, and only looks in the network."""
    user = make_user("half", *groups)
    Membership.objects.filter(user=user, group=groups[0]).update(role="view")
    return type(user).objects.get(pk=user.pk)


@pytest.fixture
def row(groups, target):
    return asked(make_user("full", groups[0]), target)


DEEDS = {
    "edit": lambda row, by: edit_request(row, by=by, priority=1),
    "cancel": lambda row, by: cancel_request(row, by=by),
    "answer": lambda row, by: answer(row, "received", by=by, via=Via.PAGE),
    "link": lambda row, by: make_link(row, by=by),
    "revoke": lambda row, by: revoke_link(make_link(row, by=None), by=by),
}


@pytest.mark.parametrize("deed", DEEDS)
def test_who_only_looks_in_the_group_that_asked_changes_nothing(row, half, deed):
    assert FollowUpRequest.objects.visible_to(half).filter(pk=row.pk).exists()
    with pytest.raises(NotAllowed):
        DEEDS[deed](row, half)
    row.refresh_from_db()
    assert (row.state, row.priority) == ("queued", 3)


def test_pages_offer_nothing_and_show_no_link(row, half, client):
    make_link(row, by=None)
    client.force_login(half)
    page = client.get(row.get_absolute_url()).content.decode()
    assert "requests/a/" not in page and "Cancel" not in page
    assert reverse("requests:priority", args=[row.pk]) not in client.get(reverse("requests:list")).content.decode()


def test_one_asks_for_the_groups_one_works_in(groups, half, target):
    with pytest.raises(NotAllowed, match="Choose who sees the request"):
        asked(half, target, groups=[groups[0]])
    assert list(asked(half, target).groups.all()) == [groups[1]]


def test_a_request_of_both_groups_is_changed_by_who_works_in_one(groups, half, row):
    row.groups.add(groups[1])
    assert edit_request(row, by=half, priority=1).priority == 1


def test_one_uploads_for_the_groups_one_works_in(groups, half):
    assert list(groups_to_tell(half)) == [groups[1]]


def test_time_of_a_group_is_used_and_entered_by_those_with_the_right_in_it(groups, half, target):
    now = timezone.now()
    Membership.objects.filter(user=half, group=groups[1]).update(rights=["manage-allocations"])
    half = type(half).objects.get(pk=half.pk)
    channel("CFHT", "by-list", needs_allocation=True)
    times = {"valid_from": now - timedelta(days=1), "valid_to": now + timedelta(days=9)}
    time = Allocation(telescope="CFHT", group=groups[0], hours=5, **times)
    with pytest.raises(NotAllowed):
        set_allocation(time, by=half)
    set_allocation(time, by=None)
    with pytest.raises(NoAllocation):
        asked(half, target)
    set_allocation(Allocation(telescope="CFHT", group=groups[1], hours=5, **times), by=half)
    assert asked(half, target).allocation.group == groups[1]
