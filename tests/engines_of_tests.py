"""Engines that misbehave in every way an engine can, for the tests of what runs them. Their process is a real one."""
# ruff: noqa: T201  (what an engine prints must not spoil its answer)

import os
import signal
import socket
import sys
import time
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from tom_gcn.planning.engines import Engine, Progress
from tom_gcn.planning.plan import solve
from tom_gcn.planning.problem import Problem
from tom_gcn.planning.result import NetworkPlan

Options = Mapping[str, Any]


def sleeps(problem: Problem, options: Options, progress: Progress | None = None) -> NetworkPlan:
    Path(problem.excluded.get("pid", os.devnull)).write_text(str(os.getpid()))
    print("sleeping")
    for step in range(600):
        if progress:
            progress(step / 600, f"nap {step}")
        time.sleep(0.1)
    return solve(problem)


def dies(problem: Problem, options: Options, progress: Progress | None = None) -> NetworkPlan:
    print("all is well")
    raise RuntimeError("the sky fell on the scheduler")


def is_killed(problem: Problem, options: Options, progress: Progress | None = None) -> NetworkPlan:
    print("last words", file=sys.stderr, flush=True)
    os.kill(os.getpid(), signal.SIGSEGV)
    raise AssertionError


def is_greedy(problem: Problem, options: Options, progress: Progress | None = None) -> NetworkPlan:
    hoard = []
    while True:
        hoard.append(bytearray(os.urandom(1 << 20) * 16))


def telephones(problem: Problem, options: Options, progress: Progress | None = None) -> NetworkPlan:
    with socket.create_connection(("127.0.0.1", 9), timeout=1):
        return solve(problem)


def returns_nothing(problem: Problem, options: Options, progress: Progress | None = None) -> Any:
    return {"plan": "trust me"}


def observes_by_day(problem: Problem, options: Options, progress: Progress | None = None) -> NetworkPlan:
    plan = solve(problem, progress)
    later = timedelta(hours=12)
    moved = tuple(replace(one, start=one.start + later, end=one.end + later) for one in plan.pointings)
    return replace(plan, pointings=moved)


def sees_double(problem: Problem, options: Options, progress: Progress | None = None) -> NetworkPlan:
    plan = solve(problem, progress)
    doubled = tuple(replace(one, probability=1.5, new_probability=float("nan")) for one in plan.pointings)
    return replace(plan, pointings=doubled, covered_probability=2.0)


def works(problem: Problem, options: Options, progress: Progress | None = None) -> NetworkPlan:
    print("much chatter on standard output")
    return replace(solve(problem, progress), engine="works")


ENGINES_OF_TESTS = {
    function.__name__: Engine(function.__name__, function.__name__, function)
    for function in (
        sleeps, dies, is_killed, is_greedy, telephones, returns_nothing, observes_by_day, sees_double, works,
    )
}  # fmt: skip
