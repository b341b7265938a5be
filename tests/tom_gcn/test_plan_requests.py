"""Telescopes asked for their part of a plan; what they answer stands on the pointings."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from django.utils import timezone
from django_q.models import OrmQ

from tests.factories import ALERTS, make_group, make_user
from tests.tom_grandma_facilities.asking import Down, channel, give_rights, stub_ways
from tom_gcn.actions import ask_plan_part, make_plan, read_message, receive_message, request_plan
from tom_gcn.actions.requests import part_of
from tom_gcn.exceptions import NotAllowed, NothingToPlan
from tom_gcn.models import PlannedPointing, Refusal
from tom_gcn.planning import PlanWish
from tom_grandma_facilities.actions import answer, cancel_request, send_request, undo_answer
from tom_grandma_facilities.exceptions import NoChannel
from tom_grandma_facilities.models import FollowUpRequest
from tom_grandma_facilities.transports import registry

pytestmark = pytest.mark.django_db

WISH = PlanWish(telescopes=("TAROT-TCA", "TAROT-TRE", "CFHT"), hours=48)


def ingest(file, **changed):
    body = json.loads((ALERTS / file).read_bytes()) | changed
    message, _ = receive_message(json.dumps(body).encode(), source=file)
    return read_message(message).event


@pytest.fixture
def ways(monkeypatch):
    ways = stub_ways()
    monkeypatch.setattr(registry, "TRANSPORTS", ways)
    return ways


@pytest.fixture
def plan(grandma, ways):
    event = ingest("S241102br_INITIAL_1.json")
    event.plans.all().delete()
    OrmQ.objects.all().delete()
    wish = replace(WISH, start=timezone.now() + timedelta(minutes=30))
    return make_plan(request_plan(event, by=None, wish=wish).pk)


@pytest.fixture
def telescope(plan):
    name = plan.telescope_plans.order_by("-n_pointings").first().telescope
    channel(name, "by-list")
    return name


@pytest.fixture
def asker(planner):
    return give_rights(planner)


@pytest.fixture
def commits(django_capture_on_commit_callbacks):
    return lambda: django_capture_on_commit_callbacks(execute=True)


@pytest.fixture
def sent(plan, telescope, asker, commits):
    with commits():
        row = ask_plan_part(plan, telescope, by=asker, note="as soon as you can")
    with commits():
        return send_request(row.pk)


def states(plan, telescope):
    rows = PlannedPointing.objects.filter(telescope_plan__plan=plan, telescope_plan__telescope=telescope)
    return list(rows.order_by("order").values_list("state", flat=True))


def test_its_pointings_go_out_in_their_order_and_are_sent(plan, telescope, sent, ways, asker):
    (outgoing,) = ways["by-list"].far.got
    rows = PlannedPointing.objects.filter(telescope_plan__plan=plan, telescope_plan__telescope=telescope)
    assert [one.order for one in outgoing.pointings] == list(rows.order_by("order").values_list("order", flat=True))
    assert outgoing.pointings[0].start == rows.order_by("order")[0].start
    assert outgoing.target_name == f"{plan.event}, plan {plan.version}"
    assert (outgoing.ra_deg, outgoing.exposures, outgoing.note) == (None, (), "as soon as you can")
    assert sent.window_end == max(one.end for one in rows)
    assert set(states(plan, telescope)) == {"sent"}
    assert part_of(sent) == (plan, telescope)
    assert FollowUpRequest.objects.visible_to(asker).filter(plan_key__startswith=f"plan:{plan.pk}/").get() == sent


def test_asked_again_it_is_the_same_request(plan, telescope, sent, asker, ways):
    assert ask_plan_part(plan, telescope, by=asker) == sent
    assert FollowUpRequest.objects.count() == 1
    assert len(ways["by-list"].far.got) == 1


def test_tile_by_tile_to_the_end(plan, telescope, sent, commits):
    with commits():
        answer(sent, "observing", by=None, via="link", progress="tile 2")
    assert states(plan, telescope)[:3] == ["sent", "started", "sent"][: len(states(plan, telescope))]
    with commits():
        answer(sent, "done", by=None, via="link")
    assert set(states(plan, telescope)) == {"done"}


def test_cannot_gives_its_fields_to_others_until_the_window_ends(plan, telescope, sent, commits):
    with commits():
        row = answer(sent, "declined", by=None, via="link", reason_code="weather", reason="monsoon")
    refusal = Refusal.objects.get()
    assert (refusal.telescope, refusal.reason_code, refusal.reason) == (telescope, "weather", "monsoon")
    assert refusal.until == sent.window_end
    assert set(states(plan, telescope)) == {"cannot"}
    with commits():
        undo_answer(row, by=None)
    refusal.refresh_from_db()
    assert refusal.withdrawn_at is not None


def test_done_taken_back(plan, telescope, sent, commits):
    with commits():
        row = answer(sent, "done", by=None, via="link")
    with commits():
        row = undo_answer(row, by=None)
    assert row.state == "sent"
    assert set(states(plan, telescope)) == {"sent"}


def test_cancelled_its_fields_are_free_again(plan, telescope, sent, commits, asker, ways):
    with commits():
        cancel_request(sent, by=asker)
    assert set(states(plan, telescope)) == {"planned"}
    send_request(sent.pk)
    assert ways["by-list"].far.cancelled == [f"far-{sent.key}"]


def test_retraction_takes_every_request_back_and_tells_why(plan, telescope, sent, commits, ways):
    with commits():
        ingest("S241126dm_RETRACTION_1.json", superevent_id=plan.event.name)
    sent.refresh_from_db()
    assert (sent.state, sent.reason) == ("cancelled", f"{plan.event.name} was retracted.")
    send_request(sent.pk)
    assert ways["by-list"].far.cancelled == [f"far-{sent.key}"]
    assert set(states(plan, telescope)) == {"cancelled"}


def test_while_it_waits_nothing_is_marked_as_sent(plan, telescope, asker, ways, commits):
    ways["by-list"].far.next = [Down("busy")]
    with commits():
        row = ask_plan_part(plan, telescope, by=asker)
        send_request(row.pk)
    assert set(states(plan, telescope)) == {"planned"}


class TestRefusals:
    def test_who_may_not_plan_may_not_ask(self, plan, telescope, stranger, other_member):
        for user in (stranger, other_member):
            with pytest.raises(NotAllowed):
                ask_plan_part(plan, telescope, by=user)

    def test_without_a_channel_nothing_is_marked(self, plan, telescope, asker):
        channel(telescope, "by-list", is_active=False)
        with pytest.raises(NoChannel, match="cannot be asked from here"):
            ask_plan_part(plan, telescope, by=asker)
        assert set(states(plan, telescope)) == {"planned"}

    def test_what_is_over_or_was_sent_is_not_asked_for(self, plan, telescope, asker):
        rows = PlannedPointing.objects.filter(telescope_plan__plan=plan, telescope_plan__telescope=telescope)
        rows.update(state="sent")
        with pytest.raises(NothingToPlan, match="Nothing of plan"):
            ask_plan_part(plan, telescope, by=asker)
        now = timezone.now()
        rows.update(state="planned", start=now - timedelta(hours=2), end=now - timedelta(hours=1))
        with pytest.raises(NothingToPlan, match="Nothing of plan"):
            ask_plan_part(plan, telescope, by=asker)


def test_only_groups_of_the_event_see_what_is_asked_for_it(plan, telescope, asker):
    extra = make_group("Private team")
    asker.groups.add(extra)
    row = ask_plan_part(plan, telescope, by=asker)
    assert [group.name for group in row.groups.all()] == ["GRANDMA"]
    other = make_user("private", extra)
    assert not FollowUpRequest.objects.visible_to(other).exists()
