"""Every page at phone and desk size, light and dark: accessible, nothing from elsewhere, no sideways scrolling."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from .conftest import DESK, PHONE, sign_in

pytestmark = pytest.mark.browser
SCREENS = [(PHONE, "light"), (PHONE, "dark"), (DESK, "light"), (DESK, "dark")]
IDS = [f"{size[0]}-{scheme}" for size, scheme in SCREENS]


def addresses(world) -> dict[str, str]:
    return {
        "home": "/",
        "events": "/events/?tests=on",
        "no events": "/events/?q=nothing",
        "event": world.event.get_absolute_url(),
        "pointings": f"{world.event.get_absolute_url()}plans/1/TAROT-TCA/",
        "telescopes": "/telescopes/",
        "telescope": "/telescopes/TAROT-TCA/",
        "search": "/search/?q=a",
        "targets": "/targets/",
        "profile": "/users/profile/",
    }


def violations(page: Page) -> list[str]:
    found = Axe().run(page).response["violations"]
    return [
        f"{rule['id']}: {node['html'][:160]}"
        for rule in found
        if rule["impact"] in {"serious", "critical"}
        for node in rule["nodes"]
    ]


def width_beyond(page: Page) -> int:
    return page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")


@pytest.mark.parametrize(("size", "scheme"), SCREENS, ids=IDS)
def test_pages_are_accessible_and_fit(open_page, world, size, scheme):
    page = open_page("administrator", size, scheme)
    for name, address in addresses(world).items():
        assert page.goto(address).status == 200, name
        page.wait_for_load_state("networkidle")
        assert violations(page) == [], name
        assert width_beyond(page) <= 0, name
        assert page.evaluate("document.documentElement.dataset.bsTheme") == scheme


@pytest.mark.parametrize(("size", "scheme"), SCREENS, ids=IDS)
def test_what_opens_on_an_event_page_is_accessible_too(open_page, world, size, scheme):
    page = open_page("administrator", size, scheme)
    page.goto(world.event.get_absolute_url())
    page.wait_for_load_state("networkidle")
    page.locator(".tel-toggle").first.click()
    expect(page.locator("table.pointings")).to_be_visible()
    closed = page.locator("main details:not([open]) > summary")
    while closed.count():
        closed.first.click()
    expect(page.locator("pre.raw")).to_be_visible()
    assert violations(page) == []
    assert width_beyond(page) <= 0


@pytest.mark.parametrize(("size", "scheme"), SCREENS, ids=IDS)
def test_the_sign_in_page_is_accessible_and_works(open_page, size, scheme):
    page = open_page(None, size, scheme)
    page.goto("/accounts/login/")
    assert violations(page) == []
    assert width_beyond(page) <= 0
    sign_in(page, "newcomer")
    expect(page.get_by_role("heading", name="Recent events")).to_be_visible()
    expect(page.get_by_text("You belong to no group yet.")).to_be_visible()


def test_search_has_the_focus_after_a_slash_and_leads_to_the_event(open_page, world):
    page = open_page()
    page.goto("/")
    page.keyboard.press("/")
    expect(page.locator("#site-search")).to_be_focused()
    page.keyboard.type(world.event.name)
    page.keyboard.press("Enter")
    page.wait_for_url(f"**{world.event.get_absolute_url()}")


def test_search_opens_the_menu_of_a_phone(open_page):
    page = open_page(size=PHONE)
    page.goto("/")
    page.keyboard.press("/")
    expect(page.locator("#site-search")).to_be_focused()
    expect(page.locator("#site-search")).to_be_visible()


def test_keys_lead_around_and_are_listed(open_page):
    page = open_page()
    page.goto("/")
    page.keyboard.press("g")
    page.keyboard.press("e")
    page.wait_for_url("**/events/")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog", name="Keys")).to_be_hidden()


def test_the_list_is_filtered_in_place_and_kept_in_the_address(open_page, world):
    page = open_page()
    page.goto("/events/")
    expect(page.get_by_text("No event yet.")).to_be_visible()
    page.get_by_label("Tests and drills").check()
    expect(page.get_by_role("link", name=world.event.name)).to_be_visible()
    expect(page).to_have_url(re.compile("tests=on"))
    page.get_by_label("Search", exact=True).fill("nothing like it")
    expect(page.get_by_text("No event fits.")).to_be_visible()
    page.get_by_label("Search", exact=True).fill(world.event.name[:6])
    expect(page.get_by_role("link", name=world.event.name)).to_be_visible()
    page.get_by_role("link", name="Distance").click()
    expect(page).to_have_url(re.compile("sort=distance"))
    expect(page.locator('th[aria-sort="ascending"]')).to_contain_text("Distance")
    page.get_by_role("link", name=world.event.name).click()
    page.go_back()
    expect(page).to_have_url(re.compile(r"q=.*sort=distance|sort=distance.*q="))
    expect(page.get_by_label("Search", exact=True)).to_have_value(world.event.name[:6])


def test_colours_are_chosen_and_kept(open_page):
    page = open_page(scheme="light")
    page.goto("/")
    theme = "document.documentElement.dataset.bsTheme"
    light = page.evaluate("getComputedStyle(document.body).backgroundColor")
    toggle = page.locator("[data-theme-toggle]")
    toggle.click()
    assert page.evaluate(theme) == "light"
    toggle.click()
    assert page.evaluate(theme) == "dark"
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") != light
    page.goto("/events/")
    assert page.evaluate(theme) == "dark"
    toggle.click()
    assert page.evaluate(theme) == "light"


def test_the_clock_ticks_in_utc(open_page):
    page = open_page()
    page.goto("/")
    clock = page.locator("[data-clock]")
    before = clock.inner_text()
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC", before)
    expect(clock).not_to_have_text(before)


def test_times_carry_the_local_time_and_their_age(open_page, world):
    page = open_page()
    page.goto(world.event.get_absolute_url())
    time = page.locator(".facts time").first
    expect(time).to_have_attribute("title", re.compile("on this device"))
    expect(page.locator(".facts .age").first).to_have_text(re.compile(r"ago$|^in "))


def test_a_page_can_be_installed_on_a_phone(open_page):
    page = open_page()
    page.goto("/")
    manifest = page.request.get(page.locator('link[rel="manifest"]').get_attribute("href"))
    assert manifest.json()["start_url"] == "/"
    for icon in manifest.json()["icons"]:
        assert page.request.get(f"/static/icare_tom/{icon['src']}").ok


def test_a_missing_page_says_what_to_do(browser, world, open_page):
    # A browser writes every 404 to its console: this page is opened unwatched.
    context = browser.new_context(base_url=world.url, storage_state=open_page().context.storage_state())
    page = context.new_page()
    assert page.goto("/events/nowhere/").status == 404
    expect(page.get_by_role("heading")).to_have_text("There is nothing here for you")
    assert violations(page) == []
    context.close()
