"""While an alert is being planned a process of the workers is killed: the plan is finished, once, within a minute."""

from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from django.core.management import call_command
from django_q.models import OrmQ

from icare_tom.workers.models import TaskClaim
from tests.waiting import wait_until
from tests.workers_at_work.running import Workers, wait_for
from tom_gcn.actions import request_plan
from tom_gcn.choices import PlanState
from tom_gcn.models import Event, ObservationPlan, PlannedPointing, PlanPreset

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(600), pytest.mark.alone]


@pytest.fixture
def workers(tmp_path: Path) -> Iterator[Workers]:
    running = Workers(tmp_path / "worker.log")
    yield running
    running.stop()


def under_way(plan: ObservationPlan) -> bool:
    plan.refresh_from_db()
    return plan.state == PlanState.RUNNING


def ended(plan: ObservationPlan) -> bool:
    plan.refresh_from_db()
    return not plan.is_unfinished


def planning_process() -> psutil.Process:
    return psutil.Process(TaskClaim.objects.get(started_at__isnull=False, finished_at=None).worker_pid)


def wait_until_under_way(plan: ObservationPlan) -> None:
    wait_until(lambda: under_way(plan), "nobody begins the plan", within_s=60, every_s=0.02)


def pointings_of(plan: ObservationPlan) -> list[tuple[str, int]]:
    rows = PlannedPointing.objects.filter(telescope_plan__plan=plan)
    return list(rows.values_list("telescope_plan__telescope", "order"))


def test_whatever_is_killed_the_plan_is_finished_once(workers: Workers) -> None:
    call_command("load_network", verbosity=0)
    # Nobody serves the slow queue here, where better plans are looked for.
    PlanPreset.objects.update(wish={})
    call_command("ingest", drill=True)
    event = Event.objects.get()
    first = ObservationPlan.objects.get()
    wait_for(lambda: ended(first), "the first plan is not made")
    assert first.state == PlanState.DONE
    for victim in ("planning worker", "pusher", "monitor", "sentinel", "main", "watchdog"):
        plan = request_plan(event, by=None, why=f"the {victim} is killed")
        wait_until_under_way(plan)
        process = planning_process() if victim == "planning worker" else workers.process(victim)
        process.kill()
        wait_for(lambda plan=plan: ended(plan), f"the plan is not finished after the {victim} was killed")
        assert plan.state == PlanState.DONE, plan.reason
        pointings = pointings_of(plan)
        assert len(pointings) == plan.n_pointings == first.n_pointings > 0
        assert len(set(pointings)) == len(pointings)
    assert event.plans.count() == 7
    wait_for(lambda: not OrmQ.objects.exists(), "something is left on the queue")
    assert all(plan.finished_at for plan in event.plans.all())
