"""``./run`` from its second half on: everything comes up, is mended when killed, and goes at Ctrl-C."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

CHECKOUT = Path(__file__).resolve().parents[2]
UP_WITHIN_S = 180.0
DOWN_WITHIN_S = 20.0

pytestmark = [pytest.mark.timeout(400), pytest.mark.alone]


@pytest.fixture
def data_root() -> Iterator[Path]:
    """Open to be passed through, because root's server runs as somebody else."""
    path = Path(tempfile.mkdtemp(prefix="icare-test-", dir="/tmp"))
    path.chmod(0o711)
    yield path
    shutil.rmtree(path)


class Up:
    """A running ``manage.py up``."""

    def __init__(self, data_root: Path, *arguments: str) -> None:
        left_out = {"DATABASE_URL", "DJANGO_SETTINGS_MODULE", "Q_CLUSTER_NAME"}
        environment = {key: value for key, value in os.environ.items() if key not in left_out}
        self.log = data_root / "said"
        self.process = psutil.Popen(
            [sys.executable, "manage.py", "up", *arguments],
            cwd=CHECKOUT,
            env=environment | {"ICARE_DATA": str(data_root)},
            stdout=self.log.open("w"),
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    @property
    def said(self) -> str:
        return self.log.read_text()

    def wait_until(self, condition: Callable[[], object], what: str, within_s: float = UP_WITHIN_S) -> None:
        deadline = time.monotonic() + within_s
        while not condition():
            assert time.monotonic() < deadline, f"{what}\n{self.said}"
            assert self.process.poll() is None, self.said
            time.sleep(0.1)

    def family(self) -> list[psutil.Process]:
        return [self.process, *self.process.children(recursive=True)]

    def end(self, number: int) -> list[psutil.Process]:
        """Send a signal; returns those of the family that still live a while later."""
        family = self.family()
        self.process.send_signal(number)
        _, alive = psutil.wait_procs(family, timeout=DOWN_WITHIN_S)
        return [process for process in alive if process.status() != psutil.STATUS_ZOMBIE]


def servers_below(data_root: Path) -> list[int]:
    return [
        process.pid
        for process in psutil.process_iter(["cmdline"])
        if f"-D {data_root}" in " ".join(process.info["cmdline"] or [])
    ]


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def test_up_and_down_again(data_root: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        up = Up(data_root, "--port", str(port))
        up.wait_until(lambda: "Ctrl-C stops it." in up.said, "it does not come up")
    assert f"Port {port} is taken" in up.said
    page = re.search(r"http://127\.0\.0\.1:(\d+)/events/\S+/", up.said)
    assert page is not None
    assert int(page[1]) > port
    site = f"http://127.0.0.1:{page[1]}"
    assert re.search(r"pointings cover \d", up.said)
    assert re.search(r"User: admin +Password: \S{16}", up.said)
    up.wait_until(lambda: answers(f"{site}/healthz"), "it is not well", 30)
    assert answers(f"{site}/accounts/login/")

    for process in up.process.children():
        process.kill()
    up.wait_until(lambda: up.said.count("ended by itself (signal SIGKILL)") == 3, "nobody notices", 30)
    up.wait_until(lambda: answers(f"{site}/healthz"), "it does not recover", 60)

    assert len(servers_below(data_root)) == 1
    assert up.end(signal.SIGINT) == []
    assert "Stopped." in up.said
    assert servers_below(data_root) == []

    again = Up(data_root, "--no-drill", "--port", str(port))
    again.wait_until(lambda: "Ctrl-C stops it." in again.said, "it does not come up again")
    assert "Password:" not in again.said
    assert "The database is up to date." in again.said
    family = again.family()
    again.process.kill()
    _, alive = psutil.wait_procs(family, timeout=DOWN_WITHIN_S)
    assert [process for process in alive if process.status() != psutil.STATUS_ZOMBIE] == [], "orphans of a killed run"
    (server,) = servers_below(data_root)
    os.kill(server, signal.SIGKILL)

    third = Up(data_root, "--no-drill", "--port", str(port))
    third.wait_until(lambda: "Ctrl-C stops it." in third.said, "it does not come up after kill -9 of everything")
    assert third.end(signal.SIGTERM) == []
    assert servers_below(data_root) == []


def test_an_address_of_another_machine_is_refused_in_words(data_root: Path) -> None:
    up = Up(data_root, "--no-drill", "--host", "192.0.2.1")
    up.process.wait(UP_WITHIN_S)
    assert up.process.returncode == 1
    assert "192.0.2.1 is not an address of this machine" in up.said
    assert servers_below(data_root) == []
