"""The planner beside gwemopt, independent plans and the linear program's bound, on seven maps.

Every figure is one line. Plans are made in processes of their own, so that CPU time and memory are theirs alone, and
all are measured by `checker.py`, which shares no code with any planner. See bench/README.md.
"""

from __future__ import annotations

import argparse
import base64
import io
import json
import logging
import multiprocessing
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(Path(__file__).parent)]

import numpy as np  # noqa: E402
from astropy.io import fits  # noqa: E402
from astropy.table import QTable  # noqa: E402
from checker import Site, Verdict, Visit, check, read_map  # noqa: E402

from tom_gcn.planning import NetworkPlan, PlanOptions, PlanTelescope, Problem, plan_telescope, solve  # noqa: E402
from tom_gcn.planning.bound import bound  # noqa: E402
from tom_gcn.planning.refine import refine  # noqa: E402
from tom_gcn.skymaps import read_skymap  # noqa: E402
from tom_grandma_facilities.registry import TELESCOPES  # noqa: E402

TILING = ("TAROT-TCA", "TAROT-TCH", "TAROT-TRE", "OAJ-T80", "NOWT", "FRAM-Auger", "CFHT")
SKYMAPS, ALERTS = ROOT / "tests" / "data" / "skymaps", ROOT / "tests" / "data" / "alerts" / "lvk_json"
MAPS = {
    "S190425z": (SKYMAPS / "S190425z_bayestar.fits.gz", "2019-04-25T08:18:05"),
    "MS220722v": (SKYMAPS / "MS220722v_bayestar.multiorder.fits", "2022-07-22T09:57:12"),
    "bn180116026": (SKYMAPS / "glg_healpix_all_bn180116026.fit", "2018-01-16T00:36:53"),
    "S190814bv": (SKYMAPS / "S190814bv_5_LALInference.v1.fits.gz", "2019-08-14T21:10:39"),
    "reproject": (SKYMAPS / "reproject_bayestar.fits.gz", "2010-09-01T12:29:47"),
    "S230518h": (ALERTS / "S230518h_UPDATE_1.json", ""),
    "S240112e": (ALERTS / "S240112e_PRELIMINARY_2.json", ""),
    "S240115q": (ALERTS / "S240115q_PRELIMINARY_2.json", ""),
}
PARTS = ("greedy", "refined", "bound", "independent", "gwemopt", "gwemopt-whole", "network")


@dataclass(frozen=True)
class Case:
    """One map with one set of telescopes, in words that another process understands."""

    map: str
    exposure_s: float
    max_pointings: int
    hours: float
    whole_network: bool = False
    refine_s: float = 60.0

    def content(self) -> tuple[bytes, datetime]:
        path, when = MAPS[self.map]
        if path.suffix != ".json":
            return path.read_bytes(), datetime.fromisoformat(when).replace(tzinfo=UTC)
        alert = json.loads(path.read_text())
        return base64.b64decode(alert["event"]["skymap"]), datetime.fromisoformat(alert["time_created"])

    def telescopes(self) -> tuple[PlanTelescope, ...]:
        if self.whole_network:
            return tuple(plan_telescope(one) for one in TELESCOPES.values() if not one.why_not_plannable())
        seven = (plan_telescope(TELESCOPES[name]) for name in TILING)
        return tuple(replace(one, exposure_s=self.exposure_s or one.exposure_s) for one in seven)

    def problem(self) -> Problem:
        content, start = self.content()
        # the fixed distance from the Moon: gwemopt knows no other
        options = PlanOptions(max_pointings=self.max_pointings or None, moon="fixed")
        return Problem(read_skymap(content), self.telescopes(), start, self.hours, options)


@dataclass(frozen=True)
class Made:
    """A plan and what it cost; for the bound its value and method."""

    plan: NetworkPlan
    wall_s: float
    cpu_s: float
    memory_mb: float
    bound: float = 0.0
    how: str = ""


def make(part: str, case: Case) -> Made:
    """Make one plan, in a process of its own."""
    logging.disable(logging.WARNING)
    problem = case.problem()
    standing = solve(problem) if part in {"greedy", "refined", "bound", "network"} else None
    wall, cpu = time.perf_counter(), time.process_time()
    plan, found = _made(part, problem, standing, case)
    spent = (time.perf_counter() - wall, time.process_time() - cpu)
    return Made(plan, *spent, peak_mb(), *found)


def peak_mb() -> float:
    """Most memory of this process so far; getrusage would tell that of the process which began it, if it had more."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(float(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024.0


def _made(
    part: str, problem: Problem, standing: NetworkPlan | None, case: Case
) -> tuple[NetworkPlan, tuple[float, str]]:
    if part.startswith("gwemopt"):
        return _gwemopt(problem, whole=part == "gwemopt-whole"), (0.0, "")
    if part == "independent":
        alone = [solve(replace(problem, telescopes=(one,))) for one in problem.telescopes]
        pointings = tuple(pointing for plan in alone for pointing in plan.pointings)
        return replace(alone[0], pointings=pointings), (0.0, "")
    assert standing is not None
    if part == "refined":
        return refine(problem, standing, case.refine_s), (0.0, "")
    if part == "bound":
        found = bound(problem, standing)
        return standing, (found.value, found.how)
    return solve(problem), (0.0, "")


def _gwemopt(problem: Problem, *, whole: bool) -> NetworkPlan:
    """gwemopt's plan: with the tiles of the 99 % region alone, or as delivered with those of the whole sky."""
    from tom_gcn.planning import gwemopt, gwemopt_fields

    if whole:
        gwemopt_fields.near = lambda tree, vectors, reach: np.ones(len(vectors), dtype=bool)
    return gwemopt.solve(problem, {})


def in_own_process(part: str, case: Case) -> Made:
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(make, (part, case))


def table_of(case: Case) -> QTable:
    """The map for the checker, read without any code of ours."""
    path, _ = MAPS[case.map]
    if path.suffix != ".json":
        return read_map(path)
    content, _ = case.content()
    return QTable.read(fits.open(io.BytesIO(content))[1])


def judged(case: Case, plan: NetworkPlan, skymap: QTable) -> Verdict:
    names = [field.name for field in fields(Site) if field.name not in {"max_pointings", "moon_by_phase"}]
    limit = case.max_pointings or None
    sites = [Site(**{name: getattr(one, name) for name in names}, max_pointings=limit) for one in case.telescopes()]
    visits = [Visit(one.telescope, one.ra_deg, one.dec_deg, one.start, one.end) for one in plan.pointings]
    return check(skymap, sites, visits, (plan.start, plan.end))


def figure(name: str, value: float, unit: str = "") -> None:
    print(f"{name:<64}{value:>12.4f} {unit}", flush=True)


def tell(case: Case, parts: Sequence[str]) -> None:
    """Print every figure of one map."""
    skymap, covered = table_of(case), dict[str, float]()
    cpu = dict[str, float]()
    for part in parts:
        whole = replace(case, whole_network=part == "network")
        made = in_own_process(part, whole)
        name = f"{case.map}: {part}"
        if part == "bound":
            figure(f"{name}, {made.how}", made.bound)
            covered["bound"] = made.bound
        else:
            verdict = judged(whole, made.plan, skymap)
            covered[part] = verdict.probability
            figure(f"{name}: distinct covered probability", verdict.probability)
            figure(f"{name}: as the plan says itself", made.plan.covered_probability)
            figure(f"{name}: pointings", len(made.plan.pointings))
            figure(f"{name}: pointings that break a limit", len(verdict.faults))
            for fault in verdict.faults[:3]:
                print(f"    {fault}")
        cpu[part] = made.cpu_s
        figure(f"{name}: CPU", made.cpu_s, "s")
        figure(f"{name}: wall", made.wall_s, "s")
        figure(f"{name}: memory", made.memory_mb, "MB")
    compare(case.map, covered, cpu)


def compare(name: str, covered: dict[str, float], cpu: dict[str, float]) -> None:
    """Print the ratios for which both sides were measured."""
    pairs = (
        ("greedy", "bound"),
        ("refined", "bound"),
        ("greedy", "independent"),
        ("greedy", "gwemopt"),
        ("refined", "gwemopt"),
        ("greedy", "gwemopt-whole"),
    )
    for one, other in pairs:
        if covered.get(one) and covered.get(other):
            figure(f"{name}: {one} / {other}, covered probability", covered[one] / covered[other])
    for other in ("gwemopt", "gwemopt-whole"):
        if cpu.get("greedy") and cpu.get(other):
            figure(f"{name}: {other} / greedy, CPU", cpu[other] / cpu["greedy"])


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--maps", nargs="+", choices=MAPS, default=list(MAPS), metavar="MAP", help=", ".join(MAPS))
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=list(PARTS), metavar="PART", help=", ".join(PARTS))
    parser.add_argument("--exposure", type=float, default=60.0, help="seconds for each of the seven; 0: each one's own")
    parser.add_argument("--max-pointings", type=int, default=20, help="fields per telescope; 0: as many as fit")
    parser.add_argument("--hours", type=float, default=24.0)
    parser.add_argument("--refine", type=float, default=60.0, help="seconds for the refined plan")
    return parser.parse_args()


def main() -> None:
    arguments = parse()
    for name in arguments.maps:
        case = Case(name, arguments.exposure, arguments.max_pointings, arguments.hours, refine_s=arguments.refine)
        tell(case, arguments.parts)


if __name__ == "__main__":
    main()
