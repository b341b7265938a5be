"""Plan an event, or a sky map in a file: ``manage.py plan EVENT``, ``manage.py plan --fits FILE --json OUT``."""

import json
import os
import tempfile
import time
from argparse import ArgumentParser
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from tom_gcn.choices import PlanState, Refinement
from tom_gcn.exceptions import GcnError
from tom_gcn.models import Event, ObservationPlan
from tom_gcn.plan_wishes import told, wish_of_words
from tom_gcn.planning.isolated import EngineFailed
from tom_gcn.planning.wish import PlanWish, WishError
from tom_gcn.site_wishes import site_wish
from tom_gcn.skymaps import SkyMapError
from tom_gcn.wording import fine_probability, in_a_sentence

BOUND_S = 60.0


class Command(BaseCommand):
    """Make a plan here and now, and report it in words and numbers or as JSON."""

    help = (
        "Plan an event again, or without any database the sky map of a FITS file. Everything that is wrong is one line "
        "on standard error, and no file is written then. The JSON is described in docs/using/plan-json.md."
    )
    # They would load every page; what this command needs is checked by what it does.
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the arguments; numbers and times are read by us, so that what is wrong is told in one line."""
        add = parser.add_argument
        add("event", nargs="?", default="", help="name of the event, e.g. S241102br")
        add("--fits", metavar="FILE", help="plan the sky map in this file; the database is not used")
        add("--telescopes", metavar="A,B|all", help="names, or all that can be planned; default: the network")
        add("--without", metavar="A,B", help="leave these out")
        add("--start", metavar="UTC", help="e.g. 2026-11-20T19:00:00Z; default: now")
        add("--hours", metavar="H", help="length of the window, above 0, at most 240; default 24")
        add("--end", metavar="UTC", help="end of the window, in place of --hours")
        add("--exposure", metavar="S", help="one exposure of every telescope, s; default: each its own")
        add("--exposures", metavar="N", help="exposures at each pointing; default 1")
        add("--max-pointings", metavar="N", help="most pointings of each telescope; default 20")
        add("--engine", metavar="NAME", help="network (default) or gwemopt")
        add("--engine-option", metavar="NAME=VALUE", action="append", help="of the engine, e.g. schedule=greedy_slew")
        add("--option", metavar="NAME=VALUE", action="append", help="of the plan, e.g. epochs=2 or airmass_max=2.5")
        add("--wish", metavar="FILE", help="a whole wish as JSON; the options above change it")
        add("--refine", metavar="S", help="look for a better plan for so many seconds")
        add("--bound", action="store_true", help="tell what no plan can exceed")
        add("--json", metavar="OUT", help='write the plan as JSON to this file, "-" for standard output')

    def handle(self, *args: Any, **options: Any) -> None:
        """Plan, then report."""
        if bool(options["event"]) == bool(options["fits"]):
            raise CommandError("Name an event, or a sky map with --fits FILE; one of the two.")
        if options["refine"] is not None:
            options["option"] = [*(options["option"] or []), f"refine_s={options['refine']}"]
        target = _target(options["json"])
        try:
            wish = wish_of_words(options, PlanWish.from_json if options["fits"] else site_wish)
            if options["fits"]:
                self._plan_file(options, wish, target)
            else:
                self._plan_event(options, wish, target)
        except WishError as error:
            raise CommandError(told(error)) from error
        except (GcnError, SkyMapError, EngineFailed) as error:
            raise CommandError(_one_line(error)) from error
        except (ValueError, ArithmeticError, LookupError, MemoryError) as error:
            raise CommandError(f"The planner stopped: {_one_line(error)}") from error

    def _plan_file(self, options: dict[str, Any], wish: PlanWish, target: Path | None) -> None:
        from tom_gcn.plan_on_file import Limits, document_of, plan_file

        bound_s = BOUND_S if options["bound"] else 0.0
        limits = Limits(settings.ICARE_ENGINE_TIME_LIMIT_S, settings.ICARE_ENGINE_MEMORY_MB, bound_s)
        made = document_of(plan_file(options["fits"], wish, limits))
        self._write(made, target, options["json"])
        if options["json"] != "-":
            self._report(Path(options["fits"]).name, made)

    def _plan_event(self, options: dict[str, Any], wish: PlanWish, target: Path | None) -> None:
        from tom_gcn.actions import make_plan, request_plan
        from tom_gcn.actions.refining import refine_plan
        from tom_gcn.exporters import plan_json

        event = Event.objects.filter(name=options["event"]).first()
        if event is None:
            raise CommandError(f"There is no event {options['event']}.{_nearest(options['event'])}")
        plan = _await(make_plan(request_plan(event, by=None, why="command line", wish=wish).pk))
        if plan.is_being_refined:
            plan = _await(refine_plan(plan.pk))
        made = plan_json(plan)
        if options["bound"]:
            made["bound"] = made["bound"] or _bound_of(plan)
        self._write(made, target, options["json"])
        if options["json"] != "-":
            self._report(f"{plan.event.name}, plan {plan.version}", made)

    def _write(self, made: dict[str, Any], target: Path | None, where: str | None) -> None:
        """Whole or not at all: the file gets its name when everything is in it."""
        if where == "-":
            self.stdout.write(json.dumps(made))
        if target is None:
            return
        descriptor, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
        try:
            with os.fdopen(descriptor, "w") as file:
                json.dump(made, file)
            Path(name).chmod(0o666 & ~_umask())
            Path(name).replace(target)
        except OSError as error:
            raise CommandError(f"{target} cannot be written: {error.strerror}.") from error
        finally:
            with suppress(FileNotFoundError):
                Path(name).unlink()

    def _report(self, what: str, made: dict[str, Any]) -> None:
        covered, area = _percent(made["covered_probability"] or 0), made["area_deg2"] or 0
        self.stdout.write(
            f"{what}: {covered} of the probability, {area:.1f} deg2, {made['n_pointings']} pointings, "
            f"planned in {made['seconds'] or 0:.1f} s."
        )
        if made["bound"]:
            bound = made["bound"]
            self.stdout.write(f"No plan can exceed {_percent(bound['value'])}: the gap is {100 * bound['gap']:.1f} %.")
        if made["own_sum"] is not None:
            self.stdout.write(f"{made['engine']} itself claims {_percent(made['own_sum'])}.")
        for part in made["telescopes"]:
            self.stdout.write(f"  {part['telescope']:<20s} {_words(part)}")


def _percent(probability: float) -> str:
    return in_a_sentence(fine_probability(probability))


def _words(part: dict[str, Any]) -> str:
    """What one telescope does, or why it does nothing."""
    if part["reason"]:
        return f"-  {part['reason']}"
    shares = f"{_percent(part['probability']):>7s}, adds {_percent(part['new_probability']):>7s}"
    return f"{part['n_pointings']:3d} pointings from {part['first_start_utc'][5:16]} UTC, {shares}"


def _target(where: str | None) -> Path | None:
    """Where the JSON goes; looked at before anything is planned."""
    if not where or where == "-":
        return None
    target = Path(where)
    if target.is_dir() or not target.parent.is_dir() or not os.access(target.parent, os.W_OK):
        raise CommandError(f"--json: {where} cannot be written. Name a file in a folder that is there.")
    return target


def _umask() -> int:
    """The user's mask; it can only be read by setting it."""
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _bound_of(plan: ObservationPlan) -> dict[str, Any]:
    """What no plan of the same problem can exceed, as things stand now."""
    from tom_gcn.actions.refining import plan_from_rows
    from tom_gcn.plan_problem import problem_of
    from tom_gcn.planning.bound import bound

    return asdict(bound(problem_of(plan, own_pointings=True).problem, plan_from_rows(plan), BOUND_S))


def _await(plan: ObservationPlan) -> ObservationPlan:
    """Return the finished plan; when a background worker took it first, wait for it."""
    while plan.is_unfinished or plan.refinement == Refinement.RUNNING:
        time.sleep(0.5)
        plan.refresh_from_db()
    if plan.state != PlanState.DONE:
        raise CommandError(plan.reason)
    return plan


def _nearest(name: str) -> str:
    near = Event.objects.filter(name__istartswith=name[:4]).values_list("name", flat=True)[:5]
    return f" Did you mean {', '.join(near)}?" if near else " See them all with the event list."


def _one_line(error: BaseException) -> str:
    return " ".join(str(error).split()) or type(error).__name__
