"""Alert messages to frozen values: bytes in, a `Notice` (or `Circular`, `HermesMessage`, `Heartbeat`) out, no database.

`parse` recognises the format. `igwn` reads the gravitational-wave alerts of LIGO, Virgo and KAGRA (JSON and Avro),
`voevent` the packets of GCN's missions, SVOM and others with the tables of `senders`, `gcn_json` GCN's unified JSON,
`gcn_text` its classic text, `circular`, `hermes` and `heartbeat` what their names say; `manual` reads what people enter
here. Below them lie `base` and `regions` (the values), `errors`, `fields` (typed values out of untrusted mappings), and
what opens untrusted containers within bounds: `packet` (XML), `packet_json` (the same as hop-client writes it),
`json_text`, `avro`, `unpack` (gzip), `envelope` (our own). `summary` is the flat record for other programs, `drill`
moves a notice in time. A new format is one module with a function from bytes to a value and a line in `parse`.
"""

from .base import (
    Circular,
    Citation,
    ExternalCoincidence,
    Heartbeat,
    HermesMessage,
    HermesTarget,
    Measure,
    Notice,
    NoticeError,
    Parsed,
    SourceKind,
    Status,
)
from .drill import drill_id, enclosed, other_drill_id, shift, shift_to
from .errors import NotAnAlert
from .parse import decoded, parse
from .regions import Annulus, Cone, Ellipse, Point, Polygon, Region
from .summary import Summary, summarize, summarize_unread
from .unpack import gunzip

__all__ = [
    "Annulus",
    "Circular",
    "Citation",
    "Cone",
    "Ellipse",
    "ExternalCoincidence",
    "Heartbeat",
    "HermesMessage",
    "HermesTarget",
    "Measure",
    "NotAnAlert",
    "Notice",
    "NoticeError",
    "Parsed",
    "Point",
    "Polygon",
    "Region",
    "SourceKind",
    "Status",
    "Summary",
    "decoded",
    "drill_id",
    "enclosed",
    "gunzip",
    "other_drill_id",
    "parse",
    "shift",
    "shift_to",
    "summarize",
    "summarize_unread",
]
