"""What becomes of requests that left: changed, taken back, asked how far they are; nothing doubled, nothing lost."""

from datetime import timedelta

import pytest
from django.utils import timezone

from tests.tom_grandma_facilities.asking import Down, LostAnswer, later
from tom_grandma_facilities.actions import cancel_request, edit_request, retry_now, send_request
from tom_grandma_facilities.actions.polling import due_to_poll, poll_status
from tom_grandma_facilities.exceptions import WrongState
from tom_grandma_facilities.models import FollowUpRequest

pytestmark = pytest.mark.django_db


class TestEdited:
    def test_before_it_left_only_the_last_version_goes(self, request_by, asker):
        row, far = request_by()
        edit_request(row, by=asker, priority=1)
        row = send_request(row.pk)
        assert far.keys == [f"{row.pk}-2"]
        assert far.got[0].priority == 1

    def test_a_robot_loses_the_earlier_version_before_it_gets_the_next(self, request_by, asker):
        row, far = request_by()
        row = send_request(row.pk)
        row = edit_request(row, by=asker, exposures=[{"filter": "sdssg", "exposure_s": 30, "count": 2}])
        assert (row.state, row.revision, row.answered_at) == ("queued", 2, None)
        far.next = [Down("busy")]
        row = send_request(row.pk)
        assert far.keys == [f"{row.pk}-1"], "not while the earlier one may still be observed"
        row = later(row)
        assert (row.state, far.keys, far.cancelled) == ("sent", [f"{row.pk}-1", f"{row.pk}-2"], [f"far-{row.pk}-1"])
        assert row.sent_revision == 2

    def test_people_are_told_that_it_replaces_the_earlier(self, request_by, asker):
        row, far = request_by("letters", note="Bright star nearby.")
        row = send_request(row.pk)
        row = send_request(edit_request(row, by=asker, priority=1).pk)
        assert far.cancelled == []
        assert far.got[1].note == f"This replaces request {row.pk}-1. Bright star nearby."

    @pytest.mark.parametrize("way", ["by-key", "by-list"])
    def test_while_nobody_knows_whether_it_arrived_it_stays_as_it_is(self, request_by, asker, way):
        row, far = request_by(way)
        far.next = [LostAnswer()]
        row = send_request(row.pk)
        with pytest.raises(WrongState, match="on its way"):
            edit_request(row, by=asker, priority=1)
        row = edit_request(later(row), by=asker, priority=1)
        row = send_request(row.pk)
        assert (row.state, far.keys, far.cancelled) == ("sent", [f"{row.pk}-1", f"{row.pk}-2"], [f"far-{row.pk}-1"])

    def test_nor_while_it_is_being_sent(self, request_by, asker, ways, monkeypatch):
        row, _ = request_by()
        submit, told = ways["by-list"]._submit, []

        def slowly(outgoing, line):
            with pytest.raises(WrongState) as refused:
                edit_request(row, by=asker, priority=1)
            told.append(str(refused.value))
            return submit(outgoing, line)

        monkeypatch.setattr(ways["by-list"], "_submit", slowly)
        assert send_request(row.pk).state == "sent"
        assert told == ["It is on its way to the telescope right now. Change it when it has arrived, or cancel it."]


class TestCancelled:
    def test_before_it_left_nobody_hears_of_it(self, request_by, asker):
        row, far = request_by()
        row = cancel_request(row, by=asker, reason="retracted")
        assert (row.state, row.is_to_be_withdrawn) == ("cancelled", False)
        send_request(row.pk)
        assert (far.got, far.cancelled) == ([], [])

    def test_afterwards_the_far_side_is_told_once(self, request_by, asker):
        row, far = request_by()
        row = send_request(row.pk)
        row = cancel_request(row, by=asker)
        far.next = [Down("busy")]
        row = send_request(row.pk)
        assert (row.state, row.is_to_be_withdrawn) == ("cancelled", True)
        later(row)
        row = later(row)
        assert (row.state, row.is_to_be_withdrawn, far.cancelled) == ("cancelled", False, [f"far-{row.key}"])
        assert row.entries.last().note == "CFHT was told."

    def test_while_it_is_being_sent_it_is_taken_back(self, request_by, asker, ways, monkeypatch):
        row, far = request_by()
        submit = ways["by-list"]._submit

        def slowly(outgoing, line):
            cancel_request(row, by=asker)
            return submit(outgoing, line)

        monkeypatch.setattr(ways["by-list"], "_submit", slowly)
        now = send_request(row.pk)
        assert (now.state, now.is_to_be_withdrawn) == ("cancelled", True)
        now = send_request(row.pk)
        assert (now.is_to_be_withdrawn, far.cancelled) == (False, [f"far-{row.key}"])

    @pytest.mark.parametrize(("way", "told"), [("blind", []), ("letters", ["{}-1"]), ("by-list", ["far-{}-1"])])
    def test_while_it_is_being_sent_and_its_answer_is_lost(self, request_by, asker, ways, monkeypatch, way, told):
        row, far = request_by(way)
        submit = ways[way]._submit

        def slowly(outgoing, line):
            monkeypatch.setattr(ways[way], "_submit", submit)
            cancel_request(row, by=asker)
            far.next = [LostAnswer()]
            return submit(outgoing, line)

        monkeypatch.setattr(ways[way], "_submit", slowly)
        now = send_request(row.pk)
        assert (now.state, now.may_have_been_sent, now.is_to_be_withdrawn) == ("cancelled", False, True)
        now = later(now)
        assert now.is_to_be_withdrawn is False
        assert far.cancelled == [one.format(row.pk) for one in told]
        assert far.keys == [row.key]

    def test_one_that_may_have_arrived_is_looked_for(self, request_by, asker):
        row, far = request_by("by-list")
        far.next = [LostAnswer()]
        row = cancel_request(send_request(row.pk), by=asker)
        send_request(row.pk)
        assert far.cancelled == [f"far-{row.key}"]

    def test_where_nothing_can_tell_a_person_must(self, request_by, asker):
        row, far = request_by("blind")
        far.next = [LostAnswer()]
        row = cancel_request(send_request(row.pk), by=asker)
        row = send_request(row.pk)
        assert far.cancelled == []
        assert "Tell its team yourself." in row.entries.last().note

    def test_people_are_told_even_if_nobody_knows_whether_they_got_it(self, request_by, asker):
        row, far = request_by("letters")
        far.next = [LostAnswer()]
        row = cancel_request(send_request(row.pk), by=asker)
        send_request(row.pk)
        assert far.cancelled == [row.key]


class TestAskedAfter:
    @pytest.fixture
    def sent(self, request_by):
        row, far = request_by()
        row = send_request(row.pk)
        FollowUpRequest.objects.update(sent_at=timezone.now() - timedelta(hours=1))
        return row, far

    def test_its_answers_move_the_request(self, sent):
        row, far = sent
        assert due_to_poll(timezone.now(), at_most=9) == [row.pk]
        assert due_to_poll(timezone.now(), at_most=9) == [], "handed out already"
        for state in ("accepted", "observing", "accepted", "done"):
            far.state = state
            row = poll_status(row.pk)
        assert [entry.new_state for entry in row.entries.all()] == ["queued", "sent", "accepted", "observing", "done"]
        assert {entry.via for entry in row.entries.all()[2:]} == {"transport"}
        assert poll_status(row.pk).state == "done"

    def test_given_up_there_is_told_with_its_words(self, sent):
        row, far = sent
        far.state, far.note = "failed", "The window passed."
        row = poll_status(row.pk)
        assert (row.state, row.reason) == ("failed", "The window passed.")

    def test_tried_again_after_that_it_is_a_new_request_there(self, sent, asker):
        row, far = sent
        far.state = "failed"
        row = retry_now(poll_status(row.pk), by=asker)
        row = send_request(row.pk)
        assert far.keys == [f"{row.pk}-1", f"{row.pk}-2"]

    def test_declined_there(self, sent):
        row, far = sent
        far.state, far.note = "declined", "clouds"
        row = poll_status(row.pk)
        assert (row.state, row.reason_code, row.reason) == ("declined", "other", "clouds")

    def test_equal_answers_are_kept_once(self, sent):
        row, far = sent
        for _ in range(3):
            poll_status(row.pk)
        far.next = [Down("busy"), Down("busy")]
        poll_status(row.pk)
        poll_status(row.pk)
        assert row.transactions.filter(action="status").count() == 2
