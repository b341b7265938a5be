"""The listeners' signs of life."""

import secrets

from django.db import models


def new_group() -> str:
    """Name of a consumer group nobody else has: two installations with one account must not share positions."""
    return f"icare-tom-{secrets.token_hex(4)}"


class ListenerHeartbeat(models.Model):
    """One row for each cluster ever listened to: who listens, and when what was last heard. Times by our database."""

    cluster = models.CharField(max_length=40, primary_key=True)
    group = models.CharField(
        max_length=60, default=new_group, help_text="Under this name the broker remembers how far we have read."
    )
    is_wanted = models.BooleanField(default=True, help_text="Off: nobody is warned when this cluster is silent.")
    host = models.CharField(max_length=120, blank=True)
    pid = models.BigIntegerField(null=True, blank=True)
    started_at = models.DateTimeField(null=True, blank=True)
    beat_at = models.DateTimeField(null=True, blank=True, help_text="The listener was alive.")
    reached_at = models.DateTimeField(null=True, blank=True, help_text="The broker answered.")
    heard_at = models.DateTimeField(null=True, blank=True, help_text="A message of any kind came in.")
    pulse_at = models.DateTimeField(null=True, blank=True, help_text="A message of the heartbeat topic came in.")
    alert_at = models.DateTimeField(null=True, blank=True, help_text="A message was stored.")
    lag = models.BigIntegerField(null=True, blank=True, help_text="Messages at the broker that are not stored yet.")
    stored = models.BigIntegerField(default=0, help_text="Messages stored since the listener started.")
    topics = models.JSONField(default=list, blank=True, help_text="Topics being read.")
    trouble = models.TextField(blank=True, help_text="Why nothing can be read now.")
    offload_server = models.CharField(
        max_length=300, blank=True, help_text="Where the broker says that too large messages are kept."
    )

    class Meta:
        ordering = ["cluster"]

    def __str__(self) -> str:
        return f"listener of {self.cluster}"
