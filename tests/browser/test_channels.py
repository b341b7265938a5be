"""An operator sets how a telescope is asked, tries it, and enters time on it."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.tools.services import atlas

from .conftest import DESK, PHONE

pytestmark = pytest.mark.browser
PAGES = (
    "/telescopes/channels/",
    "/telescopes/ATLAS/channel/",
    "/telescopes/allocations/",
    "/telescopes/allocations/new/",
)


@pytest.fixture
def queue(settings):
    settings.ICARE_TRANSPORT_PRIVATE_HOSTS = ["127.0.0.1"]
    running = atlas.AtlasQueue()
    yield running
    running.close()


@pytest.fixture
def no_channels(rows):
    """As before, when the test is over."""
    yield
    from tom_grandma_facilities.models import Allocation, Channel

    Channel.objects.all().delete()
    Allocation.objects.all().delete()


@pytest.mark.parametrize(("size", "scheme"), [(PHONE, "dark"), (DESK, "light")], ids=["390-dark", "1400-light"])
def test_pages_are_accessible_and_fit(open_page, size, scheme):
    page = open_page("administrator", size, scheme)
    for address in PAGES:
        assert page.goto(address).status == 200
        page.wait_for_load_state("networkidle")
        found = Axe().run(page).response["violations"]
        assert [rule["id"] for rule in found if rule["impact"] in {"serious", "critical"}] == [], address
        assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0


def test_a_channel_is_set_and_tried(open_page, queue, no_channels):
    page = open_page("administrator")
    page.goto("/telescopes/channels/")
    page.get_by_role("link", name="ATLAS", exact=True).click()
    # The usual way is there; another one is shown without a reload.
    expect(page.get_by_label("By", exact=True)).to_have_value("atlas-fp")
    page.get_by_label("By", exact=True).select_option("http-json")
    expect(page.get_by_label("Address of the requests (needed)")).to_be_visible()
    page.get_by_label("By", exact=True).select_option("atlas-fp")
    page.get_by_label("Address", exact=True).fill(f"{queue.url}/forcedphot")
    page.get_by_label("API token").fill(atlas.TOKEN)
    page.get_by_role("button", name="Save and send a test").click()
    expect(page.get_by_text("answers and accepts the credentials")).to_be_visible()
    expect(page.get_by_label("API token").first).to_have_value("")
    assert atlas.TOKEN not in page.content()
    assert queue.count() == 0


def test_time_is_entered(open_page, no_channels):
    page = open_page("administrator", PHONE, "dark")
    page.goto("/telescopes/allocations/")
    page.get_by_role("link", name="Enter an allocation").first.click()
    page.get_by_label("Telescope", exact=True).select_option("LCO")
    page.get_by_label("Group").select_option(index=1)
    page.get_by_label("Proposal").fill("LCO2026B-007")
    page.get_by_label("Hours granted").fill("12.5")
    page.get_by_label("To [UTC]").fill("2030-01-31T00:00")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", name="Allocation on LCO")).to_be_visible()
    page.goto("/telescopes/allocations/")
    expect(page.get_by_text("LCO2026B-007")).to_be_visible()
