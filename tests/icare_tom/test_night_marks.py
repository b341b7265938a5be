"""The list of a night: targets are ticked off, the tick is taken back, and only by those who may."""

from datetime import date

import pytest
from django.contrib.auth.models import Permission
from django.core.cache import caches

from tests.factories import make_target
from tom_grandma_facilities.actions import mark_target, undo_mark
from tom_grandma_facilities.exceptions import NotAllowed
from tom_grandma_facilities.models import NightMark

pytestmark = pytest.mark.django_db
NIGHT = date(2026, 11, 20)
PAGE = "/observability/night/?telescope=TAROT-TCA&night=2026-11-20&targets=AT+2026abc"


@pytest.fixture(autouse=True)
def _nothing_kept():
    caches["drawings"].clear()


@pytest.fixture
def observer(member):
    member.user_permissions.add(
        Permission.objects.get(codename="add_executedobservation", content_type__app_label="tom_grandma_facilities")
    )
    return type(member).objects.get(pk=member.pk)


@pytest.fixture
def target(grandma):
    return make_target("AT 2026abc", ra=60.0, dec=20.0, group=grandma)


def tick(client, target, observed="yes", **more):
    said = {"telescope": "TAROT-TCA", "night": "2026-11-20", "target": target.pk, "observed": observed}
    return client.post("/observability/night/marks/", said | more)


def test_a_target_is_ticked_off_and_the_tick_taken_back(browse, observer, target):
    client = browse(observer)
    assert "Not observed</button>" in client.get(PAGE).content.decode()
    answer = tick(client, target, note="seeing 1.2", query=PAGE.partition("?")[2])
    assert answer["Location"] == PAGE
    page = client.get(PAGE).content.decode()
    assert "✓ observed" in page
    assert "seeing 1.2" in page
    mark = NightMark.objects.get()
    assert (mark.night, mark.telescope, mark.marked_by) == (NIGHT, "TAROT-TCA", observer)
    client.post(f"/observability/night/marks/{mark.pk}/undo/", {"query": PAGE.partition("?")[2]})
    assert "✓ observed" not in client.get(PAGE).content.decode()
    assert not NightMark.objects.get().is_current


def test_the_cell_changes_in_place(browse, observer, target):
    client = browse(observer)
    part = client.post(
        "/observability/night/marks/",
        {"telescope": "TAROT-TCA", "night": "2026-11-20", "target": target.pk, "observed": "no"},
        headers={"HX-Request": "true"},
    ).content.decode()
    assert "✗ not observed" in part
    assert "<html" not in part
    mark = NightMark.objects.get()
    part = client.post(f"/observability/night/marks/{mark.pk}/undo/", headers={"HX-Request": "true"}).content.decode()
    assert 'value="no"' in part


def test_a_mark_is_of_one_night_and_one_telescope(browse, observer, target):
    client = browse(observer)
    tick(client, target)
    for other in (PAGE.replace("TAROT-TCA", "TAROT-TCH"), PAGE.replace("-20", "-21")):
        assert "✓ observed" not in client.get(other).content.decode()


def test_the_starlist_of_what_is_left(browse, observer, target):
    client = browse(observer)
    whole, left = (PAGE.replace("/?", f"/starlist.txt?{more}") for more in ("", "left=1&"))
    assert "AT_2026abc" in client.get(left).content.decode()
    tick(client, target)
    assert "1 of 1 ticked off" in client.get(PAGE).content.decode()
    assert "AT_2026abc" in client.get(whole).content.decode()
    assert client.get(left).content == b""


def test_undo_brings_back_what_stood_before(observer, target):
    first = mark_target("TAROT-TCA", NIGHT, target, is_observed=True, by=observer)
    second = mark_target("TAROT-TCA", NIGHT, target, is_observed=False, by=observer, note="clouds")
    assert NightMark.objects.get(is_current=True) == second
    assert mark_target("TAROT-TCA", NIGHT, target, is_observed=False, by=observer, note="clouds") == second
    assert undo_mark(second, by=observer) == first
    assert NightMark.objects.get(is_current=True) == first
    assert undo_mark(second, by=observer) is None
    assert NightMark.objects.get(is_current=True) == first


def test_only_those_who_may_tell_what_was_observed(browse, stranger, other_member, observer, target):
    mark = mark_target("TAROT-TCA", NIGHT, target, is_observed=True, by=observer)
    for user in (stranger, other_member):
        client = browse(user)
        assert tick(client, target, observed="no").status_code == 404
        assert client.post(f"/observability/night/marks/{mark.pk}/undo/").status_code == 404
        assert not NightMark.objects.visible_to(user)
        with pytest.raises(NotAllowed):
            undo_mark(mark, by=user)
    assert NightMark.objects.get().is_current
    assert tick(browse(observer), target, night="no day").status_code == 400
    assert tick(browse(observer), target, telescope="Nowhere").status_code == 404


def test_a_bare_position_leads_to_what_can_be_told_of_it(browse, observer):
    """Ticks belong to targets, so that they are hidden with them; a position becomes one, or its exposure is told."""
    page = browse(observer).get(PAGE.replace("AT+2026abc", "150.1+60.2")).content.decode()
    assert "/targets/create/?type=SIDEREAL&amp;ra=150.100000&amp;dec=60.200000" in page
    assert 'href="/executed/upload/"' in page
    assert "Not observed</button>" not in page
