"""Scripts written for SkyPortal: the same bodies, the same shape of answers, and success only when it is stored."""

import base64
import json

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from rest_framework.test import APIClient

from icare_tom.members.tokens import make_token
from tom_grandma_facilities import skyportal_api
from tom_grandma_facilities.actions import read_upload
from tom_grandma_facilities.executed import readers
from tom_grandma_facilities.models import ExecutedObservation, ObservationUpload
from tom_grandma_facilities.skyportal_api import NoSuchInstrument, decoded, telescope_of, telescope_of_id

pytestmark = pytest.mark.django_db
COLUMNS = {
    "observation_id": [84434604, 84434651],
    "RA": [30.1, 30.4],
    "Dec": [45.5, 45.5],
    "obstime": [2458598.8460417003, "2019-04-25T08:19:02.4"],
    "seeing": [1.57415, float("nan")],
    "limmag": [20.40705, None],
    "exposure_time": [30, 30],
    "filter": ["sdssr", "sdssr"],
}
BODY = {"telescopeName": "TAROT/TCA", "instrumentName": "TAROT/TCA", "observationData": COLUMNS}
TEXT = "observation_id,RA,Dec,obstime,filter,exposure_time\n1,30.1,45.5,2458598.8,r,30\n2,30.1,45.5,2458598.9,r,30\n"


@pytest.fixture
def observer(member):
    member.user_permissions.add(Permission.objects.get(codename="add_executedobservation"))
    return type(member).objects.get(pk=member.pk)


@pytest.fixture
def script(observer):
    """A script as people have them: `requests.post(address, data=json.dumps(...), headers={"Authorization": ...})`."""
    token = make_token(observer, "script", has_all_rights=True, is_read_only=False).key
    client = Client(raise_request_exception=False)

    def post(address, body, **headers):
        said = {"Authorization": f"token {token}"} | headers
        sent = body if isinstance(body, str) else json.dumps(body)
        return client.post(address, sent, content_type="application/x-www-form-urlencoded", headers=said)

    return post


@pytest.mark.parametrize("address", ["/api/observation", "/api/observation/"])
def test_columns_are_recorded_before_success_is_said(script, address):
    answer = script(address, BODY)
    assert answer.status_code == 200, answer.content
    told = answer.json()
    assert (told["status"], told["message"]) == ("success", "2 created")
    assert [row["outcome"] for row in told["data"]["rows"]] == ["created", "created"]
    stored = ExecutedObservation.objects.get(observation_id="84434604")
    assert (stored.telescope, stored.seeing_arcsec, stored.start.isoformat()[:19]) == (
        "TAROT-TCA", 1.57415, "2019-04-25T08:18:18",
    )  # fmt: skip
    again = script(address, BODY).json()
    assert (again["status"], again["message"]) == ("success", "2 known already")
    assert ExecutedObservation.objects.count() == 2


@pytest.mark.parametrize("table", [TEXT, base64.b64encode(TEXT.encode()).decode()], ids=["text", "base64"])
@pytest.mark.parametrize("address", ["/api/observation/ascii", "/api/observation/ascii/"])
def test_tables_of_text_are_recorded(script, settings, address, table):
    settings.ICARE_SKYPORTAL_INSTRUMENTS = {7: "CFHT"}
    answer = script(address, {"instrumentID": 7, "observationData": table})
    assert (answer.status_code, answer.json()["status"]) == (200, "success"), answer.content
    assert list(ExecutedObservation.objects.values_list("telescope", flat=True)) == ["CFHT", "CFHT"]


def test_a_rejected_row_is_an_error_that_names_it_and_the_good_ones_are_stored(script):
    answer = script("/api/observation", BODY | {"observationData": COLUMNS | {"exposure_time": [30, -1]}})
    told = answer.json()
    assert (answer.status_code, told["status"]) == (400, "error")
    assert "1 created, 1 rejected." in told["message"]
    assert "line 2, exposure_time: -1 cannot be." in told["message"]
    assert told["data"]["counts"] == {"created": 1, "changed": 0, "exists": 0, "rejected": 1}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"telescopeName": "Hubble", "instrumentName": "WFC3"}, "Missing telescope Hubble"),
        ({"telescopeName": "CFHT", "instrumentName": "TAROT/TCA"}, "it is of TAROT-TCA, not CFHT"),
        ({"observationData": None}, "Missing observation_data"),
        ({"observationData": {}}, "empty"),
        ({"observationData": {"RA": [1, 2], "Dec": [1]}}, "differ in length"),
        ({"observationData": 5}, "no list"),
    ],
)
def test_refusals_have_skyportals_shape(script, changes, words):
    answer = script("/api/observation", BODY | changes)
    assert (answer.status_code, answer.json()["status"]) == (400, "error")
    assert words in answer.json()["message"]
    assert not ExecutedObservation.objects.exists()


def test_what_is_no_json_and_what_is_no_table_is_refused(script):
    for body in ("{", "[1]", "\x00", ""):
        answer = script("/api/observation", body)
        assert (answer.status_code, answer.json()["status"]) == (400, "error"), body
    answer = script("/api/observation/ascii", {"instrumentID": 99, "observationData": TEXT})
    assert "Missing instrument with ID 99" in answer.json()["message"]
    answer = script("/api/observation/ascii", {"instrumentID": "CFHT", "observationData": "nonsense"})
    assert (answer.status_code, "No line names the columns" in answer.json()["message"]) == (400, True)
    assert script("/api/observation/ascii", {"instrumentID": "CFHT"}).status_code == 400


def test_a_body_of_too_many_values_is_refused_before_it_is_parsed(script, monkeypatch):
    monkeypatch.setattr(readers, "MOST_CELLS", 20)
    for address in ("/api/observation", "/api/observation/ascii"):
        answer = script(address, "[" + "{}," * 30 + "{}]")
        assert (answer.status_code, "more than 20 cells" in answer.json()["message"]) == (400, True)


def test_without_a_token_or_the_permission(script, observer, client):
    answer = client.post("/api/observation", json.dumps(BODY), content_type="application/json")
    assert (answer.status_code, answer.json()["status"]) == (401, "error")
    answer = script("/api/observation", BODY, Authorization="token nonsense")
    assert answer.status_code == 401
    observer.user_permissions.clear()
    answer = script("/api/observation", BODY)
    assert (answer.status_code, "may not record" in answer.json()["message"]) == (403, True)
    # The permission is asked before anything of the body is read.
    for address in ("/api/observation", "/api/observation/ascii"):
        answer = script(address, "no JSON")
        assert (answer.status_code, "may not record" in answer.json()["message"]) == (403, True)
    assert not ExecutedObservation.objects.exists()


def test_a_very_long_body_is_not_called_a_success(observer, monkeypatch):
    monkeypatch.setattr(skyportal_api, "ROWS_AT_ONCE", 1)
    client = APIClient()
    client.force_authenticate(observer)
    answer = client.post("/api/observation", json.dumps(BODY), content_type="application/json")
    told = answer.json()
    assert (answer.status_code, told["status"]) == (202, "pending")
    assert not ExecutedObservation.objects.exists()
    read_upload(told["data"]["upload"])
    assert client.get(told["data"]["address"]).json()["counts"]["created"] == 2
    assert ObservationUpload.objects.get().telescope == "TAROT-TCA"


def test_telescopes_by_skyportals_names():
    assert telescope_of("CFHT", "CFHT/MEGACAM") == telescope_of("CFHT", "megacam") == "CFHT"
    assert telescope_of("Canada-France-Hawaii Telescope", "a camera nobody declared") == "CFHT"
    assert telescope_of("Hawaii", "CFHT/WIRCAM") == "CFHT"
    assert telescope_of_id("TCA") == "TAROT-TCA"
    for names in ((None, None), ("", ""), ({"a": 1}, [])):
        with pytest.raises(NoSuchInstrument):
            telescope_of(*names)
    for number in (None, "", "1" * 40, {"a": 1}):
        with pytest.raises(NoSuchInstrument):
            telescope_of_id(number)


def test_base64_is_told_from_text():
    packed = base64.b64encode(TEXT.encode()).decode()
    assert decoded(packed) == decoded(f"data:text/csv;base64,{packed}") == decoded(TEXT) == TEXT.encode()
    assert decoded("") == b""
