"""Events entered by hand: by the page and by the API, under the same rules as those that come in by streams."""

import base64
import json
from pathlib import Path

import pytest
from django.contrib.auth.models import Permission
from django.core.files.uploadedfile import SimpleUploadedFile
from rest_framework.test import APIClient

from tests.factories import make_event, make_group, make_user
from tom_gcn.actions import read_message, receive_message
from tom_gcn.models import Event, Message, Notice, SkyMapFetch

pytestmark = pytest.mark.django_db

ALERTS = Path(__file__).parents[1] / "data" / "alerts"
LVK = ALERTS / "lvk_json" / "S241102br_UPDATE_1.json"
SWIFT = next((ALERTS / "voevent" / "Swift").glob("*BAT_GRB_POS*.xml"))
CONE = {"shape": "cone", "name": "GRB 261120A", "kind": "grb", "ra_deg": 197.45, "dec_deg": -23.38, "radius_deg": 0.5}


def reporter(name, *groups):
    user = make_user(name, *groups)
    user.user_permissions.add(Permission.objects.get(codename="add_event"))
    return user


@pytest.fixture
def author(grandma):
    return reporter("author", grandma)


def api_of(user):
    client = APIClient()
    client.force_authenticate(user)
    return client


@pytest.fixture
def api(author):
    return api_of(author)


def post(api, fields, **changes):
    return api.post("/api/events/", {**fields, **changes}, format="json")


def skymap_bytes():
    return base64.b64decode(json.loads(LVK.read_text())["event"]["skymap"])


SHAPES = {
    "cone": (CONE, "cone"),
    "ellipse": (CONE | {"shape": "ellipse", "major_deg": 2, "minor_deg": 1, "position_angle_deg": 30}, "ellipse"),
    "polygon": (
        {"shape": "polygon", "name": "IPN 261120", "kind": "grb", "corners": [[10, 5], [12, 5], [12, 7], [10, 7]]},
        "polygon",
    ),
    "annulus": (CONE | {"shape": "annulus", "radius_deg": 40, "half_width_deg": 1.5}, "annulus"),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_a_region_becomes_an_event_with_a_map(api, author, shape):
    fields, kind = SHAPES[shape]
    answer = post(api, fields, time="2026-11-20T18:30:05Z", remark="From the IPN list")
    assert answer.status_code == 201, answer.json()
    event = Event.objects.get()
    assert answer.json()["event"]["name"] == event.name
    assert (event.display_name, event.kind) == (fields["name"], "grb")
    assert event.t0.isoformat() == "2026-11-20T18:30:05+00:00"
    localization = event.localizations.get(is_current=True)
    assert localization.kind == kind
    assert localization.skymap.area_90_deg2 > 0
    message = Message.objects.get()
    assert (message.source, message.topic, message.state) == ("manual", "icare.manual", "read")
    assert (message.headers["actor"], message.headers["actor_id"]) == (author.username, author.pk)
    assert [group.name for group in event.groups.all()] == ["GRANDMA"]
    assert event.notices.get().parameters["remark"] == ["From the IPN list", ""]


def test_a_cone_has_the_area_it_says(api):
    post(api, CONE, containment=0.9)
    skymap = Event.objects.get().localizations.get().skymap
    assert skymap.area_90_deg2 == pytest.approx(3.14159 * 0.25, rel=0.02)


def test_the_same_again_is_the_same(api, author):
    first, again = post(api, CONE), post(api, CONE)
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json()["is_new"] is False
    colleague = reporter("colleague", *author.groups.all())
    assert post(api_of(colleague), CONE).status_code == 200
    assert (Event.objects.count(), Notice.objects.count(), Message.objects.count()) == (1, 1, 1)


def test_the_same_name_adds_to_the_event_and_can_retract_it(api):
    post(api, CONE)
    assert post(api, CONE, radius_deg=0.05, status="update").status_code == 201
    event = Event.objects.get()
    assert event.localizations.get(is_current=True).error_deg == 0.05
    retraction = {"shape": "cone", "name": CONE["name"], "kind": "grb", "status": "retraction"}
    assert post(api, retraction).status_code == 201
    event.refresh_from_db()
    assert (event.is_retracted, event.notices.count()) == (True, 3)


def test_a_fits_file_becomes_a_sky_map(api):
    file = SimpleUploadedFile("map.fits", skymap_bytes())
    fields = {"shape": "fits", "name": "S261120x", "kind": "gw", "file": file, "is_test": "true"}
    answer = api.post("/api/events/", fields, format="multipart")
    assert answer.status_code == 201, answer.json()
    event = Event.objects.get()
    assert event.is_test
    assert event.localizations.get().skymap.area_90_deg2 == pytest.approx(28.4, abs=0.1)
    assert bytes(event.localizations.get().skymap.fits) == skymap_bytes()


def test_an_address_is_fetched_in_the_background(api):
    url = "https://gracedb.ligo.org/api/superevents/S240422ed/files/bayestar.multiorder.fits"
    answer = post(api, {"shape": "url", "name": "S240422ed copy", "kind": "gw", "url": url})
    assert answer.status_code == 201, answer.json()
    assert SkyMapFetch.objects.get().url == url


@pytest.mark.parametrize(
    ("url", "word"),
    [
        ("http://127.0.0.1/map.fits", "not among the hosts"),
        ("http://169.254.169.254/latest/meta-data", "not among the hosts"),
        ("https://gracedb.ligo.org.evil.example/m.fits", "not among the hosts"),
        ("https://user@gracedb.ligo.org/m.fits", "Only plain http"),
        ("file:///etc/passwd", "Only plain http"),
        ("https://gracedb.ligo.org:22/m.fits", "Port 22"),
    ],
)
def test_addresses_lead_only_where_they_may(api, url, word):
    answer = post(api, {"shape": "url", "name": "X1", "kind": "gw", "url": url})
    assert answer.status_code == 400
    assert word in answer.json()["url"][0]
    assert not Message.objects.exists()


def test_a_pasted_notice_is_read_like_one_that_came(api):
    answer = post(api, {"shape": "message", "message": SWIFT.read_text()})
    assert answer.status_code == 201, answer.json()
    event = Event.objects.get()
    assert event.namespace == "swift"
    assert event.notices.get().format == "voevent"
    assert post(api, {"shape": "message", "message": SWIFT.read_text()}).status_code == 200


def test_a_pasted_notice_never_stands_in_the_way_of_the_real_one(grandma):
    """Somebody of another group was faster, perhaps with a false copy: the stream's notice counts, for the network."""
    visitor = reporter("visitor", make_group("Another group"))
    false = SWIFT.read_text().replace("<Description>", "<Description>false ", 1)
    assert post(api_of(visitor), {"shape": "message", "message": false}).status_code == 201
    event = Event.objects.get()
    assert [group.name for group in event.groups.all()] == ["Another group"]
    message, is_new = receive_message(SWIFT.read_bytes(), source="gcn")
    result = read_message(message)
    assert (is_new, result.is_new_notice, result.event) == (True, True, event)
    assert {group.name for group in event.groups.all()} == {"Another group", "GRANDMA"}


def test_a_notice_that_is_here_is_not_pasted_twice(api):
    read_message(receive_message(SWIFT.read_bytes(), source="gcn")[0])
    answer = post(api, {"shape": "message", "message": SWIFT.read_text()})
    assert (answer.status_code, answer.json()["is_new"]) == (200, False)
    assert Message.objects.count() == 1


def test_nobody_adds_to_an_event_they_cannot_see(author):
    """And being refused changes nothing, neither for the event nor for the stream that brings the same notice."""
    read_message(receive_message(SWIFT.read_bytes(), source="gcn")[0])
    visitor = reporter("visitor", make_group("Another group"))
    changed = SWIFT.read_text().replace("ivo://nasa.gsfc.gcn/SWIFT#", "ivo://nasa.gsfc.gcn/SWIFT#second-")
    answer = post(api_of(visitor), {"shape": "message", "message": changed})
    assert (answer.status_code, answer.json()["code"]) == (403, "not-allowed")
    event = Event.objects.get()
    assert event.notices.count() == 1
    assert [group.name for group in event.groups.all()] == ["GRANDMA"]
    message, is_new = receive_message(changed.encode(), source="gcn")
    assert is_new
    assert read_message(message).is_new_notice


def test_one_name_in_two_groups_is_two_events(api):
    post(api, CONE)
    visitor = reporter("visitor", make_group("Another group"))
    answer = post(api_of(visitor), CONE)
    assert answer.status_code == 201
    assert Event.objects.count() == 2
    assert Event.objects.visible_to(visitor).get().name == answer.json()["event"]["name"]


def test_groups_are_chosen_among_ones_own(api, author):
    make_group("Another group")
    answer = post(api, CONE, groups=["Another group"])
    assert answer.status_code == 400
    assert answer.json()["groups"]
    own = make_group("Own group")
    author.groups.add(own)
    assert post(api, CONE, groups=["Own group"]).status_code == 201
    assert [group.name for group in Event.objects.get().groups.all()] == ["Own group"]


def test_only_with_the_permission(member, stranger, browse):
    for user in (member, stranger):
        assert post(api_of(user), CONE).status_code == 403
        page = browse(user)
        assert page.get("/events/new/")["Location"] == "/events/"
        assert page.post("/events/new/", CONE)["Location"] == "/events/"
        assert "You may not enter events" in page.get("/events/").content.decode()
    assert post(APIClient(), CONE).status_code in (401, 403)
    assert browse().get("/events/new/")["Location"].startswith("/accounts/login/")
    assert post(api_of(reporter("nogroup")), CONE).status_code == 400
    assert not Event.objects.exists()


FAULTS = {
    "no name": (CONE | {"name": ""}, "name"),
    "a name with a slash": (CONE | {"name": "a/b"}, "name"),
    "the name of this page": (CONE | {"name": "new"}, "name"),
    "a script for a name": (CONE | {"name": "<script>"}, "name"),
    "no radius": ({k: v for k, v in CONE.items() if k != "radius_deg"}, "radius_deg"),
    "a radius of nothing": (CONE | {"radius_deg": 0}, "radius_deg"),
    "a negative radius": (CONE | {"radius_deg": -1}, "radius_deg"),
    "a radius that is no number": (CONE | {"radius_deg": "nan"}, "radius_deg"),
    "a radius of 400 digits": (CONE | {"radius_deg": 10**400}, "radius_deg"),
    "Dec 91": (CONE | {"dec_deg": 91}, "dec_deg"),
    "RA infinite": (CONE | {"ra_deg": "inf"}, "ra_deg"),
    "an RA that is a list": (CONE | {"ra_deg": [1]}, "ra_deg"),
    "certainty above one": (CONE | {"containment": 1.5}, "containment"),
    "year 9999": (CONE | {"time": "9999-12-31T23:59:59Z"}, "time"),
    "no time": (CONE | {"time": "yesterday"}, "time"),
    "a kind nobody knows": (CONE | {"kind": "ufo"}, "kind"),
    "a shape nobody knows": (CONE | {"shape": "heart"}, "shape"),
    "two corners": (SHAPES["polygon"][0] | {"corners": [[1, 2], [3, 4]]}, "corners"),
    "corners off the sky": (SHAPES["polygon"][0] | {"corners": [[1, 99], [3, 4], [5, 6]]}, "corners"),
    "corners that are words": (SHAPES["polygon"][0] | {"corners": "here there"}, "corners"),
    "corners nested": (SHAPES["polygon"][0] | {"corners": [[[1]], {"a": 2}, 3]}, "corners"),
    "axes of nothing": (SHAPES["ellipse"][0] | {"minor_deg": 0}, "major_deg"),
    "no notice": ({"shape": "message", "message": "  "}, "message"),
    "no file": ({"shape": "fits", "name": "X1", "kind": "gw"}, "file"),
    "no address": ({"shape": "url", "name": "X1", "kind": "gw"}, "url"),
    "groups that are numbers of others": (CONE | {"groups": [999999]}, "groups"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault_is_said_at_its_field(api, fault):
    fields, field = FAULTS[fault]
    answer = post(api, fields)
    assert answer.status_code == 400, answer.json()
    assert field in answer.json()
    assert not Message.objects.exists()


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("hello", "unknown-format"),
        ("{}", "not-an-alert"),
        ('{"circularId": 1, "subject": "s", "body": "b", "createdOn": 1, "submitter": "x"}', "not-a-notice"),
    ],
)
def test_what_is_no_notice_is_refused_and_not_stored(api, text, code):
    answer = post(api, {"shape": "message", "message": text})
    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert not Message.objects.exists()


def test_a_stream_cannot_speak_as_somebody(author):
    """A message on our own topic, but not entered here, names nobody and gets no groups of its own."""
    hidden = make_event("Hidden", make_group("Another group"))
    body = json.dumps({"name": "Forged", "kind": "grb", "groups": [hidden.groups.get().pk],
                       "localization": {"shape": "cone", "ra_deg": 1, "dec_deg": 2, "radius_deg": 3}})  # fmt: skip
    headers = {"actor_id": author.pk, "groups": [hidden.groups.get().pk]}
    message, _ = receive_message(body.encode(), source="hopskotch", topic="icare.manual", headers=headers)
    event = read_message(message).event
    assert [group.name for group in event.groups.all()] == ["GRANDMA"]


def test_the_page_stores_and_leads_to_the_event(author, browse):
    client = browse(author)
    page = client.get("/events/new/?shape=annulus").content.decode()
    assert 'value="annulus" selected' in page
    assert "<script>" not in page and "style=" not in page
    answer = client.post("/events/new/", {**CONE, "status": "initial", "time": "2026-11-20 18:30"})
    event = Event.objects.get()
    assert (answer.status_code, answer["Location"]) == (302, event.get_absolute_url())
    again = client.post("/events/new/", {**CONE, "status": "initial", "time": "2026-11-20 18:30"}, follow=True)
    assert "already here" in again.content.decode()
    assert "Enter an event" in client.get("/events/").content.decode()


def test_the_page_says_what_is_wrong_at_its_field(author, browse):
    answer = browse(author).post("/events/new/", {**CONE, "status": "initial", "radius_deg": "-1"})
    page = answer.content.decode()
    assert answer.status_code == 200
    assert "Nothing was stored" in page and "entry-error" in page
    assert 'value="-1"' in page
    assert not Message.objects.exists()


def test_the_page_says_why_a_notice_cannot_be_used(author, browse):
    answer = browse(author).post("/events/new/", {"shape": "message", "message": "<script>x</script>",
                                                  "kind": "grb", "status": "initial"})  # fmt: skip
    page = answer.content.decode()
    assert "banner-bad" in page
    assert "<script>x" not in page
