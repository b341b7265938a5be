"""The API of everything alerts bring: filters of events, regions as MOC and GeoJSON, circulars, messages."""

from pathlib import Path

import numpy as np
import pytest
from mocpy import MOC
from rest_framework.test import APIClient

from tests.factories import make_group
from tom_gcn.actions import read_message, receive_message
from tom_gcn.models import Circular, Event, Localization, Message
from tom_gcn.sky_formats import geojson, moc_json
from tom_gcn.skymaps import area_deg2, cone_ranges
from tom_gcn.skymaps.ranges import SKY_DEG2

pytestmark = pytest.mark.django_db

ALERTS = Path(__file__).parents[1] / "data" / "alerts"
VOEVENTS = ALERTS / "voevent"


def api_of(user):
    client = APIClient()
    client.force_authenticate(user)
    return client


def take(path):
    return read_message(receive_message(path.read_bytes(), source=path.name)[0])


@pytest.fixture
def api(member):
    return api_of(member)


@pytest.fixture
def events(grandma):
    """A superevent, a Swift burst and a neutrino."""
    files = (
        ALERTS / "lvk_json" / "S241102br_UPDATE_1.json",
        next((VOEVENTS / "Swift").glob("SWIFT_BAT_GRB_POS_ACK*.xml")),
        next((VOEVENTS / "IceCube").glob("ICECUBE_ASTROTRACK_GOLD*.xml")),
    )
    return [take(file).event for file in files]


def names(answer):
    assert answer.status_code == 200, answer.json()
    return {row["name"] for row in answer.json()["results"]}


def place(event):
    return event.localizations.get(is_current=True).skymap


def test_events_are_found_by_kind_time_and_any_name(api, events):
    gw, grb, neutrino = events
    assert names(api.get("/api/events/?kind=grb&kind=neutrino")) == {grb.name, neutrino.name}
    assert names(api.get(f"/api/events/?t0_after={gw.t0:%Y-%m-%dT%H:%M:%SZ}")) >= {gw.name}
    assert names(api.get("/api/events/?alias=s241102BR")) == {gw.name}
    assert names(api.get(f"/api/events/?alias=swift:{grb.event_id}")) == {grb.name}
    assert names(api.get("/api/events/?alias=nobody1")) == set()


def test_events_are_found_by_position_and_by_cone(api, events):
    for event in events:
        event.refresh_from_db()
        ra, dec = place(event).peak_ra_deg, place(event).peak_dec_deg
        assert event.name in names(api.get(f"/api/events/?at={ra},{dec}"))
        assert event.name in names(api.get(f"/api/events/?cone={ra},{dec},0.1"))
        assert event.name not in names(api.get(f"/api/events/?cone={(ra + 180) % 360},{-dec},0.1"))
        # A region beside the middle of a circle lies in it all the same.
        north = dec + 3 if dec < 80 else dec - 3
        assert event.name in names(api.get(f"/api/events/?cone={ra},{north},3.5"))


@pytest.mark.parametrize(
    "query",
    ["at=1", "at=a,b", "at=400,0", "at=0,91", "cone=1,2", "cone=1,2,nan", "cone=1,2,-1", "cone=1,2,181", "kind=x"],
)
def test_filters_that_cannot_be_read_are_refused(api, query):
    answer = api.get(f"/api/events/?{query}")
    assert answer.status_code == 400
    assert set(answer.json()) == {query.split("=")[0]}


def test_the_region_as_a_moc_is_the_region(api, events):
    for localization in Localization.objects.filter(is_current=True):
        answer = api.get(f"/api/localizations/{localization.pk}/moc/?level=0.5")
        ours = MOC.from_json(answer.json())
        ranges = localization.skymap.region_50
        theirs = MOC.from_depth29_ranges(29, ranges.astype(np.uint64))
        assert np.array_equal(ours.to_depth29_ranges, theirs.to_depth29_ranges)
        wide = api.get(f"/api/localizations/{localization.pk}/moc/").json()
        assert MOC.from_json(wide).sky_fraction == pytest.approx(area_deg2(localization.skymap.region_90) / SKY_DEG2)


def test_a_moc_holds_as_few_cells_as_mocpys():
    ranges = cone_ranges(359.9, -89.0, 4.0)
    ours = moc_json(ranges)
    theirs = MOC.from_depth29_ranges(29, ranges.astype(np.uint64)).serialize("json")
    assert {order: sorted(cells) for order, cells in ours.items()} == {
        order: sorted(cells) for order, cells in theirs.items() if cells
    }
    assert moc_json(np.empty((0, 2), dtype=np.int64)) == {}


@pytest.mark.parametrize("level", ["0", "1", "nan", "x", "-0.5"])
def test_levels_that_are_none_are_refused(api, events, level):
    pk = Localization.objects.first().pk
    assert api.get(f"/api/localizations/{pk}/moc/?level={level}").status_code == 400


def test_outlines_as_geojson(api, events):
    localization = Localization.objects.filter(is_current=True).first()
    answer = api.get(f"/api/localizations/{localization.pk}/geojson/")
    assert answer["Content-Type"] == "application/geo+json"
    features = answer.json()["features"]
    assert [f["properties"]["level"] for f in features] == [0.5, 0.9]
    assert features[0]["properties"]["event"] == localization.event.name
    points = [point for f in features for line in f["geometry"]["coordinates"] for point in line]
    assert points and all(-180 <= lon <= 180 and -90 <= lat <= 90 for lon, lat in points)


def test_lines_are_cut_where_the_map_ends():
    square = [[179.0, 0.0], [181.0, 2.0], [181.0, -2.0], [179.0, 0.0]]
    lines = geojson({"0.9": [square]}, {})["features"][0]["geometry"]["coordinates"]
    assert lines == [
        [[179.0, 0.0], [180.0, 1.0]],
        [[-180.0, 1.0], [-179.0, 2.0], [-179.0, -2.0], [-180.0, -1.0]],
        [[180.0, -1.0], [179.0, 0.0]],
    ]


def test_circulars_are_read_by_those_who_may(api, grandma, stranger):
    for file in sorted((ALERTS / "circulars").glob("343*.json")):
        take(file)
    found = api.get("/api/circulars/?subject=grb").json()["results"]
    assert found and all("GRB" in row["subject"].upper() for row in found)
    one = api.get(f"/api/circulars/{found[0]['circular_id']}/").json()
    assert one["body"] and one["archive_url"].endswith(str(one["circular_id"]))
    assert api_of(stranger).get("/api/circulars/").json()["count"] == 0
    assert api_of(stranger).get(f"/api/circulars/{one['circular_id']}/").status_code == 404


def test_a_circular_names_only_events_one_may_see(api, events):
    hidden, *_ = events
    take(next((ALERTS / "circulars").glob("*.json")))
    circular = Circular.objects.get()
    circular.events.set(events[:2])
    hidden.groups.set([make_group("A few")])
    row = api.get(f"/api/circulars/{circular.circular_id}/").json()
    assert row["events"] == [events[1].name]
    assert api.get(f"/api/circulars/?event={hidden.name}").json()["count"] == 0


def test_messages_are_for_administrators(api, events, administrator):
    read_message(receive_message(b"nonsense", source="gcn", topic="gcn.test")[0])
    assert api.get("/api/messages/").status_code == 403
    client = api_of(administrator)
    rows = client.get("/api/messages/?state=unreadable").json()["results"]
    assert [(row["reason_code"], row["event"]) for row in rows] == [("unknown-format", None)]
    every = client.get("/api/messages/").json()
    assert every["count"] == Message.objects.count()
    assert {row["event"] for row in every["results"]} == {None, *(event.name for event in Event.objects.all())}
    assert "body" not in every["results"][0]


def test_lists_take_as_many_queries_for_many_rows(api, administrator, events, django_assert_max_num_queries):
    for path, client in (
        ("events", api),
        ("circulars", api),
        ("localizations", api),
        ("messages", api_of(administrator)),
    ):
        with django_assert_max_num_queries(10):
            assert client.get(f"/api/{path}/").status_code == 200


def test_the_description_has_examples(api):
    schema = api.get("/api/schema/?format=json").json()
    create = schema["paths"]["/api/events/"]["post"]
    assert {"circle", "polygon", "annulus"} <= {
        example.get("summary", name).lower()
        for name, example in create["requestBody"]["content"]["application/json"]["examples"].items()
    }
    for path in (
        "/api/circulars/",
        "/api/messages/",
        "/api/localizations/{id}/moc/",
        "/api/localizations/{id}/geojson/",
    ):
        assert "get" in schema["paths"][path]
    parameters = {parameter["name"] for parameter in schema["paths"]["/api/events/"]["get"]["parameters"]}
    assert {"at", "cone", "alias", "kind", "t0_after"} <= parameters
