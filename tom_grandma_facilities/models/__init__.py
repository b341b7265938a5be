"""What people report about telescopes, what telescopes did, and what they are asked for."""

from tom_grandma_facilities.models.channel import Allocation, Channel
from tom_grandma_facilities.models.executed import ExecutedObservation, ObservationUpload, UploadedFile
from tom_grandma_facilities.models.link import AnswerLink
from tom_grandma_facilities.models.night_mark import NightMark
from tom_grandma_facilities.models.request import FollowUpRequest, RequestEntry
from tom_grandma_facilities.models.status import TelescopeStatus
from tom_grandma_facilities.models.transaction import FacilityTransaction

__all__ = [
    "Allocation",
    "AnswerLink",
    "Channel",
    "ExecutedObservation",
    "FacilityTransaction",
    "FollowUpRequest",
    "NightMark",
    "ObservationUpload",
    "RequestEntry",
    "TelescopeStatus",
    "UploadedFile",
]
