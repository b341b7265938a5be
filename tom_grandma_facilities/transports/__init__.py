"""How a request leaves, and how one asks after it: one module per protocol, and `registry.TRANSPORTS` names them all.

`base` says what is common: what goes out, what comes back, what can go wrong. `guarded` is the one place that opens
connections over HTTP, `web` speaks JSON and forms through it, `message` puts a request into words. The protocol modules
know no model and no page; `actions.sending` calls them and keeps the rows.
"""

from tom_grandma_facilities.transports.base import (
    Down,
    Exposure,
    Line,
    Outgoing,
    Pointing,
    Refused,
    Remote,
    RemoteState,
    Repeat,
    Sent,
    Setting,
    Transport,
    Unsure,
)

__all__ = [
    "Down",
    "Exposure",
    "Line",
    "Outgoing",
    "Pointing",
    "Refused",
    "Remote",
    "RemoteState",
    "Repeat",
    "Sent",
    "Setting",
    "Transport",
    "Unsure",
]
