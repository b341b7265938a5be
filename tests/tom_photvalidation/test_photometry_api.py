"""The REST API of photometry: bodies in, an answer for every row, points out by cursor, scripts for SkyPortal."""

import json
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from rest_framework.test import APIClient

from tests.factories import make_group, make_target, make_user
from tom_photvalidation.actions.uploads import read_upload
from tom_photvalidation.models import ColumnMapping, PhotometryPoint, PhotometryUpload

pytestmark = pytest.mark.django_db

HEADER = "target,mjd,filter,mag,magerr,limiting_mag,magsys,telescope,exposure"
ROW = "AT2024abc,60617.80000,sdssr,18.21,0.05,20.5,AB,TAROT-TCA,120"
BAD = "AT2024abc,60617.81000,banana,18.21,0.05,20.5,AB,TAROT-TCA,120"


def rows(n: int) -> str:
    lines = [f"AT2024abc,{60617.8 + k / 100:.5f},sdssr,{18 + k / 100:.2f},0.05,,AB,TAROT-TCA,120" for k in range(n)]
    return "\n".join([HEADER, *lines])


@pytest.fixture
def target():
    return make_target("AT2024abc", group=make_group())


@pytest.fixture
def sender(target):
    user = make_user("sender", make_group())
    user.user_permissions.add(Permission.objects.get(codename="add_photometrypoint"))
    return type(user).objects.get(pk=user.pk)


@pytest.fixture
def api(sender):
    return client_of(sender)


def client_of(user) -> APIClient:
    client = APIClient()
    client.force_authenticate(user)
    return client


def post(api, body: str, query: str = "", content_type: str = "text/csv", **headers):
    return api.generic("POST", f"/api/photometry/{query}", body, content_type=content_type, headers=headers)


def test_a_table_is_stored_and_every_row_answered(api):
    response = post(api, "\n".join([HEADER, ROW, BAD]))
    assert response.status_code == 201
    sent = response.json()
    good, bad = sent["rows"]
    assert (good["row"], good["id"]) == (2, PhotometryPoint.objects.get().pk)
    assert good["status"] in ("created", "quarantined")
    assert (bad["row"], bad["status"]) == (3, "rejected")
    assert bad["errors"] == sent["errors"]
    assert {"row", "column", "code", "value", "message", "fix"} == set(sent["errors"][0])
    assert (sent["errors"][0]["column"], sent["errors"][0]["value"]) == ("filter", "banana")
    again = post(api, "\n".join([HEADER, ROW]))
    assert (again.status_code, again.json()["rows"][0]["status"]) == (200, "exists")


def test_rows_as_json_and_as_a_file(api):
    row = {"mjd": 60617.8, "filter": "sdssr", "mag": 18.2, "magerr": 0.05, "magsys": "AB", "telescope": "TAROT-TCA"}
    response = post(api, json.dumps([row]), "?target=AT2024abc", "application/json")
    assert response.status_code == 201, response.json()
    from django.core.files.uploadedfile import SimpleUploadedFile

    file = SimpleUploadedFile("night.csv", rows(2).encode(), "text/csv")
    response = api.post("/api/photometry/", {"file": file, "dry_run": "1"}, format="multipart")
    assert (response.status_code, response.json()["dry_run"], response.json()["upload"]) == (200, True, None)


def test_refusals_are_problem_documents(api):
    for body, query, status in (
        ("", "", 400),
        ("what is this", "", 400),
        ("\n".join([HEADER, BAD]), "", 400),
        ("\n".join([HEADER, ROW, BAD]), "?mode=atomic", 400),
        (rows(1), "?mode=banana", 400),
        (rows(1), "?targte=AT2024abc", 400),
        (rows(1), "?groups=Nobody", 400),
    ):
        response = post(api, body, query)
        assert (response.status_code, response["Content-Type"]) == (status, "application/problem+json"), (
            response.content
        )
        said = response.json()
        assert {"type", "title", "status", "detail", "errors"} <= set(said)
        assert said["errors"], said
    assert not PhotometryPoint.objects.exists()


def test_who_may_not_send_is_told_so():
    assert post(APIClient(), rows(1)).status_code == 401
    refused = post(client_of(make_user("reader")), rows(1))
    assert (refused.status_code, refused["Content-Type"]) == (403, "application/problem+json")


def test_a_long_table_is_read_later(api, settings):
    settings.ICARE_PHOTOMETRY_ROWS_AT_ONCE = 2
    response = post(api, rows(3))
    assert response.status_code == 202
    address = response.json()["address"]
    assert api.get(address).json()["state"] == "queued"
    read_upload(PhotometryUpload.objects.get().pk)
    state = api.get(address).json()
    assert (state["state"], state["progress"], state["n_rows"]) == ("done", 1.0, 3)
    assert api.get(state["answers"]).content.decode().startswith("row,status,id")
    assert api.get(f"{address}file/").content == rows(3).encode()


def test_the_same_key_is_answered_the_same(api):
    first = post(api, rows(2), **{"Idempotency-Key": "k1"})
    again = post(api, rows(2), **{"Idempotency-Key": "k1"})
    assert again["Idempotent-Replayed"] == "true"
    assert [row["id"] for row in again.json()["rows"]] == [row["id"] for row in first.json()["rows"]]
    assert post(api, rows(3), **{"Idempotency-Key": "k1"}).status_code == 422


# --- out --------------------------------------------------------------------------------------------------------------
def test_points_come_by_cursor_with_the_columns_one_asks_for(api):
    post(api, rows(5))
    page = api.get("/api/photometry/?limit=2&columns=id,mjd,mag&target=at2024abc").json()
    assert [set(row) for row in page["results"]] == [{"id", "mjd", "mag"}] * 2
    seen = page["results"]
    while page["next"]:
        page = api.get(page["next"]).json()
        seen += page["results"]
    assert [round(row["mag"], 2) for row in seen] == [18.04, 18.03, 18.02, 18.01, 18.0]
    assert seen[-1]["mjd"] == pytest.approx(60617.8, abs=1e-9)
    assert api.get("/api/photometry/?columns=banana").status_code == 400
    assert api.get("/api/photometry/?telescope=CFHT").json()["results"] == []


def test_lists_take_as_many_queries_for_many_points(api, django_assert_max_num_queries):
    post(api, rows(40))
    with django_assert_max_num_queries(4):
        api.get("/api/photometry/?limit=5")
    with django_assert_max_num_queries(4):
        api.get("/api/photometry/?limit=40")


def test_a_point_is_edited_by_a_version_and_taken_back(api):
    post(api, rows(1))
    point = PhotometryPoint.objects.get()
    changed = api.patch(f"/api/photometry/{point.pk}/", {"mag": 18.5}, format="json")
    assert changed.status_code == 200, changed.json()
    assert (changed.json()["mag"], changed.json()["supersedes"], changed.json()["version"]) == (18.5, point.pk, 2)
    assert api.get(f"/api/photometry/{point.pk}/").json()["superseded_by"] == changed.json()["id"]
    assert api.patch(f"/api/photometry/{point.pk}/", {"mag": 18.6}, format="json").status_code == 409
    refused = api.patch(f"/api/photometry/{changed.json()['id']}/", {"filter": "banana"}, format="json")
    assert (refused.status_code, refused.json()["errors"][0]["column"]) == (400, "filter")
    assert api.delete(f"/api/photometry/{changed.json()['id']}/").status_code == 204
    assert api.get("/api/photometry/").json()["results"] == []
    assert len(api.get("/api/photometry/?versions=true").json()["results"]) == 2


def test_a_private_point_is_nowhere_to_be_found_by_others(api, target):
    private = make_group("Private")
    insider = make_user("insider", make_group(), private)
    insider.user_permissions.add(Permission.objects.get(codename="add_photometrypoint"))
    inside = client_of(type(insider).objects.get(pk=insider.pk))
    sent = post(inside, rows(1), "?groups=Private").json()
    pk = sent["rows"][0]["id"]
    assert inside.get(f"/api/photometry/{pk}/").status_code == 200
    for path in (f"/api/photometry/{pk}/", f"/api/photometry-uploads/{sent['upload']}/"):
        assert api.get(path).status_code == 404
    assert api.patch(f"/api/photometry/{pk}/", {"mag": 1}, format="json").status_code == 404
    assert api.delete(f"/api/photometry/{pk}/").status_code == 404
    for path in ("/api/photometry/", "/api/photometry/?versions=true", "/api/reduceddatums/?data_type=photometry"):
        assert api.get(path).json()["results"] == [], path
    assert api.get("/api/photometry-uploads/").json()["results"] == []
    assert str(pk) not in str(post(api, rows(1)).json()["rows"])


# --- columns with names of one's own ---
ODD = HEADER.replace("mjd", "when").replace(",mag,", ",brightness,")
MEANT = {"when": "mjd", "brightness": "mag"}


def odd_table(k: int) -> str:
    return f"{ODD}\nAT2024abc,{60617.8 + k / 100:.5f},sdssr,18.{k},0.05,,AB,TAROT-TCA,120"


def test_what_columns_mean_is_remembered_by_api_and_forgotten_on_request(api, sender):
    assert post(api, odd_table(1)).status_code == 400
    assert post(api, odd_table(1), f"?mapping={json.dumps(MEANT)}&dry_run=true").status_code == 200
    assert not ColumnMapping.objects.exists()
    assert post(api, odd_table(1), f"?mapping={json.dumps(MEANT)}").status_code == 201
    assert ColumnMapping.objects.get().user == sender
    again = post(api, odd_table(2))
    assert (again.status_code, again.json()["recalled"]) == (201, MEANT)
    assert post(api, odd_table(3), "?remember=false").status_code == 400
    other = client_of(make_user("another", make_group()))
    assert post(other, odd_table(4)).status_code == 400
    # what is said now is stronger
    swapped = post(api, odd_table(5), '?mapping={"brightness": ""}')
    assert swapped.json()["errors"][0]["code"] == "error-without-magnitude"


def test_a_key_is_the_same_request_whatever_is_remembered_later(api):
    first = post(api, rows(1), **{"Idempotency-Key": "k"})
    post(api, rows(1).replace("18.00", "18.5"), '?mapping={"exposure": ""}')
    second = post(api, rows(1), **{"Idempotency-Key": "k"})
    assert (first.status_code, second.status_code) == (201, 201)
    assert second.headers["Idempotent-Replayed"] == "true"


# --- as SkyPortal -----------------------------------------------------------------------------------------------------
BODY = {
    "obj_id": "AT2024abc", "instrument_id": 7, "mjd": [60617.8, 60617.9], "filter": ["sdssr", "sdssg"], "magsys": "ab",
    "mag": [18.2, None], "magerr": [0.05, None], "limiting_mag": [20.5, 20.4], "origin": "Muphoten",
    "altdata": {"note": "x"}, "group_ids": "all",
}  # fmt: skip


@pytest.fixture
def skyportal(settings):
    settings.ICARE_SKYPORTAL_INSTRUMENTS = {7: "TAROT-TCA"}


@pytest.mark.parametrize("method", ["post", "put"])
def test_bodies_of_skyportal_are_stored(api, skyportal, method):
    response = getattr(api, method)("/api/photometry", BODY, format="json")
    said = response.json()
    assert (response.status_code, said["status"]) == (200, "success"), said
    points = list(PhotometryPoint.objects.order_by("line"))
    assert said["data"]["ids"] == [point.pk for point in points]
    assert said["data"]["upload_id"] == str(points[0].upload.uuid)
    assert [(p.telescope, p.kind, p.origin, p.limit_sigma) for p in points] == [
        ("TAROT-TCA", "detection", "Muphoten", 3.0), ("TAROT-TCA", "limit", "Muphoten", 3.0),
    ]  # fmt: skip
    again = getattr(api, method)("/api/photometry", BODY, format="json").json()
    assert again["data"]["ids"] == said["data"]["ids"]


def test_stdweb_means_five_sigma_and_starts_and_says_neither(api, skyportal):
    """As `skyportal_upload_photometry` of STDWeb writes it; BP and RP are swapped there."""
    body = {
        "obj_id": "AT2024abc", "instrument_id": 7, "mjd": 60617.8, "mag": None, "magerr": None, "limiting_mag": 20.4,
        "magsys": "ab", "filter": "gaia::grp", "ra": 10.0, "dec": 20.0, "origin": "stdview", "altdata": {"stdview": 1},
        "group_ids": [make_group().pk],
    }  # fmt: skip
    assert api.put("/api/photometry", body, format="json").json()["status"] == "success"
    point = PhotometryPoint.objects.get()
    assert (point.limit_sigma, point.time_reference, point.pipeline) == (5.0, "start", "STDWeb")
    found = dict(point.findings.values_list("check_id", "severity"))
    assert (found["start-without-exposure"], found["swapped-filter"]) == ("W", "W")
    assert point.findings.get(check_id="swapped-filter").fix == {"filter": "gaia::gbp"}
    api.put("/api/photometry", body | {"limiting_mag_nsigma": 3, "mjd": 60618.8}, format="json")
    assert PhotometryPoint.objects.latest("pk").limit_sigma == 3.0


def test_refusals_have_the_shape_of_skyportal(api, skyportal):
    for change in (
        {"mjd": [1.0]}, {"filter": "banana"}, {"obj_id": "AT2024zzz"}, {"instrument_id": 9}, {"magerr": None},
        {"magsys": None}, {"group_ids": [123456]},
    ):  # fmt: skip
        response = api.post("/api/photometry", BODY | change, format="json")
        said = response.json()
        assert response.status_code in (400, 403), change
        assert (said["status"], set(said)) == ("error", {"status", "message", "data"}), change
        assert len(said["message"]) > 20
    assert api.generic("POST", "/api/photometry", "not json").status_code == 400
    assert not PhotometryPoint.objects.exists()


def test_those_outside_of_the_network_see_nothing_of_its_points_on_a_public_target(api, sender):
    target = make_target("AT2024pub", permissions="PUBLIC")
    post(api, rows(1).replace("AT2024abc", "AT2024pub"))
    assert len(api.get("/api/reduceddatums/?data_type=photometry").json()["results"]) == 1
    outside = client_of(make_user("outsider", make_group("Others")))
    assert outside.get(f"/api/targets/{target.pk}/").status_code == 200
    assert outside.get("/api/reduceddatums/?data_type=photometry").json()["results"] == []
    assert outside.get("/api/photometry/").json()["results"] == []


@pytest.mark.django_db(transaction=True)
def test_eight_identical_posts_at_once_leave_one_copy(sender):
    """Each through its own connection, as workers have them."""

    def send(_: int) -> int:
        try:
            return post(client_of(sender), rows(50)).status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        codes = list(pool.map(send, range(8)))
    assert set(codes) <= {200, 201}
    assert PhotometryPoint.objects.count() == 50
    assert PhotometryUpload.objects.count() == 1
