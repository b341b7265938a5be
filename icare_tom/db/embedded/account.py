"""The operating-system user the server runs as. PostgreSQL refuses to run as root."""

import os
import pwd
import stat
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from icare_tom.db.embedded.errors import EmbeddedServerError

UNPRIVILEGED_USERS = ("postgres", "nobody")


@dataclass(frozen=True, slots=True)
class Account:
    """A user and its primary group; supplementary groups are always dropped."""

    name: str
    uid: int
    gid: int
    is_ourselves: bool

    def can_enter(self, folder: Path) -> bool:
        """Whether this user can pass through a folder and everything above it."""
        return all(self._may(path, stat.S_IXOTH) for path in (folder, *folder.parents) if path.exists())

    def can_execute(self, program: Path) -> bool:
        """Whether this user can reach, read and run a program."""
        return self.can_enter(program.parent) and self._may(program, stat.S_IXOTH) and self._may(program, stat.S_IROTH)

    def own(self, path: Path) -> None:
        """Give a file or folder to this user."""
        if not self.is_ourselves:
            os.chown(path, self.uid, self.gid)

    def run(self, command: Sequence[str | Path], timeout: float) -> subprocess.CompletedProcess[str]:
        """Run a program as this user, in a session of its own, with an environment that says nothing about us."""
        privileges = {} if self.is_ourselves else {"user": self.uid, "group": self.gid, "extra_groups": []}
        return subprocess.run(
            [str(word) for word in command],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=timeout,
            check=False,
            cwd="/",
            env={"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"},
            # Ctrl-C of whoever starts the server must not reach it: others use it too.
            start_new_session=True,
            **privileges,  # type: ignore[call-overload]
        )

    def _may(self, path: Path, bit_for_others: int) -> bool:
        status = path.stat()
        if self.uid == 0:
            return True
        if status.st_uid == self.uid:
            return bool(status.st_mode & (bit_for_others << 6))
        if status.st_gid == self.gid:
            return bool(status.st_mode & (bit_for_others << 3))
        return bool(status.st_mode & bit_for_others)


def server_account() -> Account:
    """Ourselves, or for root the first unprivileged user that exists."""
    if os.geteuid() != 0:
        return Account(_name(os.geteuid()), os.geteuid(), os.getegid(), is_ourselves=True)
    for name in UNPRIVILEGED_USERS:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(name, entry.pw_uid, entry.pw_gid, is_ourselves=False)
    raise EmbeddedServerError(
        "PostgreSQL cannot run as root, and neither user 'postgres' nor 'nobody' exists here.",
        "Create one (useradd --system postgres), start as an ordinary user, or set DATABASE_URL.",
    )


def _name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError as error:
        raise EmbeddedServerError(
            f"The user id {uid} has no entry in the list of users, which PostgreSQL's initdb needs.",
            "Start as a user that has one, or set DATABASE_URL to a PostgreSQL server of your own.",
        ) from error
