"""Engines in processes of their own: limits in time and memory, crashes, nonsense, cancelling, and no network."""

import os
import threading
import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import psutil
import pytest

from tests.engines_of_tests import ENGINES_OF_TESTS
from tom_gcn.planning import plan_telescope
from tom_gcn.planning.engines import ENGINES, find_engine
from tom_gcn.planning.errors import PlanCancelled
from tom_gcn.planning.isolated import (
    EngineCrashed,
    EngineNonsense,
    EngineTimedOut,
    run_engine,
    solve_isolated,
)
from tom_gcn.planning.plan import solve
from tom_gcn.planning.problem import Problem
from tom_gcn.skymaps import read_skymap
from tom_grandma_facilities.registry import get_telescope

MAP = Path(__file__).parents[1] / "data" / "skymaps" / "reproject_bayestar.fits.gz"


@pytest.fixture(scope="module")
def problem():
    telescopes = tuple(plan_telescope(get_telescope(name)) for name in ("TAROT-TCA", "TAROT-TRE"))
    return Problem(read_skymap(MAP.read_bytes()), telescopes, datetime(2022, 7, 22, 9, 57, tzinfo=UTC))


def run(name, problem, **limits):
    return solve_isolated(ENGINES_OF_TESTS[name], problem, {}, **limits)


def test_a_plan_comes_back_as_it_was_made(problem):
    told = []
    plan = run("works", problem, progress=lambda fraction, doing: told.append(fraction))
    here = solve(problem)
    assert plan.engine == "works"
    assert plan.pointings == here.pointings
    assert told
    assert told == sorted(told)


def test_an_engine_that_does_not_finish_is_stopped(problem, tmp_path, clock):
    pid_file = tmp_path / "pid"
    with pytest.raises(EngineTimedOut, match=r"sleeps was not done within 800 s"):
        run(
            "sleeps",
            replace(problem, excluded={"pid": str(pid_file)}),
            time_limit_s=800,
            progress=lambda fraction, doing: clock.jump(1000),
        )
    assert not psutil.pid_exists(int(pid_file.read_text()))


def test_an_engine_that_dies_says_its_last_words(problem):
    with pytest.raises(EngineCrashed, match=r"RuntimeError: the sky fell on the scheduler"):
        run("dies", problem)


def test_a_killed_engine_is_told_by_its_signal(problem):
    with pytest.raises(EngineCrashed, match=r"SIGSEGV.*last words"):
        run("is_killed", problem)


def test_an_engine_that_takes_all_memory_is_stopped(problem):
    before = psutil.Process().memory_info().rss
    with pytest.raises(EngineCrashed, match="MB of memory; it may take 400 MB"):
        run("is_greedy", problem, memory_mb=400)
    assert psutil.Process().memory_info().rss - before < 200e6


def test_an_engine_may_not_use_the_network(problem):
    with pytest.raises(EngineCrashed, match="may not use the network"):
        run("telephones", problem)


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("returns_nothing", "It returned dict in place of a plan"),
        ("observes_by_day", "the Sun is at"),
        ("sees_double", "new_probability is no number"),
    ],
)
def test_nonsense_is_refused_and_named(problem, name, sentence):
    with pytest.raises(EngineNonsense, match=sentence):
        run(name, problem)


def test_a_plan_can_be_cancelled_while_it_is_made(problem):
    began = time.monotonic()
    with pytest.raises(PlanCancelled):
        run("sleeps", problem, cancelled=lambda: time.monotonic() - began > 1)
    assert time.monotonic() - began < 30


def test_a_progress_callable_can_cancel_too(problem):
    def refuse(fraction, doing):
        raise PlanCancelled

    with pytest.raises(PlanCancelled):
        run("sleeps", problem, progress=refuse)


def test_an_engine_that_hangs_does_not_hold_up_another(problem):
    finished, ended = threading.Event(), []

    def hang():
        with pytest.raises(PlanCancelled):
            run("sleeps", problem, cancelled=finished.is_set)
        ended.append("the hanging one")

    thread = threading.Thread(target=hang)
    thread.start()
    plan = run("works", problem)
    hung = list(ended)
    finished.set()
    thread.join()
    assert plan.pointings
    assert (hung, ended) == ([], ["the hanging one"])


def test_our_own_engine_runs_here_and_can_be_cancelled(problem):
    assert run_engine(ENGINES["network"], problem, {}).pointings == solve(problem).pointings
    with pytest.raises(PlanCancelled):
        run_engine(ENGINES["network"], problem, {}, cancelled=lambda: True)


def test_the_environment_of_an_engine_holds_no_secrets(problem, monkeypatch):
    from tom_gcn.planning.isolated import _environment

    monkeypatch.setenv("DATABASE_URL", "postgres://user:secret@host/db")
    monkeypatch.setenv("SECRET_KEY", "secret")
    assert not [name for name, value in _environment(Path("/nowhere")).items() if "secret" in value]
    assert os.environ["SECRET_KEY"] == "secret"


def test_an_unknown_engine_names_those_there_are():
    with pytest.raises(ValueError, match=r"no engine gwemop\. Did you mean gwemopt"):
        find_engine("gwemop")


@pytest.mark.parametrize("schedule", ["weighted", "airmass_weighted", "sear_slew", "weighted_slew", "milp", "nonsense"])
def test_what_gwemopt_cannot_do_is_refused_in_a_sentence(schedule):
    ((where, what, mend),) = ENGINES["gwemopt"].faults({"schedule": schedule})
    assert where == "schedule"
    assert what.endswith(".")
    assert mend == "Choose one of greedy, greedy_slew, sear."


def test_options_are_completed_with_their_defaults():
    assert ENGINES["gwemopt"].complete({"targets": "galaxy"}) == {"schedule": "greedy", "targets": "galaxy"}
    with pytest.raises(ValueError, match="has no option speed"):
        ENGINES["network"].complete({"speed": "ludicrous"})
