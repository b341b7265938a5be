"""What a ``postmaster.pid`` is taken for, without any server."""

import os
from pathlib import Path

import pytest

from icare_tom.db.embedded import postmaster
from icare_tom.db.embedded.account import Account
from icare_tom.settings import queue


@pytest.fixture
def ourselves() -> Account:
    return Account("me", os.geteuid(), os.getegid(), is_ourselves=True)


@pytest.mark.parametrize("text", ["", "\n", "rubbish\n", "-5\n"])
def test_an_unreadable_file_names_no_server_and_is_removed(tmp_path: Path, ourselves: Account, text: str) -> None:
    pid_file = tmp_path / "postmaster.pid"
    pid_file.write_text(text)
    assert postmaster.running_pid(tmp_path) is None
    postmaster.clear_leftovers(tmp_path, tmp_path, ourselves)
    assert not pid_file.exists()


def test_a_living_process_that_is_no_postgres_is_not_the_server(tmp_path: Path, ourselves: Account) -> None:
    pid_file = tmp_path / "postmaster.pid"
    pid_file.write_text(f"{os.getppid()}\n{tmp_path}\n17\n5432\n")
    assert postmaster.running_pid(tmp_path) is None
    postmaster.clear_leftovers(tmp_path, tmp_path, ourselves)
    assert pid_file.read_text().splitlines() == [str(os.getpid()), str(tmp_path), "17", "5432"]


def test_the_file_of_a_dead_process_is_left_to_postgres(tmp_path: Path, ourselves: Account) -> None:
    pid_file = tmp_path / "postmaster.pid"
    pid_file.write_text("4194303\nrest\n")
    (tmp_path / ".s.PGSQL.5432.lock").write_text("4194303\n")
    postmaster.clear_leftovers(tmp_path, tmp_path, ourselves)
    assert pid_file.read_text() == "4194303\nrest\n"
    assert not (tmp_path / ".s.PGSQL.5432.lock").exists()


def test_a_closed_folder_is_out_of_reach_for_others(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    (closed / "program").write_text("")
    (closed / "program").chmod(0o755)
    owner = Account("owner", closed.stat().st_uid, closed.stat().st_gid, is_ourselves=False)
    stranger = Account("stranger", 54321, 54321, is_ourselves=False)
    assert owner.can_enter(closed)
    assert not stranger.can_enter(closed)
    assert not stranger.can_execute(closed / "program")


@pytest.mark.parametrize("cluster", queue.CLUSTERS)
def test_a_waiting_task_is_never_handed_out_twice(cluster: str) -> None:
    settings = queue.Q_CLUSTER if cluster == queue.FAST else queue.ALT_CLUSTERS[cluster]
    longest_wait_s = settings["timeout"] * (settings["queue_limit"] / settings["workers"] + 2)
    assert settings["retry"] > longest_wait_s
    assert queue.environment(cluster)["Q_CLUSTER_NAME"] == cluster
