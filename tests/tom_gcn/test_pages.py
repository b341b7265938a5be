"""Pages of events: what they show, to whom, and how many queries that takes."""

import json
import re
from datetime import UTC, datetime

import pytest
from django.urls import reverse
from django.utils import timezone

from tests.factories import ingest_alert, make_event
from tom_gcn.actions import make_plan, request_plan
from tom_gcn.choices import PlanState
from tom_gcn.models import Event, ObservationPlan

pytestmark = pytest.mark.django_db
FEW = ["TAROT-TCA", "TAROT-TRE"]
HTMX = {"HX-Request": "true"}


@pytest.fixture
def planned(event):
    make_plan(request_plan(event, by=None, telescopes=FEW).pk)
    return event


def page(client, event, name="detail", **arguments):
    return client.get(reverse(f"events:{name}", kwargs={"name": event.name, **arguments}))


def names_in(response):
    return re.findall(r'<th scope="row"><a href="/events/([^/]+)/"', response.content.decode())


# --- the list -----------------------------------------------------------------------------------------------------


def test_the_list_is_newest_first_and_hides_tests(browse, member, event, grandma):
    newer = make_event("S260101a", grandma)
    Event.objects.filter(pk=newer.pk).update(t0=timezone.now())
    make_event("MS260101b", grandma, test=True)
    assert names_in(browse(member).get("/events/")) == ["S260101a", event.name]
    assert set(names_in(browse(member).get("/events/?tests=on"))) == {"S260101a", "MS260101b", event.name}


def test_the_list_is_searched_by_name_kind_and_state(browse, member, event, grandma):
    grb = make_event("GRB260101A", grandma)
    Event.objects.filter(pk=grb.pk).update(kind="grb", state="retracted")
    client = browse(member)
    assert names_in(client.get("/events/?q=grb2601")) == ["GRB260101A"]
    assert names_in(client.get("/events/?kind=gw")) == [event.name]
    assert names_in(client.get("/events/?state=retracted")) == ["GRB260101A"]
    assert names_in(client.get("/events/?kind=grb&state=active")) == []


def test_a_position_finds_the_events_whose_region_holds_it(browse, member, event):
    skymap = event.localizations.get().skymap
    inside = f"{skymap.peak_ra_deg:.4f} {skymap.peak_dec_deg:.4f}"
    outside = f"{(skymap.peak_ra_deg + 180) % 360:.4f} {-skymap.peak_dec_deg:.4f}"
    client = browse(member)
    assert names_in(client.get("/events/", {"q": inside})) == [event.name]
    assert names_in(client.get("/events/", {"q": outside})) == []


@pytest.mark.parametrize("column", ["name", "kind", "t0", "far", "area", "distance", "covered", "state"])
def test_every_column_sorts_both_ways_with_empty_ones_last(browse, member, event, grandma, column):
    bare = make_event("S200101a", grandma)
    Event.objects.filter(pk=bare.pk).update(t0=datetime(2020, 1, 1, tzinfo=UTC))
    rising = names_in(browse(member).get("/events/", {"sort": column}))
    falling = names_in(browse(member).get("/events/", {"sort": f"-{column}"}))
    assert sorted(rising) == sorted(falling) == ["S200101a", event.name]
    if column in {"far", "area", "distance"}:
        assert rising == falling == [event.name, "S200101a"]
    if column == "t0":
        assert rising == ["S200101a", event.name]


def test_pages_keep_the_filters(browse, member, grandma):
    for number in range(30):
        make_event(f"S2301{number:02d}a", grandma)
    first = browse(member).get("/events/?q=S23")
    assert len(names_in(first)) == 25
    assert re.search(r'href="\?q=S23&amp;page=2"', first.content.decode())
    assert len(names_in(browse(member).get("/events/?q=S23&page=2"))) == 5


def test_htmx_gets_the_table_alone(browse, member, event):
    whole, part = browse(member).get("/events/"), browse(member).get("/events/", headers=HTMX)
    assert names_in(whole) == names_in(part) == [event.name]
    assert "<html" in whole.content.decode()
    assert "<html" not in part.content.decode()
    assert "HX-Request" in part["Vary"]


def test_an_empty_list_says_what_to_do(browse, member, grandma):
    make_event("MS1", grandma, test=True)
    assert "No event yet" in browse(member).get("/events/").content.decode()
    assert "Show 1 test or drill" in browse(member).get("/events/").content.decode()
    assert "No event fits" in browse(member).get("/events/?q=nothing").content.decode()


def test_the_list_takes_the_same_queries_for_one_event_and_for_many(
    browse, member, planned, grandma, django_assert_num_queries
):
    client = browse(member)
    client.get("/events/")
    # Session, user, permissions (2), roles, count, events, their plans, kept searches, tags by hand and by rule (2),
    # newest notice, state of the listeners.
    with django_assert_num_queries(13):
        client.get("/events/")
    for number in range(20):
        make_event(f"S2302{number:02d}a", grandma)
    with django_assert_num_queries(13):
        client.get("/events/")


# --- the event page -----------------------------------------------------------------------------------------------


def test_the_page_tells_what_decides(browse, member, planned):
    text = page(browse(member), planned).content.decode()
    skymap = planned.localizations.get().skymap
    for words in (
        "BBH",
        "significant",
        "H1 L1",
        f"{planned.t0:%Y-%m-%d %H:%M:%S} UTC",
        f"{skymap.area_90_deg2:.0f} deg²",
        "GraceDB",
    ):
        assert words in text
    assert text.count("<dt>") >= 6
    assert 'class="sky-picture"' in text
    assert all(f'data-telescope="{name}"' in text or f">{name}</a>" in text for name in FEW)


def test_the_page_takes_a_fixed_number_of_queries(browse, member, planned, django_assert_max_num_queries):
    client = browse(member)
    page(client, planned)
    with django_assert_max_num_queries(24):
        page(client, planned)


@pytest.mark.parametrize("where", ["/", "/events/", "/search/?q=S24", "event", "pointings", "notice"])
def test_no_page_needs_inline_scripts_or_styles(browse, member, planned, where):
    addresses = {
        "event": planned.get_absolute_url(),
        "pointings": f"{planned.get_absolute_url()}plans/1/{FEW[0]}/",
        "notice": f"{planned.get_absolute_url()}notices/{planned.notices.get().pk}/",
    }
    response = browse(member).get(addresses.get(where, where))
    text = response.content.decode()
    assert response.status_code == 200
    assert not re.search(r"\sstyle=|<style|\son[a-z]+=", text)
    assert all("src=" in tag for tag in re.findall(r"<script[^>]*>", text))
    assert not re.search(r'(?:src|action)="(?:https?:)?//', text)


def test_the_page_of_a_wide_map_stays_small(browse, member, grandma):
    wide = ingest_alert("S240112e_PRELIMINARY_2.json")
    make_plan(request_plan(wide, by=None).pk)
    assert len(page(browse(member), wide).content) < 120_000
    assert len(page(browse(member), wide, "sky-json").content) < 150_000


def test_a_retracted_event_says_so_and_offers_no_plan(browse, planner, grandma):
    event = ingest_alert("S241126dm_RETRACTION_1.json")
    text = page(browse(planner), event).content.decode()
    assert "Observe nothing for it" in text
    assert "no sky map yet" not in text
    assert "sky-legend" not in text
    assert "Plan again" not in text


def test_a_failed_plan_says_why_and_what_to_do(browse, member, event):
    plan = request_plan(event, by=None, telescopes=FEW)
    ObservationPlan.objects.filter(pk=plan.pk).update(state=PlanState.FAILED, reason="It broke. Ask for a new plan.")
    assert "It broke. Ask for a new plan." in page(browse(member), event).content.decode()


def test_an_older_plan_can_be_looked_at(browse, member, planned):
    make_plan(request_plan(planned, by=None, telescopes=FEW[:1]).pk)
    assert "Plan 2 " in page(browse(member), planned).content.decode()
    older = browse(member).get(f"{planned.get_absolute_url()}?plan=1").content.decode()
    assert "This is an older plan" in older
    assert browse(member).get(f"{planned.get_absolute_url()}?plan=7").status_code == 404
    assert browse(member).get(f"{planned.get_absolute_url()}?plan=x").status_code == 404


def test_text_from_outside_is_escaped(browse, member, event):
    event.notices.update(pipeline="<script>alert(1)</script>", problem="<img src=x>")
    text = page(browse(member), event).content.decode()
    assert "<script>alert" not in text
    assert "<img src=x>" not in text


# --- the sky ------------------------------------------------------------------------------------------------------


def test_the_sky_document_holds_map_and_plan(browse, member, planned):
    sky = json.loads(page(browse(member), planned, "sky-json").content)
    plan = planned.plans.get()
    assert {region["level"] for region in sky["regions"]} == {0.5, 0.9}
    assert len(sky["pointings"]) == plan.n_pointings > 0
    assert set(sky["telescopes"]) <= set(FEW)
    assert all(len(pointing["c"]) >= 4 for pointing in sky["pointings"])
    assert len(sky["galactic_plane"]) > 50
    assert sky["plan"] == 1


def test_the_sky_is_fetched_once(browse, member, planned):
    client = browse(member)
    for name in ("sky-json", "sky-svg"):
        first = page(client, planned, name)
        address = reverse(f"events:{name}", args=[planned.name])
        assert client.get(address, headers={"If-None-Match": first["ETag"]}).status_code == 304
        make_plan(request_plan(planned, by=None, telescopes=FEW[:1]).pk)
        assert client.get(address, headers={"If-None-Match": first["ETag"]}).status_code == 200


def test_the_sky_of_an_event_without_a_map_is_drawn(browse, member, grandma):
    event = make_event("S1", grandma)
    assert page(browse(member), event).status_code == 200
    assert json.loads(page(browse(member), event, "sky-json").content)["regions"] == []


# --- notices and maps ---------------------------------------------------------------------------------------------


def test_a_notice_is_shown_short_and_given_whole(browse, member, event):
    notice = event.notices.select_related("message").get()
    shown = page(browse(member), event, "notice-content", pk=notice.pk).content.decode()
    assert "alert_type" in shown
    assert "characters" in shown
    assert len(shown) < 100_000
    original = page(browse(member), event, "notice-original", pk=notice.pk)
    assert b"".join(original.streaming_content) == bytes(notice.message.body)
    assert "attachment" in original["Content-Disposition"]


def test_the_map_is_given_as_it_came(browse, member, event):
    localization = event.localizations.select_related("skymap").get()
    answer = page(browse(member), event, "localization-fits", pk=localization.pk)
    assert b"".join(answer.streaming_content) == bytes(localization.skymap.fits)


# --- who sees what ------------------------------------------------------------------------------------------------


def test_what_one_may_not_see_is_not_found(browse, planned, stranger, other_member):
    notice, localization = planned.notices.get(), planned.localizations.get()
    pages = [
        ("detail", {}),
        ("sky-json", {}),
        ("sky-svg", {}),
        ("plan-state", {}),
        ("plan-download", {"version": 1, "form": "csv"}),
        ("pointings", {"version": 1, "telescope": FEW[0]}),
        ("notice-content", {"pk": notice.pk}),
        ("notice-original", {"pk": notice.pk}),
        ("localization-fits", {"pk": localization.pk}),
    ]
    for name, arguments in pages:
        for user in (stranger, other_member):
            assert page(browse(user), planned, name, **arguments).status_code == 404, name
        assert page(browse(), planned, name, **arguments).status_code == 302, name
    assert names_in(browse(stranger).get("/events/")) == []


def test_rows_of_another_event_are_not_reached_through_ones_own(browse, member, planned, grandma):
    own = make_event("S1", grandma)
    assert page(browse(member), own, "notice-content", pk=planned.notices.get().pk).status_code == 404
    assert page(browse(member), own, "localization-fits", pk=planned.localizations.get().pk).status_code == 404
    assert page(browse(member), own, "pointings", version=1, telescope=FEW[0]).status_code == 404
