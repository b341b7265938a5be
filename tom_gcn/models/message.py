"""Raw intake: what came in, byte for byte, and what became of it."""

from django.db import models
from django.db.models import Q

from tom_gcn.choices import MessageState
from tom_gcn.querysets import MessageQuerySet


class Message(models.Model):
    """One message as it came; stored before it is read, kept whether it can be read or not."""

    sha256 = models.CharField(max_length=64, unique=True, help_text="Of the whole message as it came.")
    body = models.BinaryField(help_text="The message as it came, or its beginning if it was too large to keep.")
    size_bytes = models.PositiveBigIntegerField(help_text="Of the whole message as it came.")
    is_cut = models.BooleanField(default=False, help_text="The message was too large to keep whole.")
    source = models.CharField(max_length=300, help_text="File name or cluster it came from.")
    topic = models.CharField(max_length=249, blank=True, help_text="Kafka allows 249 characters.")
    partition = models.IntegerField(null=True, blank=True)
    offset = models.BigIntegerField(null=True, blank=True)
    headers = models.JSONField(default=dict, blank=True)
    received_at = models.DateTimeField(auto_now_add=True, db_index=True)

    state = models.CharField(max_length=12, choices=MessageState, default=MessageState.RECEIVED)
    reason_code = models.CharField(max_length=40, blank=True)
    reason = models.TextField(blank=True, help_text="Why it could not be read, and how to mend it.")
    starts = models.PositiveSmallIntegerField(default=0, help_text="How often reading was begun.")
    read_at = models.DateTimeField(null=True, blank=True)
    again_at = models.DateTimeField(
        null=True, blank=True, help_text="Not read before: its content could not be fetched and is asked for again."
    )

    objects = MessageQuerySet.as_manager()

    class Meta:
        ordering = ["-received_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["source", "topic", "partition", "offset"],
                condition=Q(offset__isnull=False),
                name="message_once_per_offset",
            ),
        ]
        indexes = [
            models.Index(
                fields=["-received_at"],
                condition=Q(state__in=(MessageState.RECEIVED, MessageState.PARTIAL, MessageState.UNREADABLE)),
                name="message_not_read",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.source} ({self.sha256[:8]})"


class UnreadableMessage(Message):
    """The admin's list of messages that could not be read, wholly or in part."""

    class Meta:
        proxy = True
        verbose_name = "message that could not be read"
        verbose_name_plural = "messages that could not be read"
