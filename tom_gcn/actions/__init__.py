"""Every change of state of this app. Pages, API, commands and tasks are doors to these functions."""

from tom_gcn.actions.coincidences import find_coincidences
from tom_gcn.actions.fetches import fetch_skymap, hand_out_fetches, renew_fetches
from tom_gcn.actions.manual import add_event, may_add_event
from tom_gcn.actions.messages import Place, ReadResult, read_message, receive_message, reread, reread_message
from tom_gcn.actions.plans import abandoned_plans, make_plan, request_plan, requeue_plan
from tom_gcn.actions.skymaps import outlines_of, store_skymap
from tom_gcn.actions.summaries import summarize_forgotten

__all__ = [
    "Place",
    "ReadResult",
    "abandoned_plans",
    "add_event",
    "fetch_skymap",
    "find_coincidences",
    "hand_out_fetches",
    "make_plan",
    "may_add_event",
    "outlines_of",
    "read_message",
    "receive_message",
    "renew_fetches",
    "request_plan",
    "requeue_plan",
    "reread",
    "reread_message",
    "store_skymap",
    "summarize_forgotten",
]
