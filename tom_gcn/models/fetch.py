"""Sky maps that a notice names by address only."""

from django.db import models
from django.db.models import Q

from tom_gcn.choices import FetchState
from tom_gcn.models.notice import Notice
from tom_gcn.querysets import SkyMapFetchQuerySet


class SkyMapFetch(models.Model):
    """A sky map to be fetched: it appears minutes to a day after its notice, so it is asked for again and again."""

    notice = models.OneToOneField(Notice, on_delete=models.PROTECT, related_name="skymap_fetch")
    url = models.CharField(max_length=500)
    state = models.CharField(max_length=8, choices=FetchState, default=FetchState.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_try_at = models.DateTimeField(help_text="UTC")
    reason_code = models.CharField(max_length=40, blank=True)
    reason = models.TextField(blank=True, help_text="Why the last attempt led to nothing.")
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    objects = SkyMapFetchQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at"]
        verbose_name = "sky map to fetch"
        verbose_name_plural = "sky maps to fetch"
        indexes = [
            models.Index(fields=["next_try_at"], condition=Q(state=FetchState.WAITING), name="skymap_fetch_due"),
        ]

    def __str__(self) -> str:
        return self.url
