"""Observability as people, programs and strangers see it."""

import csv
import io
import re
from datetime import UTC, datetime, timedelta

import pytest
from django.core.cache import caches
from guardian.shortcuts import assign_perm
from rest_framework.test import APIClient
from tom_targets.models import TargetList

from tests.factories import ingest_alert, make_target
from tom_gcn.models import Localization
from tom_grandma_facilities.models import TelescopeStatus
from tom_grandma_facilities.observability import network
from tom_grandma_facilities.observability_page import board_of, night_of, rows_of, sight_of
from tom_grandma_facilities.registry import TELESCOPES

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}
NOW = datetime(2026, 11, 20, 21, 33, 20, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _nothing_kept():
    caches["drawings"].clear()


@pytest.fixture
def target(grandma):
    return make_target("AT 2026abc", ra=150.0, dec=20.0, group=grandma)


def test_the_page_of_a_target_asks_for_its_part(browse, member, target):
    page = browse(member).get(f"/targets/{target.pk}/").content.decode()
    assert f'hx-get="/targets/{target.pk}/observability/"' in page
    assert "tom_grandma_facilities/js/sights" in page


def test_the_part_ranks_every_telescope(browse, member, target):
    page = browse(member).get(f"/targets/{target.pk}/observability/", headers=HTMX).content.decode()
    assert "<html" not in page
    assert f"of {len(network())} telescopes" in page
    for telescope in network().telescopes:
        assert f"telescope={telescope.name}" in page
    assert page.count("<svg") == 1
    assert "unknown</span>" in page  # a depth nobody has published


def test_the_whole_page_and_one_telescope(browse, member, target):
    client = browse(member)
    page = client.get(f"/targets/{target.pk}/observability/?telescope=TAROT-TCA").content.decode()
    assert "<html" in page
    assert page.count('<svg class="sights"') == 2
    part = client.get(
        f"/targets/{target.pk}/observability/?telescope=TAROT-TCA", headers={**HTMX, "HX-Target": "sight-chosen"}
    )
    assert part.content.decode().count("<svg") == 1
    assert "sights-table" not in part.content.decode()
    assert {"HX-Request", "HX-Target"} <= {name.strip() for name in part["Vary"].split(",")}
    assert client.get(f"/targets/{target.pk}/observability/?telescope=Nowhere").status_code == 404


def test_queries_of_the_part_are_few(browse, member, target, django_assert_num_queries):
    client = browse(member)
    client.get(f"/targets/{target.pk}/observability/", headers=HTMX)
    # two of the session, three of permissions, the groups, the target, the states of telescopes
    with django_assert_num_queries(8):
        client.get(f"/targets/{target.pk}/observability/", headers=HTMX)


@pytest.mark.parametrize("ra", [0.0, 359.9999999, 360.0])
def test_zero_hours(browse, member, grandma, ra):
    there = make_target("zero", ra=ra, dec=0.0, group=grandma)
    assert browse(member).get(f"/targets/{there.pk}/observability/").status_code == 200


def test_strangers_find_nothing(browse, stranger, other_member, target):
    for visitor in (stranger, other_member):
        client = browse(visitor)
        assert client.get(f"/targets/{target.pk}/observability/").status_code == 404
        assert "no target of this name" in client.get("/observability/?q=AT 2026abc").content.decode()
        assert client.get("/observability/night/starlist.txt?telescope=TAROT-TCA&targets=AT 2026abc").content == b""
    assert browse().get(f"/targets/{target.pk}/observability/").status_code == 302


def test_any_position(browse, member, target):
    client = browse(member)
    assert "sights-table" in client.get("/observability/?q=10:00:00 +20:00:00").content.decode()
    assert f'href="/targets/{target.pk}/"' in client.get("/observability/?q=at 2026ABC").content.decode()
    assert "Type a position" in client.get("/observability/?q=").content.decode()
    assert "Declination must lie" in client.get("/observability/?q=10 95").content.decode()


def test_an_event_is_looked_at_where_it_is_most_probable(browse, member, stranger):
    event = ingest_alert()
    client = browse(member)
    page = client.get(f"/events/{event.name}/observability/", headers=HTMX).content.decode()
    peak = Localization.objects.get(event=event, is_current=True).skymap
    assert f"RA {peak.peak_ra_deg:.3f}, Dec {peak.peak_dec_deg:.3f}" in page
    assert "<html" not in page
    assert f"/events/{event.name}/observability/" in client.get(f"/events/{event.name}/").content.decode()
    assert browse(stranger).get(f"/events/{event.name}/observability/").status_code == 404
    Localization.objects.filter(event=event).update(is_current=False)
    assert "no sky map" in client.get(f"/events/{event.name}/observability/").content.decode()


# --- what is kept -------------------------------------------------------------------------------------------------
def test_figures_are_kept_for_five_minutes(monkeypatch):
    first = board_of(150.0, 20.0, NOW)
    assert first.at == NOW.replace(minute=30, second=0)
    assert board_of(150.0, 20.0, NOW + timedelta(seconds=80)).lines == first.lines
    assert board_of(150.0, 20.0, NOW + timedelta(seconds=110)).at == NOW.replace(minute=35, second=0)
    assert board_of(150.0001, 20.0, NOW).lines != first.lines


def test_what_was_reported_is_told_to_members_only(member, stranger):
    TelescopeStatus.objects.create(telescope="TAROT-TCA", state="closed", reason="dome motor", since=NOW)
    board = board_of(56.75, 24.12, NOW + timedelta(minutes=10))
    rows = rows_of(board, member)
    closed = [row for row in rows if row.is_closed]
    assert [row.line.telescope_name for row in closed] == ["TAROT-TCA"]
    alike = [row for row in rows if row.line.state is closed[0].line.state]
    assert alike[-1] is closed[0]
    assert not any(row.status for row in rows_of(board, stranger))


def test_one_telescope_is_as_in_the_table():
    board = board_of(56.75, 24.12, NOW)
    line = next(line for line in board.lines if line.telescope_name == "CFHT")
    sight, curve = sight_of(TELESCOPES["CFHT"], 56.75, 24.12, NOW)
    assert sight.windows == line.windows
    assert 'data-name="CFHT"' in curve


# --- a night ------------------------------------------------------------------------------------------------------
def test_a_night_of_a_list_and_typed_targets(browse, member, grandma, target):
    chosen = TargetList.objects.create(name="tonight")
    chosen.targets.add(target, make_target("GRB 999999Z", ra=140.0, dec=20.0))
    assign_perm("tom_targets.view_targetlist", grandma, chosen)
    address = "/observability/night/"
    asked = {
        "telescope": "TAROT-TCA",
        "target_list": chosen.pk,
        "night": "2026-12-20",
        "targets": "M31\n10.68 41.27\n10 95",
    }
    page = browse(member).get(address, asked).content.decode()
    assert "GRB 999999Z" not in page
    assert "M31: no target of this name" in page
    assert "Declination must lie" in page
    assert page.count('<g class="sight ') == 2
    rows = list(csv.DictReader(io.StringIO(browse(member).get(f"{address}starlist.csv", asked).content.decode())))
    assert [row["name"] for row in rows] == ["10.68 41.27", "AT 2026abc"]
    assert rows[0]["observable_from_utc"].startswith("2026-12-20T")
    answer = browse(member).get(f"{address}starlist.txt", asked)
    assert answer["Content-Disposition"] == 'attachment; filename="TAROT-TCA-20261220.txt"'
    assert re.match(r"10.68_41.27 +00 42 43.20 \+41 16 12.0 2000.0 # ", answer.content.decode())


def test_a_target_leads_to_the_night_of_its_list(browse, member, grandma, target):
    chosen = TargetList.objects.create(name="tonight")
    chosen.targets.add(target)
    assign_perm("tom_targets.view_targetlist", grandma, chosen)
    client = browse(member)
    address = f"/observability/night/?target_list={chosen.pk}"
    assert f'href="{address}"' in client.get(f"/targets/{target.pk}/").content.decode()
    assert f'<option value="{chosen.pk}" selected>' in client.get(address).content.decode()


def test_queries_of_a_night_do_not_grow_with_targets(browse, member, grandma, django_assert_max_num_queries):
    for number in range(20):
        make_target(f"N{number}", ra=15.0 * number, dec=20.0, group=grandma)
    client = browse(member)
    names = "\n".join(f"N{number}" for number in range(20))
    with django_assert_max_num_queries(11):
        page = client.get("/observability/night/", {"telescope": "CFHT", "targets": names}).content.decode()
    assert page.count('<g class="sight ') == 20


@pytest.mark.parametrize("night", ["1850-01-01", "20-20", "9999-12-31"])
def test_nights_that_cannot_be_computed(browse, member, night):
    answer = browse(member).get("/observability/night/", {"telescope": "CFHT", "night": night, "targets": "10 20"})
    assert answer.status_code == 200
    assert "text-danger" in answer.content.decode()


def test_starlists_need_a_question(browse, member):
    assert browse(member).get("/observability/night/starlist.csv").status_code == 404


def test_too_many_targets_are_cut_with_a_word(browse, member):
    positions = "\n".join(f"{number} 20" for number in range(70))
    page = browse(member).get("/observability/night/", {"telescope": "CFHT", "targets": positions}).content.decode()
    assert page.count('<g class="sight ') == 60
    assert "Only the first 60" in page


def test_the_night_that_begins_on_a_day():
    telescope = TELESCOPES["CFHT"]
    night = night_of(telescope, [], NOW)
    assert night.sights == []
    assert timedelta(hours=8) < night.end - night.start < timedelta(hours=24)


def test_lists_of_others_are_no_choice(browse, stranger, target):
    private = TargetList.objects.create(name="private list")
    private.targets.add(target)
    address = f"/observability/night/?telescope=CFHT&target_list={private.pk}"
    page = browse(stranger).get(address).content.decode()
    assert "private list" not in page
    assert "Select a valid choice" in page
    assert browse(stranger).get(address.replace("night/?", "night/starlist.csv?")).status_code == 404


# --- API ----------------------------------------------------------------------------------------------------------
@pytest.fixture
def api(member):
    client = APIClient()
    client.force_authenticate(member)
    return client


def test_the_api_answers_for_positions_and_targets(api, target):
    by_place = api.get("/api/observability/", {"ra": 150, "dec": 20, "start": "2026-11-20T21:30:00Z"}).json()
    assert len(by_place["results"]) == len(network())
    states = [row["state"] for row in by_place["results"]]
    assert states == sorted(states, key=["now", "within 2 h", "tonight", "not in 24 h"].index)
    for row in by_place["results"]:
        assert bool(row["windows"]) == (row["reason"] == "") == (row["max_altitude_deg"] is not None)
    for name in (target.pk, "at 2026abc"):
        by_target = api.get("/api/observability/", {"target": name, "start": "2026-11-20T21:30:00Z"}).json()
        assert by_target["results"] == by_place["results"]
        assert by_target["target"] == target.pk


def test_curves_are_given_when_asked_for(api):
    asked = {"ra": 10, "dec": -20, "telescope": "TAROT-TCH", "curves": "true", "hours": 6}
    (row,) = api.get("/api/observability/", asked).json()["results"]
    assert {len(values) for values in row["curve"].values()} == {37}


@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"ra": 10},
        {"ra": 10, "dec": 20, "target": "x"},
        {"ra": 10, "dec": 91},
        {"ra": "nan", "dec": 1},
        {"ra": 10, "dec": 20, "telescope": "Nowhere"},
        {"ra": 10, "dec": 20, "hours": 1000},
        {"ra": 10, "dec": 20, "start": "1850-01-01T00:00:00Z"},
        {"ra": 10, "dec": 20, "begin": "now"},
    ],
)
def test_questions_that_are_none_are_refused(api, asked):
    assert api.get("/api/observability/", asked).status_code == 400


def test_the_api_hides_targets_of_others(target, stranger):
    client = APIClient()
    assert client.get("/api/observability/", {"target": target.pk}).status_code in {401, 403}
    client.force_authenticate(stranger)
    assert client.get("/api/observability/", {"target": target.pk}).status_code == 404
    assert client.get("/api/observability/", {"target": target.name}).status_code == 404


def test_the_schema_knows_it(api):
    schema = api.get("/api/schema/", HTTP_ACCEPT="application/vnd.oai.openapi+json").json()
    parameters = schema["paths"]["/api/observability/"]["get"]["parameters"]
    assert {"ra", "dec", "target", "telescope", "start", "hours", "curves"} <= {each["name"] for each in parameters}
