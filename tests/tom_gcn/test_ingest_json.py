"""`manage.py ingest --json` with a database: what it says is what became of each message."""

import io
import json
import tarfile
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from tom_gcn.management.commands.ingest import Command
from tom_gcn.models import Event, Message

ALERTS = Path(__file__).parents[1] / "data" / "alerts"
MALFORMED = ALERTS / "voevent/malformed/UVOT_Proc_Image_1175461-951.xml"
SWIFT = sorted((ALERTS / "voevent/Swift").glob("*_1126853_*.xml"))

pytestmark = pytest.mark.django_db


def ingest(*paths: Path, **options: Any) -> list[dict[str, Any]]:
    out = io.StringIO()
    call_command(Command(stdout=out, stderr=io.StringIO()), *map(str, paths), json=True, **options)
    return [json.loads(line) for line in out.getvalue().splitlines()]


def outcomes(lines: list[dict[str, Any]]) -> list[str]:
    return [line["outcome"] for line in lines]


def test_first_message_of_an_event_creates_it_and_the_others_update_it() -> None:
    lines = ingest(*SWIFT)
    assert outcomes(lines) == ["created"] + ["updated"] * (len(SWIFT) - 1)
    assert Event.objects.filter(event_id="1126853").count() == 1


def test_the_same_again_adds_nothing() -> None:
    ingest(*SWIFT[:3])
    assert outcomes(ingest(*SWIFT[:3])) == ["duplicate"] * 3
    assert Message.objects.count() == 3


def test_the_same_notice_in_other_bytes_is_a_duplicate(tmp_path: Path) -> None:
    copy = tmp_path / "copy.xml"
    copy.write_bytes(SWIFT[0].read_bytes() + b"\n")
    assert outcomes(ingest(SWIFT[0], copy)) == ["created", "duplicate"]
    assert Message.objects.count() == 2


def test_what_cannot_be_read_is_kept_with_its_reason() -> None:
    (line,) = ingest(MALFORMED)
    assert (line["outcome"], line["reason_code"], line["status"]) == ("kept", "bad-time", "malformed")
    assert bytes(Message.objects.get().body) == MALFORMED.read_bytes()


def test_members_of_an_archive_are_messages_of_their_own(tmp_path: Path) -> None:
    archive = tmp_path / "some.tar.bz2"
    with tarfile.open(archive, "w:bz2") as tar:
        for path in (*SWIFT[:2], MALFORMED):
            tar.add(path, arcname=path.name)
    lines = ingest(archive)
    assert outcomes(lines) == ["created", "updated", "kept"]
    assert [line["file"] for line in lines] == [f"{archive}:{path.name}" for path in (*SWIFT[:2], MALFORMED)]
    assert Message.objects.count() == 3


def test_dry_run_stores_nothing() -> None:
    assert outcomes(ingest(SWIFT[0], dry_run=True)) == ["created"]
    assert not Message.objects.exists()


@pytest.mark.parametrize("folder", ["circulars", "hermes", "heartbeat"])
def test_messages_that_are_no_notices(folder: str) -> None:
    path = sorted((ALERTS / folder).glob("*.json"))[0]
    assert outcomes(ingest(path)) == ["created"]
    assert outcomes(ingest(path)) == ["duplicate"]


@pytest.mark.parametrize(
    ("name", "word"),
    [
        ("circulars/34771.json", "read."),
        ("heartbeat/gcn.heartbeat.json", "A sign of life"),
        ("voevent/Swift/SWIFT_BAT_GRB_POS_ACK__1126853__4c8979.xml", "SWIFT_BAT_GRB_POS_ACK notice"),
    ],
)
def test_story_for_people_has_a_word_for_every_kind(name: str, word: str) -> None:
    out = io.StringIO()
    call_command(Command(stdout=out), str(ALERTS / name))
    assert word in out.getvalue()
