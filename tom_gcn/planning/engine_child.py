"""What runs in an engine's process: ``python -m tom_gcn.planning.engine_child``; see `tom_gcn.planning.isolated`."""

from __future__ import annotations

import os
import pickle
import sys
import threading
from typing import Any

from tom_gcn.planning.frames import write_frame

CONNECTING = ("socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "urllib.Request")


def main() -> None:
    """Take the work from standard input, do it, and answer on what was standard output."""
    answers = os.fdopen(os.dup(1), "wb")
    # Whatever engines print belongs to their complaints, not among the answers.
    os.dup2(2, 1)
    sys.addaudithook(_stay_offline)
    engine, problem, options = pickle.load(sys.stdin.buffer)  # noqa: S301  written by our own parent process
    threading.Thread(target=_end_with_parent, args=(sys.stdin.fileno(),), daemon=True).start()
    _use_bundled_earth_orientation()

    def tell(fraction: float, doing: str) -> None:
        write_frame(answers, "progress", (fraction, doing))

    write_frame(answers, "plan", engine.solve(problem, options, tell))


def _stay_offline(event: str, details: tuple[Any, ...]) -> None:
    """Refuse every connection: engines plan from what they are given."""
    if event in CONNECTING:
        raise OSError("an engine may not use the network")


def _end_with_parent(descriptor: int) -> None:
    """Standard input ends when the parent dies, however it dies.

    Read without Python's buffer: its lock, held by this thread, would abort the interpreter at a regular end.
    """
    while os.read(descriptor, 4096):
        pass
    os._exit(1)


def _use_bundled_earth_orientation() -> None:
    from astropy.utils import iers

    iers.conf.auto_download = False
    iers.conf.auto_max_age = None


if __name__ == "__main__":
    main()
