"""Tokens of a telescope's team: they upload for that telescope, whatever a table says, at once and later."""

import pytest
from django.test import Client
from django.utils import timezone

from icare_tom.members.tokens import make_token
from tests.factories import make_target
from tom_grandma_facilities.models import ExecutedObservation
from tom_photvalidation.actions.uploads import read_upload
from tom_photvalidation.models import PhotometryPoint, PhotometryUpload

pytestmark = pytest.mark.django_db
HEADER = "target,telescope,filter,mjd,exposure_s,mag,magerr,limiting_mag\n"


def points(*telescopes: str) -> str:
    mjd = timezone.now().timestamp() / 86400 + 40587 - 2
    rows = [f"AT2024abc,{name},r,{mjd + n / 100:.6f},60,18.{n},0.05,20.1" for n, name in enumerate(telescopes)]
    return HEADER + "\n".join(rows) + "\n"


def observations(*telescopes: str) -> str:
    rows = [f"{n},{name},30.1,45.5,2024-11-01T0{n}:00:00,r,30" for n, name in enumerate(telescopes)]
    return "observation_id,telescope,ra,dec,obstime,filter,exposure_time\n" + "\n".join(rows) + "\n"


@pytest.fixture
def key(member, grandma):
    make_target("AT2024abc", group=grandma)
    made = make_token(member, "script", rights=["upload-data"], is_read_only=False, telescope="TAROT-TCA")
    return made.key


def send(key: str, path: str, body: str):
    header = {"Authorization": f"token {key}"}
    return Client(raise_request_exception=False).post(path, body, content_type="text/csv", headers=header)


def test_points_of_another_telescope_are_refused_in_words(key):
    answer = send(key, "/api/photometry/", points("TAROT-TCA", "CFHT"))
    assert answer.status_code < 500
    assert "This token uploads for TAROT-TCA only." in answer.content.decode()
    assert set(PhotometryPoint.objects.values_list("telescope", flat=True)) == {"TAROT-TCA"}


def test_points_read_in_the_background_are_limited_too(key, settings):
    settings.ICARE_PHOTOMETRY_ROWS_AT_ONCE = -200
    assert send(key, "/api/photometry/", points("TAROT-TCA", "CFHT")).status_code == 202
    upload = read_upload(PhotometryUpload.objects.get().pk)
    assert upload.counts["rejected"] == 1
    assert set(PhotometryPoint.objects.values_list("telescope", flat=True)) == {"TAROT-TCA"}


def test_executed_observations_of_another_telescope_are_refused_in_words(key):
    answer = send(key, "/api/executed-observations/", observations("TAROT-TCA", "CFHT"))
    assert "this upload is for TAROT-TCA" in answer.content.decode()
    assert set(ExecutedObservation.objects.values_list("telescope", flat=True)) == {"TAROT-TCA"}
    answer = send(key, "/api/executed-observations/?telescope=CFHT", observations("CFHT"))
    assert answer.status_code in (400, 403)
    assert "This token uploads for TAROT-TCA only" in answer.content.decode()


def test_a_token_for_any_telescope_uploads_for_both(member, key):
    free = make_token(member, "free", rights=["upload-data"], is_read_only=False).key
    assert send(free, "/api/photometry/", points("TAROT-TCA", "CFHT")).status_code < 300
    assert PhotometryPoint.objects.count() == 2
