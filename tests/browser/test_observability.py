"""Reading altitude charts in a browser: by pointer, by keyboard, one telescope after the other."""

import re

import pytest
from playwright.sync_api import expect

from tests.factories import make_target

from .conftest import DESK, PHONE
from .test_every_page import IDS, SCREENS, violations, width_beyond

pytestmark = pytest.mark.browser
LINE = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d UTC · \S+ · -?[\d.]+°.* · Moon \d+° · meridian \d\d:\d\d")


@pytest.fixture
def target(world, rows):
    made = make_target("AT 2026obs", ra=56.75, dec=40.0, permissions="PUBLIC")
    yield made
    made.delete()


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_a_telescope_is_chosen_and_read(open_page, target, size):
    page = open_page("member", size, "light")
    page.goto(f"/targets/{target.pk}/")
    section = page.locator("#observability")
    expect(section.locator(".sights")).to_have_count(1)
    for fold in section.locator("details").all():
        fold.evaluate("fold => fold.open = true")
    chosen = section.locator(".sights-table a").first
    name = chosen.inner_text()
    chosen.click()
    expect(page.locator("#sight-chosen h3")).to_have_text(name)
    expect(section.locator(".sights")).to_have_count(2)
    page.locator("#sight-chosen .sights").hover(position={"x": 150, "y": 40})
    output = page.locator("#sight-chosen output")
    expect(output).to_have_text(LINE)
    expect(output).to_contain_text(name)
    before = output.inner_text()
    page.locator("#sight-time").focus()
    page.keyboard.press("ArrowRight")
    expect(output).not_to_have_text(before)
    expect(output).to_have_text(LINE)
    assert width_beyond(page) <= 0


@pytest.mark.parametrize(("size", "scheme"), SCREENS, ids=IDS)
def test_the_pages_are_accessible_and_fit(open_page, world, target, size, scheme):
    page = open_page("member", size, scheme)
    addresses = [
        f"/targets/{target.pk}/observability/?telescope=TAROT-TCA",
        f"{world.event.get_absolute_url()}observability/",
        "/observability/?q=150 20",
        "/observability/night/?telescope=TAROT-TCA&targets=AT 2026obs%0A10 20",
    ]
    for address in addresses:
        assert page.goto(address).status == 200, address
        for fold in page.locator("main details").all():
            fold.evaluate("fold => fold.open = true")
        assert violations(page) == [], address
        assert width_beyond(page) <= 0, address
