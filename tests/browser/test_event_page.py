"""What an advocate does with an event: opens it, looks at the map, takes the plan away, plans again."""

import csv
import io
import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tom_gcn.actions import make_plan, request_plan
from tom_gcn.models import ObservationPlan

pytestmark = pytest.mark.browser

# Counts pixels of a canvas near a colour given as "#rrggbb" or "rgb(r g b)".
COUNT = """(canvas, colour) => {
  const probe = document.createElement('canvas').getContext('2d');
  probe.fillStyle = colour; probe.fillRect(0, 0, 1, 1);
  const [r, g, b] = probe.getImageData(0, 0, 1, 1).data;
  const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
  let n = 0;
  for (let i = 0; i < data.length; i += 4)
    if (Math.abs(data[i] - r) + Math.abs(data[i + 1] - g) + Math.abs(data[i + 2] - b) < 24 && data[i + 3] > 200) n += 1;
  return n;
}"""


def open_event(page: Page, world):
    page.goto(world.event.get_absolute_url())
    canvas = page.locator("canvas.sky-canvas")
    expect(canvas).to_have_attribute("data-ready", re.compile(r"\d+"))
    return canvas


def colour(page: Page, name: str) -> str:
    return page.evaluate("name => getComputedStyle(document.documentElement).getPropertyValue(name).trim()", name)


def pixels(page: Page, canvas, name: str) -> int:
    return canvas.evaluate(COUNT, colour(page, name))


def field_of(canvas) -> float:
    return float(canvas.get_attribute("data-field"))


def zoom_to_region(page: Page, canvas) -> None:
    page.get_by_role("button", name="Region").click()
    expect(canvas).to_have_attribute("data-view", "globe")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_map_shows_contours_and_pointings(open_page, world, scheme):
    page = open_page(scheme=scheme)
    canvas = open_event(page, world)
    assert int(canvas.get_attribute("data-contours")) >= 2
    assert int(canvas.get_attribute("data-pointings")) == world.plan.n_pointings > 0
    zoom_to_region(page, canvas)
    assert pixels(page, canvas, "--contour") > 100
    assert pixels(page, canvas, "--tel-0") > 50
    page.get_by_role("button", name="Whole sky").click()
    expect(canvas).to_have_attribute("data-view", "whole")
    assert pixels(page, canvas, "--ink") > 500
    assert pixels(page, canvas, "--sun") > 20


def test_the_map_turns_zooms_and_tells_what_lies_under_the_pointer(open_page, world):
    page = open_page()
    canvas = open_event(page, world)
    zoom_to_region(page, canvas)
    box = canvas.bounding_box()
    middle = (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.move(*middle)
    readout = page.locator("#sky-readout")
    expect(readout).to_contain_text("inside 50%")
    before = readout.inner_text()
    page.mouse.down()
    page.mouse.move(middle[0] + 60, middle[1] + 20, steps=4)
    page.mouse.up()
    page.mouse.move(middle[0] + 1, middle[1])
    expect(readout).not_to_have_text(before)
    wide = field_of(canvas)
    page.mouse.wheel(0, -400)
    page.wait_for_function("wide => +document.querySelector('.sky-canvas').dataset.field < wide", arg=wide)
    page.mouse.wheel(0, 5000)
    expect(canvas).to_have_attribute("data-view", "whole")


def test_right_ascension_increases_to_the_left(open_page, world):
    page = open_page()
    canvas = open_event(page, world)
    zoom_to_region(page, canvas)
    box = canvas.bounding_box()

    def ra_at(x: float) -> float:
        page.mouse.move(box["x"] + x, box["y"] + box["height"] / 2)
        return float(page.locator("#sky-readout").inner_text().split(" ")[0])

    left, right = ra_at(box["width"] * 0.4), ra_at(box["width"] * 0.6)
    assert 0 < (left - right) % 360 < 180


def test_the_map_answers_keys(open_page, world):
    page = open_page()
    canvas = open_event(page, world)
    canvas.focus()
    page.keyboard.press("+")
    expect(canvas).to_have_attribute("data-view", "globe")
    page.keyboard.press("n")
    expect(page.locator("#sky-readout")).to_contain_text("UTC")
    first = page.locator("#sky-readout").inner_text()
    page.keyboard.press("n")
    expect(page.locator("#sky-readout")).not_to_have_text(first)
    page.keyboard.press("0")
    expect(canvas).to_have_attribute("data-view", "whole")


def test_telescopes_are_switched_off_and_picked_out(open_page, world):
    page = open_page()
    canvas = open_event(page, world)
    part = world.plan.telescope_plans.filter(n_pointings__gt=0).first()
    page.locator("#sky-legend").get_by_label(part.telescope).uncheck()
    rest = world.plan.n_pointings - part.n_pointings
    expect(canvas).to_have_attribute("data-pointings", str(rest))
    page.locator("#sky-legend").get_by_label(part.telescope).check()
    page.get_by_role("link", name=part.telescope, exact=True).first.click()
    expect(page.locator(f'[data-pointing^="{part.telescope}/"]')).to_have_count(part.n_pointings)
    expect(page.locator(f'tr[data-telescope="{part.telescope}"]')).to_have_class(re.compile("chosen"))


def test_a_field_clicked_on_the_map_lights_up_its_telescope(open_page, world):
    page = open_page()
    canvas = open_event(page, world)
    zoom_to_region(page, canvas)
    box = canvas.bounding_box()
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    expect(page.locator("tr.chosen[data-telescope]")).to_have_count(1)
    name = page.locator("tr.chosen[data-telescope]").get_attribute("data-telescope")
    expect(page.locator("#sky-readout")).to_contain_text(name)


@pytest.mark.parametrize("form", ["CSV", "JSON", "text"])
def test_the_plan_is_downloaded(open_page, world, form):
    page = open_page()
    open_event(page, world)
    page.get_by_text("Take it away").click()
    with page.expect_download() as started:
        page.locator(".downloads").get_by_role("link", name=form, exact=True).click()
    content = Path(started.value.path()).read_text()
    if form == "CSV":
        rows = list(csv.DictReader(io.StringIO(content)))
        assert len(rows) == world.plan.n_pointings
        assert {row["event"] for row in rows} == {world.event.name}
        assert all(0 <= float(row["ra_deg"]) < 360 for row in rows)
    assert world.event.name in content


def test_a_plan_asked_for_appears_by_itself(open_page, world):
    page = open_page("administrator")
    canvas = open_event(page, world)
    plan = request_plan(world.event, by=None, telescopes=["TAROT-TRE"], hours=24)
    page.goto(f"{world.event.get_absolute_url()}?plan={plan.version}")
    expect(page.locator("progress")).to_be_visible()
    make_plan(plan.pk)
    expect(page.locator("#plan-title")).to_contain_text(f"Plan {plan.version}")
    expect(page.locator("progress")).to_have_count(0)
    expect(canvas).to_have_attribute("data-ready", str(plan.version))
    plan.refresh_from_db()
    expect(page.locator("#sky-readout")).to_contain_text(f"Sun and Moon at {plan.window_start:%Y-%m-%d %H:%M} UTC")
    expect(page.locator("#plans-so-far li").first).to_contain_text("done, for TAROT-TRE only")
    expect(page.locator("#messages")).to_contain_text(f"Plan {plan.version} is done.")
    expect(page.locator("#plan")).to_contain_text("For TAROT-TRE only")
    page.close()
    plan.delete()
    ObservationPlan.objects.filter(pk=world.plan.pk).update(is_of_record=True)


def test_a_key_opens_the_form_of_a_plan_at_its_first_field(open_page, world):
    page = open_page("administrator")
    open_event(page, world)
    page.keyboard.press("p")
    expect(page.get_by_label("Hours", exact=True)).to_be_focused()


def test_an_arrow_points_to_a_region_out_of_view(open_page, world):
    page = open_page()
    canvas = open_event(page, world)
    zoom_to_region(page, canvas)
    expect(canvas).to_have_attribute("data-astray", "false")
    page.get_by_role("button", name="Zoom in").click()
    canvas.focus()
    for _ in range(60):
        page.keyboard.press("ArrowLeft")
    expect(canvas).to_have_attribute("data-astray", "true")
    page.get_by_role("button", name="Region").click()
    expect(canvas).to_have_attribute("data-astray", "false")


def test_rows_open_even_when_the_map_cannot_be_loaded(browser, world, open_page):
    state = open_page().context.storage_state()
    context = browser.new_context(base_url=world.url, storage_state=state)
    page = context.new_page()
    page.route("**/skymap*.js", lambda route: route.abort())
    page.goto(world.event.get_absolute_url())
    expect(page.locator("#sky-readout")).to_have_text(
        "The interactive map could not be loaded; the picture is still right."
    )
    expect(page.locator("svg.sky-picture")).to_be_visible()
    part = world.plan.telescope_plans.filter(n_pointings__gt=0).first()
    page.get_by_role("link", name=part.telescope, exact=True).first.click()
    expect(page.locator(f'[data-pointing^="{part.telescope}/"]')).to_have_count(part.n_pointings)
    context.close()


def test_pointings_on_a_phone_are_cards_with_both_notations(open_page, world):
    page = open_page(size=(390, 844))
    part = world.plan.telescope_plans.filter(n_pointings__gt=0).first()
    page.goto(f"{world.event.get_absolute_url()}plans/{world.plan.version}/{part.telescope}/")
    row = page.locator("table.pointings tbody tr").first
    expect(row.locator(".also").first).to_be_visible()
    assert row.bounding_box()["width"] <= 390
    assert row.bounding_box()["height"] > 50


def test_the_content_of_a_notice_opens_in_place(open_page, world):
    page = open_page()
    open_event(page, world)
    page.get_by_text("Content as it came").click()
    expect(page.locator("pre.raw")).to_contain_text("superevent_id")


def test_without_scripts_there_is_a_picture_and_everything_can_be_reached(browser, world, open_page):
    state = open_page().context.storage_state()
    context = browser.new_context(base_url=world.url, java_script_enabled=False, storage_state=state)
    page = context.new_page()
    page.goto(world.event.get_absolute_url())
    assert page.locator("svg.sky-picture .contour-90").count() == 1
    assert page.locator("svg.sky-picture .tel").count() >= 1
    part = world.plan.telescope_plans.filter(n_pointings__gt=0).first()
    page.locator(f'tr[data-telescope="{part.telescope}"] a').click()
    assert page.locator("table.pointings tbody tr").count() == part.n_pointings
    context.close()
