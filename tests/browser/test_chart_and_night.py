"""The finding chart and the list of a night in a browser: readable at every size, ticked off in place."""

import pytest
from playwright.sync_api import expect

from tests.factories import make_target

from .conftest import PHONE
from .test_every_page import IDS, SCREENS, violations, width_beyond

pytestmark = pytest.mark.browser
NIGHT = "/observability/night/?telescope=TAROT-TCA&night=2026-11-20&targets=AT+2026chart"


@pytest.fixture
def target(world, rows):
    made = make_target("AT 2026chart", ra=56.75, dec=24.1, permissions="PUBLIC")
    yield made
    made.delete()


@pytest.mark.parametrize(("size", "scheme"), SCREENS, ids=IDS)
def test_the_pages_are_accessible_and_fit(open_page, target, size, scheme):
    page = open_page("member", size, scheme)
    for address in (f"/targets/{target.pk}/chart/?telescope=TAROT-TCA", NIGHT):
        page.goto(address)
        expect(page.locator("main svg[role=img]").first).to_be_visible()
        assert violations(page) == [], address
        assert width_beyond(page) <= 0, address


def test_a_target_is_ticked_off_and_the_tick_taken_back_in_place(open_page, target):
    page = open_page("member", PHONE, "light")
    page.goto(NIGHT)
    page.evaluate("window.stays = true")
    page.get_by_label("Note on AT 2026chart").fill("seeing 1.2")
    page.get_by_role("button", name="AT 2026chart was observed").click()
    cell = page.locator(".night-mark")
    expect(cell).to_contain_text("✓ observed")
    expect(cell).to_contain_text("seeing 1.2")
    page.get_by_role("button", name="Undo the mark on AT 2026chart").click()
    expect(page.get_by_role("button", name="AT 2026chart was not observed")).to_be_visible()
    assert page.evaluate("window.stays")


def test_the_chart_is_saved_as_a_file(open_page, target):
    page = open_page("member")
    page.goto(f"/targets/{target.pk}/chart/?size=30")
    with page.expect_download() as saved:
        page.get_by_role("link", name="Save as SVG").click()
    assert saved.value.suggested_filename == f"chart-{target.pk}.svg"
