"""States a telescope can be in, as people report them, and what becomes of uploads and their rows."""

from django.db import models

from tom_grandma_facilities.telescope import UsageClass


class TelescopeState(models.TextChoices):
    """What is known about a telescope now. Those in `NOT_ASKED` take no part in a plan."""

    NOT_REPORTED = "not-reported", "not reported"
    OPERATIONAL = "operational", "operational"
    ENGINEERING = "engineering", "engineering"
    CLOSED = "closed", "closed"
    RETIRED = "retired", "retired"


# How often a telescope may be asked, when operators say otherwise than its declaration.
USAGE_SET_HERE = tuple((usage.value, usage.label) for usage in UsageClass if usage is not UsageClass.UNKNOWN)
NOT_ASKED = (TelescopeState.ENGINEERING, TelescopeState.CLOSED, TelescopeState.RETIRED)


class RowOutcome(models.TextChoices):
    """What became of a row of an upload."""

    CREATED = "created", "created"
    CHANGED = "changed", "corrected"
    EXISTS = "exists", "known already"
    REJECTED = "rejected", "rejected"


class UploadState(models.TextChoices):
    """How far an upload is."""

    QUEUED = "queued", "waiting"
    RUNNING = "running", "being read"
    DONE = "done", "done"
    FAILED = "failed", "failed"


UNFINISHED_UPLOADS = (UploadState.QUEUED, UploadState.RUNNING)


class RequestKind(models.TextChoices):
    """What a telescope is asked to observe."""

    TARGET = "target", "a target"
    POINTINGS = "pointings", "its part of a plan"


class RequestState(models.TextChoices):
    """How far a follow-up request is; `tom_grandma_facilities.states` says which may follow which."""

    QUEUED = "queued", "waiting to be sent"
    SENT = "sent", "sent"
    RECEIVED = "received", "received"
    ACCEPTED = "accepted", "will observe"
    OBSERVING = "observing", "observing"
    DONE = "done", "done"
    DECLINED = "declined", "cannot observe"
    CANCELLED = "cancelled", "cancelled"
    EXPIRED = "expired", "expired"
    FAILED = "failed", "could not be sent"


OPEN_REQUESTS = (
    RequestState.QUEUED, RequestState.SENT, RequestState.RECEIVED, RequestState.ACCEPTED, RequestState.OBSERVING,
)  # fmt: skip
# What counts against an allocation: under way or observed.
COUNTED_REQUESTS = (*OPEN_REQUESTS, RequestState.DONE)


class DeclineReason(models.TextChoices):
    """Why a telescope cannot observe."""

    WEATHER = "weather", "weather"
    TECHNICAL = "technical", "technical problem"
    DAYTIME = "daytime", "daytime or not visible"
    PROGRAMME = "programme", "another programme"
    OTHER = "other", "another reason"


class Via(models.TextChoices):
    """Through which door a change of a request came."""

    PAGE = "page", "page"
    LINK = "link", "link"
    API = "api", "API"
    TRANSPORT = "transport", "telescope"
    SYSTEM = "system", "system"


class LinkPurpose(models.TextChoices):
    """What a signed link may be used for; each for one thing only."""

    ANSWER = "answer", "answer a request"
    UPLOAD = "upload", "upload executed observations"
    DOWNLOAD = "download", "download a request"


class TransactionAction(models.TextChoices):
    """What was said to a telescope."""

    SUBMIT = "submit", "submitted"
    FIND = "find", "looked for"
    STATUS = "status", "asked for the state"
    CANCEL = "cancel", "cancelled"
    REMIND = "remind", "reminded"
