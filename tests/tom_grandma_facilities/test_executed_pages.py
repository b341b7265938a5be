"""Pages and API of executed observations, through HTTP."""

import json

import pytest
from django.contrib.auth.models import Permission
from django.core.files.uploadedfile import SimpleUploadedFile
from rest_framework.test import APIClient

from tests.factories import make_group, make_target, make_user
from tom_grandma_facilities.models import ExecutedObservation, ObservationUpload

pytestmark = pytest.mark.django_db

CSV = "observation_id,RA,Dec,obstime,filter,exposure_time,limmag\n"
GOOD = CSV + "a1,30.1,45.5,2024-11-02T13:00:01,r,60,18.2\na2,30.4,45.5,2024-11-02T13:05:00,g,60,\n"
MIXED = GOOD + "a3,30.1,99,2024-11-02T13:10:00,r,60,\n"


@pytest.fixture
def observer(member):
    member.user_permissions.add(Permission.objects.get(codename="add_executedobservation"))
    return type(member).objects.get(pk=member.pk)


@pytest.fixture
def page(client, observer):
    client.force_login(observer, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


@pytest.fixture
def api(observer):
    client = APIClient(raise_request_exception=False)
    client.force_authenticate(observer)
    return client


def groups():
    return [str(make_group().pk)]


def send(page, text, **fields):
    data = {"telescope": "TAROT-TCA", "text": text, "groups": groups()} | fields
    return page.post("/executed/upload/", data, follow=True)


# --- page -----------------------------------------------------------------------------------------------------------
def test_a_pasted_table_is_stored_and_listed(page):
    answer = send(page, GOOD)
    assert answer.redirect_chain[-1][0] == f"/executed/?upload={ObservationUpload.objects.get().pk}"
    text = answer.content.decode()
    assert "2 created" in text
    assert "a1" in text
    assert "TAROT-TCA" in text


def test_checking_only_leaves_nothing_and_keeps_the_table_for_storing(page):
    answer = send(page, MIXED, check="1").content.decode()
    assert "Nothing was stored yet. It would be: 2 created, 1 rejected." in answer
    assert "99 cannot be." in answer
    assert "a3,30.1,99" in answer
    assert not ExecutedObservation.objects.exists()


def test_a_file_with_a_bad_row_stores_the_good_ones_and_says_what_is_wrong(page):
    answer = send(page, "", file=SimpleUploadedFile("night.csv", MIXED.encode())).content.decode()
    assert "2 created, 1 rejected." in answer
    assert 'data-label="Line">4<' in answer
    upload = ObservationUpload.objects.get()
    assert (upload.source, upload.n_created, upload.n_rejected) == ("night.csv", 2, 1)
    listed = page.get(f"/executed/?upload={upload.pk}").content.decode()
    assert "Line 4" in listed


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"text": "nothing here"}, "No line names the columns"),
        ({"text": ""}, "Choose a file or paste"),
        ({"text": GOOD, "file": SimpleUploadedFile("a.csv", b"x")}, "not both"),
        ({"text": "", "file": SimpleUploadedFile("a.csv", b"\xff\xfe\x00")}, "not text"),
        ({"text": GOOD, "groups": []}, "required"),
    ],
)
def test_what_cannot_be_read_is_said_and_nothing_stored(page, fields, words):
    assert words in send(page, **fields).content.decode()
    assert not ObservationUpload.objects.exists()


def test_members_without_the_permission_are_told_so(client, member):
    client.force_login(member, backend="allauth.account.auth_backends.AuthenticationBackend")
    answer = client.get("/executed/upload/", follow=True)
    assert answer.redirect_chain[-1][0] == "/executed/"
    assert "You may not record" in answer.content.decode()


def test_the_list_is_filtered_by_telescope_time_and_filter(page):
    send(page, GOOD)
    send(page, CSV + "b1,1,2,2025-01-01,r,60,\n", telescope="CFHT")

    def listed(query):
        return {row.observation_id for row in page.get(f"/executed/?{query}").context["object_list"]}

    assert listed("") == {"a1", "a2", "b1"}
    assert listed("telescope=CFHT") == {"b1"}
    assert listed("filter=r") == {"a1", "b1"}
    assert listed("after=2024-12-01T00:00") == {"b1"}
    assert listed("before=2024-11-02T13:02") == {"a1"}


def test_the_list_takes_a_constant_number_of_queries(page, django_assert_max_num_queries):
    send(page, GOOD)
    page.get("/executed/")
    with django_assert_max_num_queries(12):
        page.get("/executed/")
    send(page, CSV + "".join(f"c{n},1,2,2025-01-01,r,60,\n" for n in range(40)))
    with django_assert_max_num_queries(12):
        page.get("/executed/")


def test_one_observation_shows_the_row_as_it_came_and_its_correction(page):
    send(page, GOOD)
    send(page, GOOD.replace("18.2", "19.5"))
    row = ExecutedObservation.objects.get(observation_id="a1")
    text = page.get(f"/executed/{row.pk}/").content.decode()
    assert "corrected" in text
    assert "19.5" in text
    assert "18.2" in text


def test_whether_a_position_was_observed(page, observer):
    send(page, GOOD)
    make_target("AT2024now", ra=30.2, dec=45.4, permissions="PUBLIC")
    yes = page.get("/executed/at/?q=30.2+45.4").content.decode()
    assert "Yes: 2 exposures" in yes
    assert "Yes: 2 exposures" in page.get("/executed/at/?q=at2024NOW").content.decode()
    assert "Yes: 1 exposure" in page.get("/executed/at/?q=30.2+45.4&after=2024-11-02T13:02").content.decode()
    assert "<strong>No</strong>" in page.get("/executed/at/?q=200+45.4").content.decode()
    assert "no position and no target" in page.get("/executed/at/?q=nothing").content.decode()
    assert "Declination must lie" in page.get("/executed/at/?q=10+95").content.decode()


def test_a_target_tells_what_held_it(page):
    send(page, GOOD)
    target = make_target("AT2024now", ra=30.2, dec=45.4, permissions="PUBLIC")
    part = page.get(f"/targets/{target.pk}/observed/", headers={"HX-Request": "true"}).content.decode()
    assert "Yes: 2 exposures" in part
    assert "<html" not in part
    assert f"/targets/{target.pk}/observed/" in page.get(f"/targets/{target.pk}/").content.decode()
    hidden = make_target("AT2024hid", ra=30.2, dec=45.4)
    assert page.get(f"/targets/{hidden.pk}/observed/").status_code == 404


# --- API ------------------------------------------------------------------------------------------------------------
ROWS = [
    {"observation_id": "a1", "RA": 30.1, "Dec": 45.5, "obstime": "2024-11-02T13:00:01", "filter": "r",
     "exposure_time": 60, "limmag": 18.2},
]  # fmt: skip


def test_rows_are_posted_and_read_back(api):
    answer = api.post("/api/executed-observations/", {"telescope": "TAROT-TCA", "observations": ROWS}, format="json")
    assert answer.status_code == 201, answer.json()
    [row] = answer.json()["rows"]
    assert row["outcome"] == "created"
    read = api.get(f"/api/executed-observations/{row['id']}/").json()
    assert (read["telescope"], read["limiting_mag"], read["end"]) == ("TAROT-TCA", 18.2, "2024-11-02T13:01:01Z")
    assert api.get("/api/executed-observations/?telescope=TAROT-TCA").json()["count"] == 1
    assert api.get("/api/executed-observations/?telescope=CFHT").json()["count"] == 0
    again = api.post("/api/executed-observations/", {"telescope": "TAROT-TCA", "observations": ROWS}, format="json")
    assert (again.status_code, again.json()["counts"]["exists"]) == (200, 1)


def test_skyportals_body_is_understood(api):
    body = {
        "telescopeName": "TCA",
        "instrumentName": "TCA",
        "observationData": {name: [value, value] for name, value in ROWS[0].items()} | {"observation_id": [1, 2]},
    }
    answer = api.post("/api/executed-observations/", body, format="json")
    assert answer.status_code == 201, answer.json()
    assert set(ExecutedObservation.objects.values_list("telescope", "observation_id")) == {
        ("TAROT-TCA", "1"),
        ("TAROT-TCA", "2"),
    }


def test_csv_as_the_body_or_as_a_file(api):
    address = "/api/executed-observations/?telescope=TAROT-TCA&dry_run=true"
    dry = api.post(address, GOOD, content_type="text/csv")
    assert (dry.status_code, dry.json()["counts"]["created"], dry.json()["upload"]) == (200, 2, None)
    data = {"file": SimpleUploadedFile("night.csv", GOOD.encode()), "telescope": "TAROT-TCA"}
    stored = api.post("/api/executed-observations/", data, format="multipart")
    assert stored.status_code == 201, stored.json()
    assert ObservationUpload.objects.get().source == "night.csv"


@pytest.mark.parametrize(
    ("address", "body", "status", "words"),
    [
        ("", "{", 400, "not JSON"),
        ("", "[]", 400, "empty"),
        ("", json.dumps(ROWS), 400, "Name the telescope"),
        ("?telescope=Hubble", json.dumps(ROWS), 400, "No telescope is called"),
        ("?telescope=CFHT&groups=Nobody", json.dumps(ROWS), 400, "groups of your own"),
        ("?telescope=CFHT&tyop=1", json.dumps(ROWS), 400, "Unknown parameter"),
        ("?telescope=CFHT", json.dumps([{**ROWS[0], "airmass": -1}]), 400, "1 or more"),
    ],
)
def test_refusals_say_why(api, address, body, status, words):
    answer = api.post(f"/api/executed-observations/{address}", body, content_type="application/json")
    assert answer.status_code == status
    assert words in answer.content.decode()
    assert not ExecutedObservation.objects.exists()


def test_without_the_permission_nothing_is_recorded(member):
    client = APIClient()
    client.force_authenticate(member)
    answer = client.post("/api/executed-observations/?telescope=CFHT", ROWS, format="json")
    assert answer.status_code == 403
    # The permission is asked before anything of the body is read.
    assert client.post("/api/executed-observations/", {"no": "file"}, format="multipart").status_code == 403


def test_the_api_says_what_held_a_position(api, observer):
    api.post("/api/executed-observations/?telescope=TAROT-TCA", GOOD, content_type="text/csv")
    found = api.get("/api/observed-at/?ra=30.2&dec=45.4").json()
    assert found["count"] == 2
    assert [row["observation_id"] for row in found["results"]] == ["a2", "a1"]
    depth = {row["filter"]: row["deepest_mag"] for row in found["by_telescope_and_filter"]}
    assert depth == {"r": 18.2, "g": None}
    target = make_target("AT2024now", ra=30.2, dec=45.4, permissions="PUBLIC")
    assert api.get(f"/api/observed-at/?target={target.pk}&limit=1").json()["count"] == 2
    assert api.get("/api/observed-at/?target=AT2024now&telescope=CFHT").json()["count"] == 0
    for wrong in ("", "?ra=1", "?ra=1&dec=2&target=x", "?ra=1&dec=99", "?ra=1&dec=2&when=now"):
        assert api.get(f"/api/observed-at/{wrong}").status_code == 400, wrong
    assert api.get("/api/observed-at/?target=nobody").status_code == 404


def test_others_see_none_of_it(api, observer):
    api.post("/api/executed-observations/?telescope=TAROT-TCA", GOOD, content_type="text/csv")
    other = APIClient()
    other.force_authenticate(make_user("visitor", make_group("Others")))
    assert other.get("/api/executed-observations/").json()["count"] == 0
    assert other.get("/api/observed-at/?ra=30.2&dec=45.4").json()["count"] == 0
    pk = ExecutedObservation.objects.first().pk
    assert other.get(f"/api/executed-observations/{pk}/").status_code == 404


# --- images -----------------------------------------------------------------------------------------------------------
HEADER = (
    "SIMPLE  =                    T", "BITPIX  =                   16", "NAXIS   =                    2",
    "NAXIS1  =                 2048", "NAXIS2  =                 2048", "DATE-OBS= '2024-11-02T13:00:01'",
    "EXPTIME =                 60.0", "FILTER  = 'r       '", "RA      =                 30.1",
    "DEC     =                 45.5", "TELESCOP= 'TAROT/TCA'", "END",
)  # fmt: skip
IMAGE = "".join(card.ljust(80) for card in HEADER).ljust(2880).encode()


def test_the_header_of_an_image_is_uploaded_on_the_page(page):
    file = SimpleUploadedFile("field.fits", IMAGE + bytes(100_000))
    answer = send(page, "", telescope="", file=file)
    assert "1 created" in answer.content.decode()
    stored = ExecutedObservation.objects.get()
    assert (stored.telescope, stored.filter, stored.ra_deg) == ("TAROT-TCA", "r", 30.1)
    assert ObservationUpload.objects.get().file.content == IMAGE


@pytest.mark.parametrize("kind", ["image/fits", "application/fits", "application/octet-stream"])
def test_the_header_of_an_image_is_sent_to_the_api(api, kind):
    address = "/api/executed-observations/?source=field.fits"
    answer = api.post(address, IMAGE, content_type=kind)
    assert answer.status_code == 201, answer.content
    assert answer.json()["rows"][0]["observation_id"] == "fits-20241102T130001000-r"
    assert api.post(address, IMAGE + bytes(2880), content_type=kind).json()["counts"]["exists"] == 1


def test_what_a_header_lacks_is_said(page, api):
    poor = IMAGE.replace(b"EXPTIME ", b"EXPTIMX ").replace(b"FILTER  ", b"WHEEL   ")
    answer = api.post("/api/executed-observations/", poor, content_type="image/fits")
    assert answer.status_code == 400
    assert [problem["column"] for problem in answer.json()["problems"]] == ["exposure_time", "filter"]
    text = send(page, "", telescope="", file=SimpleUploadedFile("field.fits", poor)).content.decode()
    assert "The header has none of XPOSURE, EXPTIME" in text
    unnamed = IMAGE.replace(b"'TAROT/TCA'", b"'my scope' ")
    text = send(page, "", telescope="", file=SimpleUploadedFile("field.fits", unnamed), check="1").content.decode()
    assert "Name the telescope" in text
