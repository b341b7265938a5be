"""Rows of alerts and plans, one module per noun."""

from tom_gcn.models.event import Event
from tom_gcn.models.localization import Localization, StoredSkyMap
from tom_gcn.models.message import Message, UnreadableMessage
from tom_gcn.models.notice import Notice
from tom_gcn.models.plan import ObservationPlan, PlannedPointing, TelescopePlan

__all__ = [
    "Event",
    "Localization",
    "Message",
    "Notice",
    "ObservationPlan",
    "PlannedPointing",
    "StoredSkyMap",
    "TelescopePlan",
    "UnreadableMessage",
]
