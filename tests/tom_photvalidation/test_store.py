"""Storing photometry: once per measurement, row by row, whole or in part, seen by those it is told to."""

import csv
import gzip
import io
from datetime import UTC, datetime

import numpy as np
import pytest
from django.contrib.auth.models import Permission
from tom_dataproducts.models import PhotometryReducedDatum

from tests.factories import make_group, make_target, make_user
from tom_photvalidation.actions import store, uploads
from tom_photvalidation.actions.uploads import Sent, read_upload, receive_photometry
from tom_photvalidation.exceptions import KeyReused, Unreadable
from tom_photvalidation.models import PhotometryPoint, PhotometryUpload, PointFinding, TargetEpoch

pytestmark = pytest.mark.django_db

HEADER = "target,mjd,filter,mag,magerr,limiting_mag,magsys,telescope,exposure"
ROWS = (
    "AT2024abc,60617.80000,sdssr,18.21,0.05,20.5,AB,TAROT-TCA,120",
    "AT2024abc,60617.82000,sdssg,18.45,0.06,20.4,AB,TAROT-TCA,120",
    "AT2024abc,60618.80000,sdssr,,,20.9,AB,TAROT-TCA,120",
)


def table(*rows: str) -> bytes:
    return "\n".join([HEADER, *(rows or ROWS)]).encode()


@pytest.fixture
def network():
    return make_group()


@pytest.fixture
def sender(network):
    user = make_user("sender", network)
    user.user_permissions.add(Permission.objects.get(codename="add_photometrypoint"))
    return type(user).objects.get(pk=user.pk)


@pytest.fixture
def target(network):
    return make_target("AT2024abc", group=network)


def send(sender, *rows: str, **options):
    return receive_photometry(Sent(table(*rows), source="night.csv", **options), by=sender)


def outcomes(received) -> list[str]:
    return [answer.outcome.value for answer in received.answers]


def test_rows_become_points(sender, target):
    received = send(sender)
    assert set(outcomes(received)) <= {"created", "quarantined"}, received.answers
    points = list(PhotometryPoint.objects.order_by("line"))
    assert [point.line for point in points] == [2, 3, 4]
    assert points[0].submitted == ROWS[0]
    assert (points[0].mag, points[0].magerr, points[0].limiting_mag) == (18.21, 0.05, 20.5)
    assert (points[2].kind, points[2].mag) == ("limit", None)
    assert [answer.pk for answer in received.answers] == [point.pk for point in points]


def test_the_same_rows_again_are_the_same_points(sender, target):
    first = send(sender)
    again = send(sender)
    assert outcomes(again) == ["exists"] * 3
    assert [answer.pk for answer in again.answers] == [answer.pk for answer in first.answers]
    assert PhotometryPoint.objects.count() == 3
    assert PhotometryUpload.objects.count() == 1, "an upload that tells nothing new is not kept"


def test_good_rows_are_stored_and_every_error_of_the_others_is_named(sender, target):
    rows = (
        ROWS[0],
        "AT2024zzz,60617.8,sdssr,18.2,0.05,,AB,TAROT-TCA,120",
        "AT2024abc,60617.8,banana,18.2,0.05,,AB,TAROT-TXA,120",
        "AT2024abc,yesterday,sdssr,18.2,0.05,,AB,TAROT-TCA,120",
    )
    received = send(sender, *rows)
    assert outcomes(received)[1:] == ["rejected"] * 3
    named = {answer.row: {(one.column, one.code) for one in answer.errors} for answer in received.answers}
    assert ("target", "unknown-target") in named[3]
    assert "filter" in {column for column, _ in named[4]}
    assert "mjd" in {column for column, _ in named[5]}
    assert PhotometryPoint.objects.count() == 1
    upload = PhotometryUpload.objects.get()
    assert (upload.n_rows, upload.n_rejected) == (4, 3)
    assert upload.file.content == table(*rows)


def test_unknown_telescopes_come_with_the_nearest_names(sender, target):
    received = send(sender, "AT2024abc,60617.8,sdssr,18.2,0.05,,AB,TAROT-TXA,120")
    (error,) = received.answers[0].errors
    assert (error.line, error.column, error.code, error.value) == (2, "telescope", "unknown-telescope", "TAROT-TXA")
    assert "TAROT-TCA" in error.fix


def test_all_or_nothing(sender, target):
    received = send(sender, ROWS[0], "AT2024abc,60617.8,banana,18.2,0.05,,AB,TAROT-TCA,120", mode="atomic")
    assert outcomes(received) == ["rejected", "rejected"]
    assert not received.answers[0].errors
    assert "Nothing of this upload is stored" in received.answers[0].note
    assert not PhotometryPoint.objects.exists()
    assert not PhotometryReducedDatum.objects.exists()


def test_a_trial_leaves_nothing(sender, target):
    send(sender, ROWS[0])
    received = send(sender, is_dry_run=True)
    assert outcomes(received)[0] == "exists"
    assert set(outcomes(received)[1:]) <= {"created", "quarantined"}
    assert [answer.pk is None for answer in received.answers] == [False, True, True]
    assert (PhotometryPoint.objects.count(), PhotometryUpload.objects.count()) == (1, 1)


def test_rows_repeated_in_one_file_are_one_point(sender, target):
    received = send(sender, ROWS[0], ROWS[1], ROWS[0])
    assert outcomes(received)[2] == "exists"
    assert received.answers[2].note == "The same as row 2."
    assert received.answers[2].pk == received.answers[0].pk


# --- who sees it ------------------------------------------------------------------------------------------------------
def test_points_of_a_group_are_seen_by_it_alone(sender, target, network):
    other = make_group("Private")
    insider = make_user("insider", network, other)
    insider.user_permissions.add(Permission.objects.get(codename="add_photometrypoint"))
    insider = type(insider).objects.get(pk=insider.pk)
    received = receive_photometry(Sent(table(ROWS[0])), by=insider, groups=[other])
    points = PhotometryPoint.objects
    assert points.visible_to(insider).count() == 1
    assert not points.visible_to(sender).exists()
    assert not points.visible_to(make_user("stranger")).exists()
    assert not PhotometryReducedDatum.objects.exists(), "the network sees the target, but not the point"

    shared = send(sender, ROWS[0])
    assert outcomes(shared) != ["exists"], "whoever sends what others keep to themselves does not learn of it"
    assert shared.answers[0].pk != received.answers[0].pk
    assert PhotometryReducedDatum.objects.count() == 1

    again = receive_photometry(Sent(table(ROWS[0])), by=insider)
    assert outcomes(again) == ["exists"]


def test_points_of_a_hidden_target_cannot_be_sent(sender):
    make_target("AT2024hid", group=make_group("Private"))
    received = send(sender, ROWS[0].replace("AT2024abc", "AT2024hid"))
    assert received.answers[0].errors[0].code == "unknown-target"
    assert "AT2024hid" not in received.answers[0].errors[0].fix


# --- in the background ------------------------------------------------------------------------------------------------
def test_a_long_table_is_read_in_the_background(sender, target):
    received = receive_photometry(Sent(table(), source="long.csv"), by=sender, at_once=2)
    assert (received.answers, received.upload.state) == (None, "queued")
    assert not PhotometryPoint.objects.exists()
    done = read_upload(received.upload.pk)
    assert (done.state, done.progress, done.n_rows, done.n_rejected) == ("done", 1.0, 3, 0)
    assert done.n_created + done.n_quarantined == 3
    kept = PhotometryUpload.objects.get(pk=done.pk).file
    rows = list(csv.DictReader(io.StringIO(gzip.decompress(kept.answers).decode())))
    assert {row["row"] for row in rows} == {"2", "3", "4"}
    assert read_upload(done.pk).n_rows == 3, "reading it again does nothing"


def test_work_begun_by_a_worker_that_died_is_taken_up_and_counted_once(sender, target):
    received = receive_photometry(Sent(table()), by=sender, at_once=1)
    read_upload(received.upload.pk)
    PhotometryUpload.objects.update(state="running", n_created=0)
    done = read_upload(received.upload.pk)
    assert done.n_created + done.n_quarantined == 3
    assert (done.n_exists, PhotometryPoint.objects.count()) == (0, 3)


def test_a_long_table_is_stored_whole_or_not_at_all(sender, target):
    bad = "AT2024abc,60617.8,banana,18.2,0.05,,AB,TAROT-TCA,120"
    received = receive_photometry(Sent(table(*ROWS, bad), mode="atomic"), by=sender, at_once=1)
    done = read_upload(received.upload.pk)
    assert (done.state, done.n_created, done.n_rejected) == ("done", 0, 1)
    assert "Nothing is stored" in done.reason
    assert not PhotometryPoint.objects.exists()


def test_rows_repeated_in_a_later_part_are_not_counted_twice(sender, target, monkeypatch):
    monkeypatch.setattr(uploads, "PART_ROWS", 2)
    rows = (*ROWS, ROWS[0], ROWS[2], ROWS[1])
    told = []
    for is_dry_run in (True, False):
        received = receive_photometry(Sent(table(*rows), is_dry_run=is_dry_run), by=sender, at_once=1)
        done = read_upload(received.upload.pk)
        told.append((done.n_created + done.n_quarantined, done.n_exists, done.n_rejected))
        assert PhotometryPoint.objects.count() == (0 if is_dry_run else 3)
    assert told == [(3, 3, 0)] * 2


def test_times_since_t0_are_read_in_every_part(sender, target, monkeypatch):
    monkeypatch.setattr(uploads, "PART_ROWS", 1)
    TargetEpoch.objects.create(target_id=target.pk, t0=datetime(2024, 11, 3, tzinfo=UTC))
    lines = [
        "target,t-t0 (days),filter,mag,magerr,telescope",
        *(f"AT2024abc,1.{n},r,18.{n},0.05,TAROT-TCA" for n in range(4)),
    ]
    received = receive_photometry(Sent("\n".join(lines).encode()), by=sender, at_once=1)
    assert read_upload(received.upload.pk).n_rejected == 0
    assert PhotometryPoint.objects.filter(t_given__date="2024-11-04").count() == 4


def test_findings_of_work_taken_up_again_are_written_once(sender, target):
    received = receive_photometry(
        Sent(table(ROWS[0], ROWS[0].replace("18.21,0.05", "16.21,0.05"))), by=sender, at_once=1
    )
    read_upload(received.upload.pk)
    found = PointFinding.objects.count()
    assert found
    PhotometryUpload.objects.update(state="running")
    read_upload(received.upload.pk)
    assert (PointFinding.objects.count(), PhotometryReducedDatum.objects.count()) == (
        found,
        PhotometryPoint.objects.exclude(status="quarantined").count(),
    )


def test_the_same_rows_stored_by_somebody_else_meanwhile_are_known(sender, target, monkeypatch):
    first = send(sender)

    def nothing(rows, *_):
        n = len(rows)
        return store.Stored(np.arange(-n, 0), np.ones(n, bool), np.ones(n, bool), rows.status.copy())

    monkeypatch.setattr(store, "look_up", nothing)
    again = send(sender, *ROWS, ROWS[0].replace("18.21", "18.33"))
    assert outcomes(again)[:3] == ["exists"] * 3
    assert [answer.pk for answer in again.answers][:3] == [answer.pk for answer in first.answers]
    assert PhotometryPoint.objects.count() == 4


def test_twins_know_each_other(sender, target):
    send(sender, "AT2024abc,60617.812345,sdssr,18.213,0.052,20.5,AB,TAROT-TCA,120")
    send(sender, "AT2024abc,60617.81,sdssr,18.2,0.05,20.5,AB,TAROT-TCA,120")
    exact, rounded = PhotometryPoint.objects.order_by("pk")
    assert (rounded.status, rounded.twin_id) == ("quarantined", exact.pk)


def test_what_is_no_table_fails_with_the_reason(sender):
    with pytest.raises(Unreadable):
        receive_photometry(Sent(b""), by=sender)


# --- sent again under a key -------------------------------------------------------------------------------------------
def test_a_key_counts_once(sender, target):
    first = send(sender, key="night-1")
    again = send(sender, key="night-1")
    assert again.is_replayed
    assert again.upload.pk == first.upload.pk
    assert [(a.row, a.outcome, a.pk) for a in again.answers] == [(a.row, a.outcome, a.pk) for a in first.answers]
    with pytest.raises(KeyReused):
        send(sender, ROWS[0], key="night-1")
