"""Operators set how often a telescope may be asked in place of what is declared: pages, forms, API, plans go by it."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from tests.factories import make_user
from tom_gcn.network import choose_for
from tom_gcn.planning.wish import PlanWish
from tom_grandma_facilities.actions import set_telescope_status
from tom_grandma_facilities.asking import Asked, Exposures
from tom_grandma_facilities.asking_page import advice_for
from tom_grandma_facilities.exceptions import InvalidStatus, NotAllowed
from tom_grandma_facilities.models import TelescopeStatus
from tom_grandma_facilities.registry import get_telescope

pytestmark = pytest.mark.django_db


@pytest.fixture
def rare(network, reporter):
    """TAROT-TCA, declared as very frequent, is rare now."""
    return set_telescope_status("TAROT-TCA", "operational", by=reporter, usage="R")


def test_pages_show_it_with_what_is_declared(rare, member, client):
    client.force_login(member)
    page = client.get("/telescopes/TAROT-TCA/").content.decode()
    assert "rare (R)" in page and "set here by operators" in page and "Declared: very frequent" in page
    assert "TAROT-TCA" in client.get("/telescopes/?usage=R&q=TAROT-TCA").content.decode()
    assert "No telescope passes" in client.get("/telescopes/?usage=VF&q=TAROT-TCA").content.decode()


def test_the_api_tells_it(rare, member, client):
    client.force_login(member)
    told = client.get("/api/telescopes/TAROT-TCA/").json()
    assert told["status"]["usage"] == "R"
    usage = next(fact for fact in told["facts"] if fact["key"] == "usage")
    assert (usage["value"], usage["source"]) == ("R", "set here by operators")
    board = client.get("/api/observability/?ra=150&dec=60&telescope=TAROT-TCA").json()
    assert [line["usage"] for line in board["results"]] == ["R"]


def test_forms_go_by_it(rare, member):
    now = timezone.now()
    asked = Asked(now, now + timedelta(days=1), (Exposures("sdssr", 60.0, 1),))
    assert advice_for({"TAROT-TCA": asked}, (150.0, 60.0), member)["TAROT-TCA"].usage.startswith("rare")


def test_plans_go_by_it(network, reporter):
    set_telescope_status("TAROT-TCA", "not-reported", by=reporter, usage="NOP")
    set_telescope_status("OHP-IRIS", "not-reported", by=reporter, usage="O")
    chosen = choose_for(PlanWish(), timezone.now(), {})
    assert chosen.excluded["TAROT-TCA"] == "Operators of this site say that it is not operational for GRANDMA."
    assert "OHP-IRIS" in {one.name for one in chosen.telescopes}


def test_reporting_a_state_leaves_it(rare, reporter):
    set_telescope_status("TAROT-TCA", "closed", by=reporter, reason="storm")
    assert TelescopeStatus.objects.get(telescope="TAROT-TCA").usage == "R"
    set_telescope_status("TAROT-TCA", "closed", by=reporter, usage="")
    assert TelescopeStatus.objects.get(telescope="TAROT-TCA").usage == ""


def test_the_page_sets_it_and_keeps_the_state(network, reporter, client):
    set_telescope_status("KAO", "closed", by=reporter, reason="dome motor")
    client.force_login(reporter)
    form = client.get("/telescopes/KAO/").context["status_form"]
    assert (form["state"].value(), form["reason"].value()) == ("closed", "dome motor")
    client.post("/telescopes/KAO/status/", {"state": "closed", "reason": "dome motor", "until": "", "usage": "VR"})
    row = TelescopeStatus.objects.get(telescope="KAO")
    assert (row.state, row.reason, row.usage, row.updated_by) == ("closed", "dome motor", "VR", reporter)


def test_the_admin_sets_it(network, client):
    client.force_login(make_user("chief", superuser=True))
    row = TelescopeStatus.objects.get(telescope="KAO")
    path = reverse("admin:tom_grandma_facilities_telescopestatus_change", args=[row.pk])
    since = {"since_0": "2026-01-01", "since_1": "00:00:00"}
    client.post(path, {"state": "operational", "reason": "", "usage": "O", **since})
    row.refresh_from_db()
    assert row.usage == "O"


def test_only_known_classes_by_those_who_may(network, reporter, member):
    with pytest.raises(InvalidStatus):
        set_telescope_status("KAO", "operational", by=reporter, usage="often")
    with pytest.raises(NotAllowed):
        set_telescope_status("KAO", "operational", by=member, usage="O")
    with pytest.raises(IntegrityError), transaction.atomic():
        TelescopeStatus.objects.filter(telescope="KAO").update(usage="often")
    assert get_telescope("KAO").usage.source != "set here by operators"
