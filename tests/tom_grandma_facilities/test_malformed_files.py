"""Malformed files: each bad row is named with line, column and reason; nothing is lost, nothing doubled.

`tests/data/executed/malformed/expected.tsv` says of every file how many rows are good, and every problem.
"""

import csv
from collections import defaultdict
from pathlib import Path

import pytest
from django.contrib.auth.models import Permission
from django.core.files.uploadedfile import SimpleUploadedFile
from rest_framework.test import APIClient

from tests.factories import make_group
from tom_grandma_facilities.actions import read_upload
from tom_grandma_facilities.models import ExecutedObservation, ObservationUpload

pytestmark = pytest.mark.django_db
FOLDER = Path(__file__).parents[1] / "data" / "executed" / "malformed"
ADDRESS = "/api/executed-observations/?telescope=TAROT-TCA"


def _expected():
    found = defaultdict(list)
    with (FOLDER / "expected.tsv").open(newline="") as file:
        for row in csv.DictReader(file, delimiter="\t"):
            found[row["file"]].append((int(row["good"]), int(row["line"]), row["column"], row["reason"]))
    return found


EXPECTED = _expected()
READABLE = [name for name in EXPECTED if name < "40"]
UNREADABLE = [name for name in EXPECTED if name >= "40"]


@pytest.fixture
def observer(member):
    member.user_permissions.add(Permission.objects.get(codename="add_executedobservation"))
    return type(member).objects.get(pk=member.pk)


@pytest.fixture
def api(observer):
    client = APIClient(raise_request_exception=False)
    client.force_authenticate(observer)
    return client


def send(api, name):
    data = {"file": SimpleUploadedFile(name, (FOLDER / name).read_bytes())}
    return api.post(ADDRESS, data, format="multipart")


def assert_named(problems, name):
    """Exactly the problems that are expected, each with what to do."""
    assert len(problems) == len(EXPECTED[name]), problems
    for _, line, column, words in EXPECTED[name]:
        [found] = [p for p in problems if (p["line"], p["column"]) == (line, column)]
        assert words in found["reason"]
        assert found["mend"]


def test_there_are_at_least_25_and_each_is_in_the_table():
    assert {path.name for path in FOLDER.iterdir()} == {*EXPECTED, "expected.tsv"}
    assert len(READABLE) >= 25


@pytest.mark.parametrize("name", READABLE)
def test_every_bad_row_is_named_and_the_good_ones_are_stored_once(api, name):
    told = send(api, name).json()
    bad = [row for row in told["rows"] if row["outcome"] == "rejected"]
    assert_named([problem for row in bad for problem in row["problems"]], name)
    assert {row["line"] for row in bad} == {line for _, line, _, _ in EXPECTED[name]}
    good = EXPECTED[name][0][0]
    assert (told["counts"]["created"], ExecutedObservation.objects.count()) == (good, good)
    upload = ObservationUpload.objects.get()
    assert [entry["line"] for entry in upload.rejected] == [row["line"] for row in bad]
    assert all(entry["row"] for entry in upload.rejected)
    assert upload.file.content == (FOLDER / name).read_bytes()
    stored = list(ExecutedObservation.objects.values())
    again = send(api, name).json()
    assert (again["counts"]["created"], again["counts"]["changed"], again["counts"]["exists"]) == (0, 0, good)
    assert again["counts"]["rejected"] == len(bad)
    assert list(ExecutedObservation.objects.values()) == stored


@pytest.mark.parametrize("name", UNREADABLE)
def test_a_file_that_is_no_table_says_why_and_where(api, name):
    answer = send(api, name)
    assert answer.status_code == 400
    assert_named(answer.json()["problems"], name)
    assert not ObservationUpload.objects.exists()


def test_a_mended_file_adds_what_was_rejected_and_nothing_else(api):
    text = (FOLDER / "03-dec-beyond-the-pole.csv").read_text()
    send(api, "03-dec-beyond-the-pole.csv")
    told = api.post(ADDRESS, text.replace("-90.01", "-89.99"), content_type="text/csv").json()
    assert (told["counts"]["created"], told["counts"]["exists"], told["counts"]["rejected"]) == (1, 1, 0)
    assert set(ExecutedObservation.objects.values_list("observation_id", flat=True)) == {"g1", "b1"}


@pytest.mark.parametrize("name", READABLE)
def test_the_page_names_them_too(browse, observer, name):
    data = {"telescope": "TAROT-TCA", "groups": [str(make_group().pk)]}
    file = SimpleUploadedFile(name, (FOLDER / name).read_bytes())
    text = browse(observer).post("/executed/upload/", data | {"file": file}).content.decode()
    for _, line, column, _ in EXPECTED[name]:
        assert f'data-label="Line">{line}<' in text
        assert (f"<code>{column}</code>" if column else "row") in text


def test_the_same_in_the_background(api, settings):
    settings.ICARE_UPLOAD_ROWS_AT_ONCE = 0
    for name in READABLE:
        answer = send(api, name)
        assert answer.status_code == 202, (name, answer.content)
        upload = read_upload(answer.json()["upload"])
        problems = [problem for entry in upload.rejected for problem in entry["problems"]]
        assert_named(problems, name)
        ExecutedObservation.objects.all().delete()
