"""Signed links for people without an account: each for one purpose, one telescope and at most one request."""

from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from tom_grandma_facilities.choices import LinkPurpose
from tom_grandma_facilities.models.request import FollowUpRequest
from tom_grandma_facilities.querysets import AnswerLinkQuerySet


class AnswerLink(models.Model):
    """A link that was given out. The token itself is not kept: only its fingerprint, by which it is found."""

    request = models.ForeignKey(
        FollowUpRequest,
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="links",
        help_text="Empty: for the telescope's team, to upload observations.",
    )
    telescope = models.CharField(max_length=64)
    purpose = models.CharField(max_length=10, choices=LinkPurpose)
    nonce = models.CharField(max_length=32, unique=True, help_text="With the site's key it makes the token.")
    sha256 = models.CharField(max_length=64, unique=True, help_text="Fingerprint of the token.")
    made_at = models.DateTimeField(default=timezone.now)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)
    revoked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    used_at = models.DateTimeField(null=True, blank=True, help_text="When something was last changed through it.")

    objects = AnswerLinkQuerySet.as_manager()

    class Meta:
        ordering = ("-made_at", "-pk")
        constraints = [
            models.CheckConstraint(
                condition=Q(request__isnull=False) | Q(purpose=LinkPurpose.UPLOAD),
                name="link_without_request_is_for_uploads",
            ),
        ]

    def __str__(self) -> str:
        return f"link to {self.get_purpose_display()} ({self.telescope})"

    def is_good_at(self, moment: datetime) -> bool:
        """Say whether it may still be used."""
        return self.revoked_at is None and moment < self.expires_at
