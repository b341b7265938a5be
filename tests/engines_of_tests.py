"""Engines that misbehave in every way an engine can, for the tests of what runs them. Their process is a real one."""
# ruff: noqa: T201  (what an engine prints must not spoil its answer)

import ctypes
import os
import signal
import socket
import subprocess
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


def sends_by_udp(problem: Problem, options: Options, progress: Progress | None = None) -> NetworkPlan:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.sendto(b"secret", ("127.0.0.1", int(problem.excluded["port"])))
    return solve(problem)


def starts_python(problem: Problem, options: Options, progress: Progress | None = None) -> NetworkPlan:
    subprocess.run([sys.executable, "-c", "import socket"], check=True)
    return solve(problem)


def spawns(problem: Problem, options: Options, progress: Progress | None = None) -> NetworkPlan:
    os.posix_spawn("/bin/sleep", ["sleep", "0"], {})
    return solve(problem)


def forks(problem: Problem, options: Options, progress: Progress | None = None) -> NetworkPlan:
    if os.fork() == 0:
        os._exit(0)
    return solve(problem)


def uses_the_shell(problem: Problem, options: Options, progress: Progress | None = None) -> NetworkPlan:
    os.system("true")
    return solve(problem)


def becomes_another(problem: Problem, options: Options, progress: Progress | None = None) -> NetworkPlan:
    os.execv("/bin/true", ["true"])


def spies(problem: Problem, options: Options, progress: Progress | None = None) -> NetworkPlan:
    link = Path.home() / "innocent"
    link.symlink_to(f"/proc/{os.getppid()}/environ")
    raise RuntimeError(f"read {len(link.read_bytes())} bytes")


def _leaves(problem: Problem) -> None:
    """Start a process in a session of its own, by compiled code that no audit hook sees; its parent ends at once."""
    ctypes.CDLL(None).system(f"setsid sleep {problem.excluded['nap']} >/dev/null 2>&1 &".encode())


def leaves_a_grandchild(problem: Problem, options: Options, progress: Progress | None = None) -> NetworkPlan:
    _leaves(problem)
    return replace(solve(problem), engine="leaves_a_grandchild")


def leaves_one_and_dies(problem: Problem, options: Options, progress: Progress | None = None) -> NetworkPlan:
    _leaves(problem)
    time.sleep(0.5)
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError


def leaves_one_and_sleeps(problem: Problem, options: Options, progress: Progress | None = None) -> NetworkPlan:
    _leaves(problem)
    return sleeps(problem, options, progress)


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
        sleeps, dies, is_killed, is_greedy, telephones, sends_by_udp, starts_python, spawns, forks, uses_the_shell,
        becomes_another, spies, leaves_a_grandchild, leaves_one_and_dies, leaves_one_and_sleeps, returns_nothing,
        observes_by_day, sees_double, works,
    )
}  # fmt: skip
