"""States a telescope can be in, as people report them, and what becomes of uploads and their rows."""

from django.db import models


class TelescopeState(models.TextChoices):
    """What is known about a telescope now. Those in `NOT_ASKED` take no part in a plan."""

    NOT_REPORTED = "not-reported", "not reported"
    OPERATIONAL = "operational", "operational"
    ENGINEERING = "engineering", "engineering"
    CLOSED = "closed", "closed"
    RETIRED = "retired", "retired"


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
