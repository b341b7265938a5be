"""The longer look for a better plan: kept only if it is better, never changing what telescopes were told."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.utils import timezone
from django_q.models import OrmQ

from tests.factories import ingest_alert
from tom_gcn import tasks
from tom_gcn.actions import cancel_plan, make_plan, refine_plan, refining, report_pointings, request_plan
from tom_gcn.choices import PlanState, PointingState, Refinement
from tom_gcn.models import ObservationPlan, PlannedPointing
from tom_gcn.planning import PlanOptions, PlanWish
from tom_gcn.planning.result import Bound

pytestmark = pytest.mark.django_db

WISH = PlanWish(telescopes=("TAROT-TCA", "TAROT-TRE", "FRAM-Auger"), options=PlanOptions(refine_s=4.0), hours=48)


@pytest.fixture
def plan(grandma):
    event = ingest_alert()
    event.plans.all().delete()
    OrmQ.objects.all().delete()
    made = make_plan(request_plan(event, by=None, wish=WISH).pk)
    assert made.state == PlanState.DONE
    return made


def rows(plan):
    return PlannedPointing.objects.filter(telescope_plan__plan=plan).order_by("telescope_plan__telescope", "order")


def places(plan):
    return list(rows(plan).values_list("telescope_plan__telescope", "order", "ra_deg", "dec_deg", "start"))


@pytest.fixture
def something_better(monkeypatch):
    """The planner finds a plan without the last pointing of the first, and says that it covers more."""

    def find(problem, plan, seconds, progress):
        gone = next(pointing for pointing in reversed(plan.pointings) if not pointing.kept)
        pointings = tuple(pointing for pointing in plan.pointings if pointing is not gone)
        return replace(plan, pointings=pointings, covered_probability=plan.covered_probability + 0.03)

    limit = Bound(value=0.9, gap=0.5, seconds=1.0, how="test", exact_windows=True)
    monkeypatch.setattr(refining, "bound", lambda problem, plan, seconds: limit)
    monkeypatch.setattr(refining, "refine", find)


def test_the_first_plan_is_there_at_once_and_the_better_one_is_looked_for_in_the_slow_queue(plan):
    assert plan.refinement == Refinement.QUEUED
    assert plan.covered_probability == plan.greedy_probability
    newest = OrmQ.objects.latest("pk")
    assert (newest.key, newest.task["func"]) == ("slow", "tom_gcn.tasks.run_refinement")


def test_both_numbers_and_the_bound_are_kept(plan):
    refined = refine_plan(plan.pk)
    assert refined.refinement in {Refinement.BETTER, Refinement.SAME}, refined.refinement_note
    assert refined.greedy_probability == plan.covered_probability
    assert refined.covered_probability >= refined.greedy_probability
    assert refined.bound["value"] >= refined.covered_probability - 1e-9
    assert refined.bound["gap"] == pytest.approx(1 - refined.covered_probability / refined.bound["value"])
    new = rows(plan).values_list("new_probability", flat=True)
    assert sum(new) == pytest.approx(refined.covered_probability, abs=1e-6)
    assert refine_plan(plan.pk).refined_at == refined.refined_at, "it is done once"


def test_a_better_plan_takes_the_place_of_the_first(plan, something_better):
    count = rows(plan).count()
    refined = refine_plan(plan.pk)
    assert refined.refinement == Refinement.BETTER
    assert refined.covered_probability == pytest.approx(plan.greedy_probability + 0.03)
    assert refined.n_pointings == rows(plan).count() == count - 1
    assert refined.is_of_record


def test_nothing_changes_once_telescopes_follow_the_plan(plan, something_better, monkeypatch):
    before, find = places(plan), refining.refine
    first = rows(plan).select_related("telescope_plan").first()

    def find_while_a_telescope_reports(*arguments):
        report_pointings(plan, first.telescope_plan.telescope, [first.order], "sent", by=None)
        return find(*arguments)

    monkeypatch.setattr(refining, "refine", find_while_a_telescope_reports)
    refined = refine_plan(plan.pk)
    assert refined.refinement == Refinement.SAME
    assert "had begun to follow" in refined.refinement_note
    assert places(plan) == before
    assert refined.bound["value"] == 0.9


def test_what_was_sent_before_the_look_stays_in_the_better_plan(plan, something_better):
    first = rows(plan).select_related("telescope_plan").first()
    report_pointings(plan, first.telescope_plan.telescope, [first.order], "sent", by=None, note="by mail")
    assert refine_plan(plan.pk).refinement == Refinement.BETTER
    again = rows(plan).get(telescope_plan__telescope=first.telescope_plan.telescope, order=first.order)
    assert (again.start, again.state, again.note) == (first.start, PointingState.SENT, "by mail")


def test_a_look_is_cancelled_and_the_first_plan_stays(plan, administrator):
    before = places(plan)
    cancel_plan(plan, by=administrator)
    refined = refine_plan(plan.pk)
    assert (refined.state, refined.refinement) == (PlanState.DONE, Refinement.FAILED)
    assert places(plan) == before


def test_no_look_for_a_plan_that_a_newer_one_follows(plan):
    request_plan(plan.event, by=None, wish=replace(WISH, hours=24.0))
    assert "newer plan" in refine_plan(plan.pk).refinement_note


def test_a_failing_look_leaves_the_plan_as_it_is(plan, monkeypatch):
    def fail(*_):
        raise ValueError("no solver")

    monkeypatch.setattr(refining, "bound", fail)
    before = places(plan)
    refined = refine_plan(plan.pk)
    assert (refined.state, refined.refinement) == (PlanState.DONE, Refinement.FAILED)
    assert "no solver" in refined.refinement_note
    assert places(plan) == before


def test_a_look_whose_worker_died_is_queued_again_and_given_up_in_the_end(plan, settings):
    OrmQ.objects.all().delete()
    assert tasks.recover() == 0
    ObservationPlan.objects.update(refinement=Refinement.RUNNING, queued_at=timezone.now() - timedelta(minutes=2))
    assert [tasks.recover(), tasks.recover()] == [1, 0]
    assert OrmQ.objects.get().key == "slow"
    ObservationPlan.objects.update(refinement_starts=settings.ICARE_PLAN_MAX_STARTS)
    assert "worker died" in refine_plan(plan.pk).refinement_note


def test_without_the_wish_for_it_nothing_is_refined(grandma):
    event = ingest_alert()
    made = make_plan(request_plan(event, by=None, telescopes=["CFHT"]).pk)
    assert made.refinement == Refinement.NONE
