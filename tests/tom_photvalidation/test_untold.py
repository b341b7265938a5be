"""What is not told to somebody stays so: names of files and groups, sign-offs, and rows that TOM shows of a target."""

import json

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from guardian.shortcuts import assign_perm
from tom_dataproducts.models import PhotometryReducedDatum

from tests.factories import make_group, make_target, make_user
from tests.photometry_points import make_points
from tom_photvalidation.actions.pulling import pull_in
from tom_photvalidation.actions.sharing import share_photometry
from tom_photvalidation.actions.uploads import Sent, receive_photometry
from tom_photvalidation.models import PhotometryPoint, PhotometryUpload, ReviewCell

pytestmark = pytest.mark.django_db

TABLE = b"""target,mjd,filter,mag,magerr,limiting_mag,magsys,telescope,exposure
AT2024abc,60617.80000,sdssr,18.21,0.05,20.5,AB,TAROT-TCA,120
"""
DATA = "/api/reduceddatums/"


def told(by, *groups, source="AT2024abc.csv") -> PhotometryUpload:
    return receive_photometry(Sent(TABLE, source=source), by=by, groups=list(groups)).upload


def pages_of(upload: PhotometryUpload) -> list[str]:
    kept = [f"/sharing/photometry/{upload.pk}/", f"/changes/photometry/{upload.pk}/"]
    return [f"/photometry/uploads/{upload.uuid}/", *kept]


@pytest.fixture
def others():
    return make_group("Others")


def test_names_of_files_are_told_to_those_who_see_what_is_in_them(grandma, others, browse):
    make_target("AT2024abc", group=grandma)
    sender, other = make_user("sender", grandma, others), make_user("other", others, role="group-admin")
    upload = told(sender, grandma)
    share_photometry(upload, others, by=sender)
    for page in pages_of(upload):
        assert "AT2024abc" not in browse(other).get(page, follow=True).content.decode(), page
        assert "AT2024abc" in browse(sender).get(page).content.decode()
        assert "AT2024abc" in browse(make_user("", grandma)).get(page, follow=True).content.decode()


def test_targets_of_nobody_are_not_named_by_what_brokers_wrote_of_them(grandma, member, browse):
    """Its points are told to the network, which does not see the target."""
    target = make_target("AT2024abc", permissions="PRIVATE")
    row = {"timestamp": "2024-11-01T20:00Z", "brightness": 18.2, "brightness_error": 0.1, "bandpass": "r"}
    PhotometryReducedDatum.objects.create(target=target, source_name="broker", **row)
    assert pull_in() == 1
    for page in pages_of(PhotometryUpload.objects.get()):
        assert "AT2024abc" not in browse(member).get(page, follow=True).content.decode(), page


def test_an_upload_names_no_group_one_is_not_in(grandma, others, browse):
    make_target("AT2024abc", group=grandma)
    sender, reader = make_user("sender", grandma, others), make_user("reader", grandma)
    page = pages_of(told(sender, grandma, others))[0]
    assert "seen by GRANDMA, Others" in browse(sender).get(page).content.decode()
    assert "seen by GRANDMA, 1 more" in browse(reader).get(page).content.decode()


def test_a_point_does_not_name_a_file_that_tells_of_other_targets(grandma, others, browse):
    seen, _ = make_target("AT2024abc", group=others), make_target("AT2024xyz", group=grandma)
    sender, reader = make_user("sender", grandma, others), make_user("reader", others)
    both = TABLE + TABLE.splitlines()[1].replace(b"AT2024abc", b"AT2024xyz") + b"\n"
    receive_photometry(Sent(both, source="AT2024xyz.csv"), by=sender, groups=[others])
    point = PhotometryPoint.objects.get(target=seen.pk)
    assert "AT2024xyz" in browse(sender).get(f"/photometry/points/{point.pk}/").content.decode()
    answer = browse(reader).get(f"/photometry/points/{point.pk}/")
    assert answer.status_code == 200
    assert "AT2024xyz" not in answer.content.decode()


def test_sign_offs_of_other_groups_are_not_among_what_changed_about_a_target(grandma, others, browse):
    target = make_target("AT2024abc", group=grandma)
    audience = make_points(1, target, others)[0].upload.audience
    ReviewCell.objects.create(
        target_id=target.pk, filter="sdssg", telescope="TAROT-TCA", audience=audience, comment="Bad seeing."
    )
    page = f"/changes/targets/{target.pk}/"
    assert "Bad seeing." in browse(make_user("", grandma, others)).get(page).content.decode()
    answer = browse(make_user("", grandma)).get(page)
    assert answer.status_code == 200
    assert "Bad seeing." not in answer.content.decode()
    assert "TAROT-TCA" not in answer.content.decode()


@pytest.mark.parametrize("is_of_network", [True, False])
def test_who_left_the_group_sees_its_points_no_more_on_a_target_of_their_own(is_of_network, grandma, others, browse):
    maker = make_user("maker", *([grandma, others] if is_of_network else [others]))
    target = make_target("AT2024abc", group=others)
    target.give_user_access(maker)
    told(make_user("sender", others), others)
    rows = {"target__id": target.pk, "data_type": "photometry"}
    assert browse(maker).get(DATA, rows).json()["count"] == int(is_of_network)
    others.user_set.remove(maker)
    maker = User.objects.get(pk=maker.pk)
    assert browse(maker).get(f"/targets/{target.pk}/").status_code == 200
    assert browse(maker).get(DATA, rows).json()["count"] == 0
    assert not PhotometryPoint.objects.visible_to(maker).exists()


def test_nobody_writes_a_row_that_passes_for_a_point(grandma, member, browse):
    target = make_target("AT2024abc", group=grandma)
    value = {"brightness": 12.0, "bandpass": "r", "unit": "AB", "reduction_version": "p77"}
    sent = {"target": target.pk, "data_type": "photometry", "timestamp": "2024-11-01T00:00:00Z", "value": value}
    sent |= {"source_name": "", "source_location": ""}
    answer = browse(member).post(DATA, json.dumps(sent), content_type="application/json")
    assert answer.status_code == 400
    assert "names a point of photometry" in answer.content.decode()
    value["reduction_version"] = "drp-3"
    assert browse(member).post(DATA, json.dumps(sent), content_type="application/json").status_code == 201


def test_what_tom_shows_of_a_point_is_not_deleted_behind_its_back(grandma, member, browse):
    make_target("AT2024abc", group=grandma)
    upload = told(make_user("sender", grandma), grandma)
    row = PhotometryReducedDatum.objects.get()
    answer = browse(member).delete(f"{DATA}{row.pk}/?data_type=photometry")
    assert answer.status_code == 403
    assert f"/api/photometry/{upload.points.get().pk}/" in answer.json()["detail"]
    assert PhotometryReducedDatum.objects.filter(pk=row.pk).exists()


@pytest.mark.parametrize("where", ["row", "file"])
def test_what_somebody_sent_through_toms_routes_is_theirs_and_not_accepted_by_them(where, grandma, browse):
    target = make_target("AT2024abc", group=grandma)
    sender = make_user("sender", grandma, role="group-admin")
    if where == "row":
        # Whoever names somebody else is not believed.
        value = {"brightness": 18.0, "brightness_error": 0.1, "bandpass": "r", "unit": "AB", "sent_by": 1}
        sent = {"target": target.pk, "data_type": "photometry", "timestamp": "2024-11-01T00:00:00Z", "value": value}
        sent |= {"source_name": "", "source_location": ""}
        answer = browse(sender).post(DATA, json.dumps(sent), content_type="application/json")
        assert "sent_by" not in answer.json()["value"]
    else:
        table = b"time,brightness,bandpass,brightness_error,unit,sent_by\n60617.8,18.2,r,0.1,AB,1\n"
        file = SimpleUploadedFile("night.csv", table, "text/csv")
        said = {"target": target.pk, "data_product_type": "photometry", "file": file}
        assert browse(sender).post("/api/dataproducts/", said).status_code == 201
    assert pull_in() == 1
    point = PhotometryPoint.objects.get()
    assert point.upload.uploaded_by == sender
    assert "sent_by" not in point.extra
    said = json.dumps({"points": [point.pk], "to": "accepted"})
    decide = "/photometry/review/decide/"
    answer = browse(sender).post(decide, said, content_type="application/json").json()
    assert (answer["changed"], answer["own"]) == ([], [point.pk])
    other = browse(make_user("other", grandma, role="group-admin"))
    assert other.post(decide, said, content_type="application/json").json()["changed"]


def test_an_upload_without_a_name_is_called_by_how_and_when_it_came_and_the_targets_one_sees(grandma, others, browse):
    make_target("AT2024abc", group=grandma)
    sender, reader = make_user("sender", grandma, others), make_user("reader", others)
    seen = make_target("AT2024xyz", group=others)
    assign_perm("tom_targets.view_target", grandma, seen)
    both = TABLE + TABLE.splitlines()[1].replace(b"AT2024abc", b"AT2024xyz") + b"\n"
    upload = receive_photometry(Sent(both), by=sender, groups=[grandma, others]).upload
    when = f"API upload {upload.created_at:%Y-%m-%d %H:%M:%S} UTC of"
    for place in (pages_of(upload)[0], pages_of(upload)[1], "/photometry/upload/"):
        assert f"{when} AT2024abc and AT2024xyz" in browse(sender).get(place).content.decode(), place
    page = browse(reader).get(pages_of(upload)[0]).content.decode()
    assert f"{when} AT2024xyz" in page
    assert "AT2024abc" not in page


def test_the_list_of_uploads_comes_with_the_answer(grandma, browse):
    make_target("AT2024abc", group=grandma)
    client = browse(make_user("sender", grandma))
    sent = {"text": TABLE.decode(), "groups": [grandma.pk], "store": "1"}
    assert "latest-uploads" in client.get("/photometry/upload/").content.decode()
    page = client.post("/photometry/upload/", sent, headers={"HX-Request": "true"}).content.decode()
    list_ = page[page.index('id="latest-uploads"') :]
    assert 'hx-swap-oob="true"' in list_
    assert str(PhotometryUpload.objects.get().uuid) in list_
