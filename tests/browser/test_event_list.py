"""The event list and page as they are used: filters, kept searches, texts, comparison, news without a reload."""

import re

import pytest
from playwright.sync_api import expect

from tests.factories import ingest_alert
from tom_gcn.models import Circular, Message, SavedSearch

pytestmark = pytest.mark.browser
LOOK_AGAIN = "document.dispatchEvent(new Event('visibilitychange'))"


@pytest.fixture
def real(rows):
    """A real event of two alerts with a circular; gone again at the end.

    Named before `open_page`, so that it goes after the pages which follow it are closed.
    """
    event = ingest_alert("S241102br_PRELIMINARY_1.json")
    ingest_alert("S241102br_UPDATE_1.json")
    text = "LIGO found something.\n<b>not bold</b>"
    message = event.notices.first().message
    circular = Circular.objects.create(
        circular_id=38000, version=1, subject="S241102br: seen", body=text, message=message
    )
    circular.events.add(event)
    yield event
    forget(event)


def close(*pages) -> None:
    """Pages ask for news of the event; once it is gone they would hear that there is none."""
    for page in pages:
        page.close()


def forget(event) -> None:
    messages = list(event.notices.values_list("message", flat=True))
    for rows in (event.circulars, event.plans, event.localizations, event.notices):
        rows.all().delete()
    event.delete()
    Message.objects.filter(pk__in=messages).delete()


def test_conditions_narrow_the_list_in_place(real, open_page):
    page = open_page()
    page.goto("/events/")
    page.get_by_text("More filters").click()
    page.get_by_label("Conditions").fill("FAR < 1/yr, class = BBH")
    page.get_by_label("Conditions").press("Enter")
    expect(page).to_have_url(re.compile("where=FAR"))
    expect(page.get_by_role("link", name=real.name)).to_be_visible()
    page.get_by_label("Conditions").fill("colour < 3")
    page.get_by_label("Conditions").press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("is not known")
    page.get_by_label("Conditions").fill("")
    page.get_by_label("< 100 deg²").check()
    expect(page).to_have_url(re.compile("tag=area"))
    expect(page.get_by_role("link", name=real.name)).to_be_visible()


def test_a_search_is_kept_and_forgotten(real, open_page):
    page = open_page()
    page.goto("/events/")
    page.get_by_label("Kind").select_option("gw")
    page.get_by_label("Keep this search as").fill("mergers")
    page.get_by_role("button", name="Keep", exact=True).click()
    expect(page.get_by_role("link", name="mergers")).to_have_attribute("aria-current", "true")
    page.goto("/events/")
    page.get_by_role("link", name="mergers").click()
    expect(page).to_have_url(re.compile(r"\?kind=gw$"))
    page.get_by_role("button", name="Forget the search mergers").click()
    expect(page.get_by_role("link", name="mergers")).to_have_count(0)
    assert not SavedSearch.objects.exists()


def test_a_new_notice_is_announced_on_open_pages(rows, open_page):
    event = ingest_alert("S241102br_PRELIMINARY_1.json")
    page, other = open_page(), open_page()
    page.goto(event.get_absolute_url())
    other.goto("/events/?kind=gw")
    page.evaluate(LOOK_AGAIN)
    expect(page.locator(".news")).to_be_empty()
    ingest_alert("S241102br_UPDATE_1.json")
    page.evaluate(LOOK_AGAIN)
    expect(page.locator(".news")).to_contain_text("New notice")
    # The timeline follows by itself.
    expect(page.locator(".entry-notices")).to_have_count(2)
    page.locator(".news").get_by_role("link", name="show").click()
    expect(page.locator(".entry-notices")).to_have_count(2)
    # Somebody points at the list: it waits until the line is followed.
    other.locator("#event-table").hover()
    other.evaluate(LOOK_AGAIN)
    expect(other.locator(".news")).to_contain_text("1 new notice of 1 event")
    other.locator(".news").get_by_role("link", name="show").click()
    expect(other).to_have_url(re.compile(r"/events/\?kind=gw$"))
    close(page, other)
    forget(event)


def test_open_pages_follow_without_a_reload_or_a_click(rows, open_page):
    event = ingest_alert("S241102br_PRELIMINARY_1.json")
    page, other = open_page(), open_page()
    page.goto(event.get_absolute_url())
    other.goto("/events/?kind=gw&q=S24")
    for one in (page, other):
        one.mouse.move(0, 0)
        one.evaluate("window.kept = true")
    later = ingest_alert("S240114aj_PRELIMINARY_2.json")
    ingest_alert("S241102br_UPDATE_1.json")
    # Nothing is done but to wait for the next question.
    expect(page.locator(".entry-notices")).to_have_count(2)
    expect(page.locator(".news")).to_contain_text("New notice")
    expect(other.get_by_role("link", name=later.name)).to_be_visible(timeout=30_000)
    assert page.evaluate("window.kept") and other.evaluate("window.kept")
    close(page, other)
    forget(later)
    forget(event)


def test_the_timeline_is_narrowed_and_a_circular_read(real, open_page):
    page = open_page()
    page.goto(real.get_absolute_url())
    page.locator(".choose").get_by_role("link", name="circulars").click()
    expect(page.locator(".timeline > li")).to_have_count(1)
    page.get_by_text("S241102br: seen").click()
    expect(page.locator("pre.text")).to_contain_text("<b>not bold</b>")


def test_two_localizations_are_compared_in_place(real, open_page):
    page = open_page()
    page.goto(real.get_absolute_url())
    page.get_by_role("button", name="Compare").click()
    expect(page.locator("#comparison")).to_contain_text("moved by")
