"""Values that PostgreSQL or JSON cannot hold, by the way of later versions and of what follows from a flux."""

import json

import pytest

from tests.factories import make_target, make_user
from tom_photvalidation.models import PhotometryReview

pytestmark = pytest.mark.django_db

ROW = {"target": "AT2024abc", "mjd": 60617.8, "filter": "sdssr", "telescope": "TAROT-TCA", "magsys": "AB"}


@pytest.fixture
def client(grandma, browse):
    make_target("AT2024abc", group=grandma)
    return browse(make_user("sender", grandma))


def send(client, **values):
    return client.post("/api/photometry/", json.dumps([ROW | values]), content_type="application/json")


def test_an_error_that_no_number_can_hold_is_refused_and_lists_can_be_read(client):
    """One such row would keep everybody who sees it from reading any list."""
    answer = send(client, kind="detection", flux_ujy=1e-320, fluxerr_ujy=5.0)
    assert answer.status_code == 400
    assert "number-out-of-range" in {error["code"] for error in answer.json()["errors"]}
    assert client.get("/api/photometry/").status_code == 200


@pytest.mark.parametrize("text", ["a\x00b", "a\ud800b"])
def test_a_later_version_with_what_is_no_text_is_made_and_written_down(text, client):
    point = send(client, mag=18.2, magerr=0.1).json()["rows"][0]["id"]
    sent = json.dumps({"reference": text, "mag": 18.3})
    answer = client.patch(f"/api/photometry/{point}/", sent, content_type="application/json")
    assert answer.status_code == 200
    assert PhotometryReview.objects.get(point=point).change["mag"] == 18.3


def test_what_is_no_text_is_kept_out_of_mappings_and_notes(client, browse, grandma):
    row = ROW | {"mag": 18.2, "magerr": 0.1, "a\x00b": 3, "seeing": 2.1}
    for mapping in ({"seeing": "fwhm_arcsec"}, {"seeing": "fwhm_arcsec", "a\x00b": "airmass"}):
        answer = client.post(
            "/api/photometry/", json.dumps([row]), content_type="application/json",
            query_params={"mapping": json.dumps(mapping)},
        )  # fmt: skip
        assert answer.status_code in (200, 201)
        # The same header once more, with what was remembered.
        assert send(client, **row).status_code == 200
    point = answer.json()["rows"][0]["id"]
    reviewer = browse(make_user("reviewer", grandma, role="group-admin"))
    for note in ("a\x00b", "a\ud800b"):
        said = {"points": [point], "to": "rejected", "reason": "other", "note": note}
        answer = reviewer.post("/photometry/review/decide/", json.dumps(said), content_type="application/json")
        assert answer.status_code == 200
    signed = {"telescope": "TAROT-TCA", "filter": "sdssr", "comment": "a\x00b", "extinction": "no"}
    target = PhotometryReview.objects.filter(point=point).first().point.target_id
    assert reviewer.post(f"/photometry/targets/{target}/sign/", signed).status_code == 302
