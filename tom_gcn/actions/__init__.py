"""Every change of state of this app. Pages, API, commands and tasks are doors to these functions."""

from tom_gcn.actions.coincidences import find_coincidences
from tom_gcn.actions.fetches import fetch_skymap, hand_out_fetches, renew_fetches
from tom_gcn.actions.making import make_plan
from tom_gcn.actions.manual import add_event, may_add_event
from tom_gcn.actions.messages import Place, ReadResult, read_message, receive_message, reread, reread_message
from tom_gcn.actions.plans import abandoned_plans, cancel_plan, keep_plan, request_plan, requeue_plan
from tom_gcn.actions.pointings import refuse, report_pointings, withdraw_refusal
from tom_gcn.actions.refining import abandoned_refinements, refine_plan, requeue_refinement
from tom_gcn.actions.replanning import replan
from tom_gcn.actions.requests import ask_plan_part
from tom_gcn.actions.skymaps import outlines_of, store_skymap
from tom_gcn.actions.summaries import summarize_forgotten

__all__ = [
    "Place",
    "ReadResult",
    "abandoned_plans",
    "abandoned_refinements",
    "add_event",
    "ask_plan_part",
    "cancel_plan",
    "fetch_skymap",
    "find_coincidences",
    "hand_out_fetches",
    "keep_plan",
    "make_plan",
    "may_add_event",
    "outlines_of",
    "read_message",
    "receive_message",
    "refine_plan",
    "refuse",
    "renew_fetches",
    "replan",
    "report_pointings",
    "request_plan",
    "requeue_plan",
    "requeue_refinement",
    "reread",
    "reread_message",
    "store_skymap",
    "summarize_forgotten",
    "withdraw_refusal",
]
