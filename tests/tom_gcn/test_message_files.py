"""Files and folders whose names or kinds make trouble."""

import io
import json
import os
import tarfile
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from tom_gcn.message_files import messages_in


def test_name_that_is_no_utf8_can_be_printed_and_stored(tmp_path: Path) -> None:
    (tmp_path / os.fsdecode(b"a\xff\x1b[31m.json")).write_bytes(b"{}")
    (found,) = messages_in([str(tmp_path)])
    assert found.body == b"{}"
    assert found.source == r"a\xff\x1b[31m.json"
    found.path.encode("utf-8")


def test_member_whose_name_is_no_utf8_can_be_printed_and_stored(tmp_path: Path) -> None:
    path = tmp_path / "b.tar"
    with tarfile.open(path, "w") as archive:
        member = tarfile.TarInfo("m\udcff.json")
        member.size = 2
        archive.addfile(member, io.BytesIO(b"{}"))
    (found,) = messages_in([str(path)])
    assert found.source == r"b.tar:m\xff.json"


def test_ingest_names_such_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / os.fsdecode(b"a\xff.json")).write_bytes(b"{}")
    call_command("ingest", str(tmp_path), "--dry-run")
    assert json.loads(capsys.readouterr().out)["file"].endswith(r"/a\xff.json")


@pytest.mark.parametrize("name", ["pipe", "pipe.tar"])
def test_pipe_is_not_waited_for(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    os.mkfifo(path)
    (found,) = messages_in([str(path)])
    assert found.trouble == "It is no regular file"
    assert list(messages_in([str(tmp_path)])) == []


def test_device_is_not_read() -> None:
    (found,) = messages_in(["/dev/zero"])
    assert found.trouble == "It is no regular file"


@pytest.mark.parametrize(("name", "trouble"), [("none.json", "No such file"), ("x" * 300, "too long")])
def test_file_that_is_not_there_is_said_so(tmp_path: Path, name: str, trouble: str) -> None:
    (found,) = messages_in([str(tmp_path / name)])
    assert trouble in found.trouble


def test_ingest_goes_on_after_what_cannot_be_opened(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    good = tmp_path / "a.json"
    good.write_bytes(b"{}")
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(CommandError):
        call_command("ingest", str(tmp_path / "pipe"), str(good), "--dry-run")
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["outcome"] for line in lines] == ["failed", "kept"]
