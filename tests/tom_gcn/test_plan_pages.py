"""Pages of plans: progress, figures, versions, comparison, efficiency; who may do what; sound HTML."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from tests.tom_gcn.plan_pages import FEW, HTMX, address, busiest, text_of, told
from tom_gcn.actions import make_plan, request_plan
from tom_gcn.actions.plans import cancel_plan, keep_plan
from tom_gcn.actions.pointings import refuse, report_pointings
from tom_gcn.choices import PlanState, PointingState
from tom_gcn.models import ObservationPlan, PlannedPointing
from tom_gcn.plan_comparison import compare_plans
from tom_gcn.planning.options import PlanOptions
from tom_gcn.planning.wish import PlanWish
from tom_gcn.wording import runs

pytestmark = pytest.mark.django_db


@pytest.fixture
def planned(event):
    make_plan(request_plan(event, by=None, telescopes=FEW, hours=48).pk)
    return event


def finished(event, version, **fields):
    values = {"n_pointings": 1, "covered_probability": 0.01, "area_deg2": 1, "seconds": 1, "state": PlanState.DONE}
    now = timezone.now()
    return ObservationPlan.objects.create(
        event=event, localization=event.localizations.get(), version=version, window_start=now, queued_at=now,
        finished_at=now, **(values | fields),
    )  # fmt: skip


# --- progress and what is going on --------------------------------------------------------------------------------


def test_a_plan_being_made_is_followed_and_cancelled(browse, planner, reader, event):
    plan = request_plan(event, by=None, telescopes=FEW)
    line = browse(reader).get(address(event, "plan-state"), headers=HTMX).content.decode()
    assert 'hx-trigger="every 1s"' in line
    assert "Cancel plan" not in text_of(browse(reader).get(event.get_absolute_url()))
    assert "Cancel plan 1" in text_of(browse(planner).get(event.get_absolute_url()))
    answer = browse(planner).post(address(event, "cancel-plan", version=1))
    assert "Plan 1 is being cancelled." in told(answer)
    plan.refresh_from_db()
    assert plan.state == PlanState.CANCELLED
    after = browse(reader).get(address(event, "plan-state"), headers=HTMX)
    assert after["HX-Retarget"] == "#plan"
    assert "was cancelled by member" in after.content.decode()


def test_deeds_need_the_right_and_a_post(browse, reader, planned):
    part = busiest(planned.plans.get())
    where = {"version": 1, "telescope": part.telescope}
    refusal = refuse(planned, "CFHT", "weather", by=None)
    deeds = [
        (address(planned, "cancel-plan", version=1), {}),
        (address(planned, "keep-plan", version=1), {}),
        (address(planned, "report", **where), {"orders": ["1"], "state": "done"}),
        (address(planned, "refuse", **where), {"reason_code": "weather"}),
        (address(planned, "withdraw-refusal", pk=refusal.pk), {}),
    ]
    for place, data in deeds:
        assert browse(reader).get(place).status_code == 405
        assert "You may not" in told(browse(reader).post(place, data)), place
    assert not PlannedPointing.objects.exclude(state="planned").exists()
    assert planned.refusals.standing(timezone.now()).count() == 1


def test_an_open_page_hears_of_reports_refusals_and_new_plans(browse, member, planned):
    client, plan = browse(member), planned.plans.get()
    page = client.get(planned.get_absolute_url()).content.decode()
    seen = re.search(r"plan/live/\?seen=([0-9a-f.]+)", page)[1]
    place = address(planned, "plan-live")
    assert client.get(place, {"seen": seen}, headers=HTMX).status_code == 204
    part = busiest(plan)
    report_pointings(plan, part.telescope, [1], PointingState.DONE, by=None)
    live = client.get(place, {"seen": seen}, headers=HTMX)
    assert "HX-Retarget" not in live
    assert re.search(rf"{part.telescope}</a></th>.*done", text_of(live)) or "done" in text_of(live)
    refuse(planned, part.telescope, "weather", by=None, reason="rain", until=timezone.now() + timedelta(hours=2))
    assert f"{part.telescope} cannot:</strong> weather, rain, until" in text_of(client.get(place, {"seen": seen}))
    finished(planned, 9)
    whole = client.get(place, {"seen": seen}, headers=HTMX)
    assert whole["HX-Retarget"] == "#plan"


def test_asking_what_is_going_on_takes_few_queries(browse, member, planned, django_assert_max_num_queries):
    client = browse(member)
    seen = re.search(r"seen=([0-9a-f.]+)", client.get(planned.get_absolute_url()).content.decode())[1]
    with django_assert_max_num_queries(13):
        assert client.get(address(planned, "plan-live"), {"seen": seen}).status_code == 204


# --- figures, versions, comparison --------------------------------------------------------------------------------


def test_bound_refinement_and_claims_are_told(browse, member, planned):
    ObservationPlan.objects.filter(version=1).update(
        bound={"value": 0.5, "gap": 0.016, "seconds": 1, "how": "LP", "exact_windows": True},
        greedy_probability=0.481,
        refined_at=timezone.now(),
        refinement="better",
        own_sum=0.9,
        engine="gwemopt",
        notes=["<b>one</b> field was left out"],
        covered_galaxy_weight=0.25,
    )
    text = text_of(browse(member).get(planned.get_absolute_url()))
    for words in (
        "50.0%; the plan reaches 98.4% of it",
        "<dt>First plan</dt><dd>48.1%",
        "gwemopt itself claims</dt><dd>90.0%",
        "overlaps counted once",
        "&lt;b&gt;one&lt;/b&gt; field",
        "25% of their weight",
        'class="curve-bound"',
    ):
        assert words in text, words


def test_the_chart_has_a_bar_for_each_telescope_with_a_night(browse, member, planned):
    text = text_of(browse(member).get(planned.get_absolute_url()))
    parts = planned.plans.get().telescope_plans.exclude(nights=[])
    assert text.count('class="night-bar"') == parts.count() > 0


def test_a_plan_is_kept_and_stays_the_plan_of_record(browse, planner, planned):
    make_plan(request_plan(planned, by=None, telescopes=FEW, hours=30).pk)
    client = browse(planner)
    assert "is the plan of record" in told(client.post(address(planned, "keep-plan", version=1)))
    text = text_of(client.get(planned.get_absolute_url()))
    assert 'id="plan-title">Plan 1 ' in text
    assert "Kept by member as the plan of record" in text
    make_plan(request_plan(planned, by=None, telescopes=FEW, hours=20).pk)
    assert 'id="plan-title">Plan 1 ' in text_of(client.get(planned.get_absolute_url()))
    cancelled = request_plan(planned, by=None, telescopes=FEW, hours=21)
    cancel_plan(cancelled, by=None)
    assert "Plan 4 is cancelled" in told(client.post(address(planned, "keep-plan", version=4)))


def test_two_plans_are_compared(browse, member, planned):
    one = planned.plans.get()
    wish = PlanWish(telescopes=("TAROT-TCA",), hours=48, options=PlanOptions(max_pointings=5))
    make_plan(request_plan(planned, by=None, wish=wish).pk)
    two = planned.plans.get(version=2)
    changes = {change.telescope: change for change in compare_plans(one, two, None).telescopes}
    for part in one.telescope_plans.filter(n_pointings__gt=0):
        change = changes[part.telescope]
        assert len(change.unchanged) + len(change.dropped) == part.n_pointings
    assert not changes["TAROT-TRE"].unchanged
    place = address(planned, "compare-plans")
    text = text_of(browse(member).get(place, {"one": 2, "other": 1}))
    assert text.index("Plan 1</a>") < text.index("Plan 2</a>")
    for words in ("sky-picture", 'class="curve-other"', "Only in plan 2", "TAROT-TRE"):
        assert words in text, words
    for bad in ({"one": 1, "other": 7}, {"one": "x", "other": "y"}, {"one": "9" * 30, "other": 1}):
        assert browse(member).get(place, bad).status_code == 404
    assert browse(member).get(place).status_code == 200


def test_comparing_takes_the_same_queries_for_large_plans(browse, member, planned, django_assert_max_num_queries):
    make_plan(request_plan(planned, by=None, hours=48).pk)
    client = browse(member)
    # The outlines of the map are drawn once, after the commit or by the first page that wants them.
    client.get(address(planned, "compare-plans"), {"one": 1, "other": 2})
    with django_assert_max_num_queries(12):
        client.get(address(planned, "compare-plans"), {"one": 1, "other": 2})


def test_runs_of_numbers_are_drawn_together():
    assert runs([]) == ""
    assert runs([7, 1, 2, 3, 9]) == "1–3, 7, 9"


# --- efficiency ---------------------------------------------------------------------------------------------------


def test_the_plan_leads_to_whether_a_source_would_be_seen(browse, member, planned):
    text = browse(member).get(planned.get_absolute_url()).content.decode()
    place = re.search(r'hx-get="([^"]*/efficiency/\?plan=1)"', text)[1]
    fragment = text_of(browse(member).get(place, headers=HTMX))
    assert "<html" not in fragment
    assert "would be seen at least once by plan 1" in fragment
    assert 'class="curve-line"' in fragment


# --- sound HTML ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["detail", "new-plan", "compare-plans", "pointings"])
def test_pages_of_plans_need_no_inline_scripts_or_styles(browse, planner, planned, name):
    make_plan(request_plan(planned, by=None, telescopes=FEW[:1], hours=48).pk)
    keep_plan(planned.plans.get(version=1), by=planner)
    arguments = {"version": 1, "telescope": FEW[0]} if name == "pointings" else {}
    query = {"one": 1, "other": 2} if name == "compare-plans" else {}
    text = text_of(browse(planner).get(address(planned, name, **arguments), query))
    assert not re.search(r"\sstyle=|<style|\son[a-z]+=", text)
    assert all("src=" in tag for tag in re.findall(r"<script[^>]*>", text))
    ids = re.findall(r'\sid="([^"]+)"', text)
    assert len(ids) == len(set(ids))
