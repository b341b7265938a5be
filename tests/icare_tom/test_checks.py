"""Settings that would open the site are errors at start."""

import pytest
from django.core.checks import run_checks

from icare_tom import checks


def ids(problems):
    return {problem.id for problem in problems}


def test_the_settings_of_this_project_pass():
    assert not [problem for problem in run_checks() if problem.id.startswith("icare_tom.")]


@pytest.mark.parametrize(
    ("name", "value", "error"),
    [
        ("AUTH_STRATEGY", "READ_ONLY", "icare_tom.E001"),
        ("OPEN_URLS", ["/*"], "icare_tom.E002"),
        ("TARGET_PERMISSIONS_ONLY", False, "icare_tom.E003"),
    ],
)
def test_open_pages_are_an_error(name, value, error, settings):
    setattr(settings, name, value)
    assert ids(checks.pages_are_locked(None)) == {error}


@pytest.mark.parametrize(
    "permissions",
    [[], ["rest_framework.permissions.AllowAny"], ["rest_framework.permissions.IsAuthenticatedOrReadOnly"]],
)
def test_an_open_api_is_an_error(permissions, settings):
    settings.REST_FRAMEWORK = {**settings.REST_FRAMEWORK, "DEFAULT_PERMISSION_CLASSES": permissions}
    assert ids(checks.api_is_closed(None)) == {"icare_tom.E004"}


def test_the_stock_settings_of_tom_are_an_error(settings):
    """What `tom_setup` writes: no permission classes and basic authentication."""
    settings.REST_FRAMEWORK = {}
    assert ids(checks.api_is_closed(None)) == {"icare_tom.E004", "icare_tom.E005"}


def test_basic_authentication_is_an_error(settings):
    classes = ["rest_framework.authentication.BasicAuthentication"]
    settings.REST_FRAMEWORK = {**settings.REST_FRAMEWORK, "DEFAULT_AUTHENTICATION_CLASSES": classes}
    assert ids(checks.api_is_closed(None)) == {"icare_tom.E005"}


def test_social_sign_up_without_approval_is_an_error(settings, monkeypatch):
    monkeypatch.setattr(checks.apps, "is_installed", lambda name: name == "allauth.socialaccount")
    assert not checks.social_signup_needs_approval(None), "the settings of this site hold"
    del settings.SOCIALACCOUNT_ADAPTER
    assert ids(checks.social_signup_needs_approval(None)) == {"icare_tom.E006"}
    settings.SOCIALACCOUNT_ADAPTER = "icare_tom.members.social.adapter.SocialAdapter"
    assert not checks.social_signup_needs_approval(None)
    settings.SOCIALACCOUNT_EMAIL_AUTHENTICATION = True
    assert ids(checks.social_signup_needs_approval(None)) == {"icare_tom.E007"}


@pytest.mark.parametrize(
    ("changes", "errors"),
    [
        ({"orm": None, "redis": {}}, {"icare_tom.E008"}),
        ({"ack_failures": False}, {"icare_tom.E009"}),
        ({"max_attempts": 0}, {"icare_tom.E009"}),
        ({"retry": 1}, {"icare_tom.E010"}),
        ({"timeout": None}, {"icare_tom.E010"}),
    ],
)
def test_workers_that_lose_or_repeat_tasks_are_an_error(changes, errors, settings):
    settings.Q_CLUSTER = {**settings.Q_CLUSTER, **changes}
    assert ids(checks.workers_are_configured(None)) == errors


def test_routes_that_cannot_be_imported_are_named(tmp_path, monkeypatch):
    (tmp_path / "broken_app").mkdir()
    (tmp_path / "broken_app" / "__init__.py").write_text("")
    (tmp_path / "broken_app" / "urls.py").write_text("import nothing_of_this_name\n")
    monkeypatch.syspath_prepend(tmp_path)
    assert checks.import_failure("broken_app.urls") == "No module named 'nothing_of_this_name'"
    assert checks.import_failure("broken_app.nothing") == ""


def test_readable_keys_are_an_error(settings):
    classes = ["tom_common.accounts.api_auth.TomTokenAuthentication"]
    settings.REST_FRAMEWORK = {**settings.REST_FRAMEWORK, "DEFAULT_AUTHENTICATION_CLASSES": classes}
    assert ids(checks.api_is_closed(None)) == {"icare_tom.E012"}
