"""Plans are made anew when facts change: what is sent, under way or done stays, and what changed is told."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from django.utils import timezone
from django_q.models import OrmQ

from tests.factories import ALERTS, make_user
from tom_gcn import tasks
from tom_gcn.actions import (
    cancel_plan,
    keep_plan,
    make_plan,
    read_message,
    receive_message,
    refuse,
    replan,
    report_pointings,
    request_plan,
    withdraw_refusal,
)
from tom_gcn.actions.plans import plan_of_record
from tom_gcn.actions.pointings import InvalidReport
from tom_gcn.actions.replanning import answer_observations, answer_status
from tom_gcn.choices import PlanCause, PlanState, PointingState
from tom_gcn.exceptions import NotAllowed, NothingToPlan
from tom_gcn.models import ObservationPlan, PlannedPointing
from tom_gcn.planning import PlanOptions, PlanWish
from tom_grandma_facilities.actions import set_telescope_status
from tom_grandma_facilities.executed.sky import cells, size_class
from tom_grandma_facilities.models import ExecutedObservation, ObservationUpload
from tom_grandma_facilities.registry import UnknownTelescope

pytestmark = pytest.mark.django_db

FEW = ("TAROT-TCA", "TAROT-TCH", "TAROT-TRE", "FRAM-Auger", "CFHT")
WISH = PlanWish(telescopes=FEW, hours=48)


def ingest(file, **changed):
    body = json.loads((ALERTS / file).read_bytes()) | changed
    message, _ = receive_message(json.dumps(body).encode(), source=file)
    return read_message(message).event


def retraction(event):
    return ingest("S241126dm_RETRACTION_1.json", superevent_id=event.name)


@pytest.fixture
def event(grandma):
    event = ingest("S241102br_INITIAL_1.json")
    event.plans.all().delete()
    OrmQ.objects.all().delete()
    return event


@pytest.fixture
def planned(event):
    """A plan of record with something for two telescopes at least; it begins at a time of its own, not when made."""
    wish = replace(WISH, start=timezone.now() + timedelta(minutes=30))
    plan = make_plan(request_plan(event, by=None, wish=wish).pk)
    assert plan.state == PlanState.DONE
    assert len(busy(plan)) >= 2
    return plan


@pytest.fixture
def commits(django_capture_on_commit_callbacks):
    """Do what is done after a commit."""
    return lambda: django_capture_on_commit_callbacks(execute=True)


def busy(plan):
    return [part.telescope for part in plan.telescope_plans.filter(n_pointings__gte=2).order_by("-n_pointings")]


def rows(plan, telescope=None, **filters):
    found = PlannedPointing.objects.filter(telescope_plan__plan=plan, **filters).select_related("telescope_plan")
    return list((found.filter(telescope_plan__telescope=telescope) if telescope else found).order_by("order"))


def place(row):
    return row.telescope_plan.telescope, round(row.ra_deg, 4), round(row.dec_deg, 4)


def test_the_first_plan_of_the_network_is_of_record(planned):
    assert plan_of_record(planned.event) == planned
    assert planned.of_record_by is None
    assert planned.greedy_probability == planned.covered_probability


def test_what_is_done_is_not_planned_again_and_what_is_under_way_stays(planned):
    one, other = busy(planned)[:2]
    report_pointings(planned, one, [1], "done", by=None)
    report_pointings(planned, other, [1], "started", by=None)
    report_pointings(planned, other, [2], "sent", by=None)
    done, standing = rows(planned, one)[0], rows(planned, other)[:2]
    ingest("S241102br_UPDATE_1.json")
    again = make_plan(planned.event.plans.get(previous=planned).pk)
    assert again.state == PlanState.DONE, again.reason
    assert again.cause == PlanCause.LOCALIZATION
    assert again.is_of_record
    assert plan_of_record(planned.event) != planned
    assert place(done) not in {place(row) for row in rows(again)}
    kept = rows(again, other, kept=True)
    assert [(row.start, place(row), row.state) for row in kept] == [
        (row.start, place(row), row.state) for row in standing
    ]
    assert [row.carried_from for row in kept] == standing
    assert again.executed_probability > 0
    assert again.difference["summary"]
    assert "observed" in again.difference["sentences"][one]
    assert other in again.difference["sentences"]
    assert sum(row.new_probability for row in rows(again)) == pytest.approx(again.covered_probability, abs=1e-6)


def test_without_news_the_plan_stays_as_it_is_and_says_so(planned):
    again = make_plan(replan(planned.event, PlanCause.EXECUTED, "nothing happened").pk)
    assert "Nothing changes" in again.difference["summary"]
    assert {place(row) for row in rows(again)} == {place(row) for row in rows(planned)}


def test_a_report_reaches_the_same_pointing_in_every_plan(planned):
    name = busy(planned)[0]
    report_pointings(planned, name, [1], "sent", by=None)
    again = make_plan(replan(planned.event, PlanCause.EXECUTED, "why not").pk)
    order = rows(again, name, kept=True)[0].order
    report_pointings(again, name, [order], "done", by=None, note="clear")
    assert rows(planned, name)[0].state == PointingState.DONE
    assert rows(planned, name)[0].note == "clear"
    third = make_plan(replan(planned.event, PlanCause.EXECUTED, "again").pk)
    assert place(rows(planned, name)[0]) not in {place(row) for row in rows(third)}


def test_reports_are_written_with_who_and_when_and_once(planned, administrator, commits):
    name = busy(planned)[0]
    with commits() as first:
        report_pointings(planned, name, [1, 2], "sent", by=administrator)
    with commits() as second:
        report_pointings(planned, name, [1, 2], "sent", by=administrator)
    assert len(first) == 1
    assert not second
    row = rows(planned, name)[0]
    assert (row.state, row.reported_by) == (PointingState.SENT, administrator)
    assert row.reported_at
    assert not planned.event.plans.exclude(pk=planned.pk).exists(), "what goes as planned needs no new plan"
    report_pointings(planned, name, None, "done", by=administrator)
    assert {one.state for one in rows(planned, name)} == {PointingState.DONE}


@pytest.mark.parametrize(
    ("telescope", "orders", "state", "word"),
    [
        ("", [1], "gone", "cannot be reported"),
        ("Hubble", [1], "sent", "no telescope Hubble"),
        ("", [1, 999], "sent", "no pointing 999"),
        ("", [1], "cancelled", "cannot be reported"),
    ],
)
def test_reports_that_fit_nothing_are_refused(planned, telescope, orders, state, word):
    with pytest.raises(InvalidReport, match=word):
        report_pointings(planned, telescope or busy(planned)[0], orders, state, by=None)
    assert {row.state for row in rows(planned)} == {PointingState.PLANNED}


def test_what_is_done_is_not_sent_again(planned):
    name = busy(planned)[0]
    report_pointings(planned, name, [1], "done", by=None)
    with pytest.raises(InvalidReport, match="1 is done"):
        report_pointings(planned, name, [1], "sent", by=None)
    report_pointings(planned, name, [1], "planned", by=None)
    assert rows(planned, name)[0].state == PointingState.PLANNED


def test_only_who_may_plan_may_report_refuse_cancel_and_keep(planned, grandma, stranger):
    name = busy(planned)[0]
    for user in (make_user("reader", grandma, role="view"), stranger):
        for act in (
            lambda user=user: report_pointings(planned, name, [1], "done", by=user),
            lambda user=user: refuse(planned.event, name, "weather", by=user),
            lambda user=user: cancel_plan(planned, by=user),
            lambda user=user: keep_plan(planned, by=user),
        ):
            with pytest.raises(NotAllowed):
                act()


def test_a_telescope_that_cannot_is_left_out_with_its_reason_and_others_take_its_sky(planned, commits):
    name = busy(planned)[0]
    with commits():
        refusal = refuse(planned.event, name, "weather", by=None, reason="clouds")
    again = planned.event.plans.get(previous=planned)
    assert again.cause == PlanCause.REFUSAL
    assert name in again.why
    assert {row.state for row in rows(planned, name)} == {PointingState.CANNOT}
    assert "clouds" in rows(planned, name)[0].note
    again = make_plan(again.pk)
    assert not rows(again, name)
    assert "clouds" in again.telescope_plans.get(telescope=name).reason
    assert name in again.difference["sentences"]
    with commits():
        withdraw_refusal(refusal, by=None)
    third = make_plan(planned.event.plans.get(previous=again).pk)
    assert rows(third, name)


def test_a_telescope_that_cannot_until_a_time_is_planned_from_then(planned, commits):
    name = busy(planned)[0]
    until = rows(planned, name)[-1].end + timedelta(minutes=1)
    with commits():
        refuse(planned.event, name, "technical", by=None, until=until)
    again = make_plan(planned.event.plans.get(previous=planned).pk)
    assert all(row.start >= until for row in rows(again, name))
    assert rows(again, name) or again.telescope_plans.get(telescope=name).reason


def test_pointings_that_cannot_be_done_are_given_to_others(planned, commits):
    name = busy(planned)[0]
    with commits():
        report_pointings(planned, name, None, "cannot", by=None, note="dome stuck")
    # The report leads to a refusal until the last of them, and that to a new plan.
    assert planned.event.refusals.get().reason == "dome stuck"
    assert planned.event.plans.filter(previous=planned, state=PlanState.QUEUED).count() == 1


def test_unknown_telescopes_and_times_that_have_passed_are_refused(planned):
    with pytest.raises(UnknownTelescope, match="TAROT-TCA"):
        refuse(planned.event, "TAROT-TCX", by=None)
    with pytest.raises(InvalidReport, match="passed"):
        refuse(planned.event, "CFHT", by=None, until=timezone.now() - timedelta(hours=1))
    with pytest.raises(InvalidReport, match="no reason"):
        refuse(planned.event, "CFHT", "mood", by=None)


def test_weather_closes_a_telescope_and_opening_brings_it_back(planned, administrator):
    name = busy(planned)[0]
    report_pointings(planned, name, [1], "sent", by=None)
    set_telescope_status(name, "closed", by=administrator, reason="storm")
    (again,) = answer_status(name, was_closed=False)
    assert again.cause == PlanCause.STATUS
    assert "storm" in rows(planned, name)[0].note
    again = make_plan(again.pk)
    assert "storm" in again.telescope_plans.get(telescope=name).reason
    set_telescope_status(name, "operational", by=administrator)
    (third,) = answer_status(name, was_closed=True)
    assert rows(make_plan(third.pk), name)


def test_a_state_that_closes_nothing_changes_no_plan(planned, administrator, commits):
    OrmQ.objects.all().delete()
    with commits():
        set_telescope_status(busy(planned)[0], "operational", by=administrator)
    assert not OrmQ.objects.exists()
    assert answer_status(busy(planned)[0], was_closed=False) == []


def executed(plan, telescope, ra_deg, dec_deg, start, **fields):
    upload = ObservationUpload.objects.create(source="test")
    upload.groups.set(plan.event.groups.all())
    values = {"observation_id": f"x{ExecutedObservation.objects.count()}", "exposure_s": 60, "filter": "r",
              "shape": "square", "width_deg": 4.2, "height_deg": 4.2, "upload": upload} | fields  # fmt: skip
    values |= {"hpx29": cells(ra_deg, dec_deg), "size_class": size_class("square", values["width_deg"], 0.0)}
    return ExecutedObservation.objects.create(
        telescope=telescope, ra_deg=ra_deg, dec_deg=dec_deg, start=start, **values
    )


def test_what_was_observed_outside_the_plan_is_left_out_of_the_next(planned):
    best = max(rows(planned), key=lambda row: row.probability)
    now = timezone.now()
    executed(planned, "FZU-Auger", best.ra_deg, best.dec_deg, now - timedelta(minutes=5), width_deg=5, height_deg=5)
    (again,) = answer_observations(["FZU-Auger"], now - timedelta(hours=1), now)
    assert again.cause == PlanCause.EXECUTED
    again = make_plan(again.pk)
    assert again.executed_probability > 0.02
    assert again.covered_probability + again.executed_probability <= 1


def test_what_was_observed_as_planned_is_done_and_needs_no_new_plan(planned):
    name = busy(planned)[0]
    row = rows(planned, name)[0]
    executed(planned, name, row.ra_deg, row.dec_deg, row.start)
    assert answer_observations([name], row.start - timedelta(hours=1), row.start + timedelta(hours=1)) == []


def test_observations_of_a_pointing_mark_it_done(planned):
    name = busy(planned)[0]
    row = rows(planned, name)[0]
    start = timezone.now() - timedelta(minutes=3)
    PlannedPointing.objects.filter(pk=row.pk).update(start=start, end=start + timedelta(minutes=2))
    seen = executed(planned, name, row.ra_deg, row.dec_deg, start)
    assert answer_observations([name], start, timezone.now()) == []
    row.refresh_from_db()
    assert row.state == PointingState.DONE
    assert seen.observation_id in row.note


def test_observations_of_another_group_are_not_used(planned):
    best = max(rows(planned), key=lambda row: row.probability)
    seen = executed(planned, "FZU-Auger", best.ra_deg, best.dec_deg, timezone.now() - timedelta(minutes=5))
    seen.upload.groups.clear()
    assert answer_observations(["FZU-Auger"], timezone.now() - timedelta(hours=1), timezone.now()) == []


def test_many_reasons_lead_to_one_waiting_plan(planned):
    first = replan(planned.event, PlanCause.STATUS, "CFHT is closed")
    second = replan(planned.event, PlanCause.REFUSAL, "TAROT-TCA cannot observe")
    assert first == second
    assert second.why == "CFHT is closed; TAROT-TCA cannot observe"
    assert planned.event.plans.count() == 2


def test_a_retraction_cancels_everything_open_and_says_so_on_each_pointing(planned):
    name = busy(planned)[0]
    report_pointings(planned, name, [1], "done", by=None)
    report_pointings(planned, name, [2], "sent", by=None)
    waiting = replan(planned.event, PlanCause.STATUS, "weather")
    event = retraction(planned.event)
    assert event.is_retracted
    waiting.refresh_from_db()
    assert (waiting.state, waiting.reason_code) == (PlanState.CANCELLED, "retracted")
    states = {row.state for row in rows(planned) if place(row) != place(rows(planned, name)[0])}
    assert states == {PointingState.CANCELLED}
    assert rows(planned, name)[0].state == PointingState.DONE
    assert "retracted" in rows(planned, name)[1].note
    assert replan(event, PlanCause.STATUS, "weather") is None
    with pytest.raises(NothingToPlan):
        keep_plan(planned, by=make_user("boss", superuser=True))


def test_a_waiting_plan_is_cancelled_at_once(event, administrator):
    plan = request_plan(event, by=None, wish=WISH)
    cancel_plan(plan, by=administrator)
    made = make_plan(plan.pk)
    assert made.state == PlanState.CANCELLED
    assert "administrator" in made.reason
    assert not rows(made)


def test_a_plan_at_work_is_stopped(event, administrator, monkeypatch):
    plan = request_plan(event, by=None, wish=WISH)
    from tom_gcn.actions import making

    monkeypatch.setattr(making, "CANCEL_LOOK_EVERY_S", 0.0)
    begin = making._begin

    def begin_and_cancel(row):
        begin(row)
        ObservationPlan.objects.filter(pk=row.pk).update(
            cancel_requested_at=timezone.now(), cancel_requested_by=administrator
        )

    monkeypatch.setattr(making, "_begin", begin_and_cancel)
    made = make_plan(plan.pk)
    assert made.state == PlanState.CANCELLED
    assert not rows(made)
    assert plan_of_record(event) is None


def test_a_finished_plan_cannot_be_cancelled_any_more(planned, administrator):
    assert cancel_plan(planned, by=administrator).state == PlanState.DONE
    assert rows(planned)


def test_a_kept_plan_stays_and_is_still_kept_when_it_is_made_anew(planned, administrator):
    keep_plan(planned, by=administrator)
    make_plan(request_plan(planned.event, by=None, hours=12).pk)
    record = plan_of_record(planned.event)
    assert (record, record.of_record_by) == (planned, administrator)
    again = make_plan(replan(planned.event, PlanCause.STATUS, "weather").pk)
    assert plan_of_record(planned.event) == again
    assert again.of_record_by == administrator


def test_a_trial_that_reaches_less_does_not_take_over_by_itself(planned, administrator):
    wish = PlanWish(telescopes=FEW, hours=planned.hours, options=PlanOptions(max_pointings=1))
    trial = make_plan(request_plan(planned.event, by=None, wish=wish).pk)
    assert 0 < trial.covered_probability < planned.covered_probability - 0.02
    assert plan_of_record(planned.event) == planned
    keep_plan(trial, by=administrator)
    assert plan_of_record(planned.event) == trial


def test_another_plan_can_be_kept_and_only_one_is(planned, administrator):
    other = make_plan(request_plan(planned.event, by=None, wish=PlanWish(telescopes=FEW[:2], hours=12)).pk)
    keep_plan(other, by=administrator)
    assert list(planned.event.plans.filter(is_of_record=True)) == [other]


def test_a_plan_of_the_network_takes_over_from_one_of_some_telescopes_not_the_other_way(planned):
    network = make_plan(request_plan(planned.event, by=None).pk)
    assert plan_of_record(planned.event) == network
    make_plan(request_plan(planned.event, by=None, wish=WISH).pk)
    assert plan_of_record(planned.event) == network


def test_a_plan_asked_for_by_hand_also_keeps_off_what_is_done_or_sent(planned):
    name = busy(planned)[0]
    report_pointings(planned, name, [1], "done", by=None)
    report_pointings(planned, name, [2], "sent", by=None)
    again = make_plan(request_plan(planned.event, by=None, wish=PlanWish(telescopes=FEW, hours=24)).pk)
    done, sent = rows(planned, name)[:2]
    assert place(done) not in {place(row) for row in rows(again)}
    assert [place(row) for row in rows(again, name, kept=True)] == [place(sent)]


def test_two_events_do_not_disturb_each_other(planned):
    other = ingest("S230518h_UPDATE_1.json")
    for plan in other.plans.all():
        make_plan(plan.pk)
    retraction(planned.event)
    assert {row.state for row in rows(plan_of_record(other))} == {PointingState.PLANNED}
    assert not other.plans.filter(state=PlanState.CANCELLED).exists()


def test_reports_and_states_put_work_on_the_queue_only_with_their_rows(planned, administrator, commits):
    OrmQ.objects.all().delete()
    with commits():
        set_telescope_status("CFHT", "closed", by=administrator, reason="snow")
    (queued,) = OrmQ.objects.all()
    assert queued.task["func"] == "tom_gcn.tasks.run_status"
    assert tasks.run_status(*queued.task["args"]) in {0, 1}


def test_a_report_that_comes_while_a_plan_is_made_is_respected_by_it(planned, monkeypatch):
    from tom_gcn.actions import making

    name, compute, told = busy(planned)[0], making._compute, []

    def compute_and_hear(plan):
        answer = compute(plan)
        if not told:
            told.append(report_pointings(planned, name, [1], "sent", by=None))
        return answer

    monkeypatch.setattr(making, "_compute", compute_and_hear)
    again = make_plan(replan(planned.event, PlanCause.STATUS, "weather").pk)
    assert again.state == PlanState.DONE
    assert place(rows(planned, name)[0]) in {place(row) for row in rows(again, name, kept=True)}
