"""Gravitational-wave alerts of LIGO, Virgo and KAGRA: JSON as on GCN Kafka, Avro as on Hopskotch.

Both carry the same record (https://emfollow.docs.ligo.org/userguide/content.html); only the sky map is base64 in one
and bytes in the other.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from datetime import datetime
from functools import partial

from .avro import read_records
from .base import ExternalCoincidence, Notice, NoticeError, SourceKind, Status
from .fields import Fields
from .json_text import decode_json

TYPES = ("EARLYWARNING", "PRELIMINARY", "INITIAL", "UPDATE", "RETRACTION")
# Real names are S or GW, six digits and letters; mocks and tests put M or T before, and some add digits behind.
_NAME = re.compile(r"[MT]?(S|GW)\d{6}[A-Za-z0-9_]{0,40}")
# As `drill.drill_id` makes them. Anybody may write a drill into a message, only the name makes it one.
_DRILL_NAME = re.compile(r"TS\d{6}drill[a-z]*(_[a-z0-9]{1,12})?")
_LONGEST_NAME = 64
# The user guide's words have up to ten letters.
_LONGEST_GROUP, _LONGEST_PIPELINE, _LONGEST_SEARCH = 20, 40, 40
_SEND_AGAIN = "Send the message again as it was published."


def parse_json(raw: bytes) -> Notice:
    """Read an alert in JSON."""
    return notice_of(decode_json(raw))


def notice_of(content: object) -> Notice:
    """Read an alert whose JSON is decoded already."""
    return _notice(_only_alert(content), "igwn-json")


def parse_avro(raw: bytes) -> Notice:
    """Read an alert in an Avro object container."""
    return _notice(_only_alert(read_records(raw)), "igwn-avro")


def load_json(raw: bytes) -> dict[str, object]:
    """The alert's record, from bytes nobody has checked.

    Raises
    ------
    NoticeError
        ``bad-json`` when it is not JSON, is cut off, or is nested too deeply; ``not-an-alert`` when it is JSON of
        another kind.
    """
    return _only_alert(decode_json(raw))


def _only_alert(content: object) -> dict[str, object]:
    """The one record of a message, which may stand in a list or under ``content``, as hop-client wraps it."""
    if isinstance(content, Mapping) and "superevent_id" not in content and "content" in content:
        content = content["content"]
    while isinstance(content, list) and len(content) == 1:
        content = content[0]
    if isinstance(content, list) and len(content) > 1:
        raise NoticeError("several-alerts", "The message holds more than one alert.", "Send one alert a message.")
    if not isinstance(content, Mapping) or "superevent_id" not in content:
        raise NoticeError(
            "not-an-alert", "The message has no superevent_id.", "Give a gravitational-wave alert of igwn.gwalert."
        )
    return dict(content)


def _notice(content: dict[str, object], form: str) -> Notice:
    alert = Fields(content)
    notice_type, name = _type(alert), _event_name(alert)
    time_created = alert.required_time("time_created")
    is_retraction = notice_type == "RETRACTION"
    event = alert.inner("event")
    if event is None and not is_retraction:
        raise NoticeError("missing-field", f"The {notice_type} alert has no event.", _SEND_AGAIN)
    drill = alert.inner("drill") if _DRILL_NAME.fullmatch(name) else None
    build = partial(
        Notice,
        format=form,
        source="LVK",
        notice_type=notice_type,
        status=Status(notice_type.lower()),
        kind=SourceKind.GW,
        event_id=name,
        namespace="lvk",
        key=_key(name, drill.required_time("time_created") if drill else time_created, notice_type),
        time_created=time_created,
        is_test=name[0] in "MT",
        is_retraction=is_retraction,
        urls=alert.links("urls"),
        external=_external(alert.inner("external_coinc"), form),
        drill_of=_drill_of(drill) if drill else "",
    )
    return build(event_time=None) if event is None else _with_event(build, event, form)


def _type(alert: Fields) -> str:
    word = alert.required_text("alert_type").upper().replace("_", "")
    if word not in TYPES:
        raise NoticeError("unknown-type", f"alert_type is {word}.", f"Known types are {', '.join(TYPES)}.")
    return word


def _event_name(alert: Fields) -> str:
    name = alert.required_text("superevent_id")
    if not _NAME.fullmatch(name):
        raise NoticeError("bad-name", f"superevent_id is {name!r}.", "A superevent is called like S190425z.")
    return name


def _drill_of(drill: Fields) -> str:
    name = drill.text("of", _LONGEST_NAME)
    if not _NAME.fullmatch(name):
        raise NoticeError("bad-field", f"drill.of is {name!r}.", "A drill names the superevent it replays.")
    return name


def _key(name: str, time_created: datetime, notice_type: str) -> str:
    return f"{name}|{time_created.isoformat().removesuffix('+00:00')}Z|{notice_type}"


def _with_event(build: partial[Notice], event: Fields, form: str) -> Notice:
    return build(
        event_time=event.required_time("time"),
        is_significant=event.flag("significant"),
        far_hz=event.number("far"),
        instruments=event.texts("instruments"),
        group=event.text("group", _LONGEST_GROUP),
        pipeline=event.text("pipeline", _LONGEST_PIPELINE),
        search=event.text("search", _LONGEST_SEARCH),
        classification=event.numbers("classification"),
        properties=event.numbers("properties"),
        duration_s=event.number("duration"),
        central_frequency_hz=event.number("central_frequency"),
        skymap=_skymap(event, "skymap", form),
    )


def _external(external: Fields | None, form: str) -> ExternalCoincidence | None:
    if external is None:
        return None
    return ExternalCoincidence(
        gcn_notice_id=external.integer("gcn_notice_id"),
        ivorn=external.text("ivorn"),
        observatory=external.text("observatory"),
        search=external.text("search"),
        time_difference_s=external.number("time_difference"),
        time_coincidence_far_hz=external.number("time_coincidence_far"),
        time_sky_position_coincidence_far_hz=external.number("time_sky_position_coincidence_far"),
        combined_skymap=_skymap(external, "combined_skymap", form),
    )


def _skymap(fields: Fields, key: str, form: str) -> bytes | None:
    """The bytes of a map. Damaged base64 gives what it holds: the map is then refused, the notice is not."""
    value = fields.raw(key, str if form == "igwn-json" else bytes)
    if value is None or isinstance(value, bytes):
        return value
    text = "".join(value.split())
    try:
        return base64.b64decode(text[: len(text) // 4 * 4], validate=True)
    except (binascii.Error, ValueError):
        return value.encode("utf-8", "replace")
