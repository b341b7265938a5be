"""A plan of a sky map in a file, for the command line: no row is read or written."""

import hashlib
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tom_gcn.network import choose_for
from tom_gcn.plan_formats.document import document, pointing_document, telescope_document, utc
from tom_gcn.planning.engines import find_engine
from tom_gcn.planning.isolated import run_engine
from tom_gcn.planning.problem import Problem
from tom_gcn.planning.result import NetworkPlan
from tom_gcn.planning.wish import Objection, PlanWish, WishError
from tom_gcn.skymaps import SkyMapError, read_skymap
from tom_grandma_facilities.registry import TELESCOPES

MOST_BYTES = 512 * 1024 * 1024


@dataclass(frozen=True)
class Limits:
    """What making a plan may take: seconds for an engine of others, for a better plan, and for the bound."""

    engine_s: float
    engine_mb: int
    bound_s: float = 0.0


@dataclass(frozen=True)
class FilePlan:
    """A sky map's file, what was asked, and the plan of it."""

    path: str
    sha256: str
    wish: PlanWish
    problem: Problem
    plan: NetworkPlan


def plan_file(path: str, wish: PlanWish, limits: Limits) -> FilePlan:
    """Make a plan of the sky map in a file.

    Raises
    ------
    SkyMapError
        When the file cannot be read, or holds no sky map.
    WishError
        When none of the telescopes asked for can be planned.
    EngineFailed
        When an engine of others makes no plan that can be used.
    """
    body = _read(path)
    start = wish.start or datetime.now(UTC)
    chosen = choose_for(wish, start, {}, TELESCOPES)
    if not chosen.telescopes:
        asked = set(wish.telescopes)
        why = (f"{name}: {reason}" for name, reason in chosen.excluded.items() if not asked or name in asked)
        raise WishError((Objection("telescopes", "None of these telescopes can be planned.", " ".join(why)),))
    problem = Problem(read_skymap(body), chosen.telescopes, start, wish.hours, wish.options, chosen.excluded)
    plan = run_engine(
        find_engine(wish.engine),
        problem,
        wish.engine_options,
        time_limit_s=limits.engine_s,
        memory_mb=limits.engine_mb,
    )
    if wish.options.refine_s > 0.0 and wish.engine == "network":
        from tom_gcn.planning.refine import refine

        plan = refine(problem, plan, wish.options.refine_s)
    if limits.bound_s > 0.0:
        from tom_gcn.planning.bound import bound

        plan = replace(plan, bound=bound(problem, plan, limits.bound_s))
    return FilePlan(path, hashlib.sha256(body).hexdigest(), wish, problem, plan)


def document_of(made: FilePlan) -> dict[str, Any]:
    """The plan as the document that stored plans have too."""
    plan, problem = made.plan, made.problem
    about = {
        "event": None,
        "event_state": None,
        "is_test": None,
        "drill_of": None,
        "plan": None,
        "state": "done",
        "is_of_record": False,
        "skymap_file": made.path,
        "skymap_sha256": made.sha256,
        "window_start_utc": utc(problem.start),
        "window_end_utc": utc(problem.end),
        "hours": problem.hours,
        "engine": plan.engine,
        "wish": made.wish.to_json(),
        "made_at_utc": utc(datetime.now(UTC)),
        "difference": {},
    }
    telescopes = [
        telescope_document(result.name, result, result.nights, plan.of(result.name)) for result in plan.telescopes
    ]
    pointings = [
        pointing_document(result.name, pointing) for result in plan.telescopes for pointing in plan.of(result.name)
    ]
    shown = replace(plan, bound=asdict(plan.bound) if plan.bound else None)  # type: ignore[arg-type]
    return document(about, shown, telescopes, pointings, [(utc(moment), part) for moment, part in plan.curve])


def _read(path: str) -> bytes:
    try:
        if Path(path).stat().st_size > MOST_BYTES:
            raise SkyMapError("too-large", f"{path} is larger than {MOST_BYTES:,} bytes.", "Give a smaller file.")
        return Path(path).read_bytes()
    except OSError as error:
        raise SkyMapError("not-readable", f"{path} cannot be read: {error.strerror}.", "") from error
