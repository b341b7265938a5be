"""Asking, editing, cancelling, answering; who may, who sees, and what the table of states allows."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.db.utils import InternalError
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from tom_observations.facility import get_service_class
from tom_observations.models import ObservationRecord

from icare_tom.members.models import Membership
from tests.factories import make_group, make_target, make_user
from tests.tom_grandma_facilities.asking import SECRET, asked, channel, give_rights
from tom_grandma_facilities.actions import (
    answer,
    ask,
    cancel_request,
    edit_request,
    mark_done,
    may_ask,
    retry_now,
    send_request,
    set_telescope_status,
    undo_answer,
)
from tom_grandma_facilities.exceptions import InvalidRequest, NoChannel, NotAllowed, WrongState
from tom_grandma_facilities.models import FollowUpRequest
from tom_grandma_facilities.signals import request_answered, request_asked

pytestmark = pytest.mark.django_db

EXPOSURES = [{"filter": "sdssr", "exposure_s": 60, "count": 3}]


@pytest.fixture(autouse=True)
def line(ways):
    return channel("CFHT", "by-list")


@pytest.fixture
def row(asker, target):
    return asked(asker, target, exposures=EXPOSURES)


def codes(answer_of):
    return {key: answer_of.json().get(key) for key in ("code", "field")}


class TestAsking:
    def test_everything_wished_is_kept_and_the_network_sees_it(self, asker, target):
        wish = {"priority": 1, "note": " Bright star. ", "constraints": {"airmass_max": 2, "min_altitude_deg": None}}
        row = asked(asker, target, exposures=EXPOSURES, **wish)
        assert (row.telescope, row.kind, row.subject, row.state) == ("CFHT", "target", target.name, "queued")
        assert (row.priority, row.note, row.constraints) == (1, "Bright star.", {"airmass_max": 2.0})
        assert (row.programme_s, row.created_by, row.transport) == (180.0, asker, "by-list")
        assert [group.name for group in row.groups.all()] == ["GRANDMA"]
        assert (row.record.facility, row.record.observation_id, row.record.status) == ("CFHT", str(row.pk), "queued")

    def test_a_second_click_asks_nobody_twice(self, asker, target, row):
        assert asked(asker, target, exposures=EXPOSURES, window_end=row.window_end) == row
        assert ObservationRecord.objects.count() == 1
        other = asked(asker, target, exposures=EXPOSURES, window_end=row.window_end, priority=1)
        assert other != row

    def test_after_it_was_cancelled_it_can_be_asked_again(self, asker, target, row):
        cancel_request(row, by=asker)
        assert asked(asker, target, exposures=EXPOSURES, window_end=row.window_end) != row

    @pytest.mark.parametrize(
        ("changes", "field", "words"),
        [
            ({"exposures": []}, "exposures", "No exposures"),
            ({"exposures": [{"filter": "K", "exposure_s": 1}]}, "exposures", "no filter K. It has sdssg"),
            ({"exposures": [{"filter": "sdssr", "exposure_s": 0}]}, "exposures", "exposure time is 0 s"),
            ({"exposures": [{"filter": "sdssr", "exposure_s": "nan"}]}, "exposures", "no number"),
            ({"exposures": [{"filter": "sdssr", "exposure_s": 9, "count": 1.5}]}, "exposures", "whole number"),
            ({"exposures": [{"filter": "sdssr", "exposure_s": 3600, "count": 999}]}, "window_end", "shorter than"),
            ({"priority": 6}, "priority", "1 to 5"),
            ({"constraints": {"seeing": 1}}, "constraints", "no constraint seeing"),
            ({"constraints": {"airmass_max": 0.5}}, "constraints", "Give 1 to 20"),
            ({"telescope": "CFTH"}, "telescope", "CFHT"),
        ],
    )
    def test_what_cannot_be_is_refused_with_where_and_how_to_mend(self, asker, target, changes, field, words):
        with pytest.raises(InvalidRequest, match=words) as refused:
            asked(asker, target, **{"exposures": EXPOSURES, **changes})
        assert refused.value.field == field
        assert not FollowUpRequest.objects.exists()

    @pytest.mark.parametrize(
        ("start_h", "end_h", "words"),
        [(-48, -24, "has passed"), (-48, 5, "begins in the past"), (5, 4, "ends before"), (0, 900, "longer than 30")],
    )
    def test_windows_that_cannot_be(self, asker, target, start_h, end_h, words):
        now = timezone.now()
        window = {"window_start": now + timedelta(hours=start_h), "window_end": now + timedelta(hours=end_h)}
        with pytest.raises(InvalidRequest, match=words):
            asked(asker, target, exposures=EXPOSURES, **window)

    def test_a_form_left_open_begins_now(self, asker, target):
        start = timezone.now() - timedelta(minutes=30)
        row = asked(asker, target, exposures=EXPOSURES, window_start=start)
        assert row.window_start >= row.created_at - timedelta(seconds=5)

    def test_without_a_channel_it_says_so_and_keeps_nothing(self, asker, target):
        with pytest.raises(NoChannel, match="TAROT-TCA cannot be asked from here"):
            asked(asker, target, "TAROT-TCA")
        assert not FollowUpRequest.objects.exists()

    def test_a_closed_telescope_is_not_asked_unless_it_opens_in_time(self, asker, target, reporter, network):
        set_telescope_status("CFHT", "closed", by=reporter, reason="snow")
        with pytest.raises(InvalidRequest, match="Reported closed: snow"):
            asked(asker, target, exposures=EXPOSURES)
        set_telescope_status("CFHT", "closed", by=reporter, until=timezone.now() + timedelta(hours=2))
        assert asked(asker, target, exposures=EXPOSURES).state == "queued"

    def test_who_may_not_is_told(self, target, stranger, reporter):
        reporter.groups.clear()
        for user in (stranger, reporter):
            assert not may_ask(user)
            with pytest.raises(NotAllowed):
                asked(user, target)

    def test_a_target_one_may_not_see_is_not_asked_for(self, asker):
        hidden = make_target("Hidden", group=make_group("Another group"))
        with pytest.raises(NotAllowed, match="may not see this target"):
            asked(asker, hidden)

    def test_groups_of_others_are_not_told(self, asker, target):
        with pytest.raises(NotAllowed, match="among your own groups"):
            asked(asker, target, exposures=EXPOSURES, groups=[make_group("Another group")])

    def test_signal_after_commit(self, asker, target, django_capture_on_commit_callbacks):
        heard = []

        def listen(sender, request, by, **_):
            heard.append((request.subject, by))

        request_asked.connect(listen)
        try:
            with django_capture_on_commit_callbacks(execute=True):
                asked(asker, target, exposures=EXPOSURES)
        finally:
            request_asked.disconnect(listen)
        assert heard == [(target.name, asker)]


class TestSeeing:
    def test_rows_of_ones_groups_of_targets_one_sees(self, asker, row, stranger, other_member, administrator):
        visible = FollowUpRequest.objects.visible_to
        assert list(visible(asker)) == list(visible(administrator)) == [row]
        assert not visible(stranger).exists()
        assert not visible(other_member).exists()

    def test_a_private_target_hides_its_requests_from_others_of_the_group(self, asker):
        team = make_group("Team")
        target = make_target("Hidden", group=team)
        asker.groups.add(team)
        asker = User.objects.get(pk=asker.pk)
        row = asked(asker, target, exposures=EXPOSURES)
        colleague = make_user("colleague", make_group())
        assert list(FollowUpRequest.objects.visible_to(asker)) == [row]
        assert not FollowUpRequest.objects.visible_to(colleague).exists()
        target.delete()
        assert list(FollowUpRequest.objects.visible_to(asker)) == [row]
        assert not FollowUpRequest.objects.visible_to(colleague).exists()

    def test_log_calls_and_links_are_seen_with_their_request(self, asker, row, stranger):
        row = send_request(row.pk)
        for rows in (row.entries.all(), row.transactions.all(), row.links.all()):
            assert rows.exists()
            assert rows.model.objects.visible_to(asker).count() == rows.count()
            assert not rows.model.objects.visible_to(stranger).exists()


class TestEditing:
    def test_only_what_changed_is_told(self, asker, row):
        edit_request(row, by=asker, priority=1, note="")
        assert row.entries.last().note == "Changed: priority."
        row.refresh_from_db()
        assert (row.priority, row.revision) == (1, 2)
        edit_request(row, by=asker, priority=1)
        assert row.entries.count() == 2

    def test_an_answer_to_the_earlier_version_counts_no_more(self, asker, row):
        row = answer(send_request(row.pk), "accepted", by=None, via="link")
        row = edit_request(row, by=asker, exposures=[{"filter": "sdssg", "exposure_s": 30, "count": 1}])
        assert (row.state, row.answered_at, row.programme_s) == ("queued", None, 30.0)
        row.record.refresh_from_db()
        assert (row.record.status, row.record.parameters["revision"]) == ("queued", 2)

    def test_only_the_note_after_the_window_began(self, asker, row):
        start = timezone.now() - timedelta(hours=5)
        FollowUpRequest.objects.update(window_start=start)
        row = edit_request(row, by=asker, note="Guide star moved.")
        assert (row.note, row.window_start) == ("Guide star moved.", start)

    @pytest.mark.parametrize("state", ["done", "cancelled", "declined", "expired"])
    def test_what_is_over_is_not_edited(self, asker, row, state):
        FollowUpRequest.objects.update(state=state)
        with pytest.raises(WrongState):
            edit_request(row, by=asker, priority=1)

    def test_wrong_values_and_names_change_nothing(self, asker, row):
        with pytest.raises(InvalidRequest, match="cannot be changed"):
            edit_request(row, by=asker, state="done")
        with pytest.raises(InvalidRequest, match="1 to 5"):
            edit_request(row, by=asker, priority=0)
        row.refresh_from_db()
        assert (row.revision, row.state) == (1, "queued")

    def test_others_may_not(self, row, stranger, other_member):
        give_rights(other_member)
        for user in (stranger, User.objects.get(pk=other_member.pk)):
            for change in (edit_request, cancel_request, retry_now, undo_answer, mark_done):
                with pytest.raises(NotAllowed):
                    change(row, by=user)


class TestAnswering:
    def test_the_way_of_a_night(self, row, django_capture_on_commit_callbacks):
        heard = []

        def listen(sender, request, entry, **_):
            heard.append((entry.old_state, entry.new_state))

        row = send_request(row.pk)
        at = timezone.now() + timedelta(hours=3)
        request_answered.connect(listen)
        try:
            with django_capture_on_commit_callbacks(execute=True):
                answer(row, "received", by=None, via="link")
                answer(row, "accepted", by=None, via="link", will_observe_at=at)
                answer(row, "observing", by=None, via="link", progress="exposure 2")
                row = answer(row, "done", by=None, via="link")
        finally:
            request_answered.disconnect(listen)
        assert [new for _, new in heard] == ["received", "accepted", "observing", "done"]
        assert (row.state, row.will_observe_at, row.progress) == ("done", at, "exposure 2")
        row.record.refresh_from_db()
        assert row.record.status == "done"

    def test_the_same_answer_twice_is_one(self, row):
        row = send_request(row.pk)
        for _ in range(3):
            answer(row, "received", by=None, via="link")
        assert row.entries.filter(new_state="received").count() == 1

    def test_another_tile_is_another_line(self, row):
        row = send_request(row.pk)
        for tile in ("tile 1", "tile 2", "tile 2"):
            answer(row, "observing", by=None, via="link", progress=tile)
        assert [entry.note for entry in row.entries.filter(new_state="observing")] == ["tile 1", "tile 2"]

    def test_cannot_needs_a_reason(self, row):
        row = send_request(row.pk)
        with pytest.raises(InvalidRequest, match="Choose one of weather"):
            answer(row, "declined", by=None, via="link")
        row = answer(row, "declined", by=None, via="link", reason_code="weather", reason="monsoon")
        assert (row.state, row.entries.last().note) == ("declined", "weather: monsoon")

    @pytest.mark.parametrize("state", ["queued", "sent", "cancelled", "expired", "failed", "nonsense"])
    def test_what_is_no_answer(self, row, state):
        with pytest.raises(InvalidRequest, match="is no answer"):
            answer(row, state, by=None, via="link")

    def test_nothing_follows_a_cancellation(self, row, asker):
        cancel_request(row, by=asker)
        for state in ("received", "accepted", "observing", "done"):
            with pytest.raises(WrongState):
                answer(row, state, by=None, via="link")

    @pytest.mark.parametrize("before", ["sent", "accepted"])
    def test_done_can_be_taken_back(self, row, asker, before):
        row = send_request(row.pk)
        if before == "accepted":
            answer(row, "accepted", by=None, via="link")
        mark_done(row, by=asker)
        assert undo_answer(row, by=asker).state == before
        with pytest.raises(WrongState, match="no answer to take back"):
            undo_answer(row, by=asker)

    def test_log_cannot_be_rewritten(self, row):
        with pytest.raises(InternalError, match="never changed"):
            row.entries.update(note="Something else.")

    def test_log_survives_the_account(self, row, asker):
        row.entries.update(by=None)
        assert row.entries.get().note == "Asked."


class TestTomsOwnDoors:
    """TOM's form and API lead to the same request."""

    def payload(self, target):
        start = timezone.now() + timedelta(minutes=5)
        wish = {"exposures": EXPOSURES, "constraints": {}, "priority": 2, "note": ""}
        window = {"window_start": start.isoformat(), "window_end": (start + timedelta(hours=9)).isoformat()}
        return {"target_id": target.pk, "params": wish | window}

    def test_submitting_asks_and_the_record_that_tom_makes_is_kept_with_it(self, asker, target):
        facility = get_service_class("CFHT")()
        facility.set_user(asker)
        (number,) = facility.submit_observation(self.payload(target))
        row = FollowUpRequest.objects.get(pk=number)
        assert (row.exposures, row.priority) == ([{"filter": "sdssr", "exposure_s": 60.0, "count": 3}], 2)
        record = ObservationRecord.objects.create(
            target=target, facility="CFHT", parameters={}, observation_id=number, user=asker
        )
        row.refresh_from_db()
        record.refresh_from_db()
        assert (row.record, record.status) == (record, "queued")
        assert facility.get_observation_status(number)["state"] == "queued"
        assert facility.cancel_observation(number)
        record.refresh_from_db()
        assert (record.status, record.terminal) == ("cancelled", True)

    def test_over_toms_api(self, client, asker, target):
        Membership.objects.filter(user=asker).update(role="full")
        client.force_login(User.objects.get(pk=asker.pk))
        start = timezone.now() + timedelta(minutes=5)
        target.dec, target.ra = 20.0, 150.0
        target.save()
        wish = {
            "filter": "sdssr", "exposure_time_s": 60, "exposure_count": 3, "priority": 3,
            "window_start": start.isoformat(), "window_end": (start + timedelta(days=1)).isoformat(),
        }  # fmt: skip
        body = {"target_id": target.pk, "facility": "CFHT", "observation_type": "IMAGING", "observing_parameters": wish}
        made = client.post("/api/observations/", body, content_type="application/json")
        assert made.status_code == 201, made.content
        (record,) = made.json()
        row = FollowUpRequest.objects.get()
        assert (row.created_by, row.record_id, str(row.pk)) == (asker, record["id"], record["observation_id"])
        told = client.patch(f"/api/observations/{record['id']}/cancel/")
        assert (told.status_code, told.json()["status"]) == (200, "cancelled")

    def test_nobody_is_never_taken_for_the_system(self, target, row):
        facility = get_service_class("CFHT")()
        for refused in (
            lambda: facility.submit_observation(self.payload(target)),
            lambda: facility.cancel_observation("1"),
        ):
            with pytest.raises(Exception, match=r"signed in|may cancel"):
                refused()

    def test_records_of_other_facilities_with_the_same_number_stay_as_they_are(self, asker, target, row):
        other = ObservationRecord.objects.create(
            target=target, facility="LCO", parameters={}, observation_id=str(row.pk), status="PENDING"
        )
        facility = get_service_class("CFHT")()
        facility.set_user(asker)
        facility.cancel_observation(str(row.pk))
        facility.update_observation_status(str(row.pk))
        other.refresh_from_db()
        assert other.status == "PENDING"


class TestApi:
    @pytest.fixture
    def api(self, client, asker):
        client.force_login(asker)
        return client

    def wish(self, target, **changes):
        now = timezone.now()
        window = {"window_start": now.isoformat(), "window_end": (now + timedelta(hours=20)).isoformat()}
        return {"telescope": "CFHT", "target": target.pk, "exposures": EXPOSURES} | window | changes

    def post(self, api, path, body=None):
        return api.post(path, body or {}, content_type="application/json")

    def test_ask_follow_change_answer_cancel(self, api, target, asker):
        wish = self.wish(target)
        made = self.post(api, "/api/requests/", wish)
        assert made.status_code == 201, made.content
        told = made.json()
        here = f"/api/requests/{told['id']}/"
        assert self.post(api, "/api/requests/", wish).status_code == 200
        send_request(told["id"])
        detail = api.get(here).json()
        assert [entry["new_state"] for entry in detail["entries"]] == ["queued", "sent"]
        assert [entry["by"] for entry in detail["entries"]] == [asker.username, "system"]
        assert detail["transactions"][0]["status_code"] == 201
        assert SECRET not in api.get(here).content.decode()
        changed = api.patch(here, {"priority": 1}, content_type="application/json")
        assert (changed.json()["state"], changed.json()["revision"]) == ("queued", 2)
        send_request(told["id"])
        assert self.post(api, f"{here}answer/", {"state": "accepted"}).json()["state"] == "accepted"
        assert self.post(api, f"{here}answer/", {"state": "done"}).json()["state"] == "done"
        assert self.post(api, f"{here}undo/").json()["state"] == "accepted"
        assert self.post(api, f"{here}cancel/", {"reason": "faded"}).json()["reason"] == "faded"
        refused = self.post(api, f"{here}retry/")
        assert (refused.status_code, refused.json()["code"]) == (409, "wrong-state")
        refused = self.post(api, f"{here}settle/", {"was_sent": True})
        assert (refused.status_code, refused.json()["code"]) == (409, "wrong-state")

    def test_what_is_wrong_is_told_with_its_field(self, api, target):
        refused = self.post(api, "/api/requests/", self.wish(target, exposures=[{"filter": "K", "exposure_s": 1}]))
        assert (refused.status_code, codes(refused)) == (400, {"code": "invalid-request", "field": "exposures"})
        refused = self.post(api, "/api/requests/", self.wish(target, telescope="TAROT-TCA", exposures=EXPOSURES))
        assert (refused.status_code, codes(refused)) == (409, {"code": "no-channel", "field": "telescope"})
        assert "priorty" in self.post(api, "/api/requests/", self.wish(target, priorty=1)).json()
        assert self.post(api, "/api/requests/", self.wish(target) | {"target": 2**31}).status_code == 400
        assert self.post(api, "/api/requests/", self.wish(target, allocation=7)).json().keys() == {"allocation"}
        assert self.post(api, "/api/requests/", [1]).status_code == 400
        assert not FollowUpRequest.objects.exists()

    def test_filters(self, api, target, row):
        for query, count in (
            ("telescope=CFHT", 1), ("telescope=KAIT", 0), (f"target={target.pk}", 1), ("state=queued&state=sent", 1),
            ("open=true", 1), ("open=false", 0), ("silent=true", 0), ("subject=2026abc", 1), ("created_by=member", 1),
        ):  # fmt: skip
            assert api.get(f"/api/requests/?{query}").json()["count"] == count, query
        assert api.get("/api/requests/?telescop=CFHT").status_code == 400

    def test_strangers_see_and_change_nothing(self, client, stranger, row):
        here = f"/api/requests/{row.pk}/"
        assert client.get(here).status_code == 401
        client.force_login(stranger)
        assert client.get("/api/requests/").json()["count"] == 0
        assert client.get(here).status_code == 404
        for path in ("cancel/", "retry/", "undo/"):
            assert self.post(client, here + path).status_code == 404
        row.refresh_from_db()
        assert row.state == "queued"

    def test_members_without_the_right_read_only(self, client, row, reporter):
        reporter.groups.add(make_group())
        Membership.objects.filter(user=reporter).update(role="view")
        client.force_login(User.objects.get(pk=reporter.pk))
        here = f"/api/requests/{row.pk}/"
        assert client.get(here).status_code == 200
        refused = self.post(client, f"{here}cancel/")
        assert (refused.status_code, refused.json()["code"]) == (403, "not-allowed")

    def test_a_list_takes_as_many_queries_for_many_rows(self, api, asker, target):
        counts = []
        api.get("/api/requests/")
        for number in range(2):
            for priority in (1, 2, 3, 4):
                asked(asker, target, exposures=EXPOSURES, priority=priority, note=f"{number}")
            with CaptureQueriesContext(connection) as queries:
                api.get("/api/requests/")
            counts.append(len(queries))
        assert counts[0] == counts[1]


def test_two_for_one_part_of_a_plan_cannot_be(asker):
    now = timezone.now()
    pointings = [{"ra_deg": 10, "dec_deg": 20, "filter": "r", "exposure_s": 60}]
    wish = {"window_start": now, "window_end": now + timedelta(hours=9), "pointings": pointings, "plan_key": "plan:1/x"}
    first = ask("CFHT", by=asker, subject="GW", **wish)
    assert ask("CFHT", by=asker, subject="GW", **wish | {"note": "again"}) == first
    assert first.pointings[0] | {"start": None} == {
        "order": 1, "field_id": "", "ra_deg": 10.0, "dec_deg": 20.0, "start": None, "end": None, "filter": "r",
        "exposure_s": 60.0, "count": 1,
    }  # fmt: skip
