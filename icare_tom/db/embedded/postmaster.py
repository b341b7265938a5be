"""What a ``postmaster.pid`` means: a server that runs, one that died, or nothing at all."""

import logging
import os
import subprocess
from pathlib import Path

from icare_tom.db.embedded.account import Account

logger = logging.getLogger(__name__)


def running_pid(data: Path) -> int | None:
    """Process id of the server that runs on a data folder, or None.

    The number in the file is believed only when that process is a PostgreSQL working in this very folder: after a
    crash the kernel gives the number to any other process.
    """
    pid = _recorded_pid(data)
    return pid if pid is not None and _serves(pid, data) else None


def clear_leftovers(data: Path, socket_folder: Path, account: Account) -> None:
    """Make a data folder without a running server startable. Call it with the server's lock held.

    PostgreSQL itself deals with the pid file of a dead process, and looks for orphaned backends through the shared
    memory it names; so a file with content is kept. What it cannot deal with: an empty file (a crash while it was
    written), and a number that now belongs to another process. Our own number is one it knows to ignore (the process
    above pg_ctl).
    """
    pid_file = data / "postmaster.pid"
    lines = _lines(pid_file)
    if lines is not None and _recorded_pid(data) is None:
        logger.warning("Removing %s, which a crash left unreadable", pid_file)
        pid_file.unlink(missing_ok=True)
    elif lines is not None and _exists(int(lines[0])):
        logger.warning("The process number in %s belongs to another program now", pid_file)
        lines[0] = str(os.getpid())
        _replace(pid_file, "\n".join(lines) + "\n", account)
    for name in socket_folder.glob(".s.PGSQL.*"):
        name.unlink(missing_ok=True)


def _replace(path: Path, text: str, account: Account) -> None:
    new = path.with_suffix(".new")
    new.unlink(missing_ok=True)
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
    account.own(new)
    new.replace(path)


def _lines(pid_file: Path) -> list[str] | None:
    try:
        return pid_file.read_text(errors="replace").splitlines()
    except FileNotFoundError:
        return None


def _recorded_pid(data: Path) -> int | None:
    lines = _lines(data / "postmaster.pid")
    if not lines or not lines[0].strip().isdigit():
        return None
    return int(lines[0])


def _exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _serves(pid: int, data: Path) -> bool:
    if not _exists(pid):
        return False
    process = Path("/proc") / str(pid)
    if process.exists():
        return _works_in(process, data)
    ps = ["/bin/ps", "-p", str(pid), "-o", "command="]
    command = subprocess.run(ps, capture_output=True, text=True, check=False)
    return "postgres" in command.stdout and str(data) in command.stdout


def _works_in(process: Path, data: Path) -> bool:
    try:
        if (process / "comm").read_text().strip() != "postgres":
            return False
        return (process / "cwd").resolve() == data.resolve()
    except OSError:
        # Gone meanwhile, or another user's: not the server we could have started.
        return False
