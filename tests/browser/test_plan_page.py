"""What an advocate does with plans in a browser: changes one, compares, keeps, hears what telescopes report."""

import pytest
from playwright.sync_api import Page, expect

from tom_gcn.actions import make_plan, request_plan
from tom_gcn.actions.pointings import refuse, report_pointings, withdraw_refusal
from tom_gcn.models import ObservationPlan, PlannedPointing
from tom_gcn.planning.options import PlanOptions
from tom_gcn.planning.wish import PlanWish

from .conftest import DESK, PHONE, TELESCOPES
from .test_every_page import IDS, SCREENS, violations, width_beyond

pytestmark = pytest.mark.browser
OPEN_ALL = "for (const fold of document.querySelectorAll('#plan details, #plan-form details')) fold.open = true"


@pytest.fixture
def second(world, rows):
    """A second, smaller plan of the same event; gone again afterwards, with all that was reported."""
    wish = PlanWish(telescopes=tuple(TELESCOPES[:2]), hours=48, options=PlanOptions(max_pointings=4))
    plan = make_plan(request_plan(world.event, by=None, wish=wish).pk)
    yield plan
    world.event.refusals.all().delete()
    ObservationPlan.objects.filter(event=world.event).exclude(pk=world.plan.pk).delete()
    PlannedPointing.objects.update(state="planned", note="", reported_at=None, reported_by=None)
    ObservationPlan.objects.filter(pk=world.plan.pk).update(is_of_record=True, of_record_by=None)


@pytest.fixture
def clean(world, rows):
    """Takes away what a test leaves of plans and reports."""
    yield
    world.event.refusals.all().delete()
    ObservationPlan.objects.filter(event=world.event).exclude(pk=world.plan.pk).delete()
    PlannedPointing.objects.update(state="planned", note="", reported_at=None, reported_by=None)
    ObservationPlan.objects.filter(pk=world.plan.pk).update(is_of_record=True, of_record_by=None)


def busiest(plan):
    return plan.telescope_plans.filter(n_pointings__gt=0).order_by("-n_pointings").first()


def open_form(page: Page, world) -> None:
    page.goto(world.event.get_absolute_url())
    page.wait_for_load_state("networkidle")
    page.get_by_text("Plan again…").click()
    expect(page.locator("#plan-form")).to_be_visible()


@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
def test_a_changed_plan_is_asked_for_and_appears(world, clean, open_page, size):
    page = open_page("administrator", size)
    open_form(page, world)
    page.get_by_role("button", name="None", exact=True).click()
    expect(page.locator("[data-count=telescopes]")).to_have_text("0 take part")
    page.locator("#plan-form").get_by_label("TAROT-TCA", exact=True).check()
    page.get_by_text("Exposures, filters and limits").click()
    page.locator("#plan-settings-TAROT-TCA-exposure_s").fill("90")
    expect(page.locator("#plan-settings-TAROT-TRE-exposure_s")).to_be_hidden()
    page.get_by_role("button", name="Make this plan").first.click()
    expect(page.locator("progress")).to_be_visible()
    plan = ObservationPlan.objects.order_by("-version").first()
    make_plan(plan.pk)
    expect(page.locator("#plan-title")).to_contain_text(f"Plan {plan.version}")
    expect(page.locator(".plan-table")).to_contain_text("90 s")
    expect(page.locator("#plans-so-far")).to_contain_text("for TAROT-TCA only")


def test_what_is_wrong_is_shown_in_place_and_nothing_typed_is_lost(world, clean, open_page):
    page = open_page("administrator")
    open_form(page, world)
    page.locator("#plan-hours").fill("1000")
    page.get_by_text("Exposures, filters and limits").click()
    field = page.locator("#plan-settings-TAROT-TCA-exposure_s")
    field.fill("long")
    page.get_by_role("button", name="Make this plan").first.click()
    expect(page.locator("#plan-hours-error")).to_contain_text("240")
    expect(page.locator("#plan-hours")).to_have_value("1000")
    expect(field).to_have_value("long")
    expect(field).to_be_visible()
    expect(page.locator("#plan-settings-TAROT-TCA-exposure_s-error")).to_contain_text("not a number")
    expect(page.locator("#plan-title")).to_be_visible()
    page.locator("#plan-engine").select_option("gwemopt")
    expect(page.get_by_label("Schedule type")).to_be_visible()
    page.locator("#plan-engine").select_option("network")
    expect(page.get_by_label("Schedule type")).to_be_hidden()


def test_a_plan_being_made_is_cancelled(world, clean, open_page):
    page = open_page("administrator")
    plan = request_plan(world.event, by=None, telescopes=TELESCOPES[:1], hours=13)
    page.goto(world.event.get_absolute_url())
    page.get_by_role("button", name=f"Cancel plan {plan.version}").click()
    expect(page.locator("#plan-state")).to_contain_text("was cancelled")
    expect(page.locator("progress")).to_have_count(0)


def test_refusals_and_reports_appear_without_a_reload(world, second, clean, open_page):
    page = open_page("administrator")
    page.goto(f"{world.event.get_absolute_url()}?plan={world.plan.version}")
    page.wait_for_load_state("networkidle")
    part = busiest(world.plan)
    report_pointings(world.plan, part.telescope, [1], "done", by=None)
    refusal = refuse(world.event, TELESCOPES[3], "weather", by=None, reason="rain")
    page.locator("#plan-live").dispatch_event("look")
    expect(page.locator("#plan-live")).to_contain_text(f"{TELESCOPES[3]} cannot: weather, rain")
    expect(page.locator("table.states")).to_contain_text(part.telescope)
    withdraw_refusal(refusal, by=None)
    page.locator("#plan-live").dispatch_event("look")
    expect(page.locator(".refusals")).to_have_count(0)


def test_a_form_in_use_is_left_alone(world, clean, open_page):
    page = open_page("administrator")
    page.goto(world.event.get_absolute_url())
    page.wait_for_load_state("networkidle")
    page.locator(".plan-table .tel-toggle").first.click()
    note = page.get_by_placeholder("Note, if any").first
    note.fill("half typed")
    make_plan(request_plan(world.event, by=None, telescopes=TELESCOPES[:1], hours=14).pk)
    page.locator("#plan-live").dispatch_event("look")
    page.wait_for_load_state("networkidle")
    expect(note).to_have_value("half typed")
    expect(note).to_be_focused()


@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
def test_pointings_are_reported_and_taken_back(world, clean, open_page, size):
    page = open_page("administrator", size)
    part = busiest(world.plan)
    page.goto(f"{world.event.get_absolute_url()}plans/{world.plan.version}/{part.telescope}/")
    page.locator("input[name=orders][value='1']").check()
    page.get_by_role("button", name="Done", exact=True).click()
    expect(page.locator(f"[data-pointing='{part.telescope}/1']")).to_contain_text("done")
    page.get_by_label("all of them").check()
    page.get_by_role("button", name="Undo", exact=True).click()
    expect(page.locator("td.state-done")).to_have_count(0)
    assert not part.pointings.exclude(state="planned").exists()


def test_two_plans_are_compared_and_one_is_kept(world, second, open_page):
    page = open_page("administrator")
    page.goto(world.event.get_absolute_url())
    page.get_by_role("button", name="Compare plans").click()
    expect(page.get_by_role("heading", name="Two plans for")).to_be_visible()
    expect(page.locator(".comparison")).to_contain_text("points")
    expect(page.locator("svg.sky-picture")).to_be_visible()
    page.goto(f"{world.event.get_absolute_url()}?plan={second.version}")
    page.get_by_role("button", name="Keep").click()
    expect(page.locator("#plan-title")).to_contain_text("plan of record")
    page.goto(world.event.get_absolute_url())
    expect(page.locator("#plan-title")).to_contain_text(f"Plan {second.version}")


@pytest.mark.parametrize(("size", "scheme"), SCREENS, ids=IDS)
def test_pages_of_plans_are_accessible_and_fit(world, second, open_page, size, scheme):
    page = open_page("administrator", size, scheme)
    part = busiest(world.plan)
    report_pointings(world.plan, part.telescope, [1], "done", by=None)
    refuse(world.event, TELESCOPES[3], "weather", by=None, reason="rain")
    home = world.event.get_absolute_url()
    places = [
        home,
        f"{home}plan/new/",
        f"{home}plans/compare/?one={world.plan.version}&other={second.version}",
        f"{home}plans/{world.plan.version}/{part.telescope}/",
        f"{home}galaxies/",
    ]
    for place in places:
        assert page.goto(place).status == 200, place
        page.wait_for_load_state("networkidle")
        page.evaluate(
            "for (const fold of document.querySelectorAll('#plan details, #plan-form details')) fold.open = true"
        )
        page.wait_for_load_state("networkidle")
        assert violations(page) == [], place
        assert width_beyond(page) <= 0, place
