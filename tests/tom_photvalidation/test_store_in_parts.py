"""Long tables are stored part by part: made ready in a thread, the same whichever part is ahead of which."""

import gzip
import threading

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django_q.models import OrmQ

from tests.factories import make_target, make_user
from tom_photvalidation.actions import recording, uploads
from tom_photvalidation.actions.rechecking import recheck_target
from tom_photvalidation.actions.uploads import Sent, read_upload, receive_photometry
from tom_photvalidation.models import PhotometryFile, PhotometryPoint, PhotometryUpload, PointFinding
from tom_photvalidation.signals import checks_requested

HEADER = "target,mjd,filter,mag,magerr,limiting_mag,magsys,telescope,exposure"
EXACT = "AT2024abc,60617.812345,sdssr,18.213,0.052,20.5,AB,TAROT-TCA,120"
ROUNDED = "AT2024abc,60617.81,sdssr,18.2,0.05,20.5,AB,TAROT-TCA,120"
OTHER = "AT2024abc,60619.8,sdssr,18.6,0.05,20.5,AB,TAROT-TCA,120"


@pytest.fixture
def sender(grandma):
    user = make_user("sender", grandma)
    user.user_permissions.add(Permission.objects.get(codename="add_photometrypoint"))
    return type(user).objects.get(pk=user.pk)


@pytest.fixture
def target(grandma):
    return make_target("AT2024abc", group=grandma)


@pytest.fixture
def _row_by_row(monkeypatch):
    monkeypatch.setattr(uploads, "PART_ROWS", 1)


def read_later(sender, *rows: str, **options) -> PhotometryUpload:
    sent = Sent("\n".join([HEADER, *rows]).encode(), source="long.csv", **options)
    return read_upload(receive_photometry(sent, by=sender, at_once=0).upload.pk)


@pytest.mark.django_db
@pytest.mark.usefixtures("_row_by_row")
def test_points_of_other_parts_are_compared_when_all_are_stored(sender, target):
    asked = []
    checks_requested.connect(listener := lambda targets, **_: asked.append(targets))
    try:
        done = read_later(sender, EXACT, ROUNDED)
    finally:
        checks_requested.disconnect(listener)
    assert (done.n_created, recording.LATER in done.notes) == (2, True)
    assert not PointFinding.objects.exists(), "which part knows which is not chance"
    recheck_target(target.pk)
    exact, rounded = PhotometryPoint.objects.order_by("line")
    assert (rounded.status, rounded.twin_id) == ("quarantined", exact.pk)


@pytest.mark.django_db
@pytest.mark.usefixtures("_row_by_row")
def test_every_part_is_compared_with_what_was_stored_before(sender, target):
    receive_photometry(Sent("\n".join([HEADER, EXACT]).encode()), by=sender)
    done = read_later(sender, OTHER, ROUNDED)
    assert (done.n_created, done.n_quarantined) == (1, 1)
    exact, _, rounded = PhotometryPoint.objects.order_by("pk")
    assert rounded.twin_id == exact.pk


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("_row_by_row")
@pytest.mark.parametrize("mode", ["partial", "atomic"])
def test_parts_are_made_ready_in_a_thread_that_leaves_nothing_open(sender, target, monkeypatch, mode):
    threads = set()
    prepare = recording.Recorder.prepare

    def watched(self, reading):
        threads.add(threading.get_ident())
        return prepare(self, reading)

    monkeypatch.setattr(recording.Recorder, "prepare", watched)
    before = connections_now()
    done = read_later(sender, EXACT, OTHER, EXACT, mode=mode)
    assert (done.state, done.n_created, done.n_exists, done.progress) == ("done", 2, 1, 1.0)
    assert threads and threading.get_ident() not in threads
    assert connections_now() == before


def connections_now() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()")
        return int(cursor.fetchone()[0])


def test_a_kept_file_is_unpacked_bit_by_bit():
    body = bytes(range(256)) * 20_000
    kept = PhotometryFile(body=gzip.compress(body))
    parts = list(kept.parts())
    assert b"".join(parts) == kept.content == body
    assert max(map(len, parts)) <= 1 << 20


@pytest.mark.django_db
def test_targets_are_checked_again_some_at_a_time_and_each_asked_for_once():
    first, second = tuple(range(1, 101)), (*range(1, 100), 500)
    for targets in (first, second, first):
        checks_requested.send(PhotometryPoint, targets=targets)
    asked = [tuple(task.task["args"][0]) for task in OrmQ.objects.order_by("pk")]
    assert max(map(len, asked)) == 20
    assert len(asked) == 6, "five of the first, and one of the second that differs"
    assert {target for some in asked for target in some} == {*first, 500}
