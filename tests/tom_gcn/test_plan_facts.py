"""Facts that come at a bad moment: while a plan is made, made better, or waits; and those told again and again."""

# ruff: noqa: F811  (the fixtures are those of the tests of planning again)

from dataclasses import replace
from datetime import timedelta

import pytest
from django.utils import timezone
from django_q.models import Schedule

from tests.tom_gcn.test_replanning import (  # noqa: F401  fixtures
    FEW,
    WISH,
    busy,
    commits,
    event,
    executed,
    ingest,
    place,
    planned,
    rows,
)
from tom_gcn import tasks
from tom_gcn.actions import make_plan, making, refine_plan, refining, refuse, replan, report_pointings, request_plan
from tom_gcn.actions.plans import plan_of_record
from tom_gcn.actions.replanning import answer_observations, answer_status
from tom_gcn.choices import PlanCause, PlanState, PointingState, Refinement
from tom_gcn.models import ObservationPlan, PlannedPointing
from tom_gcn.planning import PlanWish
from tom_gcn.planning.result import Bound
from tom_grandma_facilities.actions import set_telescope_status
from tom_grandma_facilities.executed.sky import cells
from tom_grandma_facilities.models import ExecutedObservation

pytestmark = pytest.mark.django_db


@pytest.fixture
def meanwhile(monkeypatch):
    """Do something once, after a plan was computed and before it is written."""

    def arrange(deed):
        compute, did = making._compute, []

        def compute_and_do(plan):
            answer = compute(plan)
            if not did:
                did.append(plan)
                deed(plan, answer[1])
            return answer

        monkeypatch.setattr(making, "_compute", compute_and_do)

    return arrange


def observe(plan, ra_deg, dec_deg, start, **fields):
    """An observation that nobody planned, where it is."""
    row = executed(plan, "FZU-Auger", ra_deg, dec_deg, start, **fields)
    ExecutedObservation.objects.filter(pk=row.pk).update(hpx29=int(cells([row.ra_deg], [row.dec_deg])[0]))
    return row


def queued(event):
    return event.plans.filter(state=PlanState.QUEUED)


@pytest.mark.parametrize(("before", "after"), [("sent", "cannot"), ("done", "planned")])
def test_what_is_taken_back_while_a_plan_is_made_is_not_kept_in_it(planned, meanwhile, before, after):
    name = busy(planned)[0]
    report_pointings(planned, name, [1], before, by=None)
    meanwhile(lambda plan, result: report_pointings(planned, name, [1], after, by=None))
    again = make_plan(replan(planned.event, PlanCause.STATUS, "weather").pk)
    first = rows(planned, name)[0]
    assert first.state == after
    assert not PlannedPointing.objects.filter(telescope_plan__plan=again, carried_from=first).exists()
    assert not rows(again, state__in=[PointingState.SENT, PointingState.DONE])
    assert not again.executed_probability


def test_an_older_plan_takes_no_record_from_a_newer_one_nor_plans_what_was_refused(planned, meanwhile, commits):
    name = busy(planned)[0]
    older = request_plan(planned.event, by=None, wish=replace(WISH, hours=47))

    def refuse_and_plan(plan, result):
        with commits():
            refuse(planned.event, name, "other", by=None, reason="mirror broken")
        assert make_plan(queued(planned.event).get().pk).is_of_record

    meanwhile(refuse_and_plan)
    made = make_plan(older.pk)
    assert not made.is_of_record
    assert plan_of_record(planned.event).version > made.version
    assert not rows(made, name)


@pytest.mark.parametrize("how", ["refused", "closed"])
def test_a_telescope_lost_while_the_first_plan_is_made_is_not_in_it(event, administrator, meanwhile, how):
    lost = []

    def lose(plan, result):
        lost.append(next(part.name for part in result.telescopes if part.n_pointings))
        if how == "refused":
            refuse(event, lost[0], by=None, reason="mirror broken")
        else:
            set_telescope_status(lost[0], "closed", by=administrator, reason="mirror broken")

    meanwhile(lose)
    made = make_plan(request_plan(event, by=None, wish=WISH).pk)
    assert made.is_of_record
    assert not rows(made, lost[0])
    assert "mirror broken" in made.telescope_plans.get(telescope=lost[0]).reason


def test_what_is_observed_while_the_first_plan_is_made_is_answered(event, meanwhile):
    def see(plan, result):
        best = max(result.pointings, key=lambda one: one.probability)
        observe(plan, best.ra_deg, best.dec_deg, timezone.now() - timedelta(minutes=5), width_deg=5, height_deg=5)
        assert not answer_observations(["FZU-Auger"], timezone.now() - timedelta(hours=1), timezone.now())

    meanwhile(see)
    made = make_plan(request_plan(event, by=None, wish=WISH).pk)
    assert queued(event).get().previous == made
    assert queued(event).get().cause == PlanCause.EXECUTED


def test_a_better_plan_gives_no_work_to_a_telescope_refused_meanwhile(event, monkeypatch):
    wish = replace(WISH, options=replace(WISH.options, refine_s=4.0))
    plan = make_plan(request_plan(event, by=None, wish=wish).pk)
    idle = plan.telescope_plans.filter(n_pointings=0).first()
    name = idle.telescope if idle else FEW[0]
    PlannedPointing.objects.filter(telescope_plan__plan=plan, telescope_plan__telescope=name).delete()

    def find(problem, first, seconds, progress):
        refuse(event, name, by=None, reason="broken")
        one = replace(first.pointings[0], telescope=name)
        return replace(first, pointings=(one, *first.pointings[1:]))

    limit = Bound(value=0.9, gap=0.5, seconds=1.0, how="test", exact_windows=True)
    monkeypatch.setattr(refining, "bound", lambda *_: limit)
    monkeypatch.setattr(refining, "refine", find)
    refined = refine_plan(plan.pk)
    assert refined.refinement == Refinement.SAME
    assert "closed or opened" in refined.refinement_note
    assert not rows(refined, name)


def test_many_small_uploads_add_up_to_one_new_plan(planned):
    best = max(rows(planned), key=lambda row: row.probability)
    start, made = timezone.now() - timedelta(minutes=50), []
    for number in range(25):
        at = start + timedelta(minutes=number)
        across, up = divmod(number, 5)
        ra_deg, dec_deg = best.ra_deg + 0.45 * (across - 2), best.dec_deg + 0.3 * (up - 2)
        observe(planned, ra_deg, dec_deg, at, width_deg=0.3, height_deg=0.3)
        made += answer_observations(["FZU-Auger"], at, at)
    assert 0 < len(made) < 25, "no single one is worth a plan"
    assert {plan.pk for plan in made} == {queued(planned.event).get().pk}


def test_an_observation_told_again_or_corrected_is_weighed_once(planned):
    best = max(rows(planned), key=lambda row: row.probability)
    now = timezone.now()
    seen = observe(planned, best.ra_deg, best.dec_deg, now - timedelta(minutes=5), width_deg=5, height_deg=5)
    (again,) = answer_observations(["FZU-Auger"], now - timedelta(hours=1), now)
    make_plan(again.pk)
    told = {"RA": seen.ra_deg, "Dec": seen.dec_deg, "processed_fraction": 0.5}
    rows_told = ExecutedObservation.objects.filter(pk=seen.pk)
    rows_told.update(raw=told, earlier=[told | {"processed_fraction": 1}], changed_at=timezone.now())
    assert answer_observations(["FZU-Auger"], now - timedelta(hours=1), now) == []
    rows_told.update(raw=told | {"RA": seen.ra_deg + 0.1}, earlier=[told], changed_at=timezone.now())
    assert answer_observations(["FZU-Auger"], now - timedelta(hours=1), now)


def test_done_taken_back_gives_the_sky_back(planned, commits):
    name = busy(planned)[0]
    report_pointings(planned, name, [1, 2], "done", by=None)
    again = make_plan(replan(planned.event, PlanCause.STATUS, "weather").pk)
    with commits():
        report_pointings(planned, name, [1], "planned", by=None)
    third = queued(planned.event).get()
    assert "after all" in third.why
    third = make_plan(third.pk)
    assert third.executed_probability < again.executed_probability


def test_done_taken_back_in_the_plan_of_record_needs_no_new_plan(planned, commits):
    name = busy(planned)[0]
    report_pointings(planned, name, [1], "done", by=None)
    with commits():
        report_pointings(planned, name, [1], "planned", by=None)
    assert not queued(planned.event).exists()


def test_planning_again_follows_what_the_network_goes_by_when_it_begins(planned, administrator):
    changed = replace(WISH, start=timezone.now() + timedelta(minutes=30), settings={"TAROT-TCA": {"exposure_s": 300.0}})
    asked = request_plan(planned.event, by=administrator, wish=changed)
    again = replan(planned.event, PlanCause.REFUSAL, "CFHT cannot observe")
    assert make_plan(asked.pk).is_of_record
    again = make_plan(again.pk)
    assert again.previous == asked
    assert again.is_of_record
    assert again.wish["settings"] == {"TAROT-TCA": {"exposure_s": 300.0}}


def test_a_record_with_a_telescope_that_is_gone_does_not_stop_the_others(planned, administrator):
    other = ingest("S230518h_UPDATE_1.json")
    other.plans.all().delete()
    mine = make_plan(request_plan(other, by=None, wish=WISH).pk)
    names = [name for name in busy(planned) if name in busy(mine)] or busy(mine)
    gone = {**planned.wish, "telescopes": ["GONE-1", *planned.wish["telescopes"]]}
    ObservationPlan.objects.filter(pk=planned.pk).update(wish=gone)
    set_telescope_status(names[0], "closed", by=administrator, reason="snow")
    assert [plan.event for plan in answer_status(names[0], was_closed=False)] == [other]
    assert {row.state for row in rows(planned, names[0])} <= {PointingState.CANNOT}
    best = max(rows(planned), key=lambda row: row.probability)
    observe(planned, best.ra_deg, best.dec_deg, timezone.now() - timedelta(minutes=5), width_deg=5, height_deg=5)
    assert answer_observations(["FZU-Auger"], timezone.now() - timedelta(hours=1), timezone.now()) == []


def test_the_same_wish_with_a_start_is_the_same_plan_while_it_is_unfinished(planned, administrator):
    wish = PlanWish(telescopes=FEW, start=timezone.now() + timedelta(hours=1))
    one = request_plan(planned.event, by=administrator, wish=wish)
    ObservationPlan.objects.filter(pk=one.pk).update(state=PlanState.RUNNING)
    assert request_plan(planned.event, by=administrator, wish=wish) == one
    ObservationPlan.objects.filter(pk=one.pk).update(state=PlanState.DONE)
    assert request_plan(planned.event, by=administrator, wish=wish) != one


def test_a_telescope_that_opens_and_closes_makes_no_plan_after_the_other(planned, administrator, settings):
    name = busy(planned)[0]
    set_telescope_status(name, "closed", by=administrator, reason="clouds")
    assert tasks.run_status(name, False) == 1
    make_plan(queued(planned.event).get().pk)
    for _ in range(3):
        set_telescope_status(name, "operational", by=administrator)
        assert tasks.run_status(name, True) == 0
        set_telescope_status(name, "closed", by=administrator, reason="clouds")
        assert tasks.run_status(name, False) == 0
    assert Schedule.objects.filter(func="tom_gcn.tasks.run_status").count() == 1
    set_telescope_status(name, "operational", by=administrator)
    settings.ICARE_PLAN_SETTLED_S = 0.0
    assert tasks.run_status(name, True) == 1


def again_with(file, hour):
    """Another notice of the event with the map of a file."""
    return ingest(file, superevent_id="S241102br", time_created=f"2024-11-03T0{hour}:00:00Z", alert_type="UPDATE")


def make_all(event):
    for plan in queued(event).order_by("version"):
        make_plan(plan.pk)


def test_a_failed_plan_does_not_block_its_map(grandma):
    event = ingest("S241102br_INITIAL_1.json")
    event.plans.update(state=PlanState.FAILED)
    again_with("S241102br_INITIAL_1.json", 1)
    assert queued(event).get().version == 2


def test_a_plan_of_some_telescopes_or_another_engine_does_not_stand_for_the_network(grandma, administrator):
    event = ingest("S241102br_INITIAL_1.json")
    event.plans.all().delete()
    request_plan(event, by=administrator, wish=PlanWish(telescopes=("CFHT",), engine="gwemopt"))
    again_with("S241102br_INITIAL_1.json", 1)
    plan = event.plans.latest("version")
    assert (plan.engine, plan.telescopes, plan.cause) == ("network", [], PlanCause.NOTICE)


def test_a_map_that_comes_back_is_planned_again(grandma):
    event = ingest("S241102br_INITIAL_1.json")
    make_all(event)
    again_with("S241102br_UPDATE_1.json", 1)
    make_all(event)
    other = plan_of_record(event)
    again_with("S241102br_INITIAL_1.json", 2)
    make_all(event)
    record = plan_of_record(event)
    assert record.previous == other
    assert record.localization.skymap_id == event.localizations.get(is_current=True).skymap_id
