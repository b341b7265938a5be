"""What an engine of others may not do: use the network, start programs, read environments, outlive itself."""

import os
import pickle
import signal
import socket
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import psutil
import pytest

from tests.engines_of_tests import ENGINES_OF_TESTS
from tests.waiting import wait_until
from tom_gcn.planning import plan_telescope
from tom_gcn.planning.errors import PlanCancelled
from tom_gcn.planning.isolated import EngineCrashed, EngineTimedOut, solve_isolated
from tom_gcn.planning.problem import Problem
from tom_gcn.skymaps import read_skymap
from tom_grandma_facilities.registry import get_telescope

ROOT = Path(__file__).parents[2]
MAP = ROOT / "tests" / "data" / "skymaps" / "reproject_bayestar.fits.gz"
WORKER = """
import pickle, sys
from tom_gcn.planning.isolated import solve_isolated
engine, problem = pickle.load(sys.stdin.buffer)
solve_isolated(engine, problem, {})
"""


@pytest.fixture(scope="module")
def problem():
    return Problem(
        read_skymap(MAP.read_bytes()),
        (plan_telescope(get_telescope("TAROT-TCA")),),
        datetime(2022, 7, 22, 9, 57, tzinfo=UTC),
    )


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The folder for temporary files, of this test alone."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def run(name, problem, **limits):
    excluded = limits.pop("excluded", {})
    return solve_isolated(ENGINES_OF_TESTS[name], replace(problem, excluded=excluded), {}, **limits)


def nap() -> str:
    """A length of sleep that no other process sleeps."""
    return f"300.{os.getpid()}{time.monotonic_ns()}"


def sleeping(length: str) -> list[int]:
    found = psutil.process_iter(["cmdline"])
    return [one.pid for one in found if (one.info["cmdline"] or [])[:2] == ["sleep", length]]


def at_home(folder: Path) -> list[psutil.Process]:
    """Processes of an engine that works in a folder."""
    found = psutil.process_iter(["environ"])
    return [one for one in found if (one.info["environ"] or {}).get("HOME") == str(folder)]


def lives(process: psutil.Process) -> bool:
    return process.is_running() and process.status() != psutil.STATUS_ZOMBIE


def test_a_datagram_is_not_sent(problem):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiver:
        receiver.bind(("127.0.0.1", 0))
        receiver.settimeout(0.5)
        with pytest.raises(EngineCrashed, match="may not use the network"):
            run("sends_by_udp", problem, excluded={"port": str(receiver.getsockname()[1])})
        with pytest.raises(TimeoutError):
            receiver.recv(10)


@pytest.mark.parametrize("name", ["starts_python", "spawns", "forks", "uses_the_shell", "becomes_another"])
def test_no_program_is_started(problem, name):
    with pytest.raises(EngineCrashed, match="may not start programs"):
        run(name, problem)


def test_the_environment_of_the_worker_is_not_read(problem):
    with pytest.raises(EngineCrashed, match="may not read the environment of others"):
        run("spies", problem)


@pytest.mark.parametrize(
    ("name", "limits", "end"),
    [
        ("leaves_one_and_sleeps", {"progress": None}, EngineTimedOut),
        ("leaves_one_and_dies", {}, EngineCrashed),
        ("leaves_one_and_sleeps", {"cancelled": None}, PlanCancelled),
    ],
)
def test_what_left_the_group_ends_with_the_engine(problem, clock, name, limits, end):
    length, seen = nap(), []

    def look() -> bool:
        seen.extend(sleeping(length))
        return bool(seen)

    if "cancelled" in limits:
        limits = {"cancelled": look}
    if "progress" in limits:
        limits = {"progress": lambda fraction, doing: clock.jump(1000) if look() else None}
    with pytest.raises(end):
        run(name, problem, excluded={"nap": length}, **limits)
    assert not sleeping(length)


def test_what_a_good_engine_left_behind_ends_too(problem):
    length = nap()
    assert run("leaves_a_grandchild", problem, excluded={"nap": length}).pointings
    assert not sleeping(length)


def test_nothing_outlives_a_killed_worker_and_its_folder_is_swept(problem, folder):
    length = nap()
    work = (ENGINES_OF_TESTS["leaves_one_and_sleeps"], replace(problem, excluded={"nap": length}))
    environment = {**os.environ, "TMPDIR": str(folder), "PYTHONPATH": str(ROOT)}
    worker = subprocess.Popen([sys.executable, "-c", WORKER], stdin=subprocess.PIPE, env=environment, cwd=ROOT)
    worker.stdin.write(pickle.dumps(work))
    worker.stdin.close()
    wait_until(lambda: sleeping(length), "the engine does not begin")
    (left,) = folder.glob("icare-engine-*")
    os.utime(left, (0, 0))
    run("works", problem)
    assert left.exists(), "the folder of an engine that works was swept"
    engine = at_home(left)
    assert engine
    worker.send_signal(signal.SIGKILL)
    worker.wait()
    wait_until(lambda: not any(map(lives, engine)), "the engine outlives its worker")
    assert not sleeping(length)
    os.utime(left, (0, 0))
    run("works", problem)
    assert not list(folder.glob("icare-engine-*"))


def test_a_young_folder_is_left_alone(problem, folder):
    young = folder / "icare-engine-young"
    young.mkdir()
    run("works", problem)
    assert young.exists()
    os.utime(young, (0, 0))
    run("works", problem)
    assert not young.exists()
