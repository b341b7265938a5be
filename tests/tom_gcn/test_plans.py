"""Plans are asked for, made once, and brought back when a worker died over them."""

import csv
import io
from datetime import timedelta

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone
from django_q.models import OrmQ

from tests.waiting import wait_until
from tom_gcn import tasks
from tom_gcn.actions import make_plan, request_plan
from tom_gcn.actions.replanning import stop_plans
from tom_gcn.choices import PlanState
from tom_gcn.exceptions import NotAllowed, NothingToPlan
from tom_gcn.exporters import plan_csv, plan_json, plan_text
from tom_gcn.models import Event, ObservationPlan, PlannedPointing
from tom_grandma_facilities.actions import set_telescope_status

pytestmark = pytest.mark.django_db

FEW = ["TAROT-TCA", "FRAM-Auger", "CFHT"]


@pytest.fixture
def event():
    call_command("ingest", drill=True, stdout=io.StringIO())
    ObservationPlan.objects.all().delete()
    OrmQ.objects.all().delete()
    return Event.objects.get()


@pytest.fixture
def member():
    user = User.objects.create_user("member")
    user.groups.add(Group.objects.get_or_create(name="GRANDMA")[0])
    user.user_permissions.add(Permission.objects.get(codename="request_plan"))
    return User.objects.get(pk=user.pk)


def plan_of(event, **kwargs):
    return request_plan(event, by=None, telescopes=kwargs.pop("telescopes", FEW), **kwargs)


def test_a_plan_is_queued_with_its_row(event):
    plan = plan_of(event)
    assert plan.state == PlanState.QUEUED
    assert OrmQ.objects.count() == 1


def test_a_plan_has_every_telescope_and_adds_up(event):
    plan = make_plan(plan_of(event).pk)
    assert plan.state == PlanState.DONE
    parts = list(plan.telescope_plans.all())
    assert sorted(part.telescope for part in parts) == sorted(FEW)
    assert all(bool(part.reason) == (part.n_pointings == 0) for part in parts)
    pointings = PlannedPointing.objects.filter(telescope_plan__plan=plan)
    assert plan.n_pointings == pointings.count() > 0
    assert sum(p.new_probability for p in pointings) == pytest.approx(plan.covered_probability, abs=1e-6)
    assert plan.curve[-1][1] == pytest.approx(plan.covered_probability, abs=1e-6)
    assert all(plan.window_start <= p.start < p.end for p in pointings)
    assert all(p.start > plan.finished_at for p in pointings), "nobody can observe before the plan is there"


def test_a_plan_is_made_once_however_often_it_is_called(event):
    plan = plan_of(event)
    make_plan(plan.pk)
    first = list(PlannedPointing.objects.values_list("pk", flat=True))
    make_plan(plan.pk)
    assert list(PlannedPointing.objects.values_list("pk", flat=True)) == first


def test_the_whole_network_is_planned_by_default_and_everyone_has_a_sentence(event):
    plan = make_plan(request_plan(event, by=None).pk)
    parts = list(plan.telescope_plans.all())
    assert len(parts) > 30
    assert all(part.n_pointings or part.reason.strip() for part in parts)


def test_a_chosen_start_is_kept(event):
    start = timezone.now() + timedelta(hours=3)
    plan = make_plan(plan_of(event, start=start).pk)
    assert plan.window_start == start


def test_telescopes_that_cannot_be_planned_are_refused_with_their_sentence(event):
    with pytest.raises(NothingToPlan, match=r"Euler: Its site is not known"):
        plan_of(event, telescopes=["Euler"])
    plan = make_plan(plan_of(event, telescopes=["Euler", "CFHT"]).pk)
    assert plan.telescope_plans.get(telescope="Euler").reason


def test_the_plan_of_the_network_goes_before_one_of_chosen_telescopes(event):
    network = make_plan(request_plan(event, by=None).pk)
    make_plan(plan_of(event, telescopes=["CFHT"]).pk)
    assert Event.objects.with_summary().get().latest_plans == [network]


def test_versions_count_up_and_old_ones_stay(event):
    assert [plan_of(event, hours=hours).version for hours in (6, 12, 24)] == [1, 2, 3]


def test_the_same_wish_again_is_the_same_plan_while_it_waits(event):
    first = plan_of(event)
    assert plan_of(event) == first
    make_plan(first.pk)
    assert plan_of(event) != first


def test_a_retraction_stops_what_is_being_planned(event):
    waiting, begun = plan_of(event, hours=6), plan_of(event, hours=12)
    ObservationPlan.objects.filter(pk=begun.pk).update(state=PlanState.RUNNING, starts=1)
    assert stop_plans(event) == 2
    assert make_plan(waiting.pk).reason_code == "retracted"
    assert not PlannedPointing.objects.exists()


def test_a_telescope_is_closed_for_the_nights_it_is_closed(event):
    boss = User.objects.create_superuser("boss")
    until = timezone.now() + timedelta(days=2)
    set_telescope_status("CFHT", "closed", by=boss, until=until, reason="dome")
    with pytest.raises(NothingToPlan, match="closed"):
        plan_of(event, telescopes=["CFHT"])
    assert plan_of(event, telescopes=["CFHT"], start=until + timedelta(days=1)).state == PlanState.QUEUED


def test_plans_that_only_wait_their_turn_are_left_alone(event):
    plan_of(event)
    ObservationPlan.objects.update(queued_at=timezone.now() - timedelta(minutes=5))
    before = OrmQ.objects.count()
    assert tasks.recover() == 0
    assert OrmQ.objects.count() == before


def test_only_who_holds_the_right_may_ask(event, member):
    assert request_plan(event, by=member, telescopes=FEW).requested_by == member
    member.user_permissions.clear()
    with pytest.raises(NotAllowed):
        request_plan(event, by=User.objects.get(pk=member.pk), telescopes=FEW)


def test_the_right_is_worth_nothing_for_an_event_one_does_not_see(event, member):
    event.groups.clear()
    with pytest.raises(NotAllowed):
        request_plan(event, by=member, telescopes=FEW)


def test_nothing_is_planned_for_a_retracted_event(event):
    Event.objects.update(state="retracted")
    with pytest.raises(NothingToPlan, match="retracted"):
        plan_of(event)


@pytest.mark.django_db(transaction=True)
def test_a_plan_whose_worker_died_goes_back_on_the_queue(event):
    plan = plan_of(event)
    ObservationPlan.objects.update(state=PlanState.RUNNING, starts=1)
    OrmQ.objects.all().delete()
    tasks.recover()
    plan.refresh_from_db()
    assert plan.state == PlanState.QUEUED
    assert OrmQ.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_plan_someone_works_on_is_left_alone(event):
    import psycopg2

    plan = plan_of(event)
    ObservationPlan.objects.update(state=PlanState.RUNNING, starts=1)
    other = psycopg2.connect(
        **{
            k: v
            for k, v in connection.get_connection_params().items()
            if k in ("dbname", "user", "password", "host", "port")
        }
    )
    other.cursor().execute("SELECT pg_advisory_lock(7102, %s)", [plan.pk])
    assert tasks.recover() == 0
    other.close()
    wait_until(lambda: tasks.recover() == 1, "what nobody holds is not found")


def test_a_queued_plan_that_was_forgotten_is_queued_again_but_not_twice(event):
    plan_of(event)
    OrmQ.objects.all().delete()
    assert tasks.recover() == 0
    ObservationPlan.objects.update(queued_at=timezone.now() - timedelta(minutes=1))
    assert [tasks.recover(), tasks.recover()] == [1, 0]


def test_a_plan_that_kills_its_worker_is_given_up(event, settings):
    plan = plan_of(event)
    ObservationPlan.objects.update(starts=settings.ICARE_PLAN_MAX_STARTS)
    assert make_plan(plan.pk).reason_code == "gave-up"


def test_exports_agree_with_the_rows(event):
    plan = make_plan(plan_of(event).pk)
    lines = list(plan_csv(plan))
    assert len(lines) == plan.n_pointings + 1
    document = plan_json(plan)
    assert len(document["pointings"]) == plan.n_pointings
    assert document["covered_probability"] == plan.covered_probability
    assert {row["drill_of"] for row in csv.DictReader(lines)} == {event.drill_of}
    assert all(
        moment.endswith("Z") for part in document["telescopes"] for night in part["nights_utc"] for moment in night
    )
    text = "".join(plan_text(plan))
    assert "DRILL" in text
    assert sum(1 for line in text.splitlines() if line and not line.startswith("#")) == plan.n_pointings


def test_the_command_reports_in_words_and_numbers(event):
    out = io.StringIO()
    call_command("plan", event.name, telescopes=",".join(FEW), stdout=out)
    assert "of the probability" in out.getvalue()
    for name in FEW:
        assert name in out.getvalue()


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["S000000x"], "no event"),
        (["{event}", "--telescopes", "TAROT-TCX"], "TAROT-TCA"),
        (["{event}", "--hours", "0"], "hours"),
    ],
)
def test_the_command_says_what_is_wrong(event, arguments, word):
    with pytest.raises(CommandError, match=word):
        call_command("plan", *[a.format(event=event.name) for a in arguments])


@pytest.mark.django_db(transaction=True)
def test_two_plans_of_one_event_at_once_do_not_disturb_each_other(event):
    from concurrent.futures import ThreadPoolExecutor

    from django.db import connections

    def make(pk):
        try:
            return make_plan(pk)
        finally:
            connections.close_all()

    alone = make_plan(plan_of(event, start=event.t0 + timedelta(hours=1)).pk)
    asked = [plan_of(event, start=event.t0 + timedelta(hours=1), hours=hours) for hours in (24, 12)]
    with ThreadPoolExecutor(2) as pool:
        made = list(pool.map(make, [plan.pk for plan in asked]))
    assert [plan.state for plan in made] == [PlanState.DONE, PlanState.DONE]
    assert made[0].covered_probability == alone.covered_probability
    assert made[0].n_pointings == alone.n_pointings
    assert event.plans.filter(is_of_record=True).count() == 1
