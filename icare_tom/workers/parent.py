"""Ties a process to the life of its parent, so that a ``kill -9`` leaves no orphans."""

import ctypes
import os
import signal
import sys
import threading
import time

_PR_SET_PDEATHSIG = 1
_POLL_S = 0.5

_forking_pid = 0


def die_with_parent(parent_pid: int) -> None:
    """Be killed when the process ``parent_pid``, which must be our parent, ends.

    Linux does it in the kernel; elsewhere a thread looks every half second.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        # The parent may have died before the call took effect.
        if os.getppid() != parent_pid:
            os.kill(os.getpid(), signal.SIGKILL)
    else:
        threading.Thread(target=_watch, args=(parent_pid,), daemon=True, name="parent-watch").start()


def descendants_die_with_us() -> None:
    """From now on every child this process forks, and theirs, dies with the one that forked it."""
    os.register_at_fork(before=_remember_forker, after_in_child=_tie_to_forker)


def _remember_forker() -> None:
    global _forking_pid  # noqa: PLW0603  the child can learn who forked it only from memory it inherits
    _forking_pid = os.getpid()


def _tie_to_forker() -> None:
    die_with_parent(_forking_pid)


def _watch(parent_pid: int) -> None:
    while os.getppid() == parent_pid:
        time.sleep(_POLL_S)
    os.kill(os.getpid(), signal.SIGKILL)
