"""The walls of the house: who imports whom, which routes exist, what templates and modules may hold."""

import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from django.urls import resolve

from icare_tom.guards.api import GUARDED
from tests.walk import routes

ROOT = Path(settings.BASE_DIR)
PACKAGES = ("icare_tom", "tom_gcn", "tom_grandma_facilities", "tom_photvalidation")
TEMPLATE_FOLDERS = [ROOT / "templates", *(ROOT / package for package in PACKAGES)]
FORBIDDEN_NAMES = {"utils", "helpers", "common", "misc", "custom_code"}
MOST_LINES = 400
ROUTES = ROOT / "tests" / "data" / "routes.txt"

# Pages and routes of TOM that were read and need no guard. Everything else of TOM must lead to ours.
REVIEWED = {
    "tom_common.views.robots_txt": "public",
    "tom_common.accounts.views.TermsOfServiceView": "public text",
    "tom_common.accounts.views.TermsAcceptView": "writes one's own acceptance",
}
OURS = (*PACKAGES, "django.views.generic.base.RedirectView")


def test_imports_follow_the_house():
    # In a process of its own: it sets up logging, and switches off every logger that is there.
    check = "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports(no_cache=True))"
    linted = subprocess.run([sys.executable, "-c", check], cwd=ROOT, capture_output=True, text=True, check=False)
    assert linted.returncode == 0, linted.stdout


def test_every_page_of_tom_is_guarded_or_was_reviewed():
    open_pages = {}
    for route in routes():
        if not route.view.startswith(
            (
                "tom_common",
                "tom_targets",
                "tom_observations",
                "tom_dataproducts",
                "tom_dataservices",
                "tom_calendar",
                "django_comments",
            )
        ):
            continue
        found = resolve("/" + re.sub(r"<(\w+:)?\w+>", "1", route.text)).func
        view = getattr(found, "view_class", None) or getattr(found, "cls", found)
        name = f"{view.__module__}.{view.__qualname__}"
        if not name.startswith(OURS) and name not in REVIEWED:
            open_pages[route.text] = name
    assert not open_pages, "guard them in icare_tom/guards or review them here"


def test_the_reviewed_pages_still_exist():
    assert set(REVIEWED) <= {route.view for route in routes()}


def test_the_api_is_served_by_the_guarded_viewsets():
    for prefix, viewset in GUARDED.items():
        served = {route.view for route in routes() if re.match(rf"api/{prefix}/", route.text)}
        assert served == {f"{viewset.__module__}.{viewset.__qualname__}"}, prefix


def test_the_routes_are_the_known_ones():
    """TOM swallows import errors of an app's urls: without this list its routes would vanish unnoticed."""
    known = set(ROUTES.read_text().splitlines())
    found = {route.text for route in routes() if not route.text.startswith("admin/")}
    message = f"add to or remove from {ROUTES.relative_to(ROOT)}"
    assert (sorted(found - known), sorted(known - found)) == ([], []), message


@pytest.mark.parametrize("app", [config.name for config in apps.get_app_configs()])
def test_urls_of_installed_apps_can_be_imported(app):
    try:
        import_module(f"{app}.urls")
    except ModuleNotFoundError as missing:
        assert missing.name == f"{app}.urls"


def test_integration_points_of_tom_work():
    """TOM also swallows AttributeErrors inside `include_url_paths`, `nav_items` and their like."""
    points = (
        "include_url_paths",
        "nav_items",
        "profile_details",
        "user_lists",
        "data_services",
        "observation_facilities",
        "target_detail_buttons",
        "target_detail_tabs",
    )
    for config in apps.get_app_configs():
        for point in points:
            if method := getattr(config, point, None):
                assert isinstance(method(), list), f"{config.name}.{point}"


# --- templates ----------------------------------------------------------------------------------------------------
def templates():
    return sorted(path for folder in TEMPLATE_FOLDERS for path in folder.rglob("*.html"))


BREAKS = {
    "an inline script": re.compile(
        r"<script(?![^>]*\b(src|type=\"(application/json|application/ld\+json)\"))[^>]*>", re.I
    ),
    "an inline style": re.compile(r"<style\b|<[^>]*\sstyle\s*=", re.I),
    "an event handler": re.compile(r"<[^>]*\s(on[a-z]+|hx-on[:\w-]*|x-data|@click)\s*=", re.I),
    "a javascript: address": re.compile(r"javascript:", re.I),
    "something from another host": re.compile(
        r"<(script|link|img|iframe|source|video)\b[^>]*\b(src|href)=[\"'](https?:)?//", re.I
    ),
    "unescaped text": re.compile(r"\|\s*safe\b|{%\s*autoescape off"),
}


@pytest.mark.parametrize("path", templates(), ids=lambda path: str(path.relative_to(ROOT)))
def test_templates_fit_the_content_security_policy(path):
    text = re.sub(r"{#.*?#}|{% comment.*?{% endcomment %}", "", path.read_text(), flags=re.S)
    assert [what for what, pattern in BREAKS.items() if pattern.search(text)] == []


def test_there_are_templates_to_look_at():
    assert len(templates()) > 20


# --- modules ------------------------------------------------------------------------------------------------------
def modules():
    found = (path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
    return sorted(path for path in found if "migrations" not in path.parts)


def test_modules_are_short():
    lengths = {str(path.relative_to(ROOT)): len(path.read_text().splitlines()) for path in modules()}
    assert {name: length for name, length in lengths.items() if length > MOST_LINES} == {}


def test_modules_have_names_that_say_something():
    assert [str(path) for path in modules() if {path.stem, path.parent.name} & FORBIDDEN_NAMES] == []


def test_the_environment_is_read_by_settings_only():
    """Processes started for others may pass their environment on; nobody but settings asks it questions."""
    asks = re.compile(r"os\.environ\.get|os\.environ\[[^\]]+\](?!\s*=)|os\.getenv")
    allowed = {"settings", "wsgi.py", "asgi.py"}
    found = [path for path in modules() if not allowed & set(path.parts) and asks.search(path.read_text())]
    assert [str(path.relative_to(ROOT)) for path in found] == []


@pytest.mark.django_db
def test_no_migration_is_missing():
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)
