"""Starts the processes of ``./run``, starts again those that die, and stops them all."""

import contextlib
import logging
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from logging.handlers import RotatingFileHandler
from pathlib import Path

LOG_BYTES = 5_000_000
LOG_COPIES = 3
SHORTEST_LIFE_S = 5.0
LONGEST_PAUSE_S = 30.0


@dataclass
class Program:
    """One process to keep alive, in a session of its own so that Ctrl-C reaches only the supervisor."""

    name: str
    command: Sequence[str]
    log: Path
    environment: Mapping[str, str] | None = None
    stop_within_s: float = 6.0
    process: subprocess.Popen[str] | None = field(default=None, init=False)
    started: float = field(default=0.0, init=False)
    young_deaths: int = field(default=0, init=False)
    start_again_at: float | None = field(default=None, init=False)

    @property
    def runs(self) -> bool:
        """Whether the process lives."""
        return self.process is not None and self.process.poll() is None


class Supervisor:
    """Keeps programs alive; what they report as an error is also shown by ``say``."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self.say = say
        self.programs: list[Program] = []

    def start(self, program: Program) -> None:
        """Start a program and keep it alive from now on."""
        self.programs.append(program)
        self._launch(program)

    def look(self) -> None:
        """Start again what died; a program that dies at once is started less and less often."""
        for program in self.programs:
            if program.runs:
                continue
            if program.start_again_at is None:
                self._note_end(program)
            if program.start_again_at is not None and time.monotonic() >= program.start_again_at:
                self._launch(program)

    def young_deaths(self, name: str) -> int:
        """How often in a row a program died soon after its start."""
        return max((program.young_deaths for program in self.programs if program.name == name), default=0)

    def stop(self) -> None:
        """Stop all programs, the last started last of all to be asked; none outlives this call."""
        for program in self.programs:
            if program.process is not None and program.runs:
                with contextlib.suppress(ProcessLookupError):
                    program.process.terminate()
        for program in self.programs:
            if program.process is not None:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    program.process.wait(program.stop_within_s)
                self._clear(program)
        self.programs.clear()

    def _note_end(self, program: Program) -> None:
        died_young = time.monotonic() - program.started < SHORTEST_LIFE_S
        program.young_deaths = program.young_deaths + 1 if died_young else 0
        pause_s = min(2.0**program.young_deaths - 1, LONGEST_PAUSE_S)
        again = f"starting it again in {pause_s:.0f} s" if pause_s else "starting it again"
        self.say(f"{program.name} ended by itself ({_ending(program)}); {again}. See {program.log}")
        self._clear(program)
        program.start_again_at = time.monotonic() + pause_s

    def _launch(self, program: Program) -> None:
        program.started, program.start_again_at = time.monotonic(), None
        program.process = subprocess.Popen(
            list(program.command),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            env=dict(program.environment) if program.environment is not None else None,
            start_new_session=True,
        )
        threading.Thread(target=self._keep_log, args=(program, program.process), daemon=True).start()

    def _clear(self, program: Program) -> None:
        """Kill whatever is left of a program's group."""
        if program.process is not None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(program.process.pid, signal.SIGKILL)
            program.process.wait()

    def _keep_log(self, program: Program, process: "subprocess.Popen[str]") -> None:
        handler = RotatingFileHandler(program.log, maxBytes=LOG_BYTES, backupCount=LOG_COPIES, encoding="utf-8")
        assert process.stdout is not None
        for line in process.stdout:
            text = line.rstrip("\n")
            handler.emit(logging.LogRecord(program.name, logging.INFO, "", 0, "%s", (text,), None))
            if any(mark in text for mark in (" ERROR ", " CRITICAL ", "[ERROR]", "[CRITICAL]")):
                self.say(f"{program.name}: {text}")
        handler.close()


def python_program(name: str, arguments: Sequence[str], log: Path, **more: object) -> Program:
    """A program run by this Python."""
    return Program(name, [sys.executable, *arguments], log, **more)  # type: ignore[arg-type]


def _ending(program: Program) -> str:
    code = program.process.returncode if program.process is not None else None
    if code is not None and code < 0:
        return f"signal {signal.Signals(-code).name}"
    return f"exit code {code}"
