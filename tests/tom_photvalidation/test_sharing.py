"""Uploads shared later: points, their later versions and what TOM shows move together; words of checks do not stay."""

import pytest
from django.contrib.auth.models import Group
from tom_dataproducts.models import PhotometryReducedDatum

from tests.factories import make_group, make_target, make_user
from tom_grandma_facilities.sharing import SharingRefused
from tom_photvalidation import tasks
from tom_photvalidation.actions import sharing
from tom_photvalidation.actions.sharing import share_photometry
from tom_photvalidation.actions.uploads import Sent, receive_photometry
from tom_photvalidation.actions.versions import edit_point
from tom_photvalidation.models import PhotometryPoint, PhotometryUpload, PointFinding

pytestmark = pytest.mark.django_db

TABLE = b"""target,mjd,filter,mag,magerr,limiting_mag,magsys,telescope,exposure
AT2024abc,60617.80000,sdssr,18.21,0.05,20.5,AB,TAROT-TCA,120
AT2024abc,60617.82000,sdssg,18.45,0.06,20.4,AB,TAROT-TCA,120
"""


@pytest.fixture
def catchers() -> Group:
    return make_group("Kilonova catchers")


@pytest.fixture
def sender(grandma, catchers):
    return make_user("sender", grandma, catchers)


@pytest.fixture
def catcher(catchers):
    return make_user("catcher", catchers)


@pytest.fixture
def target(grandma, catchers):
    return make_target("AT2024abc", group=catchers, permissions="PRIVATE")


def told(by, *groups) -> PhotometryUpload:
    return receive_photometry(Sent(TABLE), by=by, groups=list(groups)).upload


def shown() -> int:
    return PhotometryReducedDatum.objects.count()


def test_points_move_with_what_tom_shows_of_them(sender, catcher, grandma, catchers, target):
    upload = told(sender, grandma)
    assert (PhotometryPoint.objects.visible_to(catcher).count(), shown()) == (0, 0)
    assert share_photometry(upload, catchers, by=sender)
    # Everybody who sees the target is told now, so that TOM shows them too.
    assert (PhotometryPoint.objects.visible_to(catcher).count(), shown()) == (2, 2)
    upload.refresh_from_db()
    assert {point.audience_id for point in upload.points.all()} == {upload.audience_id}
    assert share_photometry(upload, catchers, by=sender, let_in=False)
    assert (PhotometryPoint.objects.visible_to(catcher).count(), shown()) == (0, 0)


def test_later_versions_go_with_the_first(sender, catcher, grandma, catchers, target):
    upload = told(sender, grandma)
    later = edit_point(upload.points.first().pk, {"mag": 18.31}, by=sender)
    latest = edit_point(later.pk, {"mag": 18.32}, by=sender)
    share_photometry(upload, catchers, by=sender)
    assert PhotometryPoint.objects.visible_to(catcher).count() == 4
    latest.refresh_from_db()
    assert latest.upload.audience_id == latest.audience_id
    with pytest.raises(SharingRefused, match="with the upload the point came by"):
        share_photometry(latest.upload, catchers, by=sender)


def test_the_same_points_told_to_the_same_groups_already_stay_apart(sender, catcher, grandma, catchers, target):
    first = told(sender, grandma)
    second = told(catcher, catchers)
    share_photometry(second, grandma, by=make_user("root", superuser=True))
    # Both stood once for each set of groups; now they are seen by the same ones, and neither is lost.
    share_photometry(first, catchers, by=sender)
    assert PhotometryPoint.objects.visible_to(catcher).count() == 4
    first.refresh_from_db()
    second.refresh_from_db()
    assert first.audience != second.audience
    assert str(first.audience) == str(second.audience)
    # Sent once more they are known.
    again = told(sender, grandma, catchers)
    assert (again.n_created, again.n_exists) == (0, 2)


def test_sent_again_for_the_groups_of_the_first_time_it_is_known(sender, grandma, catchers, target):
    upload = told(sender, grandma)
    share_photometry(upload, catchers, by=sender)
    assert told(sender, grandma).n_exists == 2


def test_words_about_points_of_others_do_not_stay(sender, catcher, grandma, catchers, target):
    """A check told of a neighbour that only one of the groups sees."""
    told(sender, grandma)
    reduced_again = TABLE.replace(b"18.21", b"18.61").replace(b"18.45", b"18.85")
    again = receive_photometry(Sent(reduced_again), by=sender, groups=[grandma]).upload
    assert words_about(again, "18.21")
    share_photometry(again, catchers, by=sender)
    assert not words_about(again, "18.21")


def words_about(upload: PhotometryUpload, value: str) -> list[str]:
    standing = PointFinding.objects.standing().filter(point__upload=upload)
    return [said for said in standing.values_list("sentence", flat=True) if value in said]


def test_a_long_upload_is_left_to_a_worker(sender, catcher, grandma, catchers, target, monkeypatch):
    queued = []
    monkeypatch.setattr(sharing, "MOST_POINTS", 1)
    monkeypatch.setattr(tasks, "async_task", lambda *said, **_: queued.append(said))
    upload = told(sender, grandma)
    queued.clear()
    assert not share_photometry(upload, catchers, by=sender)
    assert not PhotometryPoint.objects.visible_to(catcher).exists()
    ((name, *said),) = queued
    assert name == "tom_photvalidation.tasks.run_sharing"
    tasks.run_sharing(*said)
    assert PhotometryPoint.objects.visible_to(catcher).count() == 2


def test_an_upload_that_is_still_read_waits(sender, grandma, catchers, target):
    upload = told(sender, grandma)
    PhotometryUpload.objects.filter(pk=upload.pk).update(state="running")
    with pytest.raises(SharingRefused, match="still being read"):
        share_photometry(upload, catchers, by=sender)
