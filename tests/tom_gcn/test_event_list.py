"""The event list: what it can be narrowed to, searches people keep, and news without a reload."""

import re
from datetime import UTC, datetime

import pytest
from django.urls import reverse

from tests.factories import ingest_alert, make_event, make_group
from tom_gcn.actions.searches import MOST_SEARCHES
from tom_gcn.actions.summaries import summarize
from tom_gcn.choices import EventTag
from tom_gcn.models import Event, EventSummary, ListenerHeartbeat, SavedSearch

pytestmark = pytest.mark.django_db


def listed(client, **query) -> set[str]:
    response = client.get("/events/", query)
    assert response.status_code == 200
    return set(re.findall(r'<th scope="row"><a href="/events/([^/]+)/"', response.content.decode()))


def summed(name: str, *groups, **columns) -> Event:
    """An event with a summary of these figures."""
    event = make_event(name, *groups)
    Event.objects.filter(pk=event.pk).update(display_name=name, kind=columns.pop("kind", "gw"))
    EventSummary.objects.create(event=event, **columns)
    return event


@pytest.fixture
def three(grandma):
    """A neutron star merger, a black hole merger, a burst."""
    summed(
        "S1",
        grandma,
        mission="LVK",
        far_hz=1e-12,
        best_class="BNS",
        best_probability=0.9,
        probabilities={"BNS": 0.9, "HasNS": 1.0},
        area_90_deg2=80.0,
        distance_mean_mpc=60.0,
        ra_deg=359.5,
        dec_deg=10.0,
        tags=[EventTag.AREA_100, EventTag.HAS_NS],
    )
    summed(
        "S2",
        grandma,
        mission="LVK",
        far_hz=1e-6,
        best_class="BBH",
        best_probability=0.8,
        probabilities={"BBH": 0.8, "HasNS": 0.1},
        area_90_deg2=1500.0,
        distance_mean_mpc=900.0,
        ra_deg=200.0,
        dec_deg=-80.0,
    )
    summed(
        "B3",
        grandma,
        mission="Swift",
        kind="grb",
        localization_kind="cone",
        area_90_deg2=0.01,
        error_deg=0.05,
        containment=0.9,
        ra_deg=0.5,
        dec_deg=10,
    )


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"where": "FAR < 1/yr"}, {"S1"}),
        ({"where": "FAR > 1/yr"}, {"S2"}),
        ({"where": "HasNS >= 0.5"}, {"S1"}),
        ({"where": "HasNS < 50%"}, {"S2"}),
        ({"where": "class = bbh"}, {"S2"}),
        ({"where": "FAR < 1/yr, distance < 50"}, set()),
        ({"where": "error < 12 arcmin"}, {"B3"}),
        ({"mission": "swift"}, {"B3"}),
        ({"tag": "has-ns"}, {"S1"}),
        ({"tag": ["has-ns", "area<200"]}, set()),
        ({"area": "100"}, {"S1", "B3"}),
        ({"distance": "100"}, {"S1"}),
        ({"cone": "0 10 1"}, {"S1", "B3"}),
        ({"cone": "0 10 0.6"}, {"S1", "B3"}),
        ({"cone": "0 10 0.4"}, set()),
        ({"cone": "00:00:00 +10:00:00 1"}, {"S1", "B3"}),
        ({"after": "2024-11-02", "before": "2024-11-02"}, {"S1", "S2", "B3"}),
        ({"after": "2024-11-03"}, set()),
        ({"before": "9999-12-31"}, {"S1", "S2", "B3"}),
        ({"kind": "grb", "area": "1"}, {"B3"}),
    ],
)
def test_the_list_is_narrowed(browse, member, three, query, found):
    assert listed(browse(member), **query) == found


def test_the_cone_is_that_of_astropy(browse, member, grandma):
    from astropy.coordinates import SkyCoord

    places = [(12.0, 89.5), (200.0, 89.9), (10.0, -45.0), (350.0, 0.0), (5.0, 3.0), (180.0, -89.99)]
    for number, (ra, dec) in enumerate(places):
        summed(f"P{number}", grandma, ra_deg=ra, dec_deg=dec)
    sky = SkyCoord([ra for ra, _ in places], [dec for _, dec in places], unit="deg")
    for ra, dec, radius in [(0, 89.0, 1.5), (2, 1, 12.5), (0, -90, 0.02), (5, 3, 0.001), (90, 0, 179)]:
        apart = sky.separation(SkyCoord(ra, dec, unit="deg")).deg
        expected = {f"P{number}" for number, degrees in enumerate(apart) if degrees <= radius}
        assert listed(browse(member), cone=f"{ra} {dec} {radius}") == expected


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("where", "colour < 3", "is not known"),
        ("where", "FAR < often", "FAR is compared with a number"),
        ("cone", "10 20", "RA, Dec and a radius"),
        ("cone", "10 20 -1", "RA, Dec and a radius"),
        ("cone", "10 20 nan", "RA, Dec and a radius"),
        ("area", "large", "Enter a number"),
        ("tag", "nonsense", "Select a valid choice"),
        ("after", "yesterday", "Enter a valid date"),
    ],
)
def test_a_filter_that_cannot_be_understood_says_why(browse, member, three, name, value, says):
    text = browse(member).get("/events/", {name: value}).content.decode()
    assert says in text
    assert "/events/S1/" not in text


def test_an_event_is_found_by_any_of_its_names(browse, member, grandma):
    event = make_event("swift-1118357", grandma)
    Event.objects.filter(pk=event.pk).update(display_name="GRB 220701A")
    event.aliases.create(name="EP 220701a", key="EP220701A", source="circular 1")
    client = browse(member)
    for text in ("grb 2207", "1118357", "ep220701A", "EP 220701"):
        assert listed(client, q=text) == {"swift-1118357"}, text
    assert listed(client, q="grb 2208") == set()


def test_figures_and_tags_come_with_the_notice(grandma):
    event = ingest_alert()
    summary = event.summary
    skymap = event.localizations.get().skymap
    assert summary.mission == "LVK"
    assert summary.area_90_deg2 == skymap.area_90_deg2 < 100
    assert summary.probabilities["HasNS"] == event.notices.get().properties["HasNS"]
    assert {"area<100", "area<1000", "significant"} <= set(summary.tags)
    assert "has-ns" not in summary.tags


def test_a_retracted_notice_says_nothing_of_the_source(grandma):
    event = ingest_alert()
    event.notices.update(status="retraction", is_retraction=True)
    summary = summarize(event)
    assert summary.area_90_deg2 is not None
    assert (summary.n_notices, summary.far_hz, summary.tags) == (
        1,
        None,
        ["area<100", "area<200", "area<500", "area<1000"],
    )


def test_an_error_circle_is_listed_by_its_radius(browse, member, three):
    text = browse(member).get("/events/?kind=grb").content.decode()
    assert "± 3′ (90%)" in text
    assert "/ 0.0 deg²" not in text


# --- kept searches ------------------------------------------------------------------------------------------------


def test_a_search_is_kept_shown_and_forgotten(browse, member, three):
    client = browse(member)
    saved = client.post(reverse("events:save-search"), {"name": "near", "query": "distance=100&kind=gw&page=3&x=1"})
    assert saved["Location"] == "/events/?distance=100&kind=gw"
    assert '<a href="/events/?distance=100&amp;kind=gw">near</a>' in client.get("/events/").content.decode()
    assert listed(client, distance=100, kind="gw") == {"S1"}
    client.post(reverse("events:save-search"), {"name": "near", "query": "distance=200"})
    search = SavedSearch.objects.get()
    assert search.query == "distance=200"
    assert client.post(reverse("events:delete-search", args=[search.pk])).status_code == 302
    assert not SavedSearch.objects.exists()


def test_searches_are_ones_own(browse, member, stranger, three):
    search = SavedSearch.objects.create(user=member, name="near", query="distance=100")
    assert "near</a>" not in browse(stranger).get("/events/").content.decode()
    assert browse(stranger).post(reverse("events:delete-search", args=[search.pk])).status_code == 404
    assert browse().post(reverse("events:delete-search", args=[search.pk])).status_code == 302
    assert SavedSearch.objects.filter(pk=search.pk).exists()


def test_nobody_keeps_more_searches_than_allowed(browse, member):
    SavedSearch.objects.bulk_create(
        SavedSearch(user=member, name=f"{n}", query="kind=gw") for n in range(MOST_SEARCHES)
    )
    client = browse(member)
    client.post(reverse("events:save-search"), {"name": "one more", "query": "kind=grb"})
    client.post(reverse("events:save-search"), {"name": "", "query": "kind=grb"})
    assert SavedSearch.objects.count() == MOST_SEARCHES


# --- news ---------------------------------------------------------------------------------------------------------


def polled(text: str) -> str:
    return re.search(r'class="news"[^>]*hx-get="([^"]+)"', text)[1].replace("&amp;", "&")


def test_an_open_list_learns_of_a_new_notice(browse, member, grandma):
    client = browse(member)
    address = polled(client.get("/events/?kind=gw").content.decode())
    nothing = client.get(address)
    assert nothing.content.decode().strip() == ""
    assert client.get(address, headers={"If-None-Match": nothing["ETag"]}).status_code == 304
    ingest_alert()
    news = client.get(address, headers={"If-None-Match": nothing["ETag"]})
    assert news.status_code == 200
    assert "1 new notice" in news.content.decode()
    assert 'href="/events/?kind=gw"' in news.content.decode()


def test_an_open_event_learns_of_a_new_notice(browse, member, grandma):
    event = ingest_alert("S230518h_INITIAL_1.json")
    client = browse(member)
    address = polled(client.get(event.get_absolute_url()).content.decode())
    nothing = client.get(address)
    assert nothing.content.decode().strip() == ""
    assert client.get(address, headers={"If-None-Match": nothing["ETag"]}).status_code == 304
    assert ingest_alert("S230518h_UPDATE_1.json") == event
    news = client.get(address, headers={"If-None-Match": nothing["ETag"]})
    assert "New notice" in news.content.decode()
    for nonsense in ("", "x", "1-2", "-1-2-3", "9" * 30):
        assert client.get(address.split("?")[0], {"since": nonsense}).content.decode().strip() == ""


def test_news_are_of_what_one_may_see_and_not_of_tests(browse, member, stranger, grandma):
    others = make_group("others")
    client = browse(member)
    address = polled(client.get("/events/").content.decode())
    event = ingest_alert()
    assert "new notice" not in browse(stranger).get(address).content.decode()
    Event.objects.filter(pk=event.pk).update(is_test=True)
    assert "new notice" not in client.get(address).content.decode()
    assert "new notice" in client.get(f"{address}&tests=on").content.decode()
    event.groups.set([others])
    assert "new notice" not in client.get(f"{address}&tests=on").content.decode()


def test_pages_warn_when_alerts_do_not_come_in(browse, member, grandma):
    ListenerHeartbeat.objects.create(cluster="gcn", beat_at=datetime(2024, 1, 1, tzinfo=UTC))
    for address in ("/", "/events/"):
        assert "No alerts come in from" in browse(member).get(address).content.decode()
    assert "No alerts come in from" not in browse().get("/accounts/login/").content.decode()
