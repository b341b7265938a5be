"""The home page and the search box."""

import re
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from django.contrib.messages import get_messages
from django.template.loader import render_to_string

from icare_tom.templatetags.icare import age_words, duration_words
from icare_tom.world_map import draw_world, grouped, light_of, shade_path
from tests.factories import ingest_alert, make_event, make_target
from tom_grandma_facilities.registry import TELESCOPES
from tom_grandma_facilities.tonight import network_now

pytestmark = pytest.mark.django_db


@pytest.fixture
def event(grandma):
    return ingest_alert()


def test_home_needs_a_sign_in_and_asks_for_it_plainly(browse):
    answer = browse().get("/?a=1")
    assert answer.url == "/accounts/login/?next=/%3Fa%3D1"
    assert [str(message) for message in get_messages(answer.wsgi_request)] == ["Please log in."]


def test_a_wrong_password_is_not_ticked_and_a_lost_one_has_a_way(browse):
    text = browse().post("/accounts/login/", {"login": "nobody", "password": "wrong"}).content.decode()
    assert '<a href="/accounts/password/reset/">Password lost?</a>' in text


def test_those_without_a_group_are_told_so_and_see_no_button_that_leads_nowhere(browse, member, stranger):
    for address in ("/", "/events/", "/targets/"):
        assert "You belong to no group yet" in browse(stranger).get(address).content.decode()
        assert "You belong to no group yet" not in browse(member).get(address).content.decode()
    for address, link in (
        ("/targets/", "/targets/create/"),
        ("/targets/targetgrouping/", "/targets/targetgrouping/create"),
    ):
        assert link not in browse(stranger).get(address).content.decode()
        assert link in browse(member).get(address).content.decode()


def test_an_empty_home_says_how_alerts_come_in(browse, member, settings):
    for page in ("/", "/events/"):
        assert "An administrator reads them in from files" in browse(member).get(page).content.decode()
    account = {"user": "somebody", "password": "secret"}
    settings.ICARE_STREAMS = {name: stream | account for name, stream in settings.ICARE_STREAMS.items()}
    for page in ("/", "/events/"):
        text = browse(member).get(page).content.decode()
        assert "appear here as they arrive" in text
        assert "from files" not in text


def test_home_counts_the_telescopes_asked_by_default(browse, member):
    text = browse(member).get("/").content.decode()
    asked = [telescope for telescope in TELESCOPES.values() if telescope.in_network and telescope.site.known]
    said = re.search(r"(\d+) of (\d+) telescopes asked by default are dark", text)
    assert int(said[2]) == len(asked)
    counts = dict(re.findall(r"<h3>([^<]+?) <span class=\"quiet\">(\d+)</span>", text))
    assert int(counts.get("Dark now", 0)) == int(said[1])
    assert "others, only on request" in text


def test_home_shows_events_of_ones_groups_and_every_telescope(browse, member, stranger, event):
    mine = browse(member).get("/").content.decode()
    assert event.name in mine
    assert "TAROT-TCA" in mine
    assert "Place not known" in mine
    assert event.name not in browse(stranger).get("/").content.decode()


def test_home_leaves_tests_to_the_list_but_shows_drills(browse, member, grandma):
    make_event("MS260101a", grandma, test=True)
    drill = make_event("TS260101a", grandma, test=True)
    drill.drill_of = "S241102br"
    drill.save()
    text = browse(member).get("/").content.decode()
    assert "TS260101a" in text
    assert "MS260101a" not in text


def test_home_takes_few_queries(browse, member, event, django_assert_max_num_queries):
    client = browse(member)
    client.get("/")
    with django_assert_max_num_queries(9):
        client.get("/")


def test_an_exact_name_leads_to_its_page(browse, member, event):
    assert browse(member).get("/search/", {"q": event.name.lower()}).url == event.get_absolute_url()


def test_search_finds_events_and_targets_by_part_of_their_name(browse, member, event, grandma):
    make_target("AT2026xyz", group=grandma)
    assert event.name in browse(member).get("/search/", {"q": event.name[:4]}).content.decode()
    assert "AT2026xyz" in browse(member).get("/search/", {"q": "2026x"}).content.decode()


def test_search_finds_what_lies_at_a_position(browse, member, event, grandma):
    skymap = event.localizations.get().skymap
    make_target("AT2026near", group=grandma, ra=skymap.peak_ra_deg, dec=skymap.peak_dec_deg + 0.1)
    make_target("AT2026far", group=grandma, ra=skymap.peak_ra_deg, dec=skymap.peak_dec_deg + 0.3)
    text = browse(member).get("/search/", {"q": f"{skymap.peak_ra_deg} {skymap.peak_dec_deg}"}).content.decode()
    assert event.name in text
    assert "AT2026near" in text
    assert "AT2026far" not in text


def test_search_tells_nothing_to_strangers(browse, stranger, event, grandma):
    make_target("AT2026xyz", group=grandma)
    skymap = event.localizations.get().skymap
    for text in (event.name, "AT2026xyz", "2", f"{skymap.peak_ra_deg} {skymap.peak_dec_deg}"):
        answer = browse(stranger).get("/search/", {"q": text}).content.decode()
        assert f"/events/{event.name}/" not in answer
        assert "/targets/1" not in answer
        assert "Nothing found that you may see" in answer


def test_a_wrong_position_is_explained(browse, member):
    for page in ("/search/", "/events/"):
        assert "Declination must lie between -90 and 90." in browse(member).get(page, {"q": "10 95"}).content.decode()


def test_an_empty_search_explains_itself(browse, member):
    assert "Type part of a name" in browse(member).get("/search/").content.decode()


@pytest.mark.parametrize("name", ["400.html", "500.html", "503.html"])
def test_error_pages_need_no_request_and_no_database(name, django_assert_num_queries):
    with django_assert_num_queries(0):
        text = render_to_string(name, {"message": "The database cannot be reached."})
    assert "<h1>" in text
    assert "style=" not in text


def test_what_is_missing_says_so(browse, member):
    answer = browse(member).get("/events/nowhere/")
    assert answer.status_code == 404
    assert "belongs to a group that you are not in" in answer.content.decode()


# --- the world ----------------------------------------------------------------------------------------------------


def test_the_map_shows_each_telescope_once_with_its_light():
    moment = datetime(2026, 6, 21, 0, 0, tzinfo=UTC)
    now = network_now(moment)
    svg = draw_world(moment, now, "/static/land.svg", "/telescopes/{}/")
    assert svg.count("<circle") == len(now)
    for telescope in now:
        assert f'aria-label="{telescope.telescope.name}: {telescope.words}"' in svg
    by_name = {telescope.telescope.name: telescope for telescope in now}
    assert light_of(by_name["CFHT"]) == "day"
    assert light_of(by_name["TAROT-TCH"]) == "dark"


def test_night_covers_half_of_the_map():
    path = shade_path(datetime(2026, 3, 20, 12, 0, tzinfo=UTC), 0.0)
    area = 0.0
    for ring in path.split("M")[1:]:
        points = np.array([pair.split(",") for pair in ring.rstrip("Z ").split(" ")], dtype=float)
        x, y = points.T
        area += 0.5 * np.sum(x * np.roll(y, -1) - np.roll(x, -1) * y)
    assert abs(area) / (720 * 360) == pytest.approx(0.5, abs=0.02)


def test_groups_go_from_longest_dark_to_soonest_dark():
    groups = {group.title: group.members for group in grouped(network_now(datetime(2026, 6, 21, 0, 0, tzinfo=UTC)))}
    ends = [telescope.changes_at for telescope in groups["Dark now"] if telescope.changes_at]
    starts = [telescope.changes_at for telescope in groups["Dark next"]]
    assert ends == sorted(ends, reverse=True)
    assert starts == sorted(starts)


def test_durations_are_said_shortly():
    now = datetime(2026, 1, 1, tzinfo=UTC)
    assert [duration_words(s) for s in (5, 125, 7800, 7230, 30000, 3 * 86400)] == [
        "5 s",
        "2 min",
        "2 h 10 min",
        "2 h",
        "8 h",
        "3 d",
    ]
    assert age_words(now - timedelta(minutes=17), now) == "17 min ago"
    assert age_words(now + timedelta(hours=2, minutes=10), now) == "in 2 h 10 min"
