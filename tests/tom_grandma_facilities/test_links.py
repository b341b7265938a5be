"""Signed links: not forged, not replayed after revocation, not used for another request; GET changes nothing."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.core.serializers import serialize
from django.utils import timezone

from tests.factories import make_group
from tests.tom_grandma_facilities.asking import asked, channel
from tom_grandma_facilities.actions import (
    answer_by_link,
    cancel_request,
    download_by_link,
    edit_request,
    link_path,
    link_url,
    make_link,
    make_team_link,
    resolve_link,
    revoke_link,
    send_request,
    upload_by_link,
)
from tom_grandma_facilities.actions.links import token_fits
from tom_grandma_facilities.exceptions import LinkRefused, NotAllowed, WrongState
from tom_grandma_facilities.executed import UnreadableSheet
from tom_grandma_facilities.models import AnswerLink, ExecutedObservation, FollowUpRequest, ObservationUpload
from tom_grandma_facilities.tasks import run_upload

pytestmark = pytest.mark.django_db

EXPOSURES = [{"filter": "sdssr", "exposure_s": 60, "count": 3}]
TABLE = (
    "observation_id,RA,Dec,obstime,filter,exposure_time\n"
    "n1,150.0,60.0,2024-11-02T13:00:00,r,60\n"
    "n2,150.1,60.0,2024-11-02T13:02:00,r,60\n"
)


@pytest.fixture
def row(asker, target, ways):
    channel("CFHT", "letters")
    return send_request(asked(asker, target, exposures=EXPOSURES).pk)


@pytest.fixture
def other(asker, target, row):
    return send_request(asked(asker, target, exposures=EXPOSURES, priority=1).pk)


def token(link):
    return link_path(link).rstrip("/").rpartition("/")[2]


@pytest.fixture
def link(row):
    return make_link(row, "answer", by=None)


def refused(code, token, purpose="answer"):
    with pytest.raises(LinkRefused) as error:
        resolve_link(token, purpose)
    assert error.value.code == code
    return str(error.value)


class TestWhatALinkIs:
    def test_the_message_carries_it_whole(self, row, link, ways, settings):
        (letter,) = ways["letters"].far.got
        assert letter.answer_url == link_url(link)
        assert link_url(link).startswith(settings.ICARE_SITE_URL)
        assert resolve_link(token(link), "answer").request == row

    def test_made_again_it_is_the_same_and_lives_as_long_as_the_request(self, row, link, asker):
        assert make_link(row, "answer", by=asker) == link
        assert link.expires_at > row.window_end
        later = row.window_end + timedelta(days=5)
        row = edit_request(row, by=asker, window_end=later)
        assert make_link(row, "answer", by=None).expires_at > later

    def test_the_database_does_not_hold_the_token(self, link):
        assert len(token(link)) >= 40
        assert token(link) not in serialize("json", AnswerLink.objects.all())

    def test_with_another_key_of_the_site_the_old_link_still_works_and_a_new_one_is_written(self, row, link, settings):
        known = token(link)
        settings.SECRET_KEY = "another key of the site"
        assert not token_fits(link)
        assert resolve_link(known, "answer") == link
        assert make_link(row, "answer", by=None) != link


class TestForged:
    def test_what_is_not_known(self, link):
        known = token(link)
        for wrong in (
            "",
            "x",
            known[:-1],
            known + "A",
            known.swapcase(),
            f"{known}/",
            "A" * 10_000,
            "\x00",
            "%",
            link.nonce,
        ):
            refused("unknown", wrong)
        refused("unknown", link.sha256)
        refused("unknown", str(link.pk))

    @pytest.mark.parametrize("purpose", ["upload", "download"])
    def test_for_another_purpose_it_is_not_known(self, link, purpose):
        refused("unknown", token(link), purpose)

    def test_for_another_request_it_is_nothing(self, row, other, link):
        answer_by_link(token(link), "received")
        other.refresh_from_db()
        assert other.state == "sent"
        assert FollowUpRequest.objects.get(pk=row.pk).state == "received"
        with pytest.raises(TypeError):
            answer_by_link(token(link), "received", request=other)

    def test_an_upload_link_answers_nothing(self, row):
        upload = make_link(row, "upload", by=None)
        with pytest.raises(LinkRefused):
            answer_by_link(token(upload), "done")
        row.refresh_from_db()
        assert row.state == "sent"


class TestRevokedAndExpired:
    def test_replayed_after_revocation(self, row, link, asker):
        answer_by_link(token(link), "received")
        revoke_link(link, by=asker)
        assert "was revoked on" in refused("revoked", token(link))
        with pytest.raises(LinkRefused):
            answer_by_link(token(link), "done")
        row.refresh_from_db()
        assert row.state == "received"
        assert make_link(row, "answer", by=asker) != link

    def test_expired(self, link):
        AnswerLink.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
        assert "was good until" in refused("expired", token(link))
        with pytest.raises(LinkRefused):
            answer_by_link(token(link), "done")

    def test_who_may_revoke(self, link, stranger, asker, administrator):
        with pytest.raises(NotAllowed):
            revoke_link(link, by=stranger)
        team = make_team_link("CFHT", by=administrator)
        for deed in (lambda: revoke_link(team, by=asker), lambda: make_team_link("CFHT", by=asker)):
            with pytest.raises(NotAllowed):
                deed()
        assert revoke_link(team, by=administrator).revoked_by == administrator


class TestLooking:
    def test_scanners_change_nothing(self, client, row, link):
        before = serialize("json", [row, link, *row.entries.all()])
        addresses = [link_path(link), link_path(make_link(row, "upload", by=None))]
        addresses.append(link_path(make_link(row, "download", by=None)))
        for address in addresses:
            for look in (client.get, client.head, client.options):
                assert look(address).status_code in (200, 405), address
                look(f"{address}?state=done&to=done&reason_code=weather")
        row.refresh_from_db()
        link.refresh_from_db()
        assert serialize("json", [row, link, *row.entries.all()]) == before
        assert not ObservationUpload.objects.exists()

    @pytest.mark.parametrize("letter", ["a", "u", "d"])
    def test_a_wrong_link_is_a_plain_page(self, client, row, letter):
        answer = client.get(f"/requests/{letter}/{'A' * 43}/")
        assert answer.status_code in (404, 410)
        assert row.subject not in answer.content.decode()


class TestAnswering:
    def test_the_log_names_the_link_and_not_a_person(self, row, link):
        row = answer_by_link(token(link), "declined", reason_code="weather", reason="rain")
        entry = row.entries.last()
        assert (entry.via, entry.by, entry.by_text, entry.note) == ("link", None, f"link {link.pk}", "weather: rain")
        link.refresh_from_db()
        assert link.used_at is not None

    def test_a_cancelled_request_takes_no_answer(self, row, link, asker):
        cancel_request(row, by=asker)
        with pytest.raises(WrongState):
            answer_by_link(token(link), "accepted")


class TestUploading:
    def test_what_was_observed_for_a_request_is_seen_by_whoever_sees_it(self, row, asker, other_member):
        link = make_link(row, "upload", by=None)
        received = upload_by_link(token(link), TABLE.encode(), source="night.csv")
        assert received.recorded.counts["created"] == 2
        rows = ExecutedObservation.objects.visible_to(asker)
        assert {found.telescope for found in rows} == {"CFHT"}
        assert rows.count() == 2
        assert not ExecutedObservation.objects.visible_to(other_member).exists()
        upload = ObservationUpload.objects.get()
        assert (upload.link, upload.uploaded_by, upload.source) == (link, None, "night.csv")
        assert row.entries.last().note == "Executed observations were uploaded (night.csv)."

    def test_again_nothing_is_doubled(self, row, asker):
        link = make_link(row, "upload", by=None)
        upload_by_link(token(link), TABLE.encode())
        again = upload_by_link(token(link), TABLE.encode())
        assert again.recorded.counts["exists"] == 2
        assert ExecutedObservation.objects.count() == 2

    def test_of_another_telescope_it_takes_nothing(self, row):
        link = make_link(row, "upload", by=None)
        table = TABLE.replace("filter,", "filter,telescope,").replace(",r,", ",r,KAIT,")
        received = upload_by_link(token(link), table.encode())
        assert (received.recorded.counts["rejected"], ExecutedObservation.objects.count()) == (2, 0)

    def test_a_file_that_is_no_table_says_so(self, row):
        with pytest.raises(UnreadableSheet):
            upload_by_link(token(make_link(row, "upload", by=None)), b"\x00\x01\x02")

    def test_long_files_are_read_in_the_background(self, row, asker, settings):
        settings.ICARE_UPLOAD_ROWS_AT_ONCE = 1
        link = make_link(row, "upload", by=None)
        received = upload_by_link(token(link), TABLE.encode())
        assert received.recorded is None
        assert run_upload(received.upload.pk) == "done"
        assert ExecutedObservation.objects.visible_to(asker).count() == 2

    def test_a_team_uploads_for_the_network(self, grandma, asker, other_member, administrator, ways):
        link = make_team_link("KAIT", by=administrator)
        upload_by_link(token(link), TABLE.encode())
        assert ExecutedObservation.objects.visible_to(asker).filter(telescope="KAIT").count() == 2
        assert not ExecutedObservation.objects.visible_to(other_member).exists()

    def test_only_groups_of_the_request_see_it(self, asker, target, ways):
        channel("CFHT", "letters")
        team = make_group("Team")
        asker.groups.add(team)
        row = asked(User.objects.get(pk=asker.pk), target, exposures=EXPOSURES, groups=[team])
        upload_by_link(token(make_link(row, "upload", by=None)), TABLE.encode())
        assert [group.name for group in ObservationUpload.objects.get().groups.all()] == ["Team"]


class TestDownloading:
    def test_it_is_the_request_as_json(self, row, target):
        told = download_by_link(token(make_link(row, "download", by=None)))
        assert (told["key"], told["telescope"], told["ra_deg"]) == (f"{row.pk}-1", "CFHT", target.ra)
        assert told["exposures"] == [{"filter": "sdssr", "exposure_s": 60.0, "count": 3}]
        assert told["answer_url"] == ""

    def test_of_a_cancelled_request_there_is_nothing(self, row, asker):
        link = make_link(row, "download", by=None)
        cancel_request(row, by=asker)
        with pytest.raises(LinkRefused, match="was cancelled"):
            download_by_link(token(link))
