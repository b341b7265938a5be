"""The processes below a process, wherever they went, and their end.

A process that begins a session of its own leaves the process group, and one whose parent ended is handed to another
parent. So the engine's process asks the system (Linux) to be given such orphans, and whatever has the engine's folder
as its HOME is its as well: an environment goes down to all descendants.
"""

from __future__ import annotations

import ctypes
import os
import sys
from contextlib import suppress
from pathlib import Path

import psutil

MEGABYTE = 1024 * 1024
_PR_SET_CHILD_SUBREAPER = 36
# Killing takes several rounds only against something that forks all the time.
_ROUNDS = 20
_WAIT_S = 1.0


def adopt_orphans() -> None:
    """Become the parent of every descendant whose own parent ends; nothing where the system cannot (prctl(2))."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def resident_mb(pid: int) -> float:
    """Resident memory of a process and everything below it, MB; 0 when it is gone."""
    total = 0
    with suppress(psutil.Error):
        process = psutil.Process(pid)
        for one in [process, *process.children(recursive=True)]:
            with suppress(psutil.Error):
                total += one.memory_info().rss
    return total / MEGABYTE


def end_below(pid: int) -> None:
    """Kill everything below a process."""
    for _ in range(_ROUNDS):
        try:
            below = psutil.Process(pid).children(recursive=True)
        except psutil.Error:
            return
        if not _kill(below):
            return


def end_at_home(home: Path) -> None:
    """Kill every process of ours that has this folder as its HOME."""
    for _ in range(_ROUNDS):
        if not _kill([one for one in psutil.process_iter() if _lives_at(one, home)]):
            return


def _kill(processes: list[psutil.Process]) -> int:
    """Kill processes, and return how many there were to kill."""
    killed = []
    for one in processes:
        with suppress(psutil.Error):
            if one.status() != psutil.STATUS_ZOMBIE:
                one.kill()
                killed.append(one)
    psutil.wait_procs(killed, timeout=_WAIT_S)
    return len(killed)


def _lives_at(process: psutil.Process, home: Path) -> bool:
    try:
        return bool(process.pid != os.getpid() and process.environ().get("HOME") == str(home))
    except (psutil.Error, OSError):
        # Those of other users, and those that have just ended.
        return False
