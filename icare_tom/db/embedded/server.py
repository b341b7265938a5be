"""Start, attach to and stop the embedded PostgreSQL server of one installation. No Django here.

Everything lies in one folder, the server's *home*::

    lock            held (flock) by whoever starts or stops the server
    password        of the database's only user, readable by us alone (0600)
    data/           the cluster, 0700, owned by the account the server runs as
    socket/         the only way in, 0700 (a short private folder when this path would be too long for a socket)
    log/            start.log and a week of server logs

The server listens on no TCP port. It outlives the process that started it: whoever comes next attaches.
"""

import contextlib
import fcntl
import hashlib
import logging
import os
import secrets
import shlex
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg2
from psycopg2 import sql

from icare_tom.db.embedded import binaries, postmaster
from icare_tom.db.embedded.account import Account, server_account
from icare_tom.db.embedded.errors import EmbeddedServerError
from icare_tom.settings.paths import SYSTEM_DATA_ROOT, make_private

logger = logging.getLogger(__name__)

USER = "icare"
PORT = 5432
LONGEST_SOCKET_PATH = 100
LOCK_TIMEOUT_S = 180.0
START_TIMEOUT_S = 120.0
OWN_SERVER = "or set DATABASE_URL to a PostgreSQL server of your own."


@dataclass(frozen=True, slots=True)
class Address:
    """How to connect to a running server."""

    socket_folder: Path
    password: str
    port: int = PORT
    user: str = USER

    def connect(self, database: str = "postgres", timeout_s: int = 5) -> "psycopg2.extensions.connection":
        """Open a plain connection; raises psycopg2.OperationalError when nobody answers."""
        return psycopg2.connect(
            host=str(self.socket_folder),
            port=self.port,
            user=self.user,
            password=self.password,
            dbname=database,
            connect_timeout=timeout_s,
        )


class EmbeddedServer:
    """The server whose home is ``data_dir``."""

    def __init__(self, data_dir: Path | str, fsync: bool = True) -> None:
        self.requested_home = Path(data_dir).absolute()
        self.fsync = fsync

    @property
    def home(self) -> Path:
        """The requested folder; for root a system folder when the server's account cannot reach the requested one."""
        account = server_account()
        ours = SYSTEM_DATA_ROOT in self.requested_home.parents
        if account.is_ourselves or ours or _reachable(account, self.requested_home):
            return self.requested_home
        digest = hashlib.sha256(os.fsencode(self.requested_home)).hexdigest()[:12]
        return SYSTEM_DATA_ROOT / f"postgres-{digest}"

    @property
    def data(self) -> Path:
        """The cluster's data folder."""
        return self.home / "data"

    def ensure(self, database: str | None = None) -> Address:
        """Attach to the server, starting it (and making its cluster) when nobody has; returns its address.

        Raises
        ------
        EmbeddedServerError
            When it cannot be done; the message says what to do.
        """
        address = self.attach()
        if address is None:
            with self._lock():
                address = self.attach() or self._start()
        if database is not None:
            _ensure_database(address, database)
        return address

    def attach(self) -> Address | None:
        """Address of the server when it runs and answers, without ever starting it."""
        address = self._address()
        if address is None:
            return None
        try:
            address.connect().close()
        except psycopg2.OperationalError as error:
            logger.debug("No embedded server answers in %s: %s", address.socket_folder, error)
            return None
        return address

    def running_pid(self) -> int | None:
        """Process id of the running server, or None."""
        return postmaster.running_pid(self.data)

    def attached_clients(self) -> int:
        """Number of connections other people hold now (0 when the server does not run)."""
        address = self.attach()
        if address is None:
            return 0
        with contextlib.closing(address.connect()) as connection, connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity"
                " WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
            )
            (number,) = cursor.fetchone()
        return int(number)

    def stop(self, even_if_attached: bool = False) -> bool:
        """Stop the server unless somebody is attached; True when it does not run afterwards."""
        if not self.data.exists():
            return True
        with self._lock():
            if self.running_pid() is None:
                return True
            if not even_if_attached and self.attached_clients():
                return False
            self._pg_ctl("stop", "-m", "fast", "-w", "-t", "30", timeout=40)
            return self.running_pid() is None

    def pg_program(self, name: str) -> Path:
        """Path of one of PostgreSQL's programs (psql, pg_dump ...), for us to run."""
        return binaries.wheel_folder() / "bin" / name

    # -- starting -----------------------------------------------------------------------------------------------------

    def _start(self) -> Address:
        account = server_account()
        password = self._password()
        if not (self.data / "PG_VERSION").exists():
            self._make_cluster(account)
        socket_folder = self._make_socket_folder(account)
        self._make_log_folder(account)
        deadline = time.monotonic() + START_TIMEOUT_S
        address = Address(socket_folder, password)
        while True:
            output = ""
            if self.running_pid() is None:
                postmaster.clear_leftovers(self.data, socket_folder, account)
                output = self._pg_ctl(
                    "start", "-w", "-t", "30", "-l", self.home / "log" / "start.log", "-o", self._options(socket_folder)
                )
            refusal = _probe(address)
            if not refusal:
                logger.info("Embedded PostgreSQL runs in %s", self.home)
                return address
            if time.monotonic() > deadline or "password authentication failed" in refusal:
                raise self._start_error(f"{output}\n{refusal}")
            time.sleep(0.3)

    def _start_error(self, output: str) -> EmbeddedServerError:
        log = self.home / "log" / "start.log"
        last_lines = log.read_text(errors="replace").splitlines()[-5:] if log.exists() else []
        return EmbeddedServerError(
            f"The embedded PostgreSQL does not start: {' | '.join([*output.splitlines(), *last_lines])}.",
            f"Look into {log.parent} and at the space left on the disk, {OWN_SERVER}",
        )

    def _make_cluster(self, account: Account) -> None:
        """Run initdb into a folder beside the final one and rename it: a killed initdb leaves nothing half done."""
        for left_behind in self.home.glob("data-unfinished-*"):
            # An initdb whose starter was killed may still be writing there; what it adds goes the next time.
            shutil.rmtree(left_behind, ignore_errors=True)
        logger.info("Making the database cluster in %s", self.data)
        unfinished = Path(tempfile.mkdtemp(prefix="data-unfinished-", dir=self.home))
        account.own(unfinished)
        with self._password_file_for(account) as password_file:
            result = account.run(
                [
                    self._program(account, "initdb"),
                    *("-D", unfinished, "-U", USER, "--auth=scram-sha-256", f"--pwfile={password_file}"),
                    *("--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"),
                    *("--no-instructions", *([] if self.fsync else ["--no-sync"])),
                ],
                timeout=START_TIMEOUT_S,
            )
        if result.returncode:
            shutil.rmtree(unfinished, ignore_errors=True)
            raise EmbeddedServerError(
                f"PostgreSQL's initdb failed: {result.stdout.strip()}",
                f"Look at the space left on the disk and at the permissions of {self.home}, {OWN_SERVER}",
            )
        unfinished.rename(self.data)

    def _options(self, socket_folder: Path) -> str:
        settings = {
            "listen_addresses": "",
            "port": str(PORT),
            "unix_socket_directories": f'"{socket_folder}"',
            "unix_socket_permissions": "0700",
            "max_connections": "100",
            "shared_buffers": "128MB",
            "work_mem": "16MB",
            "maintenance_work_mem": "64MB",
            "max_wal_size": "512MB",
            "fsync": "on" if self.fsync else "off",
            "full_page_writes": "on" if self.fsync else "off",
            "dynamic_shared_memory_type": "posix",
            "timezone": "UTC",
            "log_timezone": "UTC",
            "logging_collector": "on",
            "log_directory": str(self.home / "log"),
            "log_filename": "postgresql-%a.log",
            "log_truncate_on_rotation": "on",
            "log_rotation_age": "1d",
            "log_rotation_size": "0",
            "log_min_messages": "warning",
            "log_checkpoints": "off",
        }
        return " ".join(f"-c {shlex.quote(f'{name}={value}')}" for name, value in settings.items())

    def _make_socket_folder(self, account: Account) -> Path:
        """The folder of the socket, remembered in a file when it had to lie elsewhere."""
        wanted = self.home / "socket"
        if len(os.fsencode(wanted / f".s.PGSQL.{PORT}")) <= LONGEST_SOCKET_PATH:
            wanted.mkdir(exist_ok=True)
        else:
            wanted = self._remembered_socket_folder(account) or Path(tempfile.mkdtemp(prefix="icare-", dir="/tmp"))
            _write_private(self.home / "socket-folder", str(wanted))
        account.own(wanted)
        wanted.chmod(0o700)
        return wanted

    def _remembered_socket_folder(self, account: Account) -> Path | None:
        try:
            folder = Path((self.home / "socket-folder").read_text())
            return folder if folder.lstat().st_uid == account.uid and not folder.is_symlink() else None
        except FileNotFoundError:
            return None

    def _make_log_folder(self, account: Account) -> None:
        folder = self.home / "log"
        folder.mkdir(exist_ok=True)
        account.own(folder)
        folder.chmod(0o700)

    # -- files and programs -------------------------------------------------------------------------------------------

    def _address(self) -> Address | None:
        try:
            password = (self.home / "password").read_text()
        except OSError:
            # Not there yet; or somebody else's, which whoever wants to start the server is told.
            return None
        remembered = self._remembered_socket_folder(server_account())
        return Address(remembered or self.home / "socket", password)

    def _password(self) -> str:
        path = self.home / "password"
        if not path.exists():
            if (self.data / "PG_VERSION").exists():
                raise EmbeddedServerError(
                    f"The password file {path} of the embedded database is missing.",
                    "Put it back from a backup; or, when nothing in this database matters, move the folder "
                    f"{self.home} away and start again.",
                )
            _write_private(path, secrets.token_urlsafe(24))
        return path.read_text()

    @contextlib.contextmanager
    def _password_file_for(self, account: Account) -> Iterator[Path]:
        """A copy of the password the server's account may read, for the time of initdb."""
        path = self.home / "password-for-initdb"
        path.unlink(missing_ok=True)
        _write_private(path, self._password())
        account.own(path)
        try:
            yield path
        finally:
            path.unlink()

    def _program(self, account: Account, name: str) -> Path:
        return binaries.usable_folder(account, self.home) / "bin" / name

    def _pg_ctl(self, *arguments: str | Path, timeout: float = 60.0) -> str:
        account = server_account()
        try:
            return account.run(
                [self._program(account, "pg_ctl"), "-D", self.data, *arguments], timeout=timeout
            ).stdout.strip()
        except subprocess.TimeoutExpired:
            return f"pg_ctl {arguments[0]} did not end within {timeout:.0f} s"
        except OSError as error:
            raise EmbeddedServerError(
                f"PostgreSQL's programs cannot be run here: {error}.", f"Install the requirements again, {OWN_SERVER}"
            ) from error

    @contextlib.contextmanager
    def _lock(self) -> Iterator[None]:
        """Hold the home's lock file; the kernel releases it when its holder dies."""
        self._make_home()
        with (self.home / "lock").open("a") as lock:
            deadline = time.monotonic() + LOCK_TIMEOUT_S
            while not _try_lock(lock.fileno()):
                if time.monotonic() > deadline:
                    raise EmbeddedServerError(
                        f"Another process has been starting the embedded PostgreSQL for {LOCK_TIMEOUT_S:.0f} s.",
                        f"See who holds {self.home / 'lock'} (fuser), end it and start again.",
                    )
                time.sleep(0.05)
            yield

    def _make_home(self) -> None:
        try:
            make_private(self.home, passable=True)
            if SYSTEM_DATA_ROOT in self.home.parents:
                _open_for_passage(self.home)
            owner = self.home.stat().st_uid
        except OSError as error:
            raise EmbeddedServerError(
                f"The folder {self.home} for the embedded database cannot be made: {error.strerror}.",
                f"Set ICARE_DATA to a folder you may write in, {OWN_SERVER}",
            ) from error
        if owner != os.geteuid():
            raise EmbeddedServerError(
                f"The folder {self.home} belongs to another user.",
                f"Set ICARE_DATA to a folder of your own, {OWN_SERVER}",
            )


def _probe(address: Address) -> str:
    """Empty when the server answers, otherwise why not."""
    try:
        address.connect().close()
    except psycopg2.OperationalError as error:
        return str(error).strip()
    return ""


def _ensure_database(address: Address, name: str) -> None:
    with contextlib.closing(address.connect()) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
            if cursor.fetchone() is None:
                with contextlib.suppress(psycopg2.errors.DuplicateDatabase, psycopg2.errors.UniqueViolation):
                    cursor.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))


def _reachable(account: Account, folder: Path) -> bool:
    existing = next(path for path in (folder, *folder.parents) if path.exists())
    # A file in the way is no matter of permissions: making the folder says what is wrong.
    return not existing.is_dir() or account.can_enter(existing)


def _open_for_passage(folder: Path) -> None:
    """Let the server's account pass through our own system folders, whatever umask they were made with."""
    for path in (folder, *folder.parents):
        if path == SYSTEM_DATA_ROOT.parent:
            return
        path.chmod(path.stat().st_mode | 0o011)


def _try_lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _write_private(path: Path, text: str) -> None:
    """Write a file only we may read, complete or not at all."""
    new = path.with_name(f"{path.name}.{os.getpid()}.new")
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
    new.replace(path)
