"""The embedded server, started, killed and attached to for real."""

import contextlib
import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_django import DjangoDbBlocker

from icare_tom.db.embedded import binaries
from icare_tom.db.embedded.account import Account, server_account
from icare_tom.db.embedded.base import DatabaseWrapper, server_of
from icare_tom.db.embedded.errors import EmbeddedServerError
from icare_tom.db.embedded.server import LONGEST_SOCKET_PATH, EmbeddedServer
from icare_tom.health import database_state
from icare_tom.settings.paths import SYSTEM_DATA_ROOT
from tests.waiting import wait_until

CHECKOUT = Path(__file__).resolve().parents[2]
START = """
import sys
from icare_tom.db.embedded.server import EmbeddedServer
server = EmbeddedServer(sys.argv[1], fsync=False)
server.ensure("icare")
print(server.running_pid())
"""
only_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root runs the server as somebody else")


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder the server's account can reach; pytest's own are closed to it when root runs the tests."""
    path = Path(tempfile.mkdtemp(prefix="icare-test-", dir="/tmp"))
    path.chmod(0o711)
    yield path
    for home in [path, *path.rglob("*")]:
        if (home / "data" / "PG_VERSION").exists():
            EmbeddedServer(home, fsync=False).stop(even_if_attached=True)
    shutil.rmtree(path)


@pytest.fixture
def server(folder: Path) -> EmbeddedServer:
    return EmbeddedServer(folder / "home", fsync=False)


def starter(home: Path) -> "subprocess.Popen[str]":
    command = [sys.executable, "-c", START, str(home)]
    return subprocess.Popen(command, cwd=CHECKOUT, stdout=subprocess.PIPE, text=True, start_new_session=True)


def execute(server: EmbeddedServer, statement: str) -> list[tuple[object, ...]]:
    with contextlib.closing(server.ensure("icare").connect("icare")) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(statement)
            return cursor.fetchall() if cursor.description else []


def kill(server: EmbeddedServer) -> int:
    pid = server.running_pid()
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    wait_until(lambda: server.running_pid() is None, "it outlives SIGKILL", every_s=0.02)
    return pid


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_starts_fresh_attaches_and_keeps_others_out(server: EmbeddedServer) -> None:
    assert server.attach() is None
    address = server.ensure("icare")
    first = server.running_pid()
    assert server.ensure("icare") == address
    assert server.running_pid() == first
    assert mode(server.home / "password") == 0o600
    assert mode(address.socket_folder) == 0o700
    assert mode(server.data) == 0o700
    assert execute(server, "SHOW listen_addresses") == [("",)]
    assert execute(server, "SELECT upper('é')") == [("É",)]
    rules = (server.data / "pg_hba.conf").read_text()
    assert "trust" not in [line.split()[-1] for line in rules.splitlines() if line.strip() and line[0] != "#"]
    assert server.data.stat().st_uid == server_account().uid


def test_a_wrong_password_is_refused(server: EmbeddedServer) -> None:
    server.ensure("icare")
    (server.home / "password").write_text("wrong")
    assert EmbeddedServer(server.home).attach() is None
    with pytest.raises(EmbeddedServerError, match="password authentication failed"):
        EmbeddedServer(server.home, fsync=False).ensure("icare")


def test_six_starters_at_once_give_one_server(server: EmbeddedServer) -> None:
    starters = [starter(server.requested_home) for _ in range(6)]
    pids = {process.communicate(timeout=60)[0].strip() for process in starters}
    assert [process.returncode for process in starters] == [0] * 6
    assert pids == {str(server.running_pid())}


def test_a_killed_server_comes_back_with_its_rows(server: EmbeddedServer) -> None:
    execute(server, "CREATE TABLE kept (n int); INSERT INTO kept VALUES (42)")
    killed = kill(server)
    assert execute(server, "SELECT n FROM kept") == [(42,)]
    assert server.running_pid() not in {None, killed}


def test_an_empty_pid_file_does_not_keep_it_from_starting(server: EmbeddedServer) -> None:
    server.ensure("icare")
    kill(server)
    (server.data / "postmaster.pid").write_text("")
    assert execute(server, "SELECT 1") == [(1,)]


def test_a_pid_that_belongs_to_another_program_now(server: EmbeddedServer) -> None:
    server.ensure("icare")
    kill(server)
    account = server_account()
    identity = {} if account.is_ourselves else {"user": account.uid, "group": account.gid, "extra_groups": []}
    stranger = subprocess.Popen(["sleep", "60"], **identity)
    try:
        pid_file = server.data / "postmaster.pid"
        lines = pid_file.read_text().splitlines()
        pid_file.write_text("\n".join([str(stranger.pid), *lines[1:]]) + "\n")
        assert server.running_pid() is None
        assert execute(server, "SELECT 1") == [(1,)]
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_a_killed_initdb_leaves_nothing_half_done(server: EmbeddedServer) -> None:
    process = starter(server.requested_home)
    wait_until(lambda: list(server.home.glob("data-unfinished-*/base")), "initdb does not begin", every_s=0.002)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    assert not server.data.exists()
    assert execute(server, "SELECT 1") == [(1,)]


def test_a_path_too_long_for_a_socket(folder: Path) -> None:
    server = EmbeddedServer(folder / ("long" * 20) / ("name" * 20), fsync=False)
    address = server.ensure("icare")
    assert len(str(address.socket_folder)) < LONGEST_SOCKET_PATH
    assert mode(address.socket_folder) == 0o700
    assert EmbeddedServer(server.requested_home).attach() == address
    killed = kill(server)
    assert server.ensure("icare").socket_folder == address.socket_folder
    assert server.running_pid() != killed
    server.stop()
    shutil.rmtree(address.socket_folder)


def test_a_path_with_a_blank_in_it(folder: Path) -> None:
    assert execute(EmbeddedServer(folder / "Application Support", fsync=False), "SELECT 1") == [(1,)]


def test_two_installations_do_not_meet(folder: Path) -> None:
    one, two = EmbeddedServer(folder / "one", fsync=False), EmbeddedServer(folder / "two", fsync=False)
    execute(one, "CREATE TABLE only_here (n int)")
    assert execute(two, "SELECT count(*) FROM pg_tables WHERE tablename = 'only_here'") == [(0,)]
    assert one.running_pid() != two.running_pid()
    assert one.stop()
    assert two.attach() is not None


def test_stops_only_when_nobody_is_attached(server: EmbeddedServer) -> None:
    with contextlib.closing(server.ensure("icare").connect("icare")):
        assert server.attached_clients() == 1
        assert not server.stop()
        assert server.running_pid() is not None
    assert server.stop()
    assert server.running_pid() is None
    assert server.stop()


def test_ctrl_c_of_the_starter_leaves_the_server_to_others(server: EmbeddedServer) -> None:
    process = starter(server.requested_home)
    pid = int(process.communicate(timeout=60)[0])
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGINT)
    assert os.getsid(pid) != process.pid
    assert server.attach() is not None


def test_a_lost_password_file_is_explained(server: EmbeddedServer) -> None:
    server.ensure("icare")
    server.stop()
    (server.home / "password").unlink()
    with pytest.raises(EmbeddedServerError, match="Put it back from a backup"):
        server.ensure("icare")


def test_a_folder_that_cannot_be_made_is_explained(folder: Path) -> None:
    (folder / "file").write_text("in the way")
    with pytest.raises(EmbeddedServerError, match="ICARE_DATA"):
        EmbeddedServer(folder / "file" / "home").ensure("icare")


@only_root
def test_as_root_a_closed_folder_is_left_closed(folder: Path) -> None:
    closed = folder / "closed"
    closed.mkdir(mode=0o700)
    server = EmbeddedServer(closed / "home", fsync=False)
    try:
        server.ensure("icare")
        assert server.home.parent == SYSTEM_DATA_ROOT
        assert mode(closed) == 0o700
        assert EmbeddedServer(closed / "home").attach() is not None
    finally:
        server.stop(even_if_attached=True)
        shutil.rmtree(server.home)


@only_root
def test_as_root_programs_out_of_reach_are_copied(
    server: EmbeddedServer, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed = folder / "closed"
    closed.mkdir(mode=0o700)
    wheel = binaries.wheel_folder().parent
    for part in wheel.parent.glob(f"{wheel.name}*"):
        (closed / part.name).symlink_to(part)
    monkeypatch.setattr(binaries, "wheel_folder", lambda: closed / wheel.name / binaries.FOLDER)
    assert execute(server, "SELECT 1") == [(1,)]
    copies = list(server.home.glob("binaries-*"))
    assert len(copies) == 1
    account = server_account()
    assert isinstance(account, Account)
    assert account.can_execute(copies[0] / wheel.name / binaries.FOLDER / "bin" / "postgres")


@pytest.fixture
def wrapper(folder: Path, django_db_blocker: DjangoDbBlocker) -> Iterator[DatabaseWrapper]:
    from django.db import connections

    settings = {"ENGINE": "icare_tom.db.embedded", "NAME": "icare", "EMBEDDED": {"data_dir": folder, "fsync": False}}
    connections.configure_settings({"default": settings})
    with django_db_blocker.unblock():
        database = DatabaseWrapper(settings, alias="elsewhere")
        yield database
        database.close()


def test_django_starts_it_on_the_first_connection_and_again_after_a_crash(wrapper: DatabaseWrapper) -> None:
    database = wrapper
    server = server_of(database.settings_dict)
    assert server.attach() is None
    with database.cursor() as cursor:
        cursor.execute("SELECT current_database()")
        assert cursor.fetchone() == ("icare",)
    kill(server)
    database.close()
    with database.cursor() as cursor:
        cursor.execute("SELECT 1")
    database.close()
    assert server.stop()


def test_the_health_page_answers_fast_when_the_database_is_gone(wrapper: DatabaseWrapper) -> None:
    database = wrapper
    assert database_state(database)["ok"] is True
    kill(server_of(database.settings_dict))
    began = time.monotonic()
    assert database_state(database) == {"ok": False}
    assert time.monotonic() - began < 3
    assert server_of(database.settings_dict).attach() is None


@pytest.mark.django_db
def test_the_database_command_says_how_it_is_and_stops_nothing_in_use(django_db_setup: None) -> None:
    from django.core.management import CommandError, call_command
    from django.db import connection

    if "EMBEDDED" not in connection.settings_dict:
        with pytest.raises(CommandError, match="server of your own"):
            call_command("database", "status")
        return
    server = server_of(connection.settings_dict)
    with contextlib.closing(server.ensure().connect()), pytest.raises(CommandError, match="left running"):
        call_command("database", "stop")
    assert server.attach() is not None


def test_dbshell_uses_the_programs_of_the_wheel(wrapper: DatabaseWrapper) -> None:
    database = wrapper
    arguments, environment = database.client_class.settings_to_cmd_args_env(
        database.settings_dict, ["-Atc", "SELECT 7"]
    )
    result = subprocess.run(
        arguments, check=False, env={**os.environ, **(environment or {})}, capture_output=True, text=True
    )
    assert result.stdout.strip() == "7", result.stderr
