"""Changes of state: who may make them, what they leave behind, and that loading the network is idempotent."""

from datetime import UTC, datetime, timedelta
from io import StringIO

import pytest
from django.contrib.auth.models import AnonymousUser, User
from django.core.management import call_command
from django.db import IntegrityError, transaction
from django.utils import timezone

from tom_grandma_facilities.actions import closed_telescopes, set_telescope_status, sync_telescopes
from tom_grandma_facilities.choices import TelescopeState
from tom_grandma_facilities.exceptions import InvalidStatus, NotAllowed
from tom_grandma_facilities.models import TelescopeStatus
from tom_grandma_facilities.registry import TELESCOPES, UnknownTelescope

pytestmark = pytest.mark.django_db


def test_load_network_adds_every_telescope_once():
    first, second = StringIO(), StringIO()
    call_command("load_network", stdout=first)
    rows = list(TelescopeStatus.objects.values_list("pk", "telescope", "state", "since"))
    call_command("load_network", stdout=second)
    assert list(TelescopeStatus.objects.values_list("pk", "telescope", "state", "since")) == rows
    assert len(rows) == 77
    assert "77 telescopes added" in first.getvalue()
    assert "nothing changed" in second.getvalue()
    assert "can be planned" in second.getvalue()


def test_declared_state_is_the_first_one(network):
    states = dict(TelescopeStatus.objects.values_list("telescope", "state"))
    assert states["SNOVA"] == TelescopeState.RETIRED
    assert states["BJP-ALi-50"] == TelescopeState.CLOSED
    assert states["TAROT-TCA"] == TelescopeState.NOT_REPORTED


def test_sync_keeps_what_people_reported_and_retires_what_is_gone(network, reporter):
    set_telescope_status("TAROT-TCA", TelescopeState.CLOSED, by=reporter, reason="dome motor")
    TelescopeStatus.objects.create(telescope="Old-One", state=TelescopeState.OPERATIONAL)
    result = sync_telescopes()
    assert result.retired == ("Old-One",)
    assert TelescopeStatus.objects.get(telescope="Old-One").state == TelescopeState.RETIRED
    assert TelescopeStatus.objects.get(telescope="TAROT-TCA").reason == "dome motor"


def test_reported_state_names_who_and_when(network, reporter):
    status = set_telescope_status("tca", TelescopeState.ENGINEERING, by=reporter, reason="new camera")
    status.refresh_from_db()
    assert (status.telescope, status.state, status.updated_by) == ("TAROT-TCA", "engineering", reporter)
    assert timezone.now() - status.since < timedelta(minutes=1)


def test_member_without_permission_and_stranger_may_not_report(network, member):
    for user in (member, AnonymousUser()):
        with pytest.raises(NotAllowed):
            set_telescope_status("CFHT", TelescopeState.CLOSED, by=user)
    assert TelescopeStatus.objects.get(telescope="CFHT").state == TelescopeState.NOT_REPORTED


def test_inactive_reporter_may_not_report(network, reporter):
    User.objects.filter(pk=reporter.pk).update(is_active=False)
    with pytest.raises(NotAllowed):
        set_telescope_status("CFHT", TelescopeState.CLOSED, by=User.objects.get(pk=reporter.pk))


@pytest.mark.parametrize(("state", "until"), [("asleep", None), ("closed", datetime(2020, 1, 1, tzinfo=UTC))])
def test_impossible_state_changes_nothing(network, reporter, state, until):
    with pytest.raises(InvalidStatus):
        set_telescope_status("CFHT", state, by=reporter, until=until)
    assert TelescopeStatus.objects.get(telescope="CFHT").state == TelescopeState.NOT_REPORTED


def test_unknown_telescope_is_refused(reporter):
    with pytest.raises(UnknownTelescope):
        set_telescope_status("Hale", TelescopeState.CLOSED, by=reporter)


def test_database_refuses_an_end_before_the_beginning(network):
    now = timezone.now()
    with pytest.raises(IntegrityError), transaction.atomic():
        TelescopeStatus.objects.filter(telescope="CFHT").update(since=now, until=now - timedelta(hours=1))


def test_closed_telescopes_are_those_closed_at_that_moment(network, reporter):
    now = timezone.now()
    set_telescope_status("CFHT", "closed", by=reporter, reason="snow", until=now + timedelta(hours=5))
    set_telescope_status("KAO", "operational", by=reporter)
    set_telescope_status("TAROT-TRE", "engineering", by=reporter, since=now + timedelta(days=2))
    closed = closed_telescopes()
    assert closed["CFHT"].startswith("Reported closed until")
    assert closed["CFHT"].endswith("snow.")
    assert set(closed) == {"CFHT", "SNOVA", "BJP-ALi-50"}
    assert "CFHT" not in closed_telescopes(now + timedelta(hours=6))
    assert "TAROT-TRE" in closed_telescopes(now + timedelta(days=3))


def test_rows_agree_with_the_query(network, reporter):
    now = timezone.now()
    set_telescope_status("CFHT", "closed", by=reporter, until=now + timedelta(hours=5))
    by_row = {row.telescope for row in TelescopeStatus.objects.all() if row.is_closed_at(timezone.now())}
    assert by_row == set(closed_telescopes())


def test_states_are_visible_to_active_members_only(network, member):
    assert TelescopeStatus.objects.visible_to(member).count() == len(TELESCOPES)
    assert not TelescopeStatus.objects.visible_to(AnonymousUser()).exists()
    member.is_active = False
    assert not TelescopeStatus.objects.visible_to(member).exists()


def test_admin_goes_through_the_action(client, network):
    admin = User.objects.create_superuser("admin", password="x")
    client.force_login(admin)
    row = TelescopeStatus.objects.get(telescope="CFHT")
    address = f"/admin/tom_grandma_facilities/telescopestatus/{row.pk}/change/"
    since = {"since_0": "2026-01-01", "since_1": "00:00:00"}
    data = {"state": "closed", "reason": "snow", **since, "until_0": "", "until_1": ""}
    assert client.post(address, data).status_code == 302
    row.refresh_from_db()
    assert (row.state, row.updated_by) == ("closed", admin)
    assert client.get("/admin/tom_grandma_facilities/telescopestatus/").status_code == 200
