"""Points always have their target and their upload, whatever happens to these meanwhile: tested in SQL."""

import threading

import pytest
from django.contrib.auth.models import Permission
from django.db import IntegrityError, NotSupportedError, connection, transaction

from tests.factories import make_target, make_user
from tests.photometry_points import make_photometry_upload, make_points
from tom_photvalidation.actions import recording
from tom_photvalidation.actions.uploads import Sent, read_upload, receive_photometry
from tom_photvalidation.models import PhotometryPoint

POINTS, TARGETS = PhotometryPoint._meta.db_table, "tom_targets_basetarget"
UPLOADS = "tom_photvalidation_photometryupload"
NOBODY = 1_000_000


@pytest.fixture
def target(grandma):
    """A target to which points refer, and no row with a foreign key."""
    target = make_target("AT2024abc", group=grandma)
    execute("DELETE FROM icare_tom_targetskyindex")
    return target


@pytest.fixture
def points(target, grandma):
    return make_points(3, target, grandma)


def execute(statement: str, *values) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


@pytest.mark.django_db
@pytest.mark.parametrize(
    "statement",
    [
        f"DELETE FROM {TARGETS}",
        f"DELETE FROM {UPLOADS}",
        f"UPDATE {TARGETS} SET id = id + {NOBODY}",
        f"UPDATE {UPLOADS} SET id = id + {NOBODY}",
        f"TRUNCATE {TARGETS} CASCADE",
        f"TRUNCATE {UPLOADS} CASCADE",
        f"UPDATE {POINTS} SET target_id = {NOBODY}",
        f"UPDATE {POINTS} SET upload_id = {NOBODY} WHERE line = 3",
    ],
)
def test_nothing_takes_target_or_upload_from_a_point(points, statement):
    execute("SELECT 1")
    with pytest.raises(IntegrityError, match="refer to"), transaction.atomic():
        execute(statement)
    assert PhotometryPoint.objects.filter(target__name="AT2024abc", upload__source="night.csv").count() == 3


@pytest.mark.django_db
@pytest.mark.parametrize("column", ["target_id", "upload_id"])
def test_no_point_begins_without_target_or_upload(points, column):
    for point in points:
        point.pk, point.version = None, 2
    setattr(points[1], column, NOBODY)
    with pytest.raises(IntegrityError, match="refer to"), transaction.atomic():
        PhotometryPoint.objects.bulk_create(points)
    assert PhotometryPoint.objects.count() == 3


@pytest.mark.django_db
def test_points_move_and_what_they_left_may_go(points, target, grandma):
    other = make_target("AT2024def", group=grandma)
    upload = make_photometry_upload(grandma)
    execute("DELETE FROM icare_tom_targetskyindex")
    execute(f"UPDATE {POINTS} SET target_id = %s, upload_id = %s", other.pk, upload.pk)
    execute(f"DELETE FROM {TARGETS} WHERE id = %s", target.pk)
    execute(f"DELETE FROM {UPLOADS} WHERE source = 'night.csv'")
    assert PhotometryPoint.objects.filter(target=other, upload=upload).count() == 3


@pytest.mark.django_db(transaction=True)
def test_a_transaction_that_may_not_see_new_points_may_not_delete(target):
    with (
        pytest.raises(NotSupportedError, match="READ COMMITTED"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        cursor.execute(f"DELETE FROM {TARGETS} WHERE id = %s", [target.pk])
    assert type(target).objects.filter(pk=target.pk).exists()


# --- at the same time -------------------------------------------------------------------------------------------------
class Elsewhere(threading.Thread):
    """A statement on another connection, which may have to wait."""

    def __init__(self, statement: str, *values) -> None:
        super().__init__(daemon=True)
        self.statement, self.values, self.error = statement, values, None
        self.backend, self.has_backend = 0, threading.Event()
        self.start()

    def run(self) -> None:
        try:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_backend_pid()")
                (self.backend,) = cursor.fetchone()
            self.has_backend.set()
            execute(self.statement, *self.values)
        except IntegrityError as error:
            self.error = error
        finally:
            connection.close()

    def is_held_up(self) -> bool:
        """Return when a lock holds it up, or with False when it has ended."""
        self.has_backend.wait(30)
        while self.is_alive():
            with connection.cursor() as cursor:
                cursor.execute("SELECT EXISTS (SELECT FROM pg_locks WHERE pid = %s AND NOT granted)", [self.backend])
                if cursor.fetchone()[0]:
                    return True
            self.join(0.02)
        return False


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("table", [TARGETS, UPLOADS])
def test_what_points_are_being_stored_for_is_not_deleted(target, grandma, table):
    (known,) = make_points(1, target, grandma)
    key = target.pk if table == TARGETS else known.upload_id
    with connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM {POINTS}")
    with transaction.atomic():
        PhotometryPoint.objects.bulk_create([known])
        elsewhere = Elsewhere(f"DELETE FROM {table} WHERE id = %s", key)
        assert elsewhere.is_held_up()
    elsewhere.join(30)
    assert "refer" in str(elsewhere.error)
    assert PhotometryPoint.objects.filter(target=target, upload__source="night.csv").exists()


@pytest.mark.django_db(transaction=True)
def test_points_of_a_target_that_is_just_being_deleted_are_refused_by_name(target, grandma, monkeypatch):
    """It goes after its name was looked up and before its points are stored."""
    sender = make_user("sender", grandma)
    sender.user_permissions.add(Permission.objects.get(codename="add_photometrypoint"))
    prepare, gone = recording.Recorder.prepare, []

    def then_it_goes(self, reading):
        prepared = prepare(self, reading)
        if not gone:
            gone.append(elsewhere := Elsewhere(f"DELETE FROM {TARGETS} WHERE id = %s", target.pk))
            elsewhere.join(30)
        return prepared

    monkeypatch.setattr(recording.Recorder, "prepare", then_it_goes)
    rows = [f"AT2024abc,6061{day}.8,sdssr,18.2,0.05,AB,TAROT-TCA" for day in range(3)]
    body = "\n".join(["target,mjd,filter,mag,magerr,magsys,telescope", *rows]).encode()
    done = read_upload(receive_photometry(Sent(body), by=sender, at_once=0).upload.pk)
    assert gone[0].error is None
    assert (done.state, done.n_created + done.n_quarantined, done.n_rejected) == ("done", 0, 3)
    assert not PhotometryPoint.objects.exists()
