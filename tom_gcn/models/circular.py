"""Texts by people: GCN circulars and Hermes messages, attached to the events they name."""

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models

from tom_gcn.models.event import Event
from tom_gcn.models.message import Message
from tom_gcn.querysets import TextQuerySet


class Circular(models.Model):
    """A GCN circular in its latest version. The text is other people's: it is shown escaped."""

    circular_id = models.PositiveIntegerField(unique=True)
    version = models.PositiveIntegerField(help_text="Rises when it is edited.")
    subject = models.TextField()
    body = models.TextField()
    body_format = models.CharField(max_length=20, default="text/plain")
    event_name = models.CharField(max_length=100, blank=True, help_text="As the archive gives it.")
    keys = ArrayField(models.CharField(max_length=100), default=list, blank=True, help_text="Names of events in it.")
    submitter = models.TextField(blank=True)
    sent_at = models.DateTimeField(null=True, blank=True, db_index=True, help_text="UTC")
    message = models.ForeignKey(Message, on_delete=models.PROTECT, related_name="circulars")
    events = models.ManyToManyField(Event, related_name="circulars", blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = TextQuerySet.as_manager()

    class Meta:
        ordering = ["-circular_id"]
        indexes = [GinIndex(fields=["keys"], name="circular_keys")]

    def __str__(self) -> str:
        return f"circular {self.circular_id}"

    @property
    def archive_url(self) -> str:
        """Its page in GCN's archive."""
        return f"https://gcn.nasa.gov/circulars/{self.circular_id}"


class HermesMessage(models.Model):
    """A message sent through Hermes, with what it says of targets; shown escaped."""

    key = models.CharField(max_length=200, unique=True)
    topic = models.CharField(max_length=249, blank=True)
    title = models.TextField(blank=True)
    submitter = models.TextField(blank=True)
    authors = models.TextField(blank=True)
    text = models.TextField(blank=True)
    event_name = models.TextField(blank=True, help_text="Event it is about, as its author wrote it.")
    keys = ArrayField(models.CharField(max_length=100), default=list, blank=True, help_text="Names of events in it.")
    targets = models.JSONField(default=list, blank=True, help_text="Name, aliases and region of each target.")
    n_photometry = models.PositiveIntegerField(default=0, help_text="Rows of photometry in the message.")
    sent_at = models.DateTimeField(null=True, blank=True, db_index=True, help_text="UTC")
    is_test = models.BooleanField(default=False)
    message = models.ForeignKey(Message, on_delete=models.PROTECT, related_name="hermes_messages")
    events = models.ManyToManyField(Event, related_name="hermes_messages", blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = TextQuerySet.as_manager()

    class Meta:
        ordering = ["-sent_at", "-pk"]
        verbose_name = "Hermes message"
        indexes = [GinIndex(fields=["keys"], name="hermes_keys")]

    def __str__(self) -> str:
        return self.title or self.key
