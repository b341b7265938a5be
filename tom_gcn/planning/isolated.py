"""Run an engine in a process of its own: with an end in time, in memory and on request, and without a network.

The child is a fresh interpreter that gets the problem through its standard input and answers in frames on its standard
output. Whatever the engine prints goes to standard error, of which the last line is its complaint when it dies. The
child is killed with everything below it (`tom_gcn.planning.family`), and ends itself when its parent is gone. What
compiled code can do all the same is told in docs/operating.
"""

from __future__ import annotations

import logging
import os
import pickle
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

from tom_gcn.planning.engines import Engine, Progress
from tom_gcn.planning.errors import PlanCancelled
from tom_gcn.planning.family import end_at_home, end_below, resident_mb
from tom_gcn.planning.frames import read_frame
from tom_gcn.planning.homes import engine_home
from tom_gcn.planning.problem import Problem
from tom_gcn.planning.result import NetworkPlan
from tom_gcn.planning.verify import faults_of, in_words

logger = logging.getLogger(__name__)

TIME_LIMIT_S = 900.0
MEMORY_MB = 3000
LOOK_EVERY_S = 0.05
COMPLAINT_BYTES = 20_000
CHILD = "tom_gcn.planning.engine_child"
PASSED_ON = ("PATH", "LANG", "LC_ALL", "TMPDIR", "LD_LIBRARY_PATH")


class EngineFailed(Exception):
    """An engine of others made no plan that can be used; the message is the sentence to show."""

    code = "engine-failed"


class EngineTimedOut(EngineFailed):
    """It was not done within its time."""

    code = "engine-timed-out"


class EngineCrashed(EngineFailed):
    """It died, or needed more memory than it may; the message holds the last line of its complaint."""

    code = "engine-crashed"


class EngineNonsense(EngineFailed):
    """It returned something that cannot be true; the message says what."""

    code = "engine-nonsense"


def run_engine(
    engine: Engine,
    problem: Problem,
    options: Mapping[str, Any],
    *,
    time_limit_s: float = TIME_LIMIT_S,
    memory_mb: int = MEMORY_MB,
    cancelled: Callable[[], bool] = lambda: False,
    progress: Progress | None = None,
) -> NetworkPlan:
    """Make a plan with any engine: ours right here, those of others in a process of their own.

    Raises
    ------
    EngineFailed
        As `solve_isolated`.
    PlanCancelled
        When `cancelled` says so, or `progress` raised it.
    ValueError
        When the options or the problem are impossible.
    """
    complete = engine.complete(options)
    if engine.isolated:
        return solve_isolated(
            engine,
            problem,
            complete,
            time_limit_s=time_limit_s,
            memory_mb=memory_mb,
            cancelled=cancelled,
            progress=progress,
        )

    def tell(fraction: float, doing: str) -> None:
        if cancelled():
            raise PlanCancelled
        if progress is not None:
            progress(fraction, doing)

    return engine.solve(problem, complete, tell)


def solve_isolated(
    engine: Engine,
    problem: Problem,
    options: Mapping[str, Any],
    *,
    time_limit_s: float = TIME_LIMIT_S,
    memory_mb: int = MEMORY_MB,
    cancelled: Callable[[], bool] = lambda: False,
    progress: Progress | None = None,
) -> NetworkPlan:
    """Make a plan in a child process.

    Parameters
    ----------
    engine : Engine
    problem : Problem
    options : mapping
        The engine's own, complete.
    time_limit_s : float
        Wall time after which the child is killed.
    memory_mb : int
        Resident memory of the child and its children above which it is killed.
    cancelled : callable
        Asked twenty times a second whether the plan is still wanted.
    progress : callable, optional
        Called with the fraction done and a word on what is being done; may raise `PlanCancelled`.

    Raises
    ------
    EngineTimedOut, EngineCrashed, EngineNonsense
    PlanCancelled
    """
    with engine_home() as (home, complaint):
        child = _Child(engine, problem, options, home, complaint)
        try:
            plan = child.result(time_limit_s, memory_mb, cancelled, progress)
        finally:
            child.end()
    faults = faults_of(problem, plan)
    if faults:
        logger.warning("engine %s returned nonsense: %s", engine.name, in_words(faults))
        raise EngineNonsense(f"The plan of {engine.name} cannot be used: {in_words(faults)}")
    assert isinstance(plan, NetworkPlan)
    return plan


class _Child:
    """A running engine."""

    def __init__(
        self, engine: Engine, problem: Problem, options: Mapping[str, Any], home: Path, complaint: IO[bytes]
    ) -> None:
        self._engine = engine
        self._home = home
        self._complaint = complaint
        self._process = subprocess.Popen(
            # unbuffered: what it printed must not come after its last words
            [sys.executable, "-u", "-m", CHILD],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._complaint,
            env=_environment(home),
            cwd=home,
            start_new_session=True,
        )
        self._frames: queue.SimpleQueue[tuple[str, Any] | None] = queue.SimpleQueue()
        assert self._process.stdout is not None
        threading.Thread(target=_collect, args=(self._process.stdout, self._frames), daemon=True).start()
        threading.Thread(target=self._send, args=(engine, problem, dict(options)), daemon=True).start()

    def _send(self, *work: Any) -> None:
        """Hand over the work; standard input stays open, as the child lives no longer than it."""
        assert self._process.stdin is not None
        # A child that died before it had read everything is told of by its exit code.
        with suppress(BrokenPipeError, ValueError):
            pickle.dump(work, self._process.stdin, protocol=pickle.HIGHEST_PROTOCOL)
            self._process.stdin.flush()

    def result(
        self, time_limit_s: float, memory_mb: int, cancelled: Callable[[], bool], progress: Progress | None
    ) -> object:
        """Wait for what the engine returns, and look after its limits meanwhile."""
        until = time.monotonic() + time_limit_s
        while True:
            frame = self._next(min(LOOK_EVERY_S, max(until - time.monotonic(), 0.0)))
            if frame is not None:
                kind, content = frame
                if kind == "plan":
                    return content
                if kind == "died":
                    raise EngineCrashed(self._crash())
                if progress is not None:
                    progress(*content)
            if cancelled():
                raise PlanCancelled
            if time.monotonic() > until:
                raise EngineTimedOut(
                    f"{self._engine.name} was not done within {time_limit_s:g} s and was stopped. "
                    "Ask for fewer telescopes or a shorter time, or take the engine network."
                )
            used = resident_mb(self._process.pid)
            if used > memory_mb:
                raise EngineCrashed(f"{self._engine.name} took {used:.0f} MB of memory; it may take {memory_mb} MB.")

    def _next(self, wait_s: float) -> tuple[str, Any] | None:
        """The next frame; None when there is none yet, ("died", None) when there will be no more."""
        try:
            frame = self._frames.get(timeout=wait_s) if wait_s else self._frames.get_nowait()
        except queue.Empty:
            return None
        return frame or ("died", None)

    def _crash(self) -> str:
        """Say how the child died, with the last line of its complaint."""
        try:
            code = self._process.wait(timeout=5.0)
        except subprocess.TimeoutExpired:
            return f"{self._engine.name} closed its output without a plan."
        line = self._last_line()
        said = f" Its last words: {line}" if line else ""
        if code < 0:
            name = signal.Signals(-code).name if -code in set(signal.Signals) else f"signal {-code}"
            return f"{self._engine.name} was killed by {name}.{said}"
        return f"{self._engine.name} stopped with an error.{said}"

    def _last_line(self) -> str:
        self._complaint.flush()
        size = self._complaint.seek(0, os.SEEK_END)
        self._complaint.seek(max(0, size - COMPLAINT_BYTES))
        lines = self._complaint.read().decode("utf-8", "replace").split("\n")
        told = [line.strip() for line in lines if line.strip()]
        return told[-1][:300] if told else ""

    def end(self) -> None:
        """Leave nothing behind: the child and all below it are killed whether or not it is done."""
        end_below(self._process.pid)
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        end_at_home(self._home)
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with suppress(OSError):
                    pipe.close()


def _collect(pipe: IO[bytes], frames: queue.SimpleQueue[tuple[str, Any] | None]) -> None:
    """Read frames until the pipe ends; None says that it did."""
    with suppress(OSError, ValueError):
        while (frame := read_frame(pipe)) is not None:
            frames.put(frame)
    frames.put(None)


def _environment(home: Path) -> dict[str, str]:
    """What the child may know of ours: no secrets, one thread, a home it can write to, our packages."""
    root = str(Path(__file__).resolve().parents[2])
    given = {name: value for name, value in os.environ.items() if name in PASSED_ON}
    threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "RAYON_NUM_THREADS"), "1")
    paths = [root, *(path for path in sys.path if path and path != root)]
    return {**given, **threads, "HOME": str(home), "MPLBACKEND": "agg", "PYTHONPATH": os.pathsep.join(paths)}
