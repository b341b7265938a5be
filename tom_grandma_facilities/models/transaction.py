"""What was said to telescopes and what they answered, one row per call; credentials never come here."""

from django.db import models
from django.utils import timezone

from tom_grandma_facilities.choices import TransactionAction
from tom_grandma_facilities.models.request import FollowUpRequest
from tom_grandma_facilities.querysets import FacilityTransactionQuerySet


class FacilityTransaction(models.Model):
    """One call to a telescope's side.

    The row is there before the call is made: one without an answer (`ok` is empty) tells that whoever called died, or
    never learned what became of it.
    """

    request = models.ForeignKey(FollowUpRequest, on_delete=models.CASCADE, related_name="transactions")
    action = models.CharField(max_length=10, choices=TransactionAction)
    transport = models.CharField(max_length=40)
    attempt = models.PositiveIntegerField(default=1)
    key = models.CharField(max_length=60, help_text="Tells this revision of the request from all others.")
    sent = models.TextField(blank=True, help_text="What was sent, shortened, without credentials.")
    reply = models.TextField(blank=True, help_text="What was answered, shortened, without credentials.")
    status_code = models.IntegerField(null=True, blank=True)
    ok = models.BooleanField(null=True, blank=True, help_text="Empty: nobody knows.")
    external_id = models.CharField(max_length=200, blank=True)
    reason = models.TextField(blank=True, help_text="Why it did not work.")
    at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True, blank=True)

    objects = FacilityTransactionQuerySet.as_manager()

    class Meta:
        ordering = ("at", "pk")
        constraints = [
            models.UniqueConstraint(
                fields=["key"],
                condition=models.Q(action=TransactionAction.SUBMIT, ok=True),
                name="transaction_submitted_once",
            ),
        ]
        indexes = [models.Index(fields=["request", "at"], name="transaction_in_order")]

    def __str__(self) -> str:
        return f"{self.get_action_display()} {self.key}"
