"""Long files: kept, read in the background, answered row by row; nothing lost, nothing doubled, whoever dies."""

import csv
import io
from datetime import timedelta

import pytest
from django.conf import settings
from django.contrib.auth.models import Permission
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.utils import timezone
from django_q.models import OrmQ
from rest_framework.test import APIClient

from tests.factories import make_group, make_user
from tom_grandma_facilities import tasks
from tom_grandma_facilities.actions import read_upload, receive_observations
from tom_grandma_facilities.choices import UploadState
from tom_grandma_facilities.exceptions import NotAllowed
from tom_grandma_facilities.executed import UnreadableSheet
from tom_grandma_facilities.locks import UPLOAD
from tom_grandma_facilities.models import ExecutedObservation, ObservationUpload, UploadedFile
from tom_grandma_facilities.signals import observations_recorded

pytestmark = pytest.mark.django_db
HEADER = "observation_id,RA,Dec,obstime,filter,exposure_time"


def table(count, bad=()):
    rows = [f"a{n},{n % 360},10,2024-11-02T13:00:00,r,{-1 if n in bad else 60}" for n in range(count)]
    return "\n".join([HEADER, *rows]).encode()


@pytest.fixture(autouse=True)
def short(settings):
    settings.ICARE_UPLOAD_ROWS_AT_ONCE = 20


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


def queue(observer, body=None, **options):
    return receive_observations(body or table(30), by=observer, **{"telescope": "CFHT"} | options).upload


def state(upload):
    return ObservationUpload.objects.get(pk=upload.pk)


def test_a_short_file_is_recorded_at_once_and_kept_with_its_answers(observer):
    received = receive_observations(table(20), by=observer, telescope="CFHT", source="night.csv")
    assert received.recorded.counts["created"] == 20
    kept = UploadedFile.objects.get(upload=received.upload)
    assert kept.content == table(20)
    assert kept.answers
    assert not OrmQ.objects.exists()


def test_a_long_file_waits_on_the_slow_queue_and_is_then_recorded(observer):
    body = table(30, bad=[3])
    upload = queue(observer, body)
    assert upload.state == UploadState.QUEUED
    assert not ExecutedObservation.objects.exists()
    assert [row.key for row in OrmQ.objects.all()] == list(settings.Q_CLUSTER["ALT_CLUSTERS"])
    done = read_upload(upload.pk)
    assert (done.state, done.progress, done.n_created, done.n_rejected) == (UploadState.DONE, 1.0, 29, 1)
    assert ExecutedObservation.objects.filter(upload=upload).count() == 29
    assert upload.file.content == body


def test_the_answers_have_every_row(observer, page):
    upload = queue(observer, table(30, bad=[3]))
    assert page.get(f"/executed/uploads/{upload.pk}/answers/").status_code == 404
    read_upload(upload.pk)
    answer = page.get(f"/executed/uploads/{upload.pk}/answers/")
    rows = list(csv.DictReader(io.StringIO(answer.content.decode())))
    assert [int(row["line"]) for row in rows] == list(range(2, 32))
    assert (rows[3]["outcome"], rows[3]["column"]) == ("rejected", "exposure_time")
    assert rows[3]["mend"]
    assert {row["outcome"] for row in rows[4:]} == {"created"}
    assert page.get(f"/executed/uploads/{upload.pk}/file/").content == table(30, bad=[3])


def test_reading_it_twice_changes_nothing(observer):
    upload = queue(observer)
    read_upload(upload.pk)
    answers = UploadedFile.objects.get().answers
    again = read_upload(upload.pk)
    assert (again.n_created, again.starts, bytes(UploadedFile.objects.get().answers)) == (30, 1, bytes(answers))


def test_the_same_file_again_is_the_same_upload_while_it_waits_and_known_after(observer):
    first = queue(observer)
    assert queue(observer).pk == first.pk
    assert queue(observer, telescope="OAJ-T80").pk != first.pk
    read_upload(first.pk)
    second = read_upload(queue(observer).pk)
    assert (second.n_created, second.n_exists) == (0, 30)
    assert ExecutedObservation.objects.filter(telescope="CFHT").count() == 30


def test_checking_a_long_file_answers_and_stores_nothing(observer):
    heard = []

    def listen(sender, **told):
        heard.append(told)

    observations_recorded.connect(listen)
    try:
        done = read_upload(queue(observer, dry_run=True).pk)
    finally:
        observations_recorded.disconnect(listen)
    assert (done.state, done.n_created, heard) == (UploadState.DONE, 30, [])
    assert not ExecutedObservation.objects.exists()
    assert UploadedFile.objects.get().answers


def test_a_header_nobody_can_read_is_refused_at_once(observer):
    body = b"name,when\n" + b"x,2024\n" * 200
    with pytest.raises(UnreadableSheet, match="No line names the columns"):
        queue(observer, body)
    assert not ObservationUpload.objects.exists()


def test_what_turns_out_unreadable_is_said(observer):
    upload = queue(observer, table(200) + b"\nb1,1,1,2024,r\xff,60")
    done = read_upload(upload.pk)
    assert (done.state, "UTF-8" in done.reason) == (UploadState.FAILED, True)
    assert done.rejected[0]["line"] == 202
    assert not ExecutedObservation.objects.exists()


def test_whoever_lost_the_right_meanwhile_stores_nothing(observer):
    upload = queue(observer)
    observer.user_permissions.clear()
    done = read_upload(upload.pk)
    assert (done.state, "may not record" in done.reason) == (UploadState.FAILED, True)
    upload = ObservationUpload.objects.filter(pk=upload.pk)
    upload.update(state=UploadState.QUEUED, uploaded_by=None)
    assert "account" in read_upload(upload.get().pk).reason


def test_nobody_fills_the_queue(observer):
    for number in range(20):
        queue(observer, table(30 + number))
    with pytest.raises(NotAllowed, match="still being read"):
        queue(observer, table(60))


def test_an_upload_whose_worker_died_is_queued_again(observer):
    upload = queue(observer)
    ObservationUpload.objects.update(state=UploadState.RUNNING, progress=0.5, starts=1)
    OrmQ.objects.all().delete()
    assert tasks.recover() == 1
    assert (state(upload).state, OrmQ.objects.count()) == (UploadState.QUEUED, 1)
    # It waits in the queue: not lost.
    assert tasks.recover() == 0
    OrmQ.objects.all().delete()
    assert tasks.recover() == 0
    ObservationUpload.objects.update(queued_at=timezone.now() - timedelta(minutes=1))
    assert tasks.recover() == 1


def test_an_upload_on_which_somebody_works_is_left_alone(observer):
    upload = queue(observer)
    ObservationUpload.objects.update(state=UploadState.RUNNING)
    other = connection.copy()
    try:
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s, %s)", [UPLOAD, upload.pk])
        assert tasks.recover() == 0
        assert read_upload(upload.pk).state == UploadState.RUNNING
    finally:
        other.close()
    assert not ExecutedObservation.objects.exists()


def test_work_that_kills_its_worker_each_time_is_given_up(observer, settings):
    upload = queue(observer)
    ObservationUpload.objects.update(starts=settings.ICARE_UPLOAD_MAX_STARTS)
    done = read_upload(upload.pk)
    assert (done.state, "worker died" in done.reason) == (UploadState.FAILED, True)


@pytest.mark.django_db(transaction=True)
def test_a_worker_that_dies_while_storing_leaves_nothing_half_done(observer, monkeypatch):
    from tom_grandma_facilities.actions import executed

    upload = queue(observer)

    def die(*args):
        raise KeyboardInterrupt

    with monkeypatch.context() as broken:
        broken.setattr(executed, "_close", die)
        with pytest.raises(KeyboardInterrupt):
            read_upload(upload.pk)
    assert (state(upload).state, ExecutedObservation.objects.count()) == (UploadState.RUNNING, 0)
    assert tasks.recover() == 1
    tasks.run_upload(upload.pk)
    assert (state(upload).n_created, ExecutedObservation.objects.count()) == (30, 30)


# --- page and API -----------------------------------------------------------------------------------------------------
def test_the_page_of_a_long_file_shows_progress_then_answers(page):
    groups = [str(make_group().pk)]
    data = {"telescope": "CFHT", "file": SimpleUploadedFile("night.csv", table(30, bad=[3])), "groups": groups}
    answer = page.post("/executed/upload/", data, follow=True)
    upload = ObservationUpload.objects.get()
    assert answer.redirect_chain[-1][0] == f"/executed/uploads/{upload.pk}/"
    assert "Waiting for a worker" in answer.content.decode()
    ObservationUpload.objects.update(state=UploadState.RUNNING, progress=0.42, doing="checking 30 rows")
    part = page.get(f"/executed/uploads/{upload.pk}/", headers={"HX-Request": "true"}).content.decode()
    assert "Checking 30 rows: 42 %" in part
    assert "every 1s" in part
    assert "<html" not in part
    read_upload(upload.pk)
    text = page.get(f"/executed/uploads/{upload.pk}/", headers={"HX-Request": "true"}).content.decode()
    assert "every 1s" not in text
    assert "29 new, 0 corrected, 0 known before, 1 rejected." in text
    assert 'data-label="Line">5<' in text
    assert 'data-label="Observation">a3<' in text
    latest = page.get("/executed/upload/").content.decode()
    assert f'href="/executed/uploads/{upload.pk}/">night.csv</a>' in latest
    assert "29 new, 1 rejected" in latest


def test_the_api_answers_202_with_the_address_of_the_state(api):
    answer = api.post("/api/executed-observations/?telescope=CFHT", table(30, bad=[3]), content_type="text/csv")
    assert answer.status_code == 202, answer.content
    told = answer.json()
    assert told["state"] == "queued"
    waiting = api.get(told["address"]).json()
    assert (waiting["state"], waiting["answers"]) == ("queued", None)
    read_upload(told["upload"])
    done = api.get(told["address"]).json()
    assert (done["state"], done["progress"], done["counts"]["created"], done["counts"]["rejected"]) == (
        "done",
        1,
        29,
        1,
    )
    assert done["rejected"][0]["line"] == 5
    assert api.get(done["answers"]).content.decode().count("\n") == 31
    assert api.get(f"/api/observation-uploads/{told['upload']}/file/").content == table(30, bad=[3])
    assert api.get("/api/observation-uploads/").json()["count"] == 1


def test_others_see_nothing_of_it(observer):
    upload = queue(observer)
    read_upload(upload.pk)
    other = APIClient()
    other.force_authenticate(make_user("visitor", make_group("Others")))
    assert other.get("/api/observation-uploads/").json()["count"] == 0
    for end in ("", "answers/", "file/"):
        assert other.get(f"/api/observation-uploads/{upload.pk}/{end}").status_code == 404
