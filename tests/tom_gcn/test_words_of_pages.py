"""Small things pages say: maps that exclude each other, maps that are waited for, second visits, empty catalogues."""

import re
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from tests.factories import ingest_alert, make_event
from tom_gcn import wording
from tom_gcn.actions.pointings import report_pointings
from tom_gcn.choices import PlanState
from tom_gcn.joint import Pair
from tom_gcn.models import (
    GalaxyCatalogue,
    Message,
    Notice,
    ObservationPlan,
    PlanDecision,
    PlannedPointing,
    SkyMapFetch,
    TelescopePlan,
)
from tom_gcn.templatetags import relations

pytestmark = pytest.mark.django_db
NUMBERS = (
    "ra_deg", "dec_deg", "exposure_s", "altitude_start_deg", "altitude_end_deg", "airmass_start", "airmass_end",
    "moon_separation_deg", "probability", "cumulative_probability", "telescope_cumulative",
)  # fmt: skip


@pytest.fixture
def event(grandma):
    event = ingest_alert()
    event.plans.all().delete()
    return event


@pytest.fixture
def plan(event):
    now = timezone.now()
    plan = ObservationPlan.objects.create(
        event=event, localization=event.localizations.get(), version=1, window_start=now, queued_at=now,
        finished_at=now, state=PlanState.DONE, n_pointings=2, covered_probability=0.5, area_deg2=1, seconds=1,
    )  # fmt: skip
    part = TelescopePlan.objects.create(plan=plan, telescope="CFHT", n_pointings=2, first_start=now)
    for epoch in (1, 2):
        PlannedPointing.objects.create(
            telescope_plan=part, order=epoch, epoch=epoch, start=now, end=now + timedelta(minutes=5),
            footprint=[[0, 0], [1, 0], [1, 1], [0, 1]], new_probability=0.5 if epoch == 1 else 0.0,
            **dict.fromkeys(NUMBERS, 0.5),
        )  # fmt: skip
    return plan


def copy_of(notice, digit, **changed):
    """The same notice again, as of another message."""
    message, row = Message.objects.get(pk=notice.message_id), Notice.objects.get(pk=notice.pk)
    message.pk, message.sha256 = None, digit * 64
    message.save()
    row.pk, row.key, row.message = None, f"{row.key}-{digit}", message
    for name, value in changed.items():
        setattr(row, name, value)
    row.save()
    return row


def text_of(answer):
    assert answer.status_code == 200, answer.status_code
    return re.sub(r"\s+", " ", answer.content.decode())


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(1.74, "1.7 s"), (-46137600.0, "534 d"), (11520.0, "3.2 h"), (2460.0, "41 min"), (599.0, "599.0 s")],
)
def test_differences_in_time_are_said_in_words(seconds, words):
    assert wording.time_difference(seconds) == words
    assert relations.delay(seconds) == f"{words} {'after' if seconds > 0 else 'before'}"


def test_a_second_visit_that_adds_nothing_says_so(plan, browse, member):
    address = reverse("events:pointings", args=[plan.event.name, 1, "CFHT"])
    page = text_of(browse(member).get(address))
    assert "visit 2 of 2" in page
    assert page.count("sky already covered") == 1


def test_an_empty_catalogue_is_not_counted(plan, browse, member):
    ObservationPlan.objects.filter(pk=plan.pk).update(covered_galaxy_weight=1.0)
    catalogue = GalaxyCatalogue.objects.create(
        name="Few", n_galaxies=1, luminosity_shells=[[0.0, 5000.0, 1e6]], loaded_at=timezone.now()
    )
    client = browse(member)
    page = text_of(client.get(plan.event.get_absolute_url()))
    assert "next to nothing at this distance" in page
    assert "of their weight" not in page
    GalaxyCatalogue.objects.filter(pk=catalogue.pk).update(luminosity_shells=[[0.0, 5000.0, 1e22]])
    assert "100% of their weight" in text_of(client.get(plan.event.get_absolute_url()))


def test_maps_that_are_waited_for_are_told_once_and_folded(event, browse, member):
    notice = event.notices.get()
    for number in range(3):
        row = copy_of(notice, str(number))
        url, reason = f"https://gracedb.ligo.org/{number}.fits", "The notice has no address."
        SkyMapFetch.objects.create(notice=row, url=url, next_try_at=timezone.now(), reason=reason)
    page = text_of(browse(member).get(event.get_absolute_url()))
    head = page.partition('id="plan"')[0]
    assert head.count("The notice has no address.") == 1
    assert "3 more sky maps are not there" in page
    assert "(3 notices)" in page


def test_maps_that_exclude_each_other_have_nothing_together(event, browse, member, grandma, monkeypatch):
    other = make_event("S240101x", grandma)
    notice = copy_of(event.notices.get(), "1", event=other)
    row = event.localizations.get()
    row.pk, row.event, row.notice = None, other, notice
    row.save()
    monkeypatch.setattr(Pair, "overlap", 1e-9)
    page = text_of(browse(member).get(reverse("relations:joint", args=[event.name]), {"with": other.name}))
    assert "they exclude each other" in page
    assert "Both together" not in page
    assert "Map of both" not in page
    assert "Most probable position" not in page


def test_lists_of_decisions_are_short_and_their_pages_whole(event, browse, administrator):
    said = "No rule took it because " + "of this and that and the other " * 30
    decision = PlanDecision.objects.create(event=event, is_planned=False, reason=said)
    client = browse(administrator)
    assert said.strip() not in text_of(client.get("/admin/tom_gcn/plandecision/"))
    assert said.strip() in text_of(client.get(f"/admin/tom_gcn/plandecision/{decision.pk}/change/"))


@pytest.mark.parametrize("form", ["csv", "ics", "json", "moc.fits"])
def test_a_file_is_not_written_again_for_who_has_it(plan, browse, member, form):
    client, address = browse(member), reverse("events:plan-download", args=[plan.event.name, 1, form])
    first = client.get(address)
    assert first.status_code == 200
    assert client.get(address, headers={"If-None-Match": first["ETag"]}).status_code == 304
    report_pointings(plan, "CFHT", [1], "done", by=None)
    assert client.get(address, headers={"If-None-Match": first["ETag"]}).status_code == 200
    part = client.get(address, {"telescope": "CFHT"}, headers={"If-None-Match": first["ETag"]})
    assert part.status_code == 200
