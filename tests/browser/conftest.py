"""A real Chromium, a real server, and one planned event that all browser tests look at."""

import io
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from types import SimpleNamespace

import pytest
from django.core.management import call_command
from django.db import connection
from django.db.backends.base.creation import TEST_DATABASE_PREFIX
from django.test.utils import setup_databases, teardown_databases
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright
from pytest_django.live_server_helper import LiveServer

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PASSWORD = "correct-horse"
TELESCOPES = ["TAROT-TCA", "TAROT-TRE", "TAROT-TCH", "FRAM-Auger"]
PATIENCE_MS = 60_000
"""How long something may take to appear on a machine that is busy with other things."""
PHONE, DESK = (390, 844), (1400, 900)


def chromium() -> str | None:
    return os.environ.get("ICARE_CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    path = chromium()
    if path is None:
        reason = "There is no Chromium: apt-get install chromium, or name one in ICARE_CHROMIUM."
        if os.environ.get("ICARE_REQUIRE_BROWSER") == "1":
            pytest.fail(reason)
        pytest.skip(reason)
    with sync_playwright() as playwright:
        # Playwright's loop runs in this thread; the rows the tests make are written in it, one after the other.
        os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
        launched = playwright.chromium.launch(executable_path=path, args=FLAGS)
        expect.set_options(timeout=PATIENCE_MS)
        yield launched
        launched.close()
        del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture(scope="package")
def database(django_db_setup: None, django_db_blocker) -> Iterator[None]:
    """The test database. pytest-django makes it only when a collected test is marked for it, which these are not:
    they share rows that are committed, and a mark would wrap or flush them test by test.
    """
    with django_db_blocker.unblock():
        made = None
        if not connection.settings_dict["NAME"].startswith(TEST_DATABASE_PREFIX):
            made = setup_databases(verbosity=0, interactive=False)
        yield
        if made is not None:
            teardown_databases(made, verbosity=0)


@pytest.fixture(scope="package")
def world(browser: Browser, database: None, django_db_blocker) -> Iterator[SimpleNamespace]:
    """A planned drill, people, and the server that shows them; committed, and gone again at the end."""
    from tests.factories import make_group, make_user
    from tom_gcn.actions import make_plan, request_plan
    from tom_gcn.models import Event, ObservationPlan

    with django_db_blocker.unblock():
        group = make_group()
        people = SimpleNamespace(
            administrator=make_user("administrator", group, superuser=True),
            member=make_user("member", group),
            newcomer=make_user("newcomer"),
        )
        call_command("ingest", drill=True, stdout=io.StringIO())
        event = Event.objects.get()
        ObservationPlan.objects.all().delete()
        plan = make_plan(request_plan(event, by=None, telescopes=TELESCOPES, hours=48).pk)
        server = LiveServer("localhost")
        yield SimpleNamespace(url=server.url, event=event, plan=plan, people=people)
        server.stop()
        call_command("flush", interactive=False, verbosity=0)


@dataclass
class Watched:
    """What a page did that it should not."""

    errors: list[str] = field(default_factory=list)
    outside: list[str] = field(default_factory=list)


@pytest.fixture
def rows(world, django_db_blocker) -> Iterator[None]:
    """Lets a test write rows the server sees."""
    with django_db_blocker.unblock():
        yield


@pytest.fixture
def open_page(browser: Browser, world, django_db_blocker):
    """Opens a page at a size and in light or dark; at the end nothing may have failed or gone to another host."""
    contexts: list[BrowserContext] = []
    watched = Watched()

    def open_as(who: str | None = "member", size: tuple[int, int] = DESK, scheme: str = "light") -> Page:
        context = browser.new_context(
            base_url=world.url,
            viewport={"width": size[0], "height": size[1]},
            color_scheme=scheme,
            accept_downloads=True,
            storage_state=_signed_in(browser, world, who) if who else None,
        )
        context.set_default_timeout(PATIENCE_MS)
        contexts.append(context)
        page = context.new_page()
        _watch(page, world.url, watched)
        return page

    with django_db_blocker.unblock():
        yield open_as
    for context in contexts:
        context.close()
    assert watched.errors == []
    assert watched.outside == []


def _watch(page: Page, home: str, watched: Watched) -> None:
    page.on("console", lambda said: watched.errors.append(said.text) if said.type == "error" else None)
    page.on("pageerror", lambda error: watched.errors.append(str(error)))
    page.on(
        "request",
        lambda asked: None if asked.url.startswith((home, "data:", "blob:")) else watched.outside.append(asked.url),
    )


_sessions: dict[tuple[str, str], dict] = {}


def _signed_in(browser: Browser, world, who: str) -> dict:
    """The cookies of somebody who signed in through the form, once for each."""
    key = (world.url, who)
    if key not in _sessions:
        context = browser.new_context(base_url=world.url)
        context.set_default_timeout(PATIENCE_MS)
        page = context.new_page()
        sign_in(page, who)
        _sessions[key] = context.storage_state()
        context.close()
    return _sessions[key]


def sign_in(page: Page, who: str) -> None:
    page.goto("/accounts/login/")
    page.get_by_label("Username").fill(who)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/")
