"""What is too large is refused before anything reads it, with a sentence; what is small but unpacks to much is too."""

import gzip
import json
from io import BytesIO

import pytest
from django.contrib.auth.models import Permission
from django.core.cache import caches
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client, RequestFactory
from rest_framework.test import APIClient

from icare_tom.middleware import BoundedBodyMiddleware
from tom_gcn.models import Event, Message

pytestmark = pytest.mark.django_db
PAGE, API = "/events/new/", "/api/events/"


class Untouchable(BytesIO):
    """A body that must not be read."""

    def read(self, *args: object) -> bytes:
        raise AssertionError("the body was read")

    readline = readlines = read


@pytest.fixture
def may_enter(member):
    member.user_permissions.add(Permission.objects.get(codename="add_event"))
    return member


@pytest.fixture
def browser(may_enter) -> Client:
    client = Client()
    client.force_login(may_enter)
    return client


@pytest.fixture
def script(may_enter) -> APIClient:
    client = APIClient()
    client.force_authenticate(may_enter)
    return client


@pytest.mark.parametrize("kind", ["multipart/form-data; boundary=x", "MULTIPART/FORM-DATA; boundary=x"])
@pytest.mark.parametrize("path", [PAGE, API, "/accounts/login/", "/no/such/page/"])
def test_a_form_that_is_too_large_is_refused_unread(client, settings, path, kind):
    settings.ICARE_MAX_UPLOAD_BYTES = 1000
    extra = {"CONTENT_TYPE": kind, "CONTENT_LENGTH": "1001", "wsgi.input": Untouchable()}
    answer = client.generic("POST", path, b"", **extra)
    assert answer.status_code == 413
    assert "1,001 bytes; at most 1,000" in answer.content.decode()
    assert answer.headers["Content-Type"].startswith("application/json" if path == API else "text/html")
    assert "Content-Security-Policy" in answer.headers


@pytest.mark.parametrize("kind", ["application/json", "application/x-www-form-urlencoded", "text/xml", ""])
def test_other_bodies_have_a_limit_of_their_own(client, settings, kind):
    settings.ICARE_MAX_BODY_BYTES = 1000
    answer = client.generic("POST", API, b"", CONTENT_TYPE=kind, CONTENT_LENGTH="1001", **{"wsgi.input": Untouchable()})
    assert answer.status_code == 413
    told = answer.json()
    assert (told["code"], "1,001 bytes" in told["message"], bool(told["fix"])) == ("too-large", True, True)


@pytest.mark.parametrize("length", ["", "-5", "many", "1000"])
def test_what_is_no_length_or_within_the_limit_passes(settings, length):
    settings.ICARE_MAX_BODY_BYTES = 1000
    request = RequestFactory().post("/", b"", "application/json")
    request.META["CONTENT_LENGTH"] = length
    assert BoundedBodyMiddleware(lambda _: "passed")(request) == "passed"


def test_the_limits_let_real_work_through(settings):
    assert settings.ICARE_MAX_BODY_BYTES > settings.DATA_UPLOAD_MAX_MEMORY_SIZE > 4 * 1024 * 1024
    assert settings.ICARE_MAX_UPLOAD_BYTES > settings.ICARE_MAX_SKYMAP_BYTES


def test_fields_that_are_too_large_together_are_told_so(browser, settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000
    for path, how in ((PAGE, {}), (PAGE, {"content_type": "application/x-www-form-urlencoded"})):
        data = {"message": "x" * 2000} if not how else "message=" + "x" * 2000
        answer = browser.post(path, data, **how)
        assert answer.status_code == 413
        assert "more than 1,000 bytes together" in answer.content.decode()
    assert not Message.objects.exists()


def test_fields_that_are_too_large_for_the_api_are_told_in_json(script, settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000
    answer = script.post(API, {"message": "x" * 2000, "shape": "message"}, format="multipart")
    assert (answer.status_code, answer.json()["code"]) == (413, "too-large")


def test_a_bad_request_is_a_page_or_json(client, settings):
    settings.DATA_UPLOAD_MAX_NUMBER_FIELDS = 2
    fields = {"a": 1, "b": 2, "c": 3, "d": 4}
    assert "was not understood" in client.post("/accounts/login/", fields).content.decode()
    answer = client.post("/api/events/", fields)
    assert answer.status_code in (400, 401, 403)
    assert answer.json()


@pytest.mark.parametrize("door", ["page", "api"])
def test_a_small_file_that_unpacks_to_much_is_refused(browser, script, door):
    bomb = SimpleUploadedFile("map.fits.gz", gzip.compress(b"\0" * (300 << 20), 9))
    fields = {"shape": "fits", "name": "S261120ab", "kind": "gw", "status": "initial", "file": bomb}
    if door == "page":
        answer = browser.post(PAGE, fields)
        assert answer.status_code == 200, "the form again, with what is wrong"
    else:
        answer = script.post(API, fields, format="multipart")
        assert answer.status_code in (400, 422)
        assert json.loads(answer.content)
    assert not Event.objects.filter(localizations__isnull=False).exists()


def test_drawings_do_not_push_out_counters():
    counters, drawings = caches["default"], caches["drawings"]
    counters.set("attempts", 3)
    for n in range(3000):
        drawings.set(f"drawing-{n}", "x")
    assert counters.get("attempts") == 3
    drawings.clear()
    assert counters.get("attempts") == 3
