"""Every bundled alert of LIGO, Virgo and KAGRA against the manifest; drills; and messages that are none."""

import base64
import csv
import io
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import fastavro
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tom_gcn.notices import Notice, NoticeError, drill_id, parse, shift
from tom_gcn.notices.parse import MAX_BYTES
from tom_gcn.skymaps import SkyMapError, read_skymap

ALERTS = Path(__file__).parents[2] / "data" / "alerts"
NOW = datetime(2026, 11, 20, 18, 30, 12, 345678, tzinfo=UTC)


def manifest() -> dict[str, dict[str, str]]:
    with (ALERTS / "MANIFEST.tsv").open(newline="") as lines:
        rows = csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)
        return {row["file"]: row for row in rows if row["kind"].startswith("lvk")}


EXPECTED = manifest()
RAW = {name: (ALERTS / name).read_bytes() for name in EXPECTED}
NOTICES = {name: parse(raw) for name, raw in RAW.items()}
JSON = [name for name in RAW if name.endswith(".json")]
REAL = "lvk_json/S241102br_UPDATE_1.json"
BURST = "lvk_json/S240112e_PRELIMINARY_1.json"
RETRACTION = "lvk_json/S241126dm_RETRACTION_1.json"


def alert(name: str = REAL) -> dict[str, Any]:
    """The record of a bundled alert, with a sky map too short to matter."""
    record = json.loads(RAW[name])
    if record["event"]:
        record["event"]["skymap"] = base64.b64encode(b"SIMPLE").decode()
    return record


def encoded(record: object) -> bytes:
    return json.dumps(record).encode()


def code_of(raw: bytes, topic: str = "") -> str:
    with pytest.raises(NoticeError) as caught:
        parse(raw, topic)
    assert caught.value.message.endswith(".")
    assert caught.value.fix.endswith(".")
    assert str(caught.value).isprintable()
    return caught.value.code


@pytest.mark.parametrize("name", EXPECTED)
def test_alert_says_what_the_manifest_says(name: str) -> None:
    notice, row = NOTICES[name], EXPECTED[name]
    extra = json.loads(row["extra"])
    assert notice.event_id == row["event_id"]
    assert notice.notice_type == row["notice_type"].removeprefix("LVC_")
    assert notice.is_test == (row["is_test"] == "yes")
    assert notice.is_retraction == (row["status"] == "retraction")
    assert notice.time_created == datetime.fromisoformat(extra["time_created"])
    assert notice.event_time == (datetime.fromisoformat(row["event_time"] + "Z") if row["event_time"] else None)
    assert notice.far_hz == (extra["far_hz"] if extra["far_hz"] != "" else None)
    assert notice.is_significant == (extra["significant"] if extra["significant"] != "" else None)
    assert (notice.group, notice.pipeline, notice.search) == (extra["group"], extra["pipeline"], extra["search"])
    assert ",".join(notice.instruments) == extra["instruments"]
    assert notice.classification == json.loads(extra["classification"] or "{}")
    assert notice.properties == json.loads(extra["properties"] or "{}")
    assert (notice.skymap is not None) == (row["has_localization"] == "skymap")
    assert (notice.external.observatory if notice.external else "") == extra["external_coinc"]
    assert notice.source == "LVK"
    assert notice.drill_of == ""
    assert set(notice.urls) == {"gracedb"}


@pytest.mark.parametrize("name", EXPECTED)
def test_times_are_aware_and_utc(name: str) -> None:
    times = [NOTICES[name].time_created, NOTICES[name].event_time]
    assert all(time.utcoffset() == timedelta(0) for time in times if time)


def test_burst_alert_has_its_own_numbers_and_no_classes() -> None:
    notice = NOTICES[BURST]
    assert (notice.duration_s, notice.central_frequency_hz) == (0.011393, 38.522285)
    assert notice.classification == {}
    assert notice.is_significant is False


@pytest.mark.parametrize("name", [name for name, notice in NOTICES.items() if notice.external])
def test_external_coincidence_has_its_own_map(name: str) -> None:
    external = NOTICES[name].external
    assert external is not None
    assert external.gcn_notice_id == 524666471
    assert external.time_difference_s == 2.02
    assert read_skymap(external.combined_skymap or b"").area_deg2(0.9) == pytest.approx(27.7, rel=0.01)


def test_keys_are_unique_and_say_what_identifies() -> None:
    keys = [notice.key for notice in NOTICES.values()]
    assert len(set(keys)) == len(keys)
    assert NOTICES[REAL].key == "S241102br|2024-11-03T20:04:48Z|UPDATE"


def as_avro(record: dict[str, Any], **options: Any) -> bytes:
    """The same alert as Hopskotch carries it, with the schema of the official example."""
    with (ALERTS / "lvk_avro/MS181101ab_4-UPDATE-ext_coinc.avro").open("rb") as example:
        schema = fastavro.reader(example).writer_schema
    if record["event"] and record["event"].get("skymap") is not None:
        record["event"]["skymap"] = base64.b64decode(record["event"]["skymap"])
    if record["external_coinc"]:
        record["external_coinc"]["combined_skymap"] = base64.b64decode(record["external_coinc"]["combined_skymap"])
    out = io.BytesIO()
    fastavro.writer(out, schema, [record], **options)
    return out.getvalue()


@pytest.mark.parametrize("name", JSON)
def test_avro_and_json_of_one_notice_are_one_notice(name: str) -> None:
    from_json, from_avro = NOTICES[name], parse(as_avro(json.loads(RAW[name])))
    assert from_avro.format == "igwn-avro"
    assert from_json.key == from_avro.key
    for field in ("event_id", "event_time", "time_created", "skymap", "classification", "far_hz", "urls", "external"):
        assert getattr(from_avro, field) == getattr(from_json, field)


@pytest.mark.parametrize(
    "wrap",
    [
        lambda record: [record],
        lambda record: [[record]],
        lambda record: {"content": [record]},
        lambda record: {"content": record, "format": "avro"},
    ],
)
def test_record_in_a_list_or_under_content(wrap: Callable[[object], object]) -> None:
    assert parse(encoded(wrap(alert()))).key == NOTICES[REAL].key


def test_time_in_another_form_has_the_same_key() -> None:
    for text in (
        "2024-11-03T20:04:48+00:00",
        "2024-11-03 20:04:48",
        "2024-11-03T21:04:48+01:00",
        "2024-11-03 20:04:48 UTC",
    ):
        assert parse(encoded(alert() | {"time_created": text})).key == NOTICES[REAL].key


def test_retraction_without_an_event() -> None:
    notice = NOTICES[RETRACTION]
    assert notice.is_retraction
    assert notice.event_time is None
    assert notice.skymap is None
    assert not notice.is_test


def test_alert_without_a_map() -> None:
    record = alert()
    record["event"]["skymap"] = None
    assert parse(encoded(record)).skymap is None
    del record["event"]["skymap"]
    assert parse(encoded(record)).skymap is None


@pytest.mark.parametrize(("cut", "code"), [(0.7, "truncated"), (0.001, "truncated")])
def test_cut_map_costs_the_map_and_not_the_notice(cut: float, code: str) -> None:
    record = json.loads(RAW[REAL])
    record["event"]["skymap"] = record["event"]["skymap"][: int(cut * len(record["event"]["skymap"])) | 1]
    notice = parse(encoded(record))
    assert notice.key == NOTICES[REAL].key
    with pytest.raises(SkyMapError) as caught:
        read_skymap(notice.skymap or b"")
    assert caught.value.code == code


@pytest.mark.parametrize("text", ["", "no base64 at all!", "\u00e4\u00f6", "\ud800"])
def test_map_that_is_no_base64_costs_the_map_and_not_the_notice(text: str) -> None:
    record = alert()
    record["event"]["skymap"] = text
    notice = parse(encoded(record))
    assert notice.skymap is not None
    with pytest.raises(SkyMapError):
        read_skymap(notice.skymap)


@pytest.mark.parametrize("name", ["MS181101ab", "TS190101a", "MS181101ab2"])
def test_mocks_and_tests_are_tests(name: str) -> None:
    assert parse(encoded(alert() | {"superevent_id": name})).is_test


@pytest.mark.parametrize("name", ["S190425z", "S241102br", "GW170817"])
def test_real_names_are_real(name: str) -> None:
    assert not parse(encoded(alert() | {"superevent_id": name})).is_test


def test_links_that_are_none_are_left_out() -> None:
    links = {"gracedb": "https://gracedb.ligo.org/x", "evil": "javascript:alert(1)", "none": None}
    assert parse(encoded(alert() | {"urls": links})).urls == {"gracedb": "https://gracedb.ligo.org/x"}


def test_unknown_fields_are_passed_over_and_null_numbers_too() -> None:
    record = alert() | {"new_field": {"a": [1]}}
    record["event"]["properties"]["HasSSM"] = None
    assert "HasSSM" not in parse(encoded(record)).properties


def changed(path: str, value: object) -> bytes:
    record = alert()
    place = record
    *way, last = path.split(".")
    for step in way:
        place = place[step]
    place[last] = value
    return encoded(record)


@pytest.mark.parametrize(
    ("path", "value", "code"),
    [
        ("superevent_id", None, "missing-field"),
        ("superevent_id", 5, "wrong-type"),
        ("superevent_id", "", "missing-field"),
        ("superevent_id", "G123", "bad-name"),
        ("superevent_id", "S241102br; DROP TABLE", "bad-name"),
        ("superevent_id", "S241102br/../x", "bad-name"),
        ("superevent_id", "S241102" + "b" * 60, "bad-name"),
        ("superevent_id", "S241102b\u0000", "bad-text"),
        ("alert_type", None, "missing-field"),
        ("alert_type", "RUMOUR", "unknown-type"),
        ("alert_type", ["UPDATE"], "wrong-type"),
        ("time_created", None, "missing-field"),
        ("time_created", "yesterday", "bad-time"),
        ("time_created", "2024-13-03T20:04:48Z", "bad-time"),
        ("time_created", "2024-11-03T20:04:60Z", "bad-time"),
        ("time_created", "0001-01-01T00:00:00+14:00", "bad-time"),
        ("time_created", 1730664288, "wrong-type"),
        ("event", None, "missing-field"),
        ("event", [], "wrong-type"),
        ("event", "none", "wrong-type"),
        ("event.time", None, "missing-field"),
        ("event.time", "", "missing-field"),
        ("event.far", "1e-9", "wrong-type"),
        ("event.far", True, "wrong-type"),
        ("event.far", 10**400, "bad-number"),
        ("event.far", 1e999, "bad-json"),
        ("event.far", float("nan"), "bad-json"),
        ("event.significant", "yes", "wrong-type"),
        ("event.significant", 1, "wrong-type"),
        ("event.instruments", "H1", "wrong-type"),
        ("event.instruments", [1], "wrong-type"),
        ("event.instruments", ["H1"] * 1000, "too-large"),
        ("event.classification", [0.5], "wrong-type"),
        ("event.classification", {"BNS": "high"}, "wrong-type"),
        ("event.classification", {str(i): 0 for i in range(1000)}, "too-large"),
        ("event.classification", {"B\ud800": 1}, "bad-text"),
        ("event.pipeline", "a\u0000b", "bad-text"),
        ("event.pipeline", "\ud83d", "bad-text"),
        ("event.pipeline", "x" * 5000, "bad-field"),
        ("event.group", "g" * 21, "bad-field"),
        ("event.pipeline", "p" * 41, "bad-field"),
        ("event.search", "s" * 41, "bad-field"),
        ("event.skymap", 12, "wrong-type"),
        ("event.skymap", {"a": 1}, "wrong-type"),
        ("urls", "https://gracedb.ligo.org", "wrong-type"),
        ("external_coinc", "Fermi", "wrong-type"),
        ("external_coinc", {"gcn_notice_id": 1 << 70}, "bad-number"),
        ("external_coinc", {"gcn_notice_id": 1.5}, "wrong-type"),
    ],
)
def test_wrong_field_is_refused_with_its_code(path: str, value: object, code: str) -> None:
    assert code_of(changed(path, value)) == code


BAD: dict[str, tuple[str, Callable[[], bytes]]] = {
    "nothing": ("empty", lambda: b""),
    "white space": ("empty", lambda: b" \n\t "),
    "null": ("unknown-format", lambda: b"null"),
    "a number": ("unknown-format", lambda: b"5"),
    "an empty object": ("not-an-alert", lambda: b"{}"),
    "an empty list": ("not-an-alert", lambda: b"[]"),
    "a list of numbers": ("not-an-alert", lambda: b"[5]"),
    "another alert": ("not-an-alert", lambda: b'{"alert_type": "initial", "mission": "SVOM"}'),
    "two alerts": ("several-alerts", lambda: encoded([alert(), alert()])),
    "JSON cut": ("bad-json", lambda: RAW[REAL][:5000]),
    "JSON with something behind": ("bad-json", lambda: RAW[RETRACTION] + b"}"),
    "JSON in UTF-16": ("unknown-format", lambda: json.dumps(alert()).encode("utf-16")),
    "JSON that is not UTF-8": ("bad-json", lambda: b'{"superevent_id": "\xff\xfe"}'),
    "objects in objects": ("bad-json", lambda: b'{"a":' * 100_000),
    "lists in lists": ("bad-json", lambda: b"[" * 100_000 + b"]" * 100_000),
    "a very long number": ("bad-json", lambda: b'{"superevent_id": ' + b"9" * 10_000 + b"}"),
    "XML": ("bad-xml", lambda: b"<?xml version='1.0'?><voe:VOEvent/>"),
    "the map alone": ("unknown-format", lambda: NOTICES[REAL].skymap or b""),
    "gzip": ("unknown-format", lambda: b"\x1f\x8b\x08\x00"),
    "noise": ("unknown-format", lambda: b"\x00\x01\x02\xff" * 100),
    "Avro cut in the header": ("bad-avro", lambda: RAW["lvk_avro/MS181101ab_3-INITIAL.avro"][:300]),
    "Avro cut in the record": ("bad-avro", lambda: RAW["lvk_avro/MS181101ab_3-INITIAL.avro"][:9000]),
    "Avro magic alone": ("bad-avro", lambda: b"Obj\x01"),
}


@pytest.mark.parametrize("what", BAD)
def test_what_is_no_alert_is_refused_with_its_code(what: str) -> None:
    code, make = BAD[what]
    assert code_of(make(), "igwn.gwalert") == code


def test_too_large_a_message_is_refused_unread() -> None:
    assert code_of(b"{" + bytes(MAX_BYTES)) == "too-large"


def test_topic_with_control_characters_does_not_reach_the_message() -> None:
    assert code_of(b"?", "a\x1b[31mb") == "unknown-format"


def container(schema: object, body: bytes = b"", codec: bytes = b"null") -> bytes:
    """An Avro container with any schema, not checked by the library that would write it."""
    out = io.BytesIO(b"Obj\x01")
    out.seek(4)
    meta = {"type": "map", "values": "bytes"}
    fastavro.schemaless_writer(out, meta, {"avro.schema": json.dumps(schema).encode(), "avro.codec": codec})
    out.write(bytes(16))
    fastavro.schemaless_writer(out, "long", 1 << 40)
    fastavro.schemaless_writer(out, "bytes", body)
    out.write(bytes(16))
    return out.getvalue()


def record_of(kind: object) -> dict[str, object]:
    return {"type": "record", "name": "Alert", "fields": [{"name": "superevent_id", "type": kind}]}


HUGE_COUNT = b"\x80\x80\x80\x80\x80\x80\x80\x80\x40"


@pytest.mark.parametrize(
    "schema",
    [
        record_of({"type": "array", "items": "null"}),
        record_of({"type": "array", "items": {"type": "fixed", "name": "Nothing", "size": 0}}),
        record_of({"type": "array", "items": {"type": "record", "name": "Nothing", "fields": []}}),
        record_of(["null", "Alert"]),
        record_of({"type": "array", "items": "Alert"}),
        record_of("Unknown"),
        record_of(17),
        {"type": "record", "name": "Alert"},
        "null",
        [],
    ],
)
def test_schema_made_to_hurt_is_refused(schema: object) -> None:
    assert code_of(container(schema, HUGE_COUNT * 3)) in ("bad-avro", "not-an-alert", "several-alerts")


def test_schema_nested_too_deeply_is_refused() -> None:
    schema: object = "string"
    for _ in range(300):
        schema = {"type": "array", "items": schema}
    assert code_of(container(record_of(schema))) == "bad-avro"


def test_compressed_avro_is_refused_before_it_is_inflated() -> None:
    assert code_of(as_avro(alert(), codec="deflate")) == "bad-avro"


@settings(max_examples=150, deadline=None)
@given(st.binary(min_size=1, max_size=60), st.integers(0, 3000), st.sampled_from(["json", "avro"]))
def test_damaged_message_is_refused_or_read_never_worse(noise: bytes, place: int, form: str) -> None:
    data = encoded(alert()) if form == "json" else as_avro(alert())
    place %= len(data)
    try:
        assert isinstance(parse(data[:place] + noise + data[place + len(noise) :]), Notice)
    except NoticeError as error:
        assert error.code


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)


@settings(max_examples=80, deadline=None)
@given(
    st.sampled_from(["superevent_id", "alert_type", "time_created", "event", "urls", "external_coinc", "drill"])
    | st.sampled_from(["event.time", "event.far", "event.skymap", "event.classification", "event.instruments"]),
    json_values,
)
def test_any_value_in_any_field_is_refused_or_read_never_worse(path: str, value: object) -> None:
    try:
        assert isinstance(parse(changed(path, value)), Notice)
    except NoticeError as error:
        assert error.code


@pytest.mark.parametrize("name", JSON)
def test_drill_is_the_same_alert_ten_minutes_ago(name: str) -> None:
    original, drill = NOTICES[name], parse(shift(RAW[name], NOW))
    assert drill.event_id.startswith("TS261120drill")
    assert drill.is_test
    assert drill.drill_of == original.event_id
    assert drill.notice_type == original.notice_type
    assert drill.skymap == original.skymap
    assert drill.classification == original.classification
    assert drill.time_created <= NOW
    if original.event_time:
        assert drill.event_time is not None
        assert timedelta(minutes=10) <= NOW - drill.event_time < timedelta(minutes=10, seconds=1.1)
        assert drill.event_time.microsecond == original.event_time.microsecond
        assert drill.time_created >= drill.event_time
        delay = original.time_created - original.event_time
        assert drill.time_created - drill.event_time == delay or drill.time_created == NOW.replace(microsecond=0)


def test_drill_of_the_same_day_is_the_same_notice_and_of_the_next_another() -> None:
    later, next_day = NOW + timedelta(hours=5), NOW + timedelta(hours=6)
    keys = [parse(shift(RAW[REAL], time)).key for time in (NOW, later, next_day)]
    assert keys[0] == keys[1] != keys[2]


def test_drills_of_one_event_share_its_name_and_of_two_do_not() -> None:
    names = {name: parse(shift(RAW[name], NOW)).event_id for name in JSON}
    assert names["lvk_json/S241102br_INITIAL_1.json"] == names[REAL] == "TS261120drillbr"
    assert names[BURST] != names[REAL]
    assert drill_id("MS260605l", NOW) == "TS261120drilll"


def test_drill_is_counted_in_utc() -> None:
    zone = datetime.fromisoformat("2026-11-21T08:00:00+14:00")
    assert drill_id("S241102br", zone) == "TS261120drillbr"


def test_drill_says_so_in_the_message() -> None:
    record = json.loads(shift(RAW[REAL], NOW))
    assert record["drill"]["of"] == "S241102br"
    moved = timedelta(seconds=record["drill"]["shifted_by_s"])
    assert parse(encoded(record)).event_time == (NOTICES[REAL].event_time or NOW) + moved
    assert "drill" in record["drill"]["note"]


DRILL = {"of": "S241102br", "time_created": "2024-11-03T20:04:48Z"}


@pytest.mark.parametrize("name", ["S241102br", "MS241102br", "TS241102br", "TS261120drillbr2", "S261120drillbr"])
def test_drill_is_only_believed_where_the_name_is_that_of_one(name: str) -> None:
    plain, marked = alert() | {"superevent_id": name}, alert() | {"superevent_id": name, "drill": DRILL}
    notice, same = parse(encoded(marked)), parse(encoded(plain))
    assert isinstance(notice, Notice)
    assert notice.drill_of == ""
    assert notice == same
    assert notice.is_test is (name[0] in "MT")


def test_what_is_named_and_marked_as_a_drill_is_one() -> None:
    notice = parse(encoded(alert() | {"superevent_id": "TS261120drillbr", "drill": DRILL}))
    assert isinstance(notice, Notice)
    assert notice.is_test
    assert notice.drill_of == "S241102br"


@pytest.mark.parametrize("of", ["S241102" + "b" * 93, "no event", "../x"])
def test_drill_of_what_is_no_event_is_refused(of: str) -> None:
    marked = alert() | {"superevent_id": "TS261120drillbr", "drill": DRILL | {"of": of}}
    assert code_of(encoded(marked)) == "bad-field"


def test_drill_of_a_drill_is_refused() -> None:
    with pytest.raises(NoticeError) as caught:
        shift(shift(RAW[REAL], NOW), NOW)
    assert caught.value.code == "already-drill"


def test_drill_needs_a_time_with_its_zone() -> None:
    with pytest.raises(ValueError, match="zone"):
        shift(RAW[REAL], NOW.replace(tzinfo=None))
