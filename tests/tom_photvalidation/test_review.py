"""Decisions about points: who may take them, what they leave in the log, and that the log stays as it is."""

import logging
import uuid
from time import perf_counter

import pytest
from django.contrib.auth.models import Permission
from django.db import DatabaseError, connection, transaction
from tom_dataproducts.models import PhotometryReducedDatum

from tests.factories import make_group, make_target, make_user
from tests.photometry_points import make_points
from tom_photvalidation import signals
from tom_photvalidation.actions.projection import project
from tom_photvalidation.actions.review import BadDecision, decide, last_batch, undo
from tom_photvalidation.choices import ReviewReason, ReviewStep, Status
from tom_photvalidation.exceptions import NotAllowed
from tom_photvalidation.models import PhotometryPoint, PhotometryReview

pytestmark = pytest.mark.django_db


@pytest.fixture
def reviewer(grandma):
    user = make_user("reviewer", grandma)
    user.user_permissions.add(Permission.objects.get(codename="review_photometry"))
    return type(user).objects.get(pk=user.pk)


@pytest.fixture
def target(grandma):
    return make_target("AT2024rev", group=grandma)


def statuses(points) -> set[str]:
    return set(PhotometryPoint.objects.filter(pk__in=[one.pk for one in points]).values_list("status", flat=True))


def keys(points) -> list[int]:
    return [one.pk for one in points]


def test_a_decision_changes_points_and_writes_the_log(grandma, target, member, reviewer):
    points = make_points(4, target, grandma, by=member)
    made = decide(keys(points[:3]), Status.REJECTED, by=reviewer, reason="time", note=" half a day off ")
    assert [one.before for one in made.changed] == ["unreviewed"] * 3
    assert statuses(points[:3]) == {"rejected"}
    assert statuses(points[3:]) == {"unreviewed"}
    log = PhotometryReview.objects.filter(batch=made.batch)
    assert log.count() == 3
    line = log.first()
    assert (line.step, line.reason, line.note, line.reviewer_name) == ("decide", "time", "half a day off", "reviewer")


def test_the_same_decision_again_changes_nothing(grandma, target, member, reviewer):
    points = make_points(2, target, grandma, by=member)
    decide(keys(points), Status.ACCEPTED, by=reviewer)
    again = decide(keys(points), Status.ACCEPTED, by=reviewer)
    assert again.changed == ()
    assert again.sentence == "Nothing changed."
    assert PhotometryReview.objects.count() == 2


def test_nobody_accepts_what_they_sent(grandma, target, member, reviewer):
    mine, others = make_points(2, target, grandma, by=reviewer), make_points(2, target, grandma, by=member)
    made = decide(keys(mine + others), Status.ACCEPTED, by=reviewer)
    assert set(made.own) == set(keys(mine))
    assert statuses(mine) == {"unreviewed"}
    assert statuses(others) == {"accepted"}
    assert "somebody else must accept them" in made.sentence
    administrator = make_user("chief", grandma, superuser=True)
    assert decide(keys(make_points(1, target, grandma, by=administrator)), Status.ACCEPTED, by=administrator).own


def test_one_may_reject_what_one_sent(grandma, target, reviewer):
    points = make_points(1, target, grandma, by=reviewer)
    decide(keys(points), Status.REJECTED, by=reviewer)
    assert statuses(points) == {"rejected"}
    assert PhotometryReview.objects.get().reason == ReviewReason.OTHER


def test_members_without_the_right_and_strangers_decide_nothing(grandma, target, member, stranger, other_member):
    points = make_points(1, target, grandma)
    for somebody in (member, stranger, other_member):
        with pytest.raises(NotAllowed):
            decide(keys(points), Status.ACCEPTED, by=somebody)
    assert statuses(points) == {"unreviewed"}
    assert not PhotometryReview.objects.exists()


def test_a_right_given_to_a_group_holds_in_that_group(grandma, target):
    partners = make_group("Partners")
    partners.permissions.add(Permission.objects.get(codename="review_photometry"))
    both = make_user("both", grandma, partners)
    ours, theirs = make_points(1, target, grandma), make_points(1, target, partners)
    made = decide(keys(ours + theirs), Status.ACCEPTED, by=both)
    assert [one.pk for one in made.changed] == keys(theirs)
    assert list(made.not_allowed) == keys(ours)


def test_a_right_of_a_role_holds_in_its_group(grandma, target, member):
    from icare_tom.members.models import Membership

    points = make_points(1, target, grandma)
    Membership.objects.update_or_create(user=member, group=grandma, defaults={"role": "group-admin"})
    chief = type(member).objects.get(pk=member.pk)
    assert decide(keys(points), Status.ACCEPTED, by=chief).changed


def test_undo_gives_back_the_earlier_status(grandma, target, member, reviewer):
    points = make_points(3, target, grandma, by=member)
    decide(keys(points[:1]), Status.REJECTED, by=reviewer)
    batch = decide(keys(points), Status.ACCEPTED, by=reviewer).batch
    assert last_batch(reviewer) == batch
    undo(batch, by=reviewer)
    assert statuses(points[:1]) == {"rejected"}
    assert statuses(points[1:]) == {"unreviewed"}
    assert PhotometryReview.objects.filter(step=ReviewStep.UNDO, undoes__batch=batch).count() == 3
    with pytest.raises(BadDecision, match="nothing to undo"):
        undo(batch, by=reviewer)


def test_undo_leaves_what_others_decided_since(grandma, target, member, reviewer):
    points = make_points(2, target, grandma, by=member)
    batch = decide(keys(points), Status.ACCEPTED, by=reviewer).batch
    chief = make_user("chief", grandma, superuser=True)
    decide(keys(points[:1]), Status.REJECTED, by=chief)
    decide(keys(points[:1]), Status.ACCEPTED, by=chief)
    assert [one.pk for one in undo(batch, by=reviewer).changed] == keys(points[1:])
    assert statuses(points[:1]) == {"accepted"}


def test_nobody_undoes_for_others(grandma, target, member, reviewer):
    batch = decide(keys(make_points(1, target, grandma, by=member)), Status.ACCEPTED, by=reviewer).batch
    chief = make_user("chief", grandma, superuser=True)
    for wrong in (batch, uuid.uuid4()):
        with pytest.raises(BadDecision):
            undo(wrong, by=chief)


@pytest.mark.parametrize(("to", "reason"), [("withdrawn", ""), ("nonsense", ""), ("rejected", "because")])
def test_what_is_no_decision_is_refused(grandma, target, member, reviewer, to, reason):
    points = make_points(1, target, grandma, by=member)
    with pytest.raises(BadDecision):
        decide(keys(points), to, by=reviewer, reason=reason)


def test_tom_shows_no_rejected_point(grandma, target, member, reviewer):
    points = make_points(2, target, grandma, by=member)
    project(keys(points))
    assert PhotometryReducedDatum.objects.filter(target=target).count() == 2
    batch = decide(keys(points[:1]), Status.REJECTED, by=reviewer).batch
    shown = PhotometryReducedDatum.objects.filter(target=target)
    assert [row.reduction_version for row in shown] == [f"p{points[1].pk}"]
    undo(batch, by=reviewer)
    assert PhotometryReducedDatum.objects.filter(target=target).count() == 2


def test_decisions_are_told_after_commit(grandma, target, member, reviewer, django_capture_on_commit_callbacks):
    told = []

    def hear(points, by, **_):
        told.append((points, by))

    signals.photometry_reviewed.connect(hear)
    points = make_points(1, target, grandma, by=member)
    with django_capture_on_commit_callbacks(execute=True):
        decide(keys(points), Status.ACCEPTED, by=reviewer)
        assert told == []
    assert told == [((points[0].pk,), reviewer)]
    signals.photometry_reviewed.disconnect(hear)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE tom_photvalidation_photometryreview SET note = 'never said'",
        "DELETE FROM tom_photvalidation_photometryreview",
        "DELETE FROM tom_photvalidation_photometryreview WHERE id = -1",
    ],
)
def test_the_log_cannot_be_altered(grandma, target, member, reviewer, statement):
    decide(keys(make_points(1, target, grandma, by=member)), Status.ACCEPTED, by=reviewer)
    with pytest.raises(DatabaseError, match="only added to"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    with pytest.raises(DatabaseError, match="only added to"), transaction.atomic():
        PhotometryReview.objects.get().delete()
    assert PhotometryReview.objects.get().note == ""


def test_the_log_outlives_the_account(grandma, target, member, reviewer):
    decide(keys(make_points(1, target, grandma, by=member)), Status.ACCEPTED, by=reviewer)
    reviewer.delete()
    assert PhotometryReview.objects.get().reviewer_name == "reviewer"


def test_ten_thousand_points_are_decided_at_once(grandma, target, member, reviewer, django_assert_max_num_queries):
    points = make_points(10_000, target, grandma, by=member)
    project(keys(points))
    took = {}
    for to in (Status.ACCEPTED, Status.REJECTED, Status.UNREVIEWED):
        began = perf_counter()
        with django_assert_max_num_queries(16):
            made = decide(keys(points), to, by=reviewer)
        took[to] = perf_counter() - began
        logging.getLogger(__name__).info("10,000 points %s in %.2f s", to, took[to])
        assert len(made.changed) == 10_000
        assert PhotometryReview.objects.filter(batch=made.batch).count() == 10_000
    assert PhotometryReducedDatum.objects.filter(target=target).count() == 10_000
    # Taking points from what TOM shows and giving them back looks each up by itself, not among all of the target.
    assert took[Status.REJECTED] < 5 * took[Status.ACCEPTED]
    assert took[Status.UNREVIEWED] < 8 * took[Status.ACCEPTED]
