"""Alert messages to frozen values: bytes in, a `Notice` out, no database.

`base` holds the values and the error, `igwn` the gravitational-wave alerts of LIGO, Virgo and KAGRA (JSON and Avro),
`fields` reads typed values out of untrusted mappings, `avro` opens Avro containers within bounds, `drill` moves an
alert in time. A new format is one module with a function from bytes to `Notice` and a line in `parse`.
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
from .drill import drill_id, shift
from .parse import parse
from .regions import Annulus, Cone, Ellipse, Point, Polygon, Region

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
    "Notice",
    "NoticeError",
    "Parsed",
    "Point",
    "Polygon",
    "Region",
    "SourceKind",
    "Status",
    "drill_id",
    "parse",
    "shift",
]
