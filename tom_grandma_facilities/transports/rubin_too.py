"""Targets of opportunity for the Vera C. Rubin Observatory: an alert with a reward map, posted to a Kafka REST proxy.

Sources: SCiMMA's alert producer for Rubin, github.com/scimma/rubin-ToO-producer (`output_schema.json`, the REST sender
and the table of alert types of its README), TSTN-035, and version 2 of Confluent's REST proxy. A reward map is a
HEALPix map in nested order with one bit per pixel: to be observed or not.

Not known from public sources: who besides that producer may post, and how one learns what became of it. So this serves
a team that was given an address; there is no state and no way back, and after a broken connection a person must look.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from tom_grandma_facilities.transports.base import Down, Line, Outgoing, Refused, Sent, Setting, Transport
from tom_grandma_facilities.transports.guarded import Answer
from tom_grandma_facilities.transports.message import iso
from tom_grandma_facilities.transports.web import basic, call, read_json

NSIDE = 32
FIELD_RADIUS_DEG = 1.75
INSTRUMENT_SLOTS = 3  # the scheduler's table has three columns for them
RETRIABLE = 2  # error code of a record in the proxy's answer; 1 is final
ALERT_TYPES = (
    "GW_case_Gold",
    "GW_case_Silver",
    "GW_case_Bronze",
    "BBH",
    "SSM_Gold",
    "SSM_Silver",
    "lensed_BNS_case_A",
    "lensed_BNS_case_B",
    "neutrino",
    "neutrino_EHE",
    "neutrino_coincident",
    "SN_Galactic",
)
SCHEMA = {
    "namespace": "lsst.scimma",
    "type": "record",
    "name": "too_alert",
    "fields": [
        {"name": "source", "type": "string"},
        {"name": "instrument", "type": {"type": "array", "items": "string"}},
        {"name": "alert_type", "type": "string"},
        {"name": "event_trigger_timestamp", "type": "string"},
        {"name": "reward_map", "type": {"type": "array", "items": "boolean"}},
        {"name": "reward_map_nside", "type": "int"},
        {"name": "is_test", "type": "boolean"},
        {"name": "is_update", "type": "boolean"},
        {"name": "timestamp", "type": "long"},
    ],
}


class RubinToo(Transport):
    """Tells Rubin's scheduler which part of the sky is worth a visit, and under which strategy."""

    name = "rubin-too"
    label = "Rubin target of opportunity"
    about = "Posts a reward map for Rubin's scheduler through a Kafka REST proxy, for teams that were given an address."
    settings = (
        Setting("url", "Address of the topic", required=True, help="https://…/topics/<topic> of the REST proxy."),
        Setting("alert_type", "Strategy", required=True, choices=ALERT_TYPES, help="As the scheduler names it."),
        Setting("username", "User name", help="When the proxy asks for one."),
        Setting("password", "Password", secret=True, help="When the proxy asks for one."),
        Setting("instrument", "Seen by", help="Names of the instruments behind the alert, such as H1, L1."),
        Setting("is_test", "Test", choices=("yes", "no"), help="yes, the default, marks every alert as a test."),
    )
    takes_pointings = True

    def _submit(self, outgoing: Outgoing, line: Line) -> Sent:
        value = self.alert(outgoing, line, datetime.now(UTC))
        body = json.dumps({"value_schema": json.dumps(SCHEMA), "records": [{"value": value}]}).encode()
        kinds = {
            "Content-Type": "application/vnd.kafka.avro.v2+json",
            "Accept": "application/vnd.kafka.v2+json, application/json",
        }
        answer = call("POST", line.get("url"), body=body, headers=kinds | _door(line), says=errors_of)
        shown = value | {"reward_map": f"{sum(value['reward_map'])} of {len(value['reward_map'])} pixels"}
        return Sent(_offset(answer), json.dumps(shown), answer.text, answer.status)

    def alert(self, outgoing: Outgoing, line: Line, now: datetime) -> dict[str, Any]:
        """Return the record of the alert."""
        seen_by = [one.strip() for one in line.get("instrument").split(",") if one.strip()]
        revision = outgoing.key.rpartition("-")[2]
        return {
            "source": outgoing.target_name,
            "instrument": [*seen_by, *[""] * INSTRUMENT_SLOTS][:INSTRUMENT_SLOTS],
            "alert_type": line.get("alert_type"),
            "event_trigger_timestamp": iso(outgoing.window_start),
            "reward_map": reward_map(positions(outgoing)),
            "reward_map_nside": NSIDE,
            "is_test": line.get("is_test", "yes") != "no",
            "is_update": revision not in ("", "0", "1"),
            "timestamp": int(now.timestamp() * 1000),
        }


def positions(outgoing: Outgoing) -> list[tuple[float, float]]:
    """Return the directions of interest: the pointings, or the target."""
    return [(one.ra_deg, one.dec_deg) for one in outgoing.pointings] or [outgoing.position]


def reward_map(directions: list[tuple[float, float]]) -> list[bool]:
    """Return which pixels lie within a field's radius of a direction, nested, of `NSIDE`."""
    import healpy
    import numpy as np

    wanted = np.zeros(healpy.nside2npix(NSIDE), dtype=bool)
    for ra_deg, dec_deg in directions:
        centre = healpy.ang2vec(ra_deg, dec_deg, lonlat=True)
        radius = np.radians(FIELD_RADIUS_DEG)
        wanted[healpy.query_disc(NSIDE, centre, radius, inclusive=True, nest=True)] = True
    return [bool(one) for one in wanted]


def errors_of(answer: Answer) -> str:
    """Return the proxy's sentence."""
    try:
        said = json.loads(answer.body)
    except ValueError:
        return " ".join(answer.text.split())[:300] or "no reason given"
    return str(said.get("message") or said) if isinstance(said, dict) else str(said)


def _offset(answer: Answer) -> str:
    """Where the record lies in the topic."""
    said = read_json(answer)
    offsets = said.get("offsets") if isinstance(said, dict) else None
    if not offsets:
        raise Down("The proxy did not say where it put the alert.", True, answer.status, answer.text)
    first = offsets[0]
    if first.get("error_code") == RETRIABLE:
        raise Down(f"The topic did not take the alert: {first.get('error')}", False, answer.status, answer.text)
    if first.get("error_code") or first.get("offset") is None:
        raise Refused(f"The topic did not take the alert: {first.get('error')}", answer.status, answer.text)
    return f"{first.get('partition', 0)}/{first['offset']}"


def _door(line: Line) -> dict[str, str]:
    return basic(line.get("username"), line.get("password")) if line.get("username") else {}


TRANSPORTS = (RubinToo(),)
