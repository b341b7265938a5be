"""The list of requests, the page of one, the matrix: what is shown, what is done there, and how much it asks for."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tests.factories import make_group, make_user
from tests.tom_grandma_facilities.asking import asked, channel
from tom_grandma_facilities.actions.answers import answer
from tom_grandma_facilities.actions.links import make_link
from tom_grandma_facilities.board import board_of_requests
from tom_grandma_facilities.choices import Via
from tom_grandma_facilities.models import FollowUpRequest

pytestmark = pytest.mark.django_db

EXPOSURES = [{"filter": "sdssr", "exposure_s": 60.0, "count": 3}]


@pytest.fixture
def asker(db):
    return make_user("asker", make_group())


@pytest.fixture
def rows(ways, asker, target):
    for name in ("KAO", "TAROT-TCA"):
        channel(name, "by-list")
    return {name: asked(asker, target, name, exposures=EXPOSURES) for name in ("KAO", "TAROT-TCA")}


@pytest.fixture
def page(client, asker):
    client.force_login(asker)
    return client


def said(answered):
    return " ".join(str(message) for message in answered.context["messages"])


class TestList:
    def test_newest_first_with_filters_and_order(self, page, rows):
        assert [line.request.telescope for line in page.get("/requests/").context["rows"]] == ["TAROT-TCA", "KAO"]
        shown = page.get("/requests/?sort=telescope").context["rows"]
        assert [line.request.telescope for line in shown] == ["KAO", "TAROT-TCA"]
        assert len(page.get("/requests/?telescope=KAO").context["rows"]) == 1
        assert len(page.get("/requests/?q=2026ABC&state=open&who=me&priority=3").context["rows"]) == 2
        assert "No request passes" in page.get("/requests/?state=done").content.decode()

    def test_nonsense_in_the_address_narrows_nothing(self, page, rows):
        assert len(page.get("/requests/?sort=password&telescope=NOPE&priority=x").context["rows"]) == 2

    def test_its_queries_do_not_grow(self, page, asker, target, rows):
        page.get("/requests/")
        with CaptureQueriesContext(connection) as few:
            page.get("/requests/")
        for priority in (1, 2, 4, 5):
            asked(asker, target, "KAO", exposures=EXPOSURES, priority=priority)
        with CaptureQueriesContext(connection) as many:
            page.get("/requests/")
        assert len(many) <= len(few)

    def test_the_priority_is_changed_where_it_is_shown(self, page, rows):
        row = rows["KAO"]
        part = page.post(f"/requests/{row.pk}/priority/", {"priority": "1"}, headers={"HX-Request": "true"})
        assert "Changed." in part.content.decode()
        wrong = page.post(f"/requests/{row.pk}/priority/", {"priority": "7"}, headers={"HX-Request": "true"})
        assert "A priority is 1 (highest) to 5." in wrong.content.decode()
        row.refresh_from_db()
        assert row.priority == 1


class TestOne:
    def test_it_shows_what_was_asked_and_what_happened(self, page, rows):
        answer(rows["KAO"], "declined", by=None, via=Via.LINK, reason_code="weather", reason="fog")
        text = page.get(rows["KAO"].get_absolute_url()).content.decode()
        assert "3×60 s sdssr" in text
        assert "cannot observe" in text
        assert "weather: fog" in text
        assert "by link" in text

    def test_it_is_edited_in_place(self, page, rows):
        row = rows["KAO"]
        form = page.get(row.get_absolute_url()).context["edit_form"]
        data = {"priority": "2", "note": "Go.", "filter": "sdssg", "exposure_time_s": "90", "exposure_count": "2"}
        for name in ("window_start", "window_end"):
            data[name] = f"{form.initial[name]:%Y-%m-%dT%H:%M}"
        page.post(f"/requests/{row.pk}/edit/", data)
        row.refresh_from_db()
        assert (row.priority, row.note, row.exposures[0]["filter"], row.revision) == (2, "Go.", "sdssg", 2)
        wrong = page.post(f"/requests/{row.pk}/edit/", data | {"exposure_time_s": "-1"})
        assert wrong.status_code == 400
        assert "greater than or equal" in wrong.content.decode()

    def test_saving_without_a_change_sends_nothing_anew(self, page, rows):
        row = rows["KAO"]
        form = page.get(row.get_absolute_url()).context["edit_form"]
        data = {"priority": "3", "note": "", "filter": "sdssr", "exposure_time_s": "60", "exposure_count": "3"}
        for name in ("window_start", "window_end"):
            data[name] = f"{form.initial[name]:%Y-%m-%dT%H:%M}"
        page.post(f"/requests/{row.pk}/edit/", data)
        row.refresh_from_db()
        assert row.revision == 1

    def test_deeds(self, page, rows):
        row = rows["KAO"]
        here = f"/requests/{row.pk}"
        told = page.post(f"{here}/answer/", {"to": "accepted", "at": "21:30", "note": "by phone"}, follow=True)
        assert "Written down: will observe." in said(told)
        assert "Written down: done." in said(page.post(f"{here}/answer/", {"to": "done"}, follow=True))
        assert "Taken back: will observe." in said(page.post(f"{here}/undo/", follow=True))
        assert "Cancelled." in said(page.post(f"{here}/cancel/", {"reason": "faded"}, follow=True))
        assert "there is nothing to cancel" not in said(page.post(f"{here}/cancel/", follow=True))
        assert "There is nothing to try again." in said(page.post(f"{here}/retry/", follow=True))

    def test_links_are_made_shown_and_revoked(self, page, rows):
        row = rows["KAO"]
        page.post(f"/requests/{row.pk}/links/", {"purpose": "answer"})
        link = row.links.get()
        assert 'class="new-link">http' in page.get(row.get_absolute_url()).content.decode()
        page.post(f"/requests/{row.pk}/links/{link.pk}/revoke/")
        link.refresh_from_db()
        assert link.revoked_at is not None
        other = make_link(rows["TAROT-TCA"], by=None)
        assert page.post(f"/requests/{row.pk}/links/{other.pk}/revoke/").status_code == 404

    def test_the_story_is_asked_for_only_when_it_changed(self, page, rows):
        row = rows["KAO"]
        key = page.get(row.get_absolute_url()).context["story_key"]
        assert page.get(f"/requests/{row.pk}/story/?seen={key}").status_code == 204
        answer(row, "received", by=None, via=Via.LINK)
        assert "received" in page.get(f"/requests/{row.pk}/story/?seen={key}").content.decode()

    def test_who_may_only_look_finds_no_buttons(self, client, rows):
        client.force_login(make_user("looker", make_group(), role="view"))
        row = rows["KAO"]
        text = client.get(row.get_absolute_url()).content.decode()
        assert "Cancel the request" not in text
        assert "new-link" not in text
        client.post(f"/requests/{row.pk}/cancel/")
        row.refresh_from_db()
        assert row.state == "queued"

    def test_strangers_find_nothing(self, client, rows):
        client.force_login(make_user("stranger", make_group("elsewhere")))
        row = rows["KAO"]
        for path in ("", "story/"):
            assert client.get(f"/requests/{row.pk}/{path}").status_code == 404
        assert client.post(f"/requests/{row.pk}/cancel/").status_code == 404


class TestMatrix:
    def test_every_state_has_its_time_and_its_mood(self, rows):
        answer(rows["KAO"], "received", by=None, via=Via.LINK)
        answer(rows["KAO"], "observing", by=None, via=Via.LINK, progress="exposure 2")
        FollowUpRequest.objects.filter(pk=rows["TAROT-TCA"].pk).update(state="sent", reminded_at=timezone.now())
        board = board_of_requests(FollowUpRequest.objects.order_by("telescope"))
        kao, tarot = board.rows
        shown = {cell.heading: (cell.at is not None, cell.is_now, cell.is_skipped) for cell in kao.cells}
        assert shown == {
            "Asked": (True, False, False),
            "Sent": (False, False, True),
            "Received": (True, False, False),
            "Will observe": (False, False, True),
            "Observing": (True, True, False),
            "Done": (False, False, False),
        }
        assert (kao.mood, kao.answered_by, tarot.mood) == ("good", "by link", "silent")
        assert [count for count, _, _ in board.summary] == [1, 1]

    def test_the_part_of_a_target_comes_only_when_it_changed(self, page, rows, target):
        address, part = f"/targets/{target.pk}/requests/", {"HX-Request": "true"}
        key = page.get(address).context["board"].key
        assert page.get(f"{address}?seen={key}", headers=part).status_code == 204
        answer(rows["KAO"], "done", by=None, via=Via.LINK)
        assert 'data-state="done"' in page.get(f"{address}?seen={key}", headers=part).content.decode()

    def test_its_queries_do_not_grow(self, asker, target, rows):
        with CaptureQueriesContext(connection) as few:
            board_of_requests(FollowUpRequest.objects.all())
        for priority in (1, 2, 4):
            later = timezone.now() + timedelta(hours=priority)
            asked(asker, target, "KAO", exposures=EXPOSURES, priority=priority, window_start=later)
        with CaptureQueriesContext(connection) as many:
            board_of_requests(FollowUpRequest.objects.all())
        assert len(many) == len(few) == 2
