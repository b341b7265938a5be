"""Plan an event again: ``manage.py plan EVENT``."""

import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from tom_gcn.actions import make_plan, request_plan
from tom_gcn.choices import PlanState
from tom_gcn.exceptions import GcnError
from tom_gcn.models import Event, ObservationPlan
from tom_gcn.planning.wish import WishError


class Command(BaseCommand):
    """Make a new plan of an event's current localization and report it in words and numbers."""

    help = "Plan an event again with the whole network, or with the telescopes named."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the arguments."""
        parser.add_argument("event", help="name of the event, e.g. S241102br")
        parser.add_argument("--telescopes", default="", help="names, comma separated; default: the whole network")
        parser.add_argument("--hours", type=float, default=None, help="length of the window, h (default 24)")

    def handle(self, *args: Any, **options: Any) -> None:
        """Plan here and now, then report."""
        event = Event.objects.filter(name=options["event"]).first()
        if event is None:
            raise CommandError(f"There is no event {options['event']}.{_nearest(options['event'])}")
        hours = options["hours"]
        if hours is not None and not 0 < hours <= 240:
            raise CommandError("--hours must be above 0 and at most 240.")
        names = [name.strip() for name in options["telescopes"].split(",") if name.strip()]
        try:
            plan = make_plan(request_plan(event, by=None, why="command line", telescopes=names, hours=hours).pk)
        except (GcnError, WishError) as error:
            raise CommandError(str(error)) from error
        if plan.state == PlanState.FAILED:
            raise CommandError(plan.reason)
        if plan.state != PlanState.DONE:
            plan = _await(plan)
        self._report(plan)

    def _report(self, plan: ObservationPlan) -> None:
        self.stdout.write(
            f"{plan.event.name}, plan {plan.version}: {100 * (plan.covered_probability or 0):.1f} % of the probability,"
            f" {plan.area_deg2:.1f} deg2, {plan.n_pointings} pointings, planned in {plan.seconds:.1f} s."
        )
        for part in plan.telescope_plans.all():
            if part.reason:
                self.stdout.write(f"  {part.telescope:<20s} -  {part.reason}")
            else:
                self.stdout.write(
                    f"  {part.telescope:<20s} {part.n_pointings:3d} pointings from {part.first_start:%m-%d %H:%M} UTC, "
                    f"{100 * part.probability:5.1f} %, adds {100 * part.new_probability:5.1f} %"
                )


def _await(plan: ObservationPlan) -> ObservationPlan:
    """A background worker took the plan first: wait for it."""
    while plan.is_unfinished:
        time.sleep(0.5)
        plan.refresh_from_db()
    if plan.state == PlanState.FAILED:
        raise CommandError(plan.reason)
    return plan


def _nearest(name: str) -> str:
    near = Event.objects.filter(name__istartswith=name[:4]).values_list("name", flat=True)[:5]
    return f" Did you mean {', '.join(near)}?" if near else " See them all with the event list."
