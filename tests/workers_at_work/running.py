"""Real workers on the tests' database, for tests that kill them."""

import os
import re
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import psutil
from django.db import connection

from icare_tom.workers.supervisor import Program, Supervisor
from tests.waiting import wait_until

AT_WORK = Path(__file__).parent
WITHIN_S = 60.0
# How django-q's processes announce themselves.
SAYS = {"worker": "ready for work at", "monitor": "monitoring at", "pusher": "pushing tasks at"}


class Workers:
    """A watchdog and its cluster, kept alive the way ``./run`` does it."""

    def __init__(self, log: Path) -> None:
        self.said: list[str] = []
        self.log = log
        self.supervisor = Supervisor(self.said.append)
        command = [sys.executable, str(AT_WORK / "watchdog_of_tests.py"), connection.settings_dict["NAME"]]
        self.program = Program("worker fast", [*command, str(os.getpid())], log)
        self.supervisor.start(self.program)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._keep_alive)
        self._thread.start()

    def _keep_alive(self) -> None:
        while not self._stop.wait(0.2):
            self.supervisor.look()

    def process(self, role: str) -> psutil.Process:
        """One of its processes, told by whose child it is and what it said; waited for until it is there."""
        watchdog = psutil.Process(self.program.process.pid)
        if role == "watchdog":
            return watchdog
        (main,) = watchdog.children()
        if role == "main":
            return main
        (sentinel,) = main.children()
        if role == "sentinel":
            return sentinel
        found: list[psutil.Process] = []

        def is_there() -> bool:
            found.extend(self._alive(sentinel, role))
            return bool(found)

        wait_until(is_there, f"there is no {role}", within_s=WITHIN_S)
        return found[0]

    def _alive(self, sentinel: psutil.Process, role: str) -> list[psutil.Process]:
        """Those that live and say they have a role, the eldest first; pids alone mislead once one was forked again."""
        alive = {child.pid: child for child in sentinel.children() if child.status() != psutil.STATUS_ZOMBIE}
        said = re.findall(rf"{SAYS[role]} (\d+)", self.log.read_text())
        return [alive[int(pid)] for pid in said if int(pid) in alive]

    def stop(self) -> None:
        self._stop.set()
        self._thread.join()
        self.supervisor.stop()


def wait_for(condition: Callable[[], bool], what: str) -> float:
    """Wait as long as workers may take to notice that one was killed, and to make up for it."""
    return wait_until(condition, what, within_s=WITHIN_S)
