"""Later versions of points, points taken back, points checked again, and what TOM shows of them."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission
from django.core.management import CommandError, call_command
from django.utils import timezone
from tom_dataproducts.models import PhotometryReducedDatum

from tests.factories import make_event, make_group, make_target, make_user
from tom_photvalidation.actions.pulling import pull_in
from tom_photvalidation.actions.rechecking import recheck_target
from tom_photvalidation.actions.uploads import Sent, receive_photometry
from tom_photvalidation.actions.versions import edit_point, withdraw_points
from tom_photvalidation.exceptions import NotAllowed, Superseded, Unreadable
from tom_photvalidation.models import PhotometryPoint, PhotometryReview, PointFinding, TargetEpoch

pytestmark = pytest.mark.django_db

TABLE = b"""target,mjd,filter,mag,magerr,limiting_mag,magsys,telescope,exposure,observer,colour
AT2024abc,60617.80000,sdssr,18.21,0.05,20.5,AB,TAROT-TCA,120,Ann,blue
AT2024abc,60617.82000,sdssg,18.45,0.06,20.4,AB,TAROT-TCA,120,Ann,blue
"""


def allowed(name: str, *groups, rights=("add_photometrypoint",)):
    user = make_user(name, *groups)
    user.user_permissions.set(Permission.objects.filter(codename__in=rights))
    return type(user).objects.get(pk=user.pk)


@pytest.fixture
def network():
    return make_group()


@pytest.fixture
def sender(network):
    return allowed("sender", network)


@pytest.fixture
def target(network):
    return make_target("AT2024abc", group=network)


@pytest.fixture
def points(sender, target):
    receive_photometry(Sent(TABLE), by=sender)
    return list(PhotometryPoint.objects.order_by("line"))


def shown() -> set[str]:
    return set(PhotometryReducedDatum.objects.values_list("reduction_version", flat=True))


def test_an_edit_is_a_later_version_and_the_earlier_one_stays(points, sender):
    old = points[0]
    new = edit_point(old.pk, {"mag": 18.31, "observer": None}, by=sender, note="typing error")
    old.refresh_from_db()
    assert (old.status, old.mag, old.observer) == ("superseded", 18.21, "Ann")
    assert (new.version, new.supersedes_id, new.mag, new.magerr, new.observer) == (2, old.pk, 18.31, 0.05, "")
    assert (new.extra, new.exposure_s, new.t_given) == ({"colour": "blue"}, 120.0, old.t_given)
    assert new.status in ("unreviewed", "quarantined")
    assert shown() == {f"p{new.pk}", f"p{points[1].pk}"}
    entry = PhotometryReview.objects.get(point=old)
    assert (entry.to_status, entry.note, entry.change) == (
        "superseded",
        "typing error",
        {"mag": 18.31, "observer": None},
    )


def test_what_the_fingerprint_does_not_hold_can_be_edited_too(points, sender):
    new = edit_point(points[0].pk, {"exposure_s": 180}, by=sender)
    assert (new.exposure_s, new.mag, new.version) == (180.0, 18.21, 2)


def test_the_earlier_version_sent_again_is_known(points, sender):
    edit_point(points[0].pk, {"mag": 18.31}, by=sender)
    again = receive_photometry(Sent(TABLE), by=sender)
    assert [answer.outcome for answer in again.answers] == ["exists", "exists"]
    assert again.answers[0].note == "It has a later version."


def test_nobody_edits_what_cannot_be_or_is_past(points, sender):
    with pytest.raises(Unreadable) as refused:
        edit_point(points[0].pk, {"filter": "banana"}, by=sender)
    assert refused.value.problems[0].column == "filter"
    with pytest.raises(Unreadable):
        edit_point(points[0].pk, {"status": "accepted"}, by=sender)
    edit_point(points[0].pk, {"mag": 18.31}, by=sender)
    with pytest.raises(Superseded):
        edit_point(points[0].pk, {"mag": 18.41}, by=sender)


def test_others_neither_edit_nor_withdraw(points, network):
    colleague = allowed("colleague", network)
    with pytest.raises(NotAllowed):
        edit_point(points[0].pk, {"mag": 1.0}, by=colleague)
    with pytest.raises(NotAllowed):
        withdraw_points([points[0].pk], by=colleague)
    with pytest.raises(PhotometryPoint.DoesNotExist):
        edit_point(points[0].pk, {"mag": 1.0}, by=allowed("stranger", make_group("Others")))
    assert set(PhotometryPoint.objects.values_list("status", "version")) <= {("unreviewed", 1), ("quarantined", 1)}


def test_a_reviewer_of_the_group_edits(points, network):
    reviewer = allowed("reviewer", network, rights=("review_photometry",))
    assert edit_point(points[0].pk, {"mag": 18.3}, by=reviewer).mag == 18.3


def test_what_is_taken_back_stays_in_the_store(points, sender):
    assert withdraw_points([one.pk for one in points], by=sender) == [one.pk for one in points]
    assert set(PhotometryPoint.objects.values_list("status", flat=True)) == {"withdrawn"}
    assert shown() == set()
    assert PhotometryReview.objects.filter(to_status="withdrawn").count() == 2


# --- TOM's own table --------------------------------------------------------------------------------------------------
def test_tom_shows_points_under_their_keys(points):
    datum = PhotometryReducedDatum.objects.get(reduction_version=f"p{points[0].pk}")
    assert (datum.brightness, datum.brightness_error, datum.unit, datum.bandpass) == (18.21, 0.05, "AB", "sdssr")
    assert (datum.telescope, datum.timestamp, datum.exposure_time) == ("TAROT-TCA", points[0].t_mid, 120.0)


def test_tom_shows_nothing_once_somebody_sees_the_target_who_is_not_told(points, target):
    from guardian.shortcuts import assign_perm, remove_perm

    others = make_group("Others")
    assign_perm("tom_targets.view_target", others, target)
    assert shown() == set()
    remove_perm("tom_targets.view_target", others, target)
    assert len(shown()) == 2


def test_what_other_tom_apps_write_is_pulled_in_once(target, network):
    rows = {"target": target, "timestamp": timezone.now() - timedelta(days=3), "source_name": "Alerce"}
    PhotometryReducedDatum.objects.create(brightness=18.4, brightness_error=0.1, bandpass="r", telescope="ZTF", **rows)
    PhotometryReducedDatum.objects.create(limit=20.4, bandpass="g", telescope="A telescope nobody knows", **rows)
    PhotometryReducedDatum.objects.create(brightness=99.0, bandpass="banana", telescope="ZTF", **rows)
    assert pull_in() == 2
    assert pull_in() == 0
    assert pull_in(everything=True) == 0
    first, second = PhotometryPoint.objects.order_by("line")
    assert (first.telescope, first.mag, first.origin, first.kind) == ("ZTF", 18.4, "Alerce", "detection")
    assert (second.telescope, second.instrument, second.limiting_mag) == (
        "Generic-Telescope", "A telescope nobody knows", 20.4,
    )  # fmt: skip
    assert PhotometryReducedDatum.objects.count() == 3, "TOM shows the row itself, not once more"
    assert first.upload.n_rejected == 1


# --- checked again ----------------------------------------------------------------------------------------------------
def test_points_are_checked_again_when_the_target_moves(points, target):
    moved = type(target).objects.get(pk=target.pk)
    moved.dec = -89.0
    moved.save()
    before = set(PointFinding.objects.values_list("pk", flat=True))
    assert recheck_target(target.pk) == 2
    point = PhotometryPoint.objects.get(pk=points[0].pk)
    assert (point.severity, point.status) == ("Q", "quarantined")
    assert PointFinding.objects.standing().filter(point=point).exists()
    assert before <= set(PointFinding.objects.values_list("pk", flat=True)), "what was found before is kept"
    assert recheck_target(target.pk) == 0


# --- targets ----------------------------------------------------------------------------------------------------------
def test_points_move_along_when_targets_are_merged(points, target, network, browse, administrator):
    other = make_target("AT2024dup", group=network)
    answer = browse(administrator).post(
        f"/targets/merge/{target.pk}/{other.pk}", {"name_select": other.pk, "confirm": "1"}
    )
    assert answer.status_code == 302
    assert set(PhotometryPoint.objects.values_list("target", flat=True)) == {other.pk}
    assert shown() == {f"p{one.pk}" for one in points}
    again = receive_photometry(Sent(TABLE), by=administrator, groups=[network])
    assert [answer.outcome for answer in again.answers] == ["exists", "exists"]


def test_a_target_with_points_is_not_deleted(points, target, browse, administrator):
    client = browse(administrator)
    assert client.post(f"/targets/{target.pk}/delete/", follow=True).status_code == 200
    assert client.delete(f"/api/targets/{target.pk}/").status_code == 409
    assert PhotometryPoint.objects.filter(target=target).count() == 2


def test_a_command_stores_a_file(target, sender, tmp_path, capsys):
    file = tmp_path / "night.csv"
    file.write_bytes(TABLE + b"AT2024abc,60617.9,banana,18.45,0.06,20.4,AB,TAROT-TCA,120,Ann,blue\n")
    call_command("upload_photometry", str(file), user="sender")
    told = capsys.readouterr()
    assert "3 rows:" in told.out
    assert "row 4, filter:" in told.err
    assert PhotometryPoint.objects.count() == 2
    with pytest.raises(CommandError):
        call_command("upload_photometry", str(file), user="nobody")


def test_light_curves_count_from_the_event_of_the_target(network):
    from icare_tom.auto_targets import EventTarget

    event, target = make_event("S241102x", network), make_target("AT2024ep", group=network)
    EventTarget.objects.create(event=event, target=target)
    assert TargetEpoch.objects.get(target=target).t0 == event.t0
