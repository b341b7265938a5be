"""States a telescope can be in, as people report them."""

from django.db import models


class TelescopeState(models.TextChoices):
    """What is known about a telescope now. Those in `NOT_ASKED` take no part in a plan."""

    NOT_REPORTED = "not-reported", "not reported"
    OPERATIONAL = "operational", "operational"
    ENGINEERING = "engineering", "engineering"
    CLOSED = "closed", "closed"
    RETIRED = "retired", "retired"


NOT_ASKED = (TelescopeState.ENGINEERING, TelescopeState.CLOSED, TelescopeState.RETIRED)
