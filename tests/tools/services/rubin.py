"""A Kafka REST proxy (version 2 of Confluent's API) with a topic of Rubin's target-of-opportunity alerts."""

import base64
import json

import fastavro
from fastavro.validation import validate

from tests.tools.services.base import Case, HttpService, make_outgoing, make_pointings
from tom_grandma_facilities.transports.base import Line
from tom_grandma_facilities.transports.registry import TRANSPORTS

USER, PASSWORD = "network", "proxy-password-9"


class Proxy(HttpService):
    """Keeps records by partition and offset; `record_error` is put upon the next record."""

    def __init__(self):
        super().__init__()
        self.record_error = None

    def answer(self, method, path, headers, body):
        sign = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
        if headers.get("Authorization") != f"Basic {sign}":
            return said(401, {"error_code": 401, "message": "Unauthorized"})
        if path != "/topics/too-alerts":
            return said(404, {"error_code": 40401, "message": "Topic not found."})
        if headers["Content-Type"] != "application/vnd.kafka.avro.v2+json":
            return said(415, {"error_code": 415, "message": "HTTP 415 Unsupported Media Type"})
        asked = json.loads(body)
        schema = fastavro.parse_schema(json.loads(asked["value_schema"]))
        [value] = [one["value"] for one in asked["records"]]
        if not validate(value, schema, raise_errors=False, strict=True):
            return said(422, {"error_code": 42203, "message": "Conversion of JSON to Avro failed."})
        if len(value["instrument"]) != 3 or len(value["reward_map"]) != 12 * value["reward_map_nside"] ** 2:
            return said(422, {"error_code": 42203, "message": "The scheduler's table has other columns."})
        if self.record_error:
            (code, words), self.record_error = self.record_error, None
            return said(200, {"offsets": [{"partition": None, "offset": None, "error_code": code, "error": words}]})
        number = len(self.taken)
        self.taken[f"0/{number}"] = value
        offset = {"partition": 0, "offset": number, "error_code": None, "error": None}
        return said(200, {"offsets": [offset], "key_schema_id": None, "value_schema_id": 7})


def said(status, value):
    return status, "application/vnd.kafka.v2+json", json.dumps(value)


def line(service):
    settings = {"url": f"{service.url}/topics/too-alerts", "alert_type": "GW_case_Gold", "username": USER}
    return Line({**settings, "instrument": "H1, L1"}, {"password": PASSWORD})


def case(**more):
    return Case(
        TRANSPORTS["rubin-too"],
        Proxy,
        line,
        refused=lambda outgoing: make_outgoing(ra_deg=None, dec_deg=None),
        refusal="The request has no position",
        wrong_secret="password",
        **more,
    )


CASES = (
    case(),
    case(name="rubin-too-pointings", outgoing=make_outgoing(exposures=(), pointings=make_pointings())),
)
