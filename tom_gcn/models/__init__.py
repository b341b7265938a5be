"""Rows of alerts and plans, one module per noun."""

from tom_gcn.models.circular import Circular, HermesMessage
from tom_gcn.models.coincidence import Coincidence
from tom_gcn.models.event import Event, EventAlias
from tom_gcn.models.fetch import SkyMapFetch
from tom_gcn.models.galaxy import Galaxy, GalaxyCatalogue
from tom_gcn.models.listener import ListenerHeartbeat
from tom_gcn.models.localization import Localization, StoredSkyMap
from tom_gcn.models.message import Message, UnreadableMessage
from tom_gcn.models.notice import Notice
from tom_gcn.models.plan import ObservationPlan, PlannedPointing, TelescopePlan
from tom_gcn.models.preset import PlanDecision, PlanPreset
from tom_gcn.models.refusal import Refusal
from tom_gcn.models.search import SavedSearch
from tom_gcn.models.summary import EventSummary
from tom_gcn.models.tag import HandTag, TagRule
from tom_gcn.models.topic import AlertTopic

__all__ = [
    "AlertTopic",
    "Circular",
    "Coincidence",
    "Event",
    "EventAlias",
    "EventSummary",
    "Galaxy",
    "GalaxyCatalogue",
    "HandTag",
    "HermesMessage",
    "ListenerHeartbeat",
    "Localization",
    "Message",
    "Notice",
    "ObservationPlan",
    "PlanDecision",
    "PlanPreset",
    "PlannedPointing",
    "Refusal",
    "SavedSearch",
    "SkyMapFetch",
    "StoredSkyMap",
    "TagRule",
    "TelescopePlan",
    "UnreadableMessage",
]
