"""Requests leave once: whatever breaks on the way, a retry never submits twice, and nobody's credentials are kept."""

import logging
import threading
import time
from datetime import timedelta

import pytest
from django.core.serializers import serialize
from django.db import connection
from django.utils import timezone
from django_q.models import OrmQ

from tests.tom_grandma_facilities.asking import (
    ALL_WAYS,
    EXPOSED,
    SECRET,
    Down,
    LostAnswer,
    Refused,
    StubTransport,
    asked,
    channel,
    later,
)
from tests.waiting import PATIENCE_S
from tom_grandma_facilities.actions import (
    answer,
    edit_request,
    retry_now,
    send_request,
    settle_doubt,
)
from tom_grandma_facilities.actions.links import link_path
from tom_grandma_facilities.actions.sending import PAUSES, due_to_send, expire_over
from tom_grandma_facilities.exceptions import WrongState
from tom_grandma_facilities.models import AnswerLink, Channel, FacilityTransaction, FollowUpRequest, RequestEntry
from tom_grandma_facilities.signals import request_sent
from tom_grandma_facilities.tasks import mind_requests, run_send

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("way", ALL_WAYS)
def test_sent_once_however_often_the_task_runs(request_by, way):
    row, far = request_by(way)
    for _ in range(3):
        row = send_request(row.pk)
    assert far.keys == [f"{row.pk}-1"]
    assert (row.state, row.external_id, row.sent_revision, row.transport) == ("sent", f"far-{row.key}", 1, way)
    assert row.sent_at is not None
    assert [entry.new_state for entry in row.entries.all()] == ["queued", "sent"]
    (story,) = row.transactions.all()
    assert (story.action, story.ok, story.status_code, story.key) == ("submit", True, 201, f"{row.pk}-1")


def test_asking_puts_it_on_the_queue_in_the_same_transaction(request_by):
    row, _ = request_by()
    assert [task.func() for task in OrmQ.objects.all()] == ["tom_grandma_facilities.tasks.run_send"]
    assert run_send(row.pk) == "sent"


def test_down_is_tried_again_with_growing_pauses_that_are_shown(request_by):
    row, far = request_by()
    pauses = []
    for minutes in (1, 2, 5, 15, 60, 60):
        far.next = [Down("Out of order (503).", status_code=503)]
        row = later(row)
        pauses.append(round((row.next_attempt_at - timezone.now()).total_seconds() / 60))
        assert (row.state, row.problem) == ("queued", "Out of order (503).")
        assert row.entries.last().note.endswith(f"It is tried again in {minutes} min.")
    assert pauses == [1, 2, 5, 15, 60, 60]
    assert len(PAUSES) == 5
    assert send_request(row.pk).attempts == 6, "not before its time"
    row = later(row)
    assert (row.state, row.problem, far.keys) == ("sent", "", [row.key])


def test_refusal_is_told_with_its_reason_and_can_be_tried_again(request_by, asker):
    row, far = request_by()
    far.next = [Refused("The proposal is over.", 403, "proposal over")]
    row = send_request(row.pk)
    assert (row.state, row.reason) == ("failed", "The proposal is over.")
    assert row.transactions.get().ok is False
    assert far.got == []
    row = send_request(retry_now(row, by=asker).pk)
    assert (row.state, far.keys) == ("sent", [f"{row.pk}-1"])


@pytest.mark.parametrize("way", ["by-key", "by-list"])
def test_lost_answer_leads_to_one_request_there(request_by, way):
    row, far = request_by(way)
    far.next = [LostAnswer()]
    row = send_request(row.pk)
    assert row.state == "queued"
    assert row.transactions.get().ok is None
    row = later(row)
    assert (row.state, row.external_id) == ("sent", f"far-{row.key}")
    assert far.keys == [row.key], "there once"
    assert row.transactions.filter(ok=True).count() == 1
    assert not row.transactions.filter(ok=None).exists()


@pytest.mark.parametrize("way", ["blind", "letters"])
def test_lost_answer_waits_for_a_person_where_nothing_can_tell(request_by, way, asker):
    row, far = request_by(way)
    far.next = [LostAnswer()]
    row = send_request(row.pk)
    assert (row.state, row.may_have_been_sent, row.next_attempt_at) == ("queued", True, None)
    assert "A person must look." in row.entries.last().note
    for _ in range(3):
        send_request(row.pk)
        assert due_to_send(timezone.now() + timedelta(days=1), queue_moves=False, at_most=9) == []
    assert far.keys == [row.key]
    with pytest.raises(WrongState, match="First say"):
        retry_now(row, by=asker)
    with pytest.raises(WrongState, match="First say"):
        edit_request(row, by=asker, priority=1)
    row = settle_doubt(row, was_sent=True, by=asker, external_id="n7")
    assert (row.state, row.external_id, row.may_have_been_sent) == ("sent", "n7", False)
    assert send_request(row.pk).state == "sent"
    assert far.keys == [row.key]
    with pytest.raises(WrongState, match="Nothing is in doubt"):
        settle_doubt(row, was_sent=False, by=asker)


def test_a_person_says_that_it_did_not_arrive(request_by, asker):
    row, far = request_by("blind")
    far.next = [Down("No answer came in time.", maybe_sent=True)]
    row = send_request(row.pk)
    assert (row.may_have_been_sent, far.got) == (True, [])
    row = settle_doubt(row, was_sent=False, by=asker)
    assert row.state == "queued"
    row = send_request(row.pk)
    assert (row.state, far.keys) == ("sent", [row.key])


@pytest.mark.parametrize("way", ALL_WAYS)
def test_worker_that_dies_after_the_far_side_took_it_leaves_one_request(request_by, way, ways, monkeypatch):
    row, far = request_by(way)

    class Killed(BaseException):
        """Nothing in the process hears of it."""

    taken = ways[way]._submit

    def taken_and_killed(outgoing, line):
        taken(outgoing, line)
        raise Killed

    monkeypatch.setattr(ways[way], "_submit", taken_and_killed)
    with pytest.raises(Killed):
        send_request(row.pk)
    monkeypatch.setattr(ways[way], "_submit", taken)
    assert row.transactions.get().ok is None, "written down before the call"
    FollowUpRequest.objects.update(queued_at=timezone.now() - timedelta(minutes=1))
    assert [found.pk for found in due_to_send(timezone.now(), queue_moves=False, at_most=9)] == [row.pk]
    row = send_request(row.pk)
    assert (row.state, row.next_attempt_at > timezone.now()) == ("queued", True), "its call may still be under way"
    row.transactions.update(at=timezone.now() - timedelta(minutes=2))
    row = later(row)
    assert far.keys == [row.key]
    if way in ("by-key", "by-list"):
        assert row.state == "sent"
    else:
        assert (row.state, row.may_have_been_sent) == ("queued", True)


def test_a_transport_with_a_bug_is_in_doubt_and_its_text_is_without_credentials(request_by, caplog):
    row, far = request_by("blind")
    far.next = [RuntimeError(f"login as {SECRET} failed")]
    with caplog.at_level(logging.DEBUG):
        row = send_request(row.pk)
    assert row.may_have_been_sent
    assert "RuntimeError: login as [secret] failed" in row.problem
    assert SECRET not in caplog.text


def test_credentials_are_nowhere_but_encrypted_on_their_row(request_by, caplog):
    with caplog.at_level(logging.DEBUG):
        row, far = request_by()
        row = send_request(row.pk)
    assert far.lines[0].secret == {"password": SECRET}
    story = row.transactions.get()
    assert (story.sent.endswith("[secret]"), story.reply) == (True, "welcome [secret]")
    assert "/requests/a/" not in story.sent, "nor may who reads it answer for the telescope"
    for model in (FollowUpRequest, FacilityTransaction, RequestEntry, AnswerLink, Channel):
        assert SECRET not in serialize("json", model.objects.all())
    assert SECRET not in caplog.text
    with connection.cursor() as cursor:
        cursor.execute("SELECT secret, settings::text, channel::text FROM tom_grandma_facilities_channel AS channel")
        ((secret, *texts),) = cursor.fetchall()
    assert SECRET.encode() not in bytes(secret)
    assert SECRET not in "".join(texts)
    assert Channel.objects.get().secrets == {"password": SECRET}


@pytest.mark.parametrize("kind", [Refused, Down])
def test_services_that_repeat_the_request_give_no_link_away(request_by, monkeypatch, kind):
    """Whoever sees the request, and may not answer for the telescope, reads why it was not taken."""
    row, _ = request_by()

    def repeats(self, outgoing, line):
        raise kind(f"Bad callback {outgoing.answer_url}, \x00 {outgoing.download_url[:-3]}", reply=outgoing.answer_url)

    monkeypatch.setattr(StubTransport, "_submit", repeats)
    row = send_request(row.pk)
    told = [row.reason, row.problem, *row.entries.values_list("note", flat=True)]
    told += [text for call in row.transactions.all() for text in (call.reason, call.reply, call.sent)]
    assert "Bad callback" in " ".join(told)
    for link in AnswerLink.objects.filter(request=row):
        assert link_path(link).split("/")[-2][:12] not in " ".join(told)


def test_signal_tells_that_it_left(request_by, django_capture_on_commit_callbacks):
    row, _ = request_by()
    heard = []

    def listen(sender, request, **_):
        heard.append((request.pk, request.state))

    request_sent.connect(listen)
    try:
        with django_capture_on_commit_callbacks(execute=True):
            send_request(row.pk)
    finally:
        request_sent.disconnect(listen)
    assert heard == [(row.pk, "sent")]


def test_an_answer_proves_that_it_arrived(request_by):
    row, far = request_by("blind")
    far.next = [LostAnswer()]
    row = send_request(row.pk)
    row = answer(row, "received", by=None, via="link")
    assert (row.state, row.may_have_been_sent) == ("received", False)
    assert send_request(row.pk).state == "received"
    assert far.keys == [row.key]


class TestWatchdog:
    def test_forgotten_ones_go_back_on_the_queue(self, request_by):
        row, _ = request_by()
        OrmQ.objects.all().delete()
        assert mind_requests() == 0, "it was queued just now"
        FollowUpRequest.objects.update(queued_at=timezone.now() - timedelta(minutes=1))
        assert mind_requests() == 1
        assert mind_requests() == 0
        assert OrmQ.objects.count() == 1
        assert row.pk

    def test_windows_that_passed_close_requests(self, request_by):
        row, far = request_by()
        past = timezone.now() - timedelta(minutes=1)
        FollowUpRequest.objects.update(window_start=past - timedelta(hours=1), window_end=past)
        assert send_request(row.pk).state == "expired"
        assert far.got == []
        assert "before it could be sent" in FollowUpRequest.objects.get().reason

    def test_who_will_observe_has_a_day_more_to_tell(self, request_by):
        row, _ = request_by()
        answer(send_request(row.pk), "accepted", by=None, via="link")
        now = timezone.now()
        FollowUpRequest.objects.update(window_start=now - timedelta(hours=9), window_end=now - timedelta(hours=1))
        assert expire_over(now) == 0
        assert expire_over(now + timedelta(days=1)) == 1
        row = FollowUpRequest.objects.get()
        assert row.state == "expired"
        assert answer(row, "done", by=None, via="link").state == "done"


def test_channel_that_is_gone_fails_it_with_a_sentence(request_by):
    row, _ = request_by()
    channel("CFHT", "by-list", is_active=False)
    row = send_request(row.pk)
    assert row.state == "failed"
    assert "CFHT cannot be asked from here." in row.reason


def test_target_that_is_gone_fails_it_with_a_sentence(request_by, target):
    row, far = request_by()
    target.delete()
    row = send_request(row.pk)
    assert (row.state, far.got) == ("failed", [])
    assert "was deleted" in row.reason


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("way", ALL_WAYS)
def test_workers_at_once_send_it_once(asker, target, ways, way, monkeypatch):
    channel("CFHT", way)
    row = asked(asker, target, exposures=EXPOSED)
    far, taken = ways[way].far, ways[way]._submit
    ready = threading.Barrier(4)

    def slowly(outgoing, line):
        time.sleep(0.2)
        return taken(outgoing, line)

    monkeypatch.setattr(ways[way], "_submit", slowly)

    def work():
        try:
            ready.wait(timeout=PATIENCE_S)
            for _ in range(3):
                send_request(row.pk)
        finally:
            connection.close()

    workers = [threading.Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(timeout=PATIENCE_S)
    row.refresh_from_db()
    assert (row.state, far.keys, row.attempts) == ("sent", [row.key], 0)
    assert row.transactions.count() == 1
