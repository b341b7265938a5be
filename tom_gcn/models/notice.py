"""One machine-readable message about an event, understood."""

from django.db import models

from tom_gcn.choices import NoticeStatus
from tom_gcn.models.event import Event
from tom_gcn.models.message import Message
from tom_gcn.querysets import NoticeQuerySet


class Notice(models.Model):
    """What one notice said. The idempotence key makes the same notice from two streams one row."""

    event = models.ForeignKey(
        Event,
        on_delete=models.PROTECT,
        related_name="notices",
        null=True,
        blank=True,
        help_text="None where a notice neither names an event nor says where something is.",
    )
    message = models.OneToOneField(Message, on_delete=models.PROTECT, related_name="notice")
    key = models.CharField(max_length=200, unique=True, help_text="Same key, same notice, whichever stream it took.")
    format = models.CharField(max_length=20)
    source = models.CharField(max_length=40, help_text="Who sent it, e.g. LVK.")
    notice_type = models.CharField(max_length=120)
    status = models.CharField(max_length=12, choices=NoticeStatus, default=NoticeStatus.INITIAL)
    time_created = models.DateTimeField(
        help_text="When the sender made it, UTC; where it does not say, when it was received."
    )
    event_time = models.DateTimeField(null=True, blank=True, help_text="Time of the event in this notice, UTC.")
    is_test = models.BooleanField(default=False)
    is_retraction = models.BooleanField(default=False)

    is_significant = models.BooleanField(null=True, blank=True)
    far_hz = models.FloatField("false alarm rate", null=True, blank=True, help_text="Hz")
    instruments = models.JSONField(default=list, blank=True)
    group = models.CharField(max_length=20, blank=True)
    pipeline = models.CharField(max_length=40, blank=True)
    search = models.CharField(max_length=40, blank=True)
    classification = models.JSONField(default=dict, blank=True, help_text="Probability of each source class, 0 to 1.")
    properties = models.JSONField(default=dict, blank=True, help_text="Probability of each source property, 0 to 1.")
    duration_s = models.FloatField(null=True, blank=True, help_text="s")
    central_frequency_hz = models.FloatField(null=True, blank=True, help_text="Hz")
    region = models.JSONField(
        null=True, blank=True, help_text="Where it may be, in the figures of the notice, with their containment."
    )
    ivorn = models.CharField(max_length=500, blank=True, db_index=True, help_text="Its name in VOEvent.")
    citations = models.JSONField(default=list, blank=True, help_text="Notices it refers to: [ivorn, how].")
    related = models.JSONField(default=list, blank=True, help_text="Other events it answers to, as its sender says.")
    record_number = models.IntegerField(null=True, blank=True, help_text="Serial number within its event.")
    parameters = models.JSONField(default=dict, blank=True, help_text="What else it says: name -> [value, unit].")
    external = models.JSONField(null=True, blank=True, help_text="Coincidence with another observatory.")
    urls = models.JSONField(default=dict, blank=True)
    problem = models.TextField(blank=True, help_text="What in this notice could not be used, and why.")

    objects = NoticeQuerySet.as_manager()

    class Meta:
        ordering = ["time_created", "pk"]
        indexes = [models.Index(fields=["event", "-time_created"], name="notice_of_event")]

    def __str__(self) -> str:
        return f"{self.event_id} {self.notice_type}"

    @property
    def skymap_url(self) -> str:
        """Where its sky map is fetched from; empty when it names no address."""
        fetch = getattr(self, "skymap_fetch", None)
        return fetch.url if fetch else ""

    @property
    def best_class(self) -> tuple[str, float] | None:
        """The most probable source class and its probability."""
        if not self.classification:
            return None
        return max(self.classification.items(), key=lambda item: item[1])
