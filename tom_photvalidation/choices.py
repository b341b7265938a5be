"""States of points and uploads, and the few words that columns may hold."""

from django.db import models


class Kind(models.TextChoices):
    """What a measurement says."""

    DETECTION = "detection", "detection"
    LIMIT = "limit", "upper limit"
    FORCED = "forced", "forced photometry"


class TimeReference(models.TextChoices):
    """Which moment of the exposure the time is."""

    MID = "mid", "middle of the exposure"
    START = "start", "start of the exposure"
    UNKNOWN = "unknown", "not told"


class Status(models.TextChoices):
    """What people made of a point. Nothing is deleted."""

    UNREVIEWED = "unreviewed", "not reviewed"
    QUARANTINED = "quarantined", "in quarantine"
    ACCEPTED = "accepted", "accepted"
    REJECTED = "rejected", "rejected"
    SUPERSEDED = "superseded", "replaced by a later version"
    WITHDRAWN = "withdrawn", "withdrawn"


# Shown by TOM's own plots and lists.
PROJECTED = (Status.UNREVIEWED, Status.QUARANTINED, Status.ACCEPTED)
# Versions that still speak for a measurement.
CURRENT = (*PROJECTED, Status.REJECTED)


class Severity(models.TextChoices):
    """How bad a finding is; one that cannot be stored (E) never reaches a row."""

    ERROR = "E", "cannot be"
    QUARANTINE = "Q", "a person decides"
    WARNING = "W", "warning"
    NOTE = "I", "note"


class Channel(models.TextChoices):
    """How photometry came."""

    PAGE = "page", "page"
    API = "api", "API"
    SKYPORTAL = "skyportal", "SkyPortal's own body"
    COMMAND = "command", "command"
    CIRCULAR = "circular", "circular"
    BROKER = "broker", "broker or another TOM app"
    EDIT = "edit", "edited by hand"


class Mode(models.TextChoices):
    """What becomes of good rows when others are refused."""

    PARTIAL = "partial", "store the good rows"
    ATOMIC = "atomic", "all or nothing"


class UploadState(models.TextChoices):
    """How far an upload is."""

    QUEUED = "queued", "waiting"
    RUNNING = "running", "being read"
    DONE = "done", "done"
    FAILED = "failed", "failed"


UNFINISHED = (UploadState.QUEUED, UploadState.RUNNING)


class Outcome(models.TextChoices):
    """What became of a row."""

    CREATED = "created", "stored"
    QUARANTINED = "quarantined", "stored in quarantine"
    EXISTS = "exists", "known already"
    REJECTED = "rejected", "refused"


class ReviewStep(models.TextChoices):
    """What was done in a review."""

    DECIDE = "decide", "decided"
    FIX = "fix", "corrected"
    UNDO = "undo", "undone"
    SIGN = "sign", "signed off"


class ReviewReason(models.TextChoices):
    """Why a point was rejected, in the order of the digits that choose one."""

    TIME = "time", "time is wrong"
    FILTER = "filter", "filter or magnitude system is wrong"
    DUPLICATE = "duplicate", "the same measurement twice"
    POSITION = "position", "not at the target's position"
    CALIBRATION = "calibration", "calibration is not good enough"
    BLEND = "blend", "host, neighbour or artefact in the aperture"
    IMAGE = "image", "image is not good enough"
    REPLACED = "replaced", "a better reduction exists"
    OTHER = "other", "another reason"


# What a reviewer may make of a point.
DECISIONS = (Status.ACCEPTED, Status.REJECTED, Status.UNREVIEWED)


class Extinction(models.TextChoices):
    """Whether the magnitudes of a cell are corrected for Galactic extinction."""

    UNKNOWN = "", "not told"
    NOT_CORRECTED = "no", "not corrected"
    CORRECTED = "yes", "corrected"
