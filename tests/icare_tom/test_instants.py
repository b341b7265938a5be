"""Times with offsets that PostgreSQL does not know, and times at the ends of the calendar."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from tom_dataproducts.models import ReducedDatum
from tom_targets.models import PersistentShare

from icare_tom.db.instants import in_reach
from tests.factories import make_event, make_target, make_user
from tom_gcn.models import Event

FAR_EAST, FAR_WEST = (timezone(timedelta(hours=sign * 23, minutes=sign * 59)) for sign in (1, -1))


def test_the_instant_stays():
    noon = datetime(2024, 11, 2, 12, tzinfo=UTC)
    for zone in (FAR_EAST, FAR_WEST, timezone(timedelta(hours=14))):
        assert in_reach(noon.astimezone(zone)) == noon
    assert in_reach(noon.astimezone(FAR_EAST)).utcoffset() == timedelta()
    assert in_reach(datetime(2024, 11, 2)).tzinfo is None
    assert in_reach(datetime.min.replace(tzinfo=FAR_EAST)) == datetime.min.replace(tzinfo=UTC)
    assert in_reach(datetime.max.replace(tzinfo=FAR_WEST)) == datetime.max.replace(tzinfo=UTC)


@pytest.mark.django_db
@pytest.mark.parametrize("zone", [FAR_EAST, FAR_WEST])
def test_the_database_finds_by_it(zone, grandma):
    event = make_event("S241102br", grandma)
    assert Event.objects.filter(t0=event.t0.astimezone(zone)).get() == event


@pytest.mark.django_db
@pytest.mark.parametrize(
    "asked",
    [
        "/api/events/?t0_after=0244-09-28T16:22:08-20:47",
        "/api/circulars/?sent_before=0001-01-01T00:00:00%2B23:59",
        "/api/requests/?before=9999-12-31T23:59:59-23:59",
        "/api/observations/?scheduled_end_after=0859-05-14T12:46:09-23:00",
        "/executed/?after=0244-09-28T16:22:08-20:47",
        "/events/?since=0244-09-28T16:22:08-20:47",
    ],
)
def test_pages_and_routes_answer(asked, member, browse):
    assert browse(member).get(asked).status_code in (200, 400)


@pytest.mark.django_db
def test_forms_take_it(grandma, browse):
    manager, other = make_user("manager", grandma, role="group-admin"), make_user("other", grandma)
    form = {"do": "role", "person": other.pk, "role": "full", "until": "2099-01-31 12:00:00-23:00"}
    assert browse(manager).post(f"/members/groups/{grandma.pk}/", form).status_code == 302
    assert other.memberships.get().until == datetime(2099, 2, 1, 11, tzinfo=UTC)


@pytest.mark.django_db
def test_a_share_left_in_the_database_keeps_no_value_from_being_stored(grandma, member):
    target = make_target("AT2024abc", group=grandma)
    PersistentShare.objects.create(target=target, user=member, destination="elsewhere")
    assert ReducedDatum.objects.create(target=target, data_type="other", timestamp=datetime.now(UTC), value={}).pk
