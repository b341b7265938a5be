"""VOEvents as hop-client publishes them: the same packet as JSON says the same."""

import json
from dataclasses import asdict, replace
from pathlib import Path

import pytest
from hop.models import VOEvent

from tom_gcn.notices import Notice, NoticeError, parse

VOEVENTS = Path(__file__).parents[1] / "data" / "alerts" / "voevent"
FOLDERS = sorted(path.name for path in VOEVENTS.iterdir() if path.name != "malformed")


def comparable(notice: Notice) -> Notice:
    """Without the order of parameters, and without the spaces in texts, which hop-client trims."""
    parameters = {name: replace(one, value=str(one.value).strip()) for name, one in sorted(notice.parameters.items())}
    return replace(notice, parameters=parameters)


def read(raw: bytes) -> Notice | str:
    try:
        notice = parse(raw)
    except NoticeError as error:
        return error.code
    assert isinstance(notice, Notice)
    return comparable(notice)


@pytest.mark.parametrize("folder", FOLDERS)
def test_packet_as_json_of_hop_client_reads_as_the_xml(folder: str) -> None:
    paths = sorted((VOEVENTS / folder).rglob("*.xml"))
    assert paths
    for path in paths:
        content = asdict(VOEvent.load_file(str(path)), dict_factory=VOEvent.dict_factory)
        for as_json in (content, {"format": "voevent", "content": content}):
            assert read(json.dumps(as_json).encode()) == read(path.read_bytes()), path.name


def test_packet_nested_too_deeply_is_refused() -> None:
    packet = b'{"ivorn": "ivo://nasa.gsfc.gcn/SWIFT#x", "What": ' + b'{"Group": ' * 40 + b"{}" + b"}" * 41
    with pytest.raises(NoticeError) as caught:
        parse(packet)
    assert caught.value.code == "bad-json"


def test_values_that_are_no_text_do_no_harm() -> None:
    packet = {
        "ivorn": "ivo://nasa.gsfc.gcn/SWIFT#BAT_GRB_Pos_1-2",
        "role": None,
        "What": {
            "Param": [{"name": "Packet_Type", "value": 61}, {"name": "TrigID", "value": 7}, 3, None],
            "xlink:a b": {"<": []},
        },
        "WhereWhen": {"ISOTime": "2026-01-02T03:04:05", "Description": "a\u0000b\u0085c"},
    }
    notice = parse(json.dumps(packet).encode())
    assert isinstance(notice, Notice)
    assert (notice.namespace, notice.event_id, notice.notice_type) == ("swift", "7", "SWIFT_BAT_GRB_POS_ACK")


@pytest.mark.parametrize("name", ["µ", "ª", "º", "été", "xlink:href", ""])
def test_names_that_are_none_in_xml_are_skipped_and_the_rest_is_read(name: str) -> None:
    packet = {
        "ivorn": "ivo://nasa.gsfc.gcn/SWIFT#BAT_GRB_Pos_1-2",
        "What": {name: "1", "Param": [{"name": "Packet_Type", "value": 61}, {"name": "TrigID", "value": 7}]},
        "WhereWhen": {"ISOTime": "2026-01-02T03:04:05", name: {"a": 1}},
    }
    notice = parse(json.dumps(packet).encode())
    assert isinstance(notice, Notice)
    assert (notice.event_id, notice.notice_type) == ("7", "SWIFT_BAT_GRB_POS_ACK")
