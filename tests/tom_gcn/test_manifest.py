"""Every bundled message against its row of MANIFEST.tsv, through `manage.py ingest --json --dry-run`: no database.

What deviates stands in `EXPLAINED` with its reason and in docs/science/alerts.md; any other mismatch fails.
"""

import csv
import io
import json
import sys
import tarfile
from collections import Counter, defaultdict
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from tom_gcn.management.commands.ingest import Command
from tom_gcn.message_files import messages_in
from tom_gcn.notices import NoticeError, parse

ALERTS = Path(__file__).parents[1] / "data" / "alerts"
DOCS = Path(__file__).parents[2] / "docs" / "science" / "alerts.md"
MONTH = ALERTS / "soak" / "2022-10.001.tar.bz2"
FACTS = ("kind", "event_id", "event_time", "position", "error", "localization", "status", "is_test")

# (file, fact): what we say instead, and why; each reason is a heading of docs/science/alerts.md.
SUPERNOVA = "Super-Kamiokande's error radius"
CORNERS = "MAXI's rectangles"
EXPLAINED: dict[tuple[str, str], tuple[object, str]] = {
    ("voevent/SK_SN/SK_SN__noid__016902.xml", "localization"): ("cone", SUPERNOVA),
    ("voevent/SK_SN/SK_SN__noid__016902.xml", "position"): ((270.8199, 31.46), SUPERNOVA),
    ("voevent/SK_SN/SK_SN__noid__016902.xml", "error"): ([0.9], SUPERNOVA),
    ("voevent/SK_SN/SK_SN__noid__806578.xml", "localization"): ("cone", SUPERNOVA),
    ("voevent/SK_SN/SK_SN__noid__806578.xml", "position"): ((270.8199, 31.46), SUPERNOVA),
    ("voevent/SK_SN/SK_SN__noid__806578.xml", "error"): ([0.9], SUPERNOVA),
    ("gcn_json/schema_examples/maxi__gsc.unknown.rectangle.example.json", "localization"): ("polygon", CORNERS),
}


def rows() -> list[dict[str, str]]:
    with (ALERTS / "MANIFEST.tsv").open(newline="") as lines:
        table = list(csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))
    return [row for row in table if row["kind"] != "soak_voevent_archive"]


def lines_of(*paths: Path) -> tuple[list[dict[str, Any]], str]:
    """What the command prints for these paths: its lines and its counts."""
    out, err = io.StringIO(), io.StringIO()
    call_command(Command(stdout=out, stderr=err), *map(str, paths), json=True, dry_run=True)
    return [json.loads(line) for line in out.getvalue().splitlines()], err.getvalue()


@pytest.fixture(scope="module")
def said() -> dict[str, dict[str, Any]]:
    lines, _ = lines_of(*(ALERTS / row["file"] for row in rows()))
    return {str(Path(line["file"]).relative_to(ALERTS)): line for line in lines}


def expected(row: dict[str, str]) -> dict[str, object]:
    """The facts of a row; None where the manifest does not say, which is then not compared."""
    has_place = bool(row["ra"])
    error = json.loads(row["err_deg"]) if row["err_deg"] else None
    return {
        "kind": row["kind"],
        "event_id": row["event_id"],
        "event_time": datetime.fromisoformat(row["event_time"]).replace(tzinfo=UTC) if row["event_time"] else "",
        "position": (float(row["ra"]), float(row["dec"])) if has_place else (),
        "error": (error if isinstance(error, list) else [error]) if error is not None else [],
        "localization": row["has_localization"] or None,
        "status": row["status"],
        "is_test": row["is_test"] == "yes" if row["is_test"] else None,
    }


def found(line: dict[str, Any]) -> dict[str, object]:
    error = line["err_deg"]
    return {
        "kind": line["kind"],
        "event_id": line["event_id"],
        "event_time": datetime.fromisoformat(line["event_time"]) if line["event_time"] else "",
        "position": (line["ra"], line["dec"]) if line["ra"] is not None else (),
        "error": (error if isinstance(error, list) else [error]) if error is not None else [],
        "localization": line["localization"],
        "status": line["status"],
        "is_test": line["is_test"],
    }


def agrees(one: object, other: object) -> bool:
    if other is None:
        return True
    if isinstance(one, datetime) and isinstance(other, datetime):
        return abs(one - other) <= timedelta(microseconds=1)
    if isinstance(one, tuple | list) and isinstance(other, tuple | list):
        # The manifest prints errors with four decimals.
        return len(one) == len(other) and all(abs(a - b) < 1e-4 for a, b in zip(one, other, strict=True))
    return one == other


def test_every_row_of_the_manifest_is_met(said: dict[str, dict[str, Any]], capsys: pytest.CaptureFixture[str]) -> None:
    agreed: dict[str, Counter[str]] = defaultdict(Counter)
    totals: Counter[str] = Counter()
    mismatches = []
    unused = set(EXPLAINED)
    for row in rows():
        wanted, got = expected(row), found(said[row["file"]])
        totals[row["kind"]] += 1
        for fact in FACTS:
            if agrees(got[fact], wanted[fact]):
                agreed[row["kind"]][fact] += 1
                continue
            instead, _reason = EXPLAINED.get((row["file"], fact), (None, ""))
            unused.discard((row["file"], fact))
            if instead is None or not agrees(got[fact], instead):
                mismatches.append(f"{row['file']}: {fact} is {got[fact]!r}, not {wanted[fact]!r}")
    with capsys.disabled():
        sys.stdout.write(f"\n{table(agreed, totals)}\n")
    assert not mismatches, "\n".join(mismatches)
    assert not unused, "explained, but no longer deviating"
    assert totals.total() == 475


def table(agreed: dict[str, Counter[str]], totals: Counter[str]) -> str:
    head = f"{'kind':14s} {'rows':>5s} " + " ".join(f"{fact:>12s}" for fact in FACTS)
    body = [
        f"{kind:14s} {totals[kind]:5d} " + " ".join(f"{agreed[kind][fact]:12d}" for fact in FACTS)
        for kind in sorted(totals)
    ]
    return "\n".join([head, *body])


def test_every_explanation_stands_in_the_docs() -> None:
    text = DOCS.read_text()
    for _, reason in EXPLAINED.values():
        assert f"### {reason}\n" in text


def test_what_is_said_of_a_message_is_a_stable_interface(said: dict[str, dict[str, Any]]) -> None:
    promised = {
        "file", "outcome", "reason", "reason_code", "kind", "notice_type", "source", "about", "event_id", "namespace",
        "event_time", "time_created", "ra", "dec", "err_deg", "containment", "localization", "skymap_url", "status",
        "is_test", "key",
    }  # fmt: skip
    assert all(line.keys() == promised for line in said.values())
    interface = (Path(__file__).parents[2] / "docs" / "using" / "ingest-json.md").read_text()
    assert all(f"`{field}`" in interface for field in promised)


def test_outcomes_of_a_dry_run(said: dict[str, dict[str, Any]]) -> None:
    malformed = said["voevent/malformed/UVOT_Proc_Image_1175461-951.xml"]
    assert (malformed["outcome"], malformed["reason_code"]) == ("kept", "bad-time")
    # Two examples of one schema with one id and one record number.
    duplicates = {name for name, line in said.items() if line["outcome"] == "duplicate"}
    assert duplicates == {"gcn_json/schema_examples/maxi__gsc.unknown.rectangle.example.json"}
    first, *others = [line for name, line in said.items() if "_1136936_" in name]
    assert first["outcome"] == "created"
    assert {line["outcome"] for line in others} == {"updated"}


def test_sample_of_the_month_is_read_or_kept_with_a_reason() -> None:
    """Every fifteenth message; docs/science/alerts.md says how to run the whole month and what came of it."""
    kinds: Counter[str] = Counter()
    for message in islice(messages_in([str(MONTH)]), None, None, 15):
        assert isinstance(message.body, bytes)
        try:
            kinds[type(parse(message.body)).__name__] += 1
        except NoticeError as error:
            kinds[error.code] += 1
    assert kinds.total() == 897
    assert kinds.keys() == {"Notice", "not-an-alert"}
    assert kinds["Notice"] > 200


def test_file_that_is_not_there_fails_and_the_others_are_read(tmp_path: Path) -> None:
    out, err = io.StringIO(), io.StringIO()
    good = ALERTS / "heartbeat" / "gcn.heartbeat.json"
    with pytest.raises(CommandError):
        call_command(Command(stdout=out, stderr=err), str(tmp_path / "none"), str(good), json=True, dry_run=True)
    missing, read = map(json.loads, out.getvalue().splitlines())
    assert (missing["outcome"], missing["reason_code"]) == ("failed", "not-opened")
    assert read["outcome"] == "created"
    assert "2 messages" in err.getvalue()


def test_damaged_archive_gives_what_it_holds_and_says_so(tmp_path: Path) -> None:
    cut = tmp_path / "cut.tar.bz2"
    cut.write_bytes(MONTH.read_bytes()[:20_000])
    assert [message.trouble[:26] for message in messages_in([str(cut)]) if message.trouble] == [
        "The archive cannot be read"
    ]


def test_links_and_folders_of_an_archive_are_passed_over(tmp_path: Path) -> None:
    archive = tmp_path / "odd.tar"
    with tarfile.open(archive, "w") as tar:
        for kind, name in ((tarfile.SYMTYPE, "link"), (tarfile.DIRTYPE, "folder"), (tarfile.CHRTYPE, "device")):
            member = tarfile.TarInfo(name)
            member.type, member.linkname = kind, "/etc/passwd"
            tar.addfile(member)
        tar.add(ALERTS / "heartbeat" / "gcn.heartbeat.json", arcname="../../beat.json")
    assert [message.source for message in messages_in([str(archive)])] == ["odd.tar:../../beat.json"]
