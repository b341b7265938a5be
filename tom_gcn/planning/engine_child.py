"""What runs in an engine's process: ``python -m tom_gcn.planning.engine_child``; see `tom_gcn.planning.isolated`."""

from __future__ import annotations

import os
import pickle
import re
import sys
import threading
from typing import Any

from tom_gcn.planning.family import adopt_orphans, end_below
from tom_gcn.planning.frames import write_frame

# Names of audit events (https://docs.python.org/3/library/audit_events.html).
NETWORK = {
    "socket.bind", "socket.connect", "socket.getaddrinfo", "socket.gethostbyaddr", "socket.gethostbyname",
    "socket.getnameinfo", "socket.sendmsg", "socket.sendto", "urllib.Request",
}  # fmt: skip
PROCESSES = {
    "os.exec", "os.fork", "os.forkpty", "os.posix_spawn", "os.spawn", "os.startfile", "os.system", "pty.spawn",
    "subprocess.Popen",
}  # fmt: skip
_OTHERS = re.compile(r"/proc/\d+/(task/\d+/)?(environ|mem)")


def main() -> None:
    """Take the work from standard input, do it, and answer on what was standard output."""
    answers = os.fdopen(os.dup(1), "wb")
    # Whatever engines print belongs to their complaints, not among the answers.
    os.dup2(2, 1)
    adopt_orphans()
    sys.addaudithook(_stay_alone)
    engine, problem, options = pickle.load(sys.stdin.buffer)  # noqa: S301  written by our own parent process
    threading.Thread(target=_end_with_parent, args=(sys.stdin.fileno(),), daemon=True).start()
    _use_bundled_earth_orientation()

    def tell(fraction: float, doing: str) -> None:
        write_frame(answers, "progress", (fraction, doing))

    try:
        write_frame(answers, "plan", engine.solve(problem, options, tell))
    finally:
        # A worker that was killed is first noticed by what can no longer be told to it.
        end_below(os.getpid())


def _stay_alone(event: str, details: tuple[Any, ...]) -> None:
    """Refuse the network, other programs and the memory of others: engines plan from what they are given.

    It holds for Python, and for nothing that compiled code does by itself.
    """
    if event in NETWORK:
        raise PermissionError("an engine may not use the network")
    if event in PROCESSES:
        raise PermissionError("an engine may not start programs")
    if event == "open" and isinstance(details[0], str | bytes) and _is_of_another(os.fsdecode(details[0])):
        raise PermissionError("an engine may not read the environment of others")


def _is_of_another(path: str) -> bool:
    """Whether a path leads, by whatever links, to what a process keeps to itself."""
    return _OTHERS.fullmatch(os.path.realpath(path)) is not None


def _end_with_parent(descriptor: int) -> None:
    """Standard input ends when the parent dies, however it dies.

    Read without Python's buffer: its lock, held by this thread, would abort the interpreter at a regular end.
    """
    while os.read(descriptor, 4096):
        pass
    end_below(os.getpid())
    os._exit(1)


def _use_bundled_earth_orientation() -> None:
    from astropy.utils import iers

    iers.conf.auto_download = False
    iers.conf.auto_max_age = None


if __name__ == "__main__":
    main()
