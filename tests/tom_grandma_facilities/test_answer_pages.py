"""Pages behind links: looking changes nothing, answers are written down, and no link does what it is not for."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from tests.factories import make_group, make_user
from tests.tom_grandma_facilities.asking import asked, channel
from tom_grandma_facilities.actions.links import link_path, make_link, make_team_link, revoke_link
from tom_grandma_facilities.actions.requests import cancel_request
from tom_grandma_facilities.models import AnswerLink, ExecutedObservation, FollowUpRequest

pytestmark = pytest.mark.django_db

ROW = "observation_id,RA,Dec,obstime,filter,exposure_time\na1,150.0,60.0,2026-11-19T03:14:15,r,60\n"


@pytest.fixture
def row(ways, target):
    channel("KAO", "by-list", timezone="Africa/Cairo")
    wish = [{"filter": "sdssr", "exposure_s": 60, "count": 3}]
    return asked(make_user("asker", make_group()), target, "KAO", exposures=wish, note="<b>Deep</b>, please.")


@pytest.fixture
def address(row):
    return link_path(make_link(row, by=None))


@pytest.fixture
def observer():
    """A browser that keeps no cookies to speak of, with the check against forged forms on."""
    return Client(enforce_csrf_checks=True)


def everything(row):
    """All that a visit might change."""
    row = FollowUpRequest.objects.get(pk=row.pk)
    return (row.state, row.modified_at, row.entries.count(), list(AnswerLink.objects.order_by("pk").values()))


@pytest.mark.parametrize("method", ["get", "head", "options"])
@pytest.mark.parametrize("agent", ["Slackbot-LinkExpanding 1.0", "Mozilla/5.0", "GoogleImageProxy"])
def test_scanners_that_look_change_nothing(observer, row, address, method, agent):
    upload, download = (link_path(make_link(row, purpose, by=None)) for purpose in ("upload", "download"))
    before = everything(row)
    for path in (address, f"{address}?to=accepted", upload, download):
        assert getattr(observer, method)(path, headers={"User-Agent": agent}).status_code in (200, 405)
    assert everything(row) == before


def test_the_page_tells_what_is_asked(observer, row, address):
    answered = observer.get(address)
    text = answered.content.decode()
    assert "GRANDMA asks <strong>KAO</strong>" in text
    assert "10:00:00.00" in text
    assert "3×60 s sdssr" in text
    assert "&lt;b&gt;Deep&lt;/b&gt;" in text
    assert "in Cairo" in text
    assert "highest" in text
    assert answered["Cache-Control"] == "no-store, private"
    assert answered["Referrer-Policy"] == "no-referrer"
    assert "noindex" in answered["X-Robots-Tag"]
    assert "sessionid" not in answered.cookies
    assert "<script>" not in text


@pytest.mark.parametrize(
    ("told", "state", "words"),
    [
        ({"to": "received"}, "received", "We know that you have received it"),
        ({"to": "accepted"}, "accepted", "Thank you. You will observe it"),
        ({"to": "accepted", "at": "2130"}, "accepted", "21:30 UTC"),
        ({"to": "observing", "progress": "exposure 2"}, "observing", "exposure 2"),
        ({"to": "done"}, "done", "Done. Thank you!"),
        ({"to": "declined", "reason_code": "weather", "words": "fog"}, "declined", "weather, fog"),
        ({"to": "declined", "reason_code": "weather", "words": "a\x00b"}, "declined", "weather, a\ufffdb"),
        ({"to": "observing", "progress": "1\x002"}, "observing", "1\ufffd2"),
    ],
)
def test_an_answer_is_written_down_and_shown(observer, row, address, told, state, words):
    answered = observer.post(address, told)
    assert (answered.status_code, answered["Location"]) == (302, address)
    row.refresh_from_db()
    assert row.state == state
    assert row.entries.last().via == "link"
    assert words in observer.get(address).content.decode()


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ({"to": "declined"}, "Why it cannot be observed is missing"),
        ({"to": "accepted", "at": "soonish"}, "is no time"),
        ({"to": "cancelled"}, "is no answer"),
        ({}, "is no answer"),
        ({"to": "accepted", "at": "2031-01-01T00:00"}, "too far away"),
        ({"to": "accepted", "at": "9999-12-31T23:59-14:00"}, "is no time"),
        ({"to": "accepted", "at": "0001-01-01T00:00+14:00"}, "is no time"),
    ],
)
def test_what_cannot_be_written_down_is_told(observer, row, address, told, words):
    answered = observer.post(address, told)
    assert answered.status_code == 400
    assert words in answered.content.decode()
    row.refresh_from_db()
    assert row.state == "queued"


def test_a_cancelled_request_asks_nothing_any_more(observer, row, address):
    cancel_request(row, by=None, reason="Retracted.")
    text = observer.get(address).content.decode()
    assert "Cancelled: please do not observe it." in text
    assert "Your answer" not in text
    assert observer.post(address, {"to": "accepted"}).status_code == 400


def test_the_way_to_an_upload_is_made_when_asked_for(observer, row, address):
    observer.post(address, {"to": "done"})
    there = observer.post(address, {"to": "upload"})["Location"]
    assert there == link_path(row.links.get(purpose="upload"))
    text = observer.post(there, {"text": ROW}).content.decode()
    assert "1 created" in text
    assert ExecutedObservation.objects.get().telescope == "KAO"
    assert "1 known already" in observer.post(there, {"text": ROW}).content.decode()


def test_bad_rows_are_told_with_line_and_column(observer, row):
    there = link_path(make_link(row, "upload", by=None))
    text = observer.post(there, {"text": ROW + "a2,9999,60.0,2026-11-19T03:14:15,r,60\n"}).content.decode()
    assert "Line 3" in text
    assert "1 created, 1 rejected" in text
    assert "Choose a file or paste a table" in observer.post(there, {}).content.decode()


def test_a_check_stores_nothing(observer, row):
    there = link_path(make_link(row, "upload", by=None))
    assert "Nothing was stored yet" in observer.post(there, {"text": ROW, "check": "1"}).content.decode()
    assert not ExecutedObservation.objects.exists()


def test_a_team_uploads_by_its_own_link(observer, row):
    there = link_path(make_team_link("KAO", by=None))
    assert "Upload" in observer.get(there).content.decode()
    assert "1 created" in observer.post(there, {"text": ROW}).content.decode()


def test_programs_fetch_the_request(observer, row):
    there = link_path(make_link(row, "download", by=None))
    told = observer.get(there).json()
    assert told["telescope"] == "KAO"
    assert observer.post(there).status_code == 405
    cancel_request(row, by=None)
    assert observer.get(there).status_code == 410


class TestLinksThatAreNotGood:
    def refused(self, observer, path, status, words):
        for answered in (observer.get(path), observer.post(path, {"to": "accepted", "text": ROW})):
            assert answered.status_code == status
            assert words in answered.content.decode()
            assert answered["Cache-Control"] == "no-store, private"

    def test_made_up(self, observer, row, address):
        self.refused(observer, address[:-2] + "x/", 404, "This link is not known")
        self.refused(observer, f"/requests/a/{'x' * 5000}/", 404, "This link is not known")

    def test_expired(self, observer, row, address):
        AnswerLink.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
        self.refused(observer, address, 410, "This link is too old")

    def test_revoked(self, observer, row, address):
        revoke_link(row.links.get(), by=None)
        self.refused(observer, address, 410, "This link is no longer valid")

    def test_for_another_purpose(self, observer, row, address):
        self.refused(observer, address.replace("/a/", "/u/"), 404, "This link is not known")
        assert observer.get(address.replace("/a/", "/d/")).status_code == 404

    def test_of_another_request(self, observer, row, address, target):
        other = asked(row.created_by, target, "KAO", priority=1, exposures=row.exposures)
        observer.post(address, {"to": "accepted", "request": other.pk, "pk": other.pk})
        other.refresh_from_db()
        assert other.state == "queued"


def test_an_upload_link_that_was_revoked_is_not_made_anew_by_the_answer_link(observer, row, address):
    link = make_link(row, "upload", by=None)
    assert observer.post(address, {"to": "upload"})["Location"] == link_path(link)
    revoke_link(link, by=None)
    refused = observer.post(address, {"to": "upload"})
    assert refused.status_code == 410
    assert "Uploads by link were revoked" in refused.content.decode()
    assert AnswerLink.objects.filter(purpose="upload").count() == 1
    given = make_link(row, "upload", by=None)
    assert observer.post(address, {"to": "upload"})["Location"] == link_path(given)
