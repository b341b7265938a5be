"""States a telescope can be in, as people report them, and what becomes of rows that are uploaded."""

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
