"""Packets and notices made for tests."""

import json
from pathlib import Path
from typing import Any

from tom_gcn.notices import Notice, parse

ALERTS = Path(__file__).parents[2] / "data" / "alerts"


def notice_of(name: str, topic: str = "") -> Notice:
    """A bundled message that is a notice."""
    parsed = parse((ALERTS / name).read_bytes(), topic)
    assert isinstance(parsed, Notice)
    return parsed


def packet(
    ivorn: str = "ivo://nasa.gsfc.gcn/SWIFT#BAT_GRB_Pos_1-1",
    *,
    role: str = "observation",
    params: dict[str, str] | None = None,
    time: str = "2026-01-02T03:04:05.67",
    place: tuple[str, str, str] | None = ("10.0", "-20.0", "0.05"),
    citations: str = "",
    version: str = "2.0",
) -> bytes:
    """A packet with these values."""
    rows = "".join(
        f'<Param name="{k}" value="{v}"/>' for k, v in (params or {"TrigID": "1", "Packet_Type": "61"}).items()
    )
    where = ""
    if place:
        ra, dec, error = place
        radius = f"<Error2Radius>{error}</Error2Radius>" if error else ""
        where = f"<Position2D><Value2><C1>{ra}</C1><C2>{dec}</C2></Value2>{radius}</Position2D>"
    moment = f"<Time><TimeInstant><ISOTime>{time}</ISOTime></TimeInstant></Time>" if time else ""
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><voe:VOEvent xmlns:voe="http://www.ivoa.net/xml/VOEvent/v{version}" '
        f'ivorn="{ivorn}" role="{role}" version="{version}"><Who><Date>2026-01-02T03:05:00</Date></Who>'
        f"<What>{rows}</What><WhereWhen><ObsDataLocation><ObservationLocation><AstroCoords>{moment}{where}"
        f"</AstroCoords></ObservationLocation></ObsDataLocation></WhereWhen>{citations}</voe:VOEvent>"
    ).encode()


def read(raw: bytes, topic: str = "") -> Notice:
    """A message that must be a notice."""
    parsed = parse(raw, topic)
    assert isinstance(parsed, Notice)
    return parsed


def gcn_json(**fields: Any) -> bytes:
    """A notice in GCN's JSON with these fields; a field that is None is left out."""
    base: dict[str, Any] = {
        "$schema": "https://gcn.nasa.gov/schema/v4.2.0/gcn/notices/einstein_probe/wxt/alert.schema.json",
        "instrument": "WXT",
        "trigger_time": "2026-04-09T11:45:11.949Z",
        "id": ["01709259773"],
        "ra": 184.664,
        "dec": -6.146,
        "ra_dec_error": 0.05,
    }
    return json.dumps({key: value for key, value in (base | fields).items() if value is not None}).encode()
