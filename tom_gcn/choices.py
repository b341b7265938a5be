"""The states and kinds rows can have, each with the word users read."""

from django.db import models


class MessageState(models.TextChoices):
    """What became of a message after it was stored."""

    RECEIVED = "received", "received"
    READ = "read", "read"
    PARTIAL = "partial", "read in part"
    UNREADABLE = "unreadable", "could not be read"
    NO_ALERT = "no-alert", "not an alert"


class EventKind(models.TextChoices):
    """What happened, in the field's broad families."""

    GW = "gw", "gravitational wave"
    GRB = "grb", "gamma-ray burst"
    NEUTRINO = "neutrino", "neutrino"
    XRAY = "xray", "X-ray transient"
    FRB = "frb", "fast radio burst"
    OPTICAL = "optical", "optical transient"
    OTHER = "other", "other"


class EventState(models.TextChoices):
    """Whether the event still stands."""

    ACTIVE = "active", "active"
    RETRACTED = "retracted", "retracted"


class EventTag(models.TextChoices):
    """What is said of an event by itself, from its figures; areas are those of the 90 % region."""

    AREA_100 = "area<100", "< 100 deg²"
    AREA_200 = "area<200", "< 200 deg²"
    AREA_500 = "area<500", "< 500 deg²"
    AREA_1000 = "area<1000", "< 1000 deg²"
    NEAR = "distance<200", "< 200 Mpc"
    SIGNIFICANT = "significant", "significant"
    HAS_NS = "has-ns", "has a neutron star"


class LocalizationKind(models.TextChoices):
    """Where the map of a localization comes from."""

    SKYMAP = "skymap", "sky map"
    COMBINED = "combined", "combined sky map"
    CONE = "cone", "error circle"
    ELLIPSE = "ellipse", "error ellipse"
    POLYGON = "polygon", "error polygon"
    ANNULUS = "annulus", "annulus"


class NoticeStatus(models.TextChoices):
    """Where a notice stands in the life of its event."""

    EARLYWARNING = "earlywarning", "early warning"
    PRELIMINARY = "preliminary", "preliminary"
    INITIAL = "initial", "initial"
    SUBSEQUENT = "subsequent", "subsequent"
    UPDATE = "update", "update"
    RETRACTION = "retraction", "retraction"


class FetchState(models.TextChoices):
    """What became of a sky map that is published at an address."""

    WAITING = "waiting", "waiting"
    DONE = "done", "fetched"
    FAILED = "failed", "given up"


class PlanState(models.TextChoices):
    """The life of an observation plan."""

    QUEUED = "queued", "queued"
    RUNNING = "running", "running"
    DONE = "done", "done"
    FAILED = "failed", "failed"
    CANCELLED = "cancelled", "cancelled"


UNFINISHED_PLANS = (PlanState.QUEUED, PlanState.RUNNING)


class PlanCause(models.TextChoices):
    """What a plan was made for."""

    ASKED = "asked", "somebody asked for it"
    NOTICE = "notice", "a notice"
    LOCALIZATION = "localization", "a new localization"
    REFUSAL = "refusal", "a telescope cannot observe"
    STATUS = "status", "a telescope was closed or opened"
    EXECUTED = "executed", "something was observed"


class Refinement(models.TextChoices):
    """The life of the second, longer look for a better plan."""

    NONE = "", "not asked for"
    QUEUED = "queued", "queued"
    RUNNING = "running", "running"
    BETTER = "better", "found a better plan"
    SAME = "same", "found nothing better"
    FAILED = "failed", "failed"


UNFINISHED_REFINEMENTS = (Refinement.QUEUED, Refinement.RUNNING)


class PointingState(models.TextChoices):
    """What became of a planned pointing."""

    PLANNED = "planned", "planned"
    SENT = "sent", "sent"
    STARTED = "started", "under way"
    DONE = "done", "done"
    CANNOT = "cannot", "cannot"
    CANCELLED = "cancelled", "cancelled"


# Those that may still be observed, and those among them that a new plan may not move.
OPEN_POINTINGS = (PointingState.PLANNED, PointingState.SENT, PointingState.STARTED)
STANDING_POINTINGS = (PointingState.SENT, PointingState.STARTED)


class RefusalReason(models.TextChoices):
    """Why a telescope cannot observe an event."""

    WEATHER = "weather", "weather"
    TECHNICAL = "technical", "technical trouble"
    DAYTIME = "daytime", "daytime"
    PROGRAMME = "programme", "another programme"
    OTHER = "other", "another reason"
