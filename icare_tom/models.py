"""Rows of the roof. Each model lives beside the code it belongs to; Django finds them here."""

from icare_tom.audit.models import AuditEntry
from icare_tom.auto_targets import EventTarget, TargetPosition
from icare_tom.members.admission_models import AdmissionEntry, AdmissionRequest, GroupProfile, Invitation, JoinRequest
from icare_tom.members.models import Membership
from icare_tom.members.preference_models import Preferences
from icare_tom.members.session_models import PersonSession
from icare_tom.members.social.institution_models import Institution
from icare_tom.members.token_models import ApiToken
from icare_tom.sky import TargetSkyIndex
from icare_tom.workers.models import WorkerHeartbeat

__all__ = [
    "AdmissionEntry",
    "AdmissionRequest",
    "ApiToken",
    "AuditEntry",
    "EventTarget",
    "GroupProfile",
    "Institution",
    "Invitation",
    "JoinRequest",
    "Membership",
    "PersonSession",
    "Preferences",
    "TargetPosition",
    "TargetSkyIndex",
    "WorkerHeartbeat",
]
