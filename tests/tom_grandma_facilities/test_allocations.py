"""Time on telescopes: no allocation, no submission; requests count against it; credentials are kept from everybody."""

import json
from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.utils import timezone

from tests.factories import make_group, make_user
from tests.tom_grandma_facilities.asking import SECRET, asked, channel
from tom_grandma_facilities.actions import (
    answer,
    cancel_request,
    edit_request,
    send_request,
    set_allocation,
    set_channel,
)
from tom_grandma_facilities.exceptions import InvalidRequest, NoAllocation, NoChannel, NotAllowed
from tom_grandma_facilities.models import Allocation, Channel, FollowUpRequest

pytestmark = pytest.mark.django_db

HOUR = [{"filter": "sdssr", "exposure_s": 600, "count": 6}]


@pytest.fixture(autouse=True)
def line(ways):
    return channel("CFHT", "by-list", needs_allocation=True)


def grant(group, hours=2.0, days=(-1, 30), secrets=None, **more):
    now = timezone.now()
    row = Allocation(
        telescope="CFHT",
        group=group,
        hours=hours,
        valid_from=now + timedelta(days=days[0]),
        valid_to=now + timedelta(days=days[1]),
        **more,
    )
    return set_allocation(row, by=None, secrets=secrets)


class TestCounting:
    def test_none_no_submission(self, asker, target):
        with pytest.raises(NoAllocation, match="None of your groups has time on CFHT") as refused:
            asked(asker, target, exposures=HOUR)
        assert "Nothing was sent." in str(refused.value)
        assert not FollowUpRequest.objects.exists()

    @pytest.mark.parametrize(
        ("group", "days", "active"),
        [("Another group", (-1, 30), True), (None, (-30, -1), True), (None, (5, 30), True), (None, (-1, 30), False)],
    )
    def test_of_others_over_to_come_or_switched_off(self, asker, target, grandma, group, days, active):
        grant(make_group(group) if group else grandma, days=days, is_active=active)
        with pytest.raises(NoAllocation):
            asked(asker, target, exposures=HOUR)

    def test_a_window_beyond_its_end(self, asker, target, grandma):
        grant(grandma, days=(-1, 0.5))
        with pytest.raises(NoAllocation):
            asked(asker, target, exposures=HOUR)

    def test_requests_count_until_it_is_used_up(self, asker, target, grandma):
        allocation = grant(grandma, hours=2.5)
        first = asked(asker, target, exposures=HOUR)
        assert (first.allocation, allocation.hours_used, allocation.hours_left) == (allocation, 1.0, 1.5)
        asked(asker, target, exposures=HOUR, priority=1)
        with pytest.raises(NoAllocation, match=r"take 1.00 h, and 0.50 h are left"):
            asked(asker, target, exposures=HOUR, priority=2)
        cancel_request(first, by=asker)
        assert asked(asker, target, exposures=HOUR, priority=2).allocation == allocation

    @pytest.mark.parametrize(("state", "used"), [("done", 1.0), ("declined", 0.0)])
    def test_what_was_observed_counts_and_what_was_declined_does_not(self, asker, target, grandma, state, used):
        allocation = grant(grandma)
        row = send_request(asked(asker, target, exposures=HOUR).pk)
        answer(row, state, by=None, via="link", reason_code="weather" if state == "declined" else "")
        assert allocation.hours_used == used

    def test_an_edit_counts_once(self, asker, target, grandma):
        allocation = grant(grandma, hours=1.5)
        row = asked(asker, target, exposures=HOUR)
        row = edit_request(row, by=asker, exposures=[{"filter": "sdssr", "exposure_s": 900, "count": 6}])
        assert allocation.hours_used == 1.5
        with pytest.raises(NoAllocation):
            edit_request(row, by=asker, exposures=[{"filter": "sdssr", "exposure_s": 901, "count": 6}])
        row.refresh_from_db()
        assert row.programme_s == 5400

    def test_where_none_is_needed_one_is_used_if_there_is(self, asker, target, grandma):
        channel("CFHT", "by-list", needs_allocation=False)
        assert asked(asker, target, exposures=HOUR).allocation is None
        allocation = grant(grandma, hours=1.0)
        assert asked(asker, target, exposures=HOUR, priority=1).allocation == allocation
        assert asked(asker, target, exposures=HOUR, priority=2).allocation is None

    def test_one_is_chosen_that_suffices(self, asker, target, grandma):
        grant(grandma, hours=0.5, days=(-1, 90))
        enough = grant(grandma, hours=5)
        assert asked(asker, target, exposures=HOUR).allocation == enough
        with pytest.raises(NoAllocation):
            asked(asker, target, exposures=HOUR, priority=1, allocation=grant(make_group("Another group")))


class TestCredentials:
    def test_those_of_the_allocation_go_before_the_channels(self, asker, target, grandma, ways):
        grant(grandma, secrets={"password": "of-the-proposal"})
        send_request(asked(asker, target, exposures=HOUR).pk)
        assert ways["by-list"].far.lines[-1].secret == {"password": "of-the-proposal"}

    def test_encrypted_in_the_database(self, grandma):
        grant(grandma, secrets={"password": "of-the-proposal"})
        with connection.cursor() as cursor:
            cursor.execute("SELECT secret FROM tom_grandma_facilities_allocation")
            ((secret,),) = cursor.fetchall()
        assert b"of-the-proposal" not in bytes(secret)
        assert Allocation.objects.get().secrets == {"password": "of-the-proposal"}

    def test_new_ones_are_added_and_empty_ones_forgotten(self, line):
        set_channel("CFHT", transport="by-list", by=None, secrets={})
        assert Channel.objects.get().secret_names == ["password"]
        set_channel("CFHT", transport="by-list", by=None, secrets={"password": ""})
        assert Channel.objects.get().secret_names == []

    def test_after_a_change_of_the_sites_key_they_are_entered_anew(self, asker, target, grandma, settings):
        grant(grandma)
        row = asked(asker, target, exposures=HOUR)
        settings.SECRET_KEY = "another key of the site"
        row = send_request(row.pk)
        assert row.state == "failed"
        assert "The credentials for CFHT cannot be read" in row.reason
        assert Channel.objects.defer("secret").get().secret_names == []
        channel("CFHT", "by-list")
        assert Channel.objects.get().secrets == {"password": SECRET}

    def test_among_the_settings_they_are_refused(self):
        with pytest.raises(InvalidRequest, match="Stub has no setting password"):
            set_channel("CFHT", transport="by-list", by=None, settings={"password": SECRET})
        with pytest.raises(InvalidRequest, match="Stub has no credential passwort"):
            set_channel("CFHT", transport="by-list", by=None, secrets={"passwort": SECRET})


class TestWhoMay:
    def test_channels_are_for_who_has_the_right(self, asker, administrator):
        with pytest.raises(NotAllowed):
            set_channel("CFHT", transport="blind", by=asker)
        assert set_channel("CFHT", transport="blind", by=administrator).updated_by == administrator

    @pytest.mark.parametrize(
        ("changes", "words"),
        [({"telescope": "CFTH"}, "CFHT"), ({"transport": "pigeon"}, "no transport pigeon"),
         ({"timezone": "Mars/Olympus"}, "no time zone")],
    )  # fmt: skip
    def test_what_is_not_known(self, changes, words):
        wish = {"telescope": "CFHT", "transport": "by-list", "by": None} | changes
        with pytest.raises(InvalidRequest, match=words):
            set_channel(wish.pop("telescope"), **wish)

    def test_time_of_a_group_is_entered_by_its_own(self, asker, grandma):
        right = Permission.objects.get(codename="change_allocation")
        asker.user_permissions.add(right)
        keeper, outsider = User.objects.get(pk=asker.pk), make_user("outsider", make_group("Another group"))
        outsider.user_permissions.add(right)
        row = grant(grandma)
        row.hours = 3
        assert set_allocation(row, by=keeper).hours == 3
        with pytest.raises(NotAllowed):
            set_allocation(row, by=User.objects.get(pk=outsider.pk))

    def test_groups_see_their_own(self, asker, stranger, other_member, grandma):
        row = grant(grandma)
        assert list(Allocation.objects.visible_to(asker)) == [row]
        for user in (stranger, other_member):
            assert not Allocation.objects.visible_to(user).exists()
            assert not Channel.objects.visible_to(user).exists()


class TestAdmin:
    def fields(self, **changes):
        return {
            "telescope": "CFHT", "transport": "by-list", "settings": json.dumps({"address": "https://a.example"}),
            "is_active": "on", "timezone": "Pacific/Honolulu", "reminder_hours_before_twilight": "3", "note": "",
            "new_secrets": "",
        } | changes  # fmt: skip

    def test_credentials_are_written_and_never_shown(self, client, administrator, line, grandma):
        client.force_login(administrator)
        here = f"/admin/tom_grandma_facilities/channel/{line.pk}/change/"
        saved = client.post(here, self.fields(new_secrets="password=brand-new=1"))
        assert saved.status_code == 302, saved.content
        row = Channel.objects.get()
        assert (row.secrets, row.reminder_hours_before_twilight) == ({"password": "brand-new=1"}, 3.0)
        assert row.updated_by == administrator
        text = client.get(here).content.decode() + client.get("/admin/tom_grandma_facilities/channel/").content.decode()
        assert "brand-new" not in text
        assert "Kept now: password." in text
        client.post(here, self.fields(note="x"))
        assert Channel.objects.get().secrets == {"password": "brand-new=1"}
        history = client.get(f"/admin/tom_grandma_facilities/channel/{line.pk}/history/").content.decode()
        assert "brand-new" not in history

    def test_wrong_ones_are_told_without_showing_them(self, client, administrator, line):
        client.force_login(administrator)
        here = f"/admin/tom_grandma_facilities/channel/{line.pk}/change/"
        for wrong, words in (("verysecret", "has no “=”"), ("token=verysecret", "no credential token")):
            text = client.post(here, self.fields(new_secrets=wrong)).content.decode()
            assert words in text
        assert Channel.objects.get().secrets == {"password": SECRET}

    def test_allocations(self, client, administrator, grandma):
        client.force_login(administrator)
        now = timezone.now()
        body = {
            "telescope": "CFHT", "group": grandma.pk, "title": "ToO", "pi": "", "hours": "5", "is_active": "on",
            "valid_from_0": f"{now:%Y-%m-%d}", "valid_from_1": "00:00", "valid_to_0": f"{now.year + 1}-01-01",
            "valid_to_1": "00:00", "new_secrets": "password=xyzzy-42",
        }  # fmt: skip
        assert client.post("/admin/tom_grandma_facilities/allocation/add/", body).status_code == 302
        row = Allocation.objects.get()
        assert (row.secrets, row.created_by) == ({"password": "xyzzy-42"}, administrator)
        text = client.get(f"/admin/tom_grandma_facilities/allocation/{row.pk}/change/").content.decode()
        assert "xyzzy-42" not in text


def test_a_channel_that_lacks_something_is_told_at_once(asker, target, ways, monkeypatch):
    from tom_grandma_facilities.transports.base import Setting

    channel("CFHT", "blind", needs_allocation=False)
    monkeypatch.setattr(ways["blind"], "settings", (Setting("to", "Addresses", required=True),), raising=False)
    with pytest.raises(NoChannel, match="The channel is not complete: Addresses missing"):
        asked(asker, target, exposures=HOUR)


class TestMoved:
    """Credentials are sent only to the place they were entered for: who sets channels cannot read them by a detour."""

    @pytest.fixture
    def moved(self, grandma, monkeypatch):
        monkeypatch.undo()
        set_channel(
            "KAO",
            transport="http-json",
            by=None,
            settings={"url": "https://a.example.org/in"},
            secrets={"token": SECRET},
        )
        time = {"telescope": "KAO", "group": grandma, "hours": 1, "valid_from": timezone.now()}
        row = Allocation(**time, valid_to=timezone.now() + timedelta(days=1))
        set_allocation(row, by=None, secrets={"token": SECRET})
        return lambda **changes: set_channel("KAO", by=None, **{"transport": "http-json", **changes})

    def secrets(self):
        return Channel.objects.get(telescope="KAO").secrets, Allocation.objects.get(telescope="KAO").secrets

    def test_another_path_keeps_them(self, moved):
        moved(settings={"url": "https://A.example.org/requests/"})
        assert self.secrets() == ({"token": SECRET}, {"token": SECRET})

    @pytest.mark.parametrize(
        "url", ["https://b.example.org/in", "https://a.example.org:8443/in", "http://a.example.org/"]
    )
    def test_another_computer_forgets_them(self, moved, url):
        moved(settings={"url": url})
        assert self.secrets() == ({}, {})

    def test_another_transport_forgets_them(self, moved):
        moved(transport="atlas-fp", settings={})
        assert self.secrets() == ({}, {})

    def test_those_entered_with_it_stay(self, moved):
        moved(settings={"url": "https://b.example.org/in"}, secrets={"token": "new-token"})
        assert self.secrets() == ({"token": "new-token"}, {})
