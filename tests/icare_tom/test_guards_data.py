"""Data products, reduced data and files: by the permissions of their target."""

import io

import pytest
from django.core.files.base import ContentFile
from tom_dataproducts.models import (
    AstrometryReducedDatum,
    DataProduct,
    DataProductGroup,
    PhotometryReducedDatum,
    ReducedDatum,
)

from icare_tom.guards import api_data
from tests.factories import SEEN, make_target, make_user

pytestmark = pytest.mark.django_db
JSON = "application/json"


@pytest.fixture
def target(grandma):
    return make_target("AT2017gfo", group=grandma)


@pytest.fixture
def product(target):
    return DataProduct.objects.create(
        product_id="p1", target=target, data=ContentFile(b"secret", name="night 1.csv"), data_product_type="photometry"
    )


def point(target, **fields):
    values = {"timestamp": SEEN, "bandpass": "r", "brightness": 18.0} | fields
    return PhotometryReducedDatum.objects.create(target=target, **values)


def test_anonymous_requests_remove_no_photometry(target, browse):
    datum = point(target)
    assert browse().delete(f"/api/reduceddatums/{datum.pk}/").status_code == 401
    assert PhotometryReducedDatum.objects.exists()


def test_reduced_data_follow_their_target(target, member, stranger, browse):
    datum = point(target, limit=20.5, exposure_time=60.0)
    assert browse(stranger).get("/api/reduceddatums/").json()["count"] == 0
    assert browse(stranger).delete(f"/api/reduceddatums/{datum.pk}/").status_code == 404
    row = browse(member).get("/api/reduceddatums/").json()["results"][0]
    assert (row["id"], row["data_type"], row["target"]) == (datum.pk, "photometry", target.pk)
    assert (row["value"]["limit"], row["value"]["exposure_time"], row["value"]["brightness"]) == (20.5, 60.0, 18.0)
    assert browse(member).delete(f"/api/reduceddatums/{datum.pk}/").status_code == 204


def test_a_page_of_reduced_data_is_bounded_and_cheap(
    target, member, browse, django_assert_max_num_queries, monkeypatch
):
    for number in range(30):
        point(target, brightness=18.0 + number / 10)
    ReducedDatum.objects.create(target=target, data_type="other", timestamp=SEEN, value={"a": 1})
    client = browse(member)
    with django_assert_max_num_queries(14):
        page = client.get("/api/reduceddatums/?limit=10&offset=5").json()
    assert (page["count"], len(page["results"])) == (31, 10)
    monkeypatch.setattr(api_data, "MAX_MERGED_ROWS", 20)
    assert client.get("/api/reduceddatums/?limit=10&offset=15").status_code == 400
    assert len(client.get("/api/reduceddatums/?limit=10&offset=15&data_type=photometry").json()["results"]) == 10


def test_pages_of_all_kinds_together_hold_every_row_once_in_order(target, member, browse):
    for number in range(9):
        moment = SEEN.replace(minute=number)
        point(target, timestamp=moment)
        ReducedDatum.objects.create(target=target, data_type="other", timestamp=moment, value={"n": number})
    rows = []
    for offset in range(0, 18, 5):
        rows += browse(member).get(f"/api/reduceddatums/?limit=5&offset={offset}").json()["results"]
    assert len({(row["data_type"], row["id"]) for row in rows}) == 18
    assert [row["timestamp"] for row in rows] == sorted((row["timestamp"] for row in rows), reverse=True)


def test_one_of_two_rows_with_the_same_id_is_deleted_only_by_kind(target, member, browse):
    first = point(target)
    AstrometryReducedDatum.objects.create(pk=first.pk, target=target, ra=1.0, dec=1.0, timestamp=SEEN)
    client = browse(member)
    assert client.delete(f"/api/reduceddatums/{first.pk}/").status_code == 400
    assert client.delete(f"/api/reduceddatums/{first.pk}/?data_type=astrometry").status_code == 204
    assert PhotometryReducedDatum.objects.filter(pk=first.pk).exists()


@pytest.mark.parametrize("key", ["id", "target", "data_product", "timestamp"])
def test_a_measurement_cannot_overwrite_another_row(key, target, other_member, browse):
    """TOM spreads `value` over the columns: an id inside replaced somebody else's row."""
    private = point(target)
    mine = make_target("mine", group=other_member.groups.get())
    value = {"brightness": 1.0, "filter": "g", key: private.pk}
    body = {"target": mine.pk, "data_type": "photometry", "timestamp": "2024-01-01T00:00:00Z", "value": value}
    answer = browse(other_member).post("/api/reduceddatums/", body, content_type=JSON)
    assert answer.status_code == 400
    private.refresh_from_db()
    assert (private.brightness, private.target_id) == (18.0, target.pk)


def test_measurements_are_attached_only_to_targets_one_may_use(target, member, other_member, browse):
    body = {
        "target": target.pk,
        "data_type": "photometry",
        "timestamp": "2024-01-01T00:00:00Z",
        "value": {"magnitude": 18.5, "filter": "r"},
    }
    assert browse(other_member).post("/api/reduceddatums/", body, content_type=JSON).status_code == 400
    assert browse(member).post("/api/reduceddatums/", body, content_type=JSON).status_code == 201
    assert browse(member).post("/api/reduceddatums/", body, content_type=JSON).status_code in (400, 409)
    assert PhotometryReducedDatum.objects.get().brightness == 18.5


# --- files --------------------------------------------------------------------------------------------------------
def test_files_are_attachments_for_those_who_see_the_target(product, member, stranger, browse):
    for user in (None, stranger):
        assert browse(user).get(product.data.url).status_code in (302, 404)
    answer = browse(member).get(product.data.url)
    assert b"".join(answer.streaming_content) == b"secret"
    assert answer["Content-Disposition"].startswith("attachment")
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "private" in answer["Cache-Control"]


@pytest.mark.parametrize("name", ["../settings.py", "%2e%2e/secret", "nothing.csv", "a%00b", "/etc/passwd"])
def test_other_paths_are_not_found(name, product, administrator, browse):
    assert browse(administrator).get(f"/data/{name}").status_code in (404, 400)


def test_an_html_file_never_runs_in_the_site(target, member, browse):
    product = DataProduct.objects.create(target=target, data=ContentFile(b"<script>", name="x.html"))
    answer = browse(member).get(product.data.url)
    assert answer["Content-Disposition"].startswith("attachment")


def test_products_are_deleted_only_by_those_who_may_change_the_target(product, stranger, member, browse):
    assert browse(stranger).post(f"/dataproducts/data/{product.pk}/delete/").status_code == 404
    assert browse(stranger).delete(f"/api/dataproducts/{product.pk}/").status_code == 404
    answer = browse(member).post(f"/dataproducts/data/{product.pk}/delete/?next=////elsewhere.example/")
    assert answer["Location"] == "/"
    assert not DataProduct.objects.exists()


def test_featuring_is_a_post(product, member, browse):
    address = f"/dataproducts/data/{product.pk}/feature/"
    assert browse(member).get(address).status_code == 405
    assert browse(member).post(address).status_code == 302
    product.refresh_from_db()
    assert product.featured


def test_the_upload_page_does_not_crash(member, browse):
    assert browse(member).get("/dataproducts/data/upload/").status_code == 405


@pytest.mark.parametrize(("name", "stored"), [("ok.csv", True), ("evil.html", False), ("evil.svg", False)])
def test_uploads_are_bounded_in_kind(name, stored, target, member, browse):
    file = io.BytesIO(b"time,filter,magnitude,error\n60000,r,18,0.1\n")
    file.name = name
    form = {"target": target.pk, "files": file, "data_product_type": "image_file", "referrer": "//elsewhere.example/"}
    answer = browse(member).post("/dataproducts/data/upload/", form)
    assert answer["Location"] == "/"
    assert DataProduct.objects.exists() is stored


def test_uploads_go_only_to_targets_one_may_use(target, other_member, browse):
    file = io.BytesIO(b"x")
    file.name = "x.csv"
    form = {"target": target.pk, "files": file, "data_product_type": "image_file", "referrer": "/"}
    browse(other_member).post("/dataproducts/data/upload/", form)
    assert not DataProduct.objects.exists()


def test_products_over_rest(target, member, other_member, browse):
    def body():
        file = io.BytesIO(b"text")
        file.name = "notes.txt"
        return {"target": target.pk, "file": file, "data_product_type": "image_file", "product_id": "n1"}

    assert browse(other_member).post("/api/dataproducts/", body()).status_code == 400
    answer = browse(member).post("/api/dataproducts/", body())
    assert answer.status_code == 201, answer.content
    assert browse(member).post("/api/dataproducts/", body()).status_code == 400
    assert browse(member).post("/api/dataproducts/", {"target": target.pk}).status_code == 400


def test_a_duplicate_product_id_tells_nothing_about_the_other_product(product, other_member, browse):
    """TOM answers with the existing product, whoever asks."""
    mine = make_target("mine", group=other_member.groups.get())
    file = io.BytesIO(b"x")
    file.name = "x.txt"
    form = {"target": mine.pk, "file": file, "data_product_type": "image_file", "product_id": "p1"}
    answer = browse(other_member).post("/api/dataproducts/", form)
    assert answer.status_code == 400
    assert b"AT2017gfo" not in answer.content


def test_groups_of_products_belong_to_the_network(product, member, stranger, browse):
    group = DataProductGroup.objects.create(name="night one")
    group.dataproduct_set.add(product)
    for path in ("list/", f"{group.pk}/", "add/"):
        assert browse(stranger).get(f"/dataproducts/data/group/{path}").status_code == 404
        assert browse(member).get(f"/dataproducts/data/group/{path}").status_code == 200
    other = make_user("second", member.groups.get())
    assert "night" in browse(other).get("/dataproducts/data/group/list/").content.decode()
