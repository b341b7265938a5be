"""Production settings: Django's own judgement of them, what they refuse, headers, cookies, passwords and sessions."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.contrib.auth.password_validation import validate_password
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.test import Client
from tom_targets.models import Target

from icare_tom.settings.base import ICARE_RATES
from tests.factories import make_user

ROOT = Path(__file__).resolve().parents[2]
SOUND = {
    "DJANGO_SETTINGS_MODULE": "icare_tom.settings.production",
    "SECRET_KEY": "k3-" + "0123456789abcdefghijklmnopqrstuvwxyz" * 2,
    "ALLOWED_HOSTS": "icare.example.org",
    "DATABASE_URL": "postgres://icare:secret@localhost:5432/icare",
    "EMAIL_URL": "smtp+tls://icare:secret@mail.example.org:587",
}
# What the settings of a production site are, as another process sees them.
SHOWN = [
    "SESSION_COOKIE_SECURE",
    "SESSION_COOKIE_HTTPONLY",
    "SESSION_COOKIE_SAMESITE",
    "CSRF_COOKIE_SECURE",
    "CSRF_COOKIE_SAMESITE",
    "SECURE_SSL_REDIRECT",
    "SECURE_HSTS_SECONDS",
    "SECURE_CONTENT_TYPE_NOSNIFF",
    "X_FRAME_OPTIONS",
    "DEBUG",
    "SESSION_COOKIE_AGE",
]


def python(*arguments: str, **changes: str) -> subprocess.CompletedProcess[str]:
    """Run Python with the environment of a production site."""
    place = {name: os.environ[name] for name in ("PATH", "HOME", "ICARE_DATA") if name in os.environ}
    environment = {**place, **SOUND, **changes}
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_the_check_for_deployment_has_no_complaint():
    ended = python("manage.py", "check", "--deploy", "--fail-level", "WARNING")
    assert ended.returncode == 0, ended.stderr
    assert "no issues (0 silenced)" in ended.stdout + ended.stderr


def test_cookies_and_transport_are_closed():
    line = "from django.conf import settings as s; print({n: getattr(s, n) for n in " + repr(SHOWN) + "})"
    ended = python("-c", line)
    assert ended.returncode == 0, ended.stderr
    for name in ("SESSION_COOKIE_SECURE", "SESSION_COOKIE_HTTPONLY", "CSRF_COOKIE_SECURE", "SECURE_SSL_REDIRECT"):
        assert f"'{name}': True" in ended.stdout
    for words in ("'SESSION_COOKIE_SAMESITE': 'Lax'", "'SECURE_HSTS_SECONDS': 31536000", "'X_FRAME_OPTIONS': 'DENY'"):
        assert words in ended.stdout
    assert "'DEBUG': False" in ended.stdout


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"SECRET_KEY": ""}, "Set SECRET_KEY"),
        ({"SECRET_KEY": "short"}, "too short"),
        ({"SECRET_KEY": "a" * 80}, "too regular"),
        ({"ALLOWED_HOSTS": "*"}, "must name the hosts"),
        ({"DATABASE_URL": ""}, "Set DATABASE_URL"),
    ],
)
def test_production_does_not_start_half_set_up(changes, words):
    ended = python("-c", "import icare_tom.settings.production", **changes)
    assert ended.returncode != 0
    assert words in ended.stderr


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/accounts/login/", "/", "/targets/", "/api/targets/", "/no-such-page/"])
def test_headers_of_every_answer(member, browse, path):
    answer = browse(member).get(path)
    policy = answer["Content-Security-Policy"]
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert answer["X-Frame-Options"] == "DENY"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Referrer-Policy"] == "same-origin"
    assert answer["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "private" in answer["Cache-Control"]


@pytest.mark.django_db
def test_cookies_cannot_be_read_by_scripts_or_sent_from_elsewhere(member):
    client = Client()
    client.post("/accounts/login/", {"login": "member", "password": "correct-horse"})
    assert client.cookies["sessionid"]["httponly"]
    assert client.cookies["sessionid"]["samesite"] == "Lax"


@pytest.mark.django_db
def test_forms_of_other_sites_are_refused(member):
    client = Client(enforce_csrf_checks=True)
    client.force_login(member, backend="allauth.account.auth_backends.AuthenticationBackend")
    target = {"name": "AT2024xyz", "type": "SIDEREAL", "ra": 1, "dec": 2, "permissions": "PRIVATE"}
    assert client.post("/api/targets/", target, content_type="application/json").status_code == 403
    assert client.post("/targets/create/", target).status_code in (302, 403)
    assert not Target.objects.exists()


@pytest.mark.parametrize("password", ["short", "password123", "12345678901234", "newcomer1"])
def test_weak_passwords_are_refused(password, db):
    user = make_user("newcomer")
    with pytest.raises(ValidationError):
        validate_password(password, user)


@pytest.mark.django_db
def test_a_new_password_ends_the_other_sessions(member, browse):
    here, elsewhere = browse(member), browse(member)
    fields = {"oldpassword": "correct-horse", "password1": "violet-quasar-17", "password2": "violet-quasar-17"}
    assert here.post("/accounts/password/change/", fields).status_code == 302
    assert elsewhere.get("/targets/").status_code == 302


@pytest.mark.django_db
def test_signing_in_makes_a_new_session(member):
    client = Client()
    client.get("/accounts/login/")
    client.session["kept"] = "x"
    before = client.session.session_key
    client.post("/accounts/login/", {"login": "member", "password": "correct-horse"})
    assert client.session.session_key != before
    assert client.get("/targets/").status_code == 200


@pytest.mark.django_db
def test_whoever_guesses_passwords_is_slowed_down(member):
    cache.clear()
    client = Client()
    for _ in range(6):
        client.post("/accounts/login/", {"login": "member", "password": "wrong"})
    answer = client.post("/accounts/login/", {"login": "member", "password": "correct-horse"})
    assert answer.status_code in (200, 429)
    assert client.get("/targets/").status_code == 302
    cache.clear()


@pytest.mark.django_db
@pytest.mark.parametrize(("action", "path"), [("api", "/api/targets/"), ("address", "/api/telescopes/")])
def test_whoever_asks_too_often_waits(member, browse, settings, action, path):
    cache.clear()
    settings.ICARE_RATES = {action: (2, 60)}
    client = browse(member)
    statuses = [client.get(path).status_code for _ in range(3)]
    assert statuses == [200, 200, 429]
    cache.clear()


@pytest.mark.django_db
def test_uploads_are_counted(member, browse, settings):
    cache.clear()
    settings.ICARE_RATES = {"upload": (1, 60)}
    client = browse(member)
    statuses = [client.post("/api/photometry/", "[]", content_type="application/json").status_code for _ in range(2)]
    assert statuses[0] != 429
    assert statuses[1] == 429
    cache.clear()


def test_the_site_counts_tokens_addresses_and_uploads():
    assert {"api", "address", "upload", "wrong-token"} <= set(ICARE_RATES)
