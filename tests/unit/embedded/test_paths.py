"""Where data goes, told from the environment and the checkout's place."""

import os
from pathlib import Path

import pytest

from icare_tom.settings import paths


def test_two_checkouts_of_one_name_have_two_names() -> None:
    one, two = paths.checkout_name(Path("/a/icare")), paths.checkout_name(Path("/b/icare"))
    assert one != two
    assert one.startswith("icare-") and len(one) == len("icare-") + 8


def test_a_checkout_name_is_safe_in_a_path_and_short() -> None:
    name = paths.checkout_name(Path("/a/x y'\"$(z)" + "long" * 40))
    assert set(name) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-")
    assert len(name) <= 49


def test_icare_data_is_the_root() -> None:
    checkout = Path("/a/icare")
    assert paths.data_dir(checkout, {"ICARE_DATA": "/data"}) == Path("/data") / paths.checkout_name(checkout)


@pytest.fixture
def as_user(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setattr(paths.sys, "platform", "linux")


@pytest.mark.usefixtures("as_user")
def test_a_user_keeps_data_at_home(tmp_path: Path) -> None:
    assert paths.data_dir(Path("/a/icare"), {"HOME": str(tmp_path)}).parent == tmp_path / ".local/share/icare-tom"


@pytest.mark.usefixtures("as_user")
def test_on_macos_in_the_library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paths.sys, "platform", "darwin")
    expected = tmp_path / "Library/Application Support/icare-tom"
    assert paths.data_dir(Path("/a/icare"), {"HOME": str(tmp_path)}).parent == expected


@pytest.mark.usefixtures("as_user")
def test_without_a_home_in_the_checkout(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder can be made below it")
    data = paths.data_dir(tmp_path, {"HOME": str(tmp_path / "file" / "home")})
    assert data.parent == tmp_path / ".icare"


def test_root_keeps_data_with_the_system(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert paths.data_dir(Path("/a/icare"), {}).parent == Path("/var/lib/icare-tom")


def test_the_secret_key_is_made_once_and_kept_private(tmp_path: Path) -> None:
    key = paths.secret_key(tmp_path / "data")
    assert len(key) >= 50
    assert paths.secret_key(tmp_path / "data") == key
    assert (tmp_path / "data" / "secret-key").stat().st_mode & 0o077 == 0
    assert [path.name for path in (tmp_path / "data").iterdir()] == ["secret-key"]


@pytest.mark.parametrize(
    ("user", "passable", "modes"), [(0, True, "711 711"), (0, False, "711 700"), (1000, True, "700 700")]
)
def test_a_private_folder_is_ours_whatever_the_umask(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, user: int, passable: bool, modes: str
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: user)
    before = os.umask(0)
    try:
        folder = paths.make_private(tmp_path / "parent" / "folder", passable=passable)
    finally:
        os.umask(before)
    assert " ".join(f"{path.stat().st_mode & 0o777:o}" for path in (folder.parent, folder)) == modes
