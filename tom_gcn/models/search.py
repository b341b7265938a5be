"""Searches people keep."""

from django.conf import settings
from django.db import models
from django.urls import reverse

from tom_gcn.querysets import SavedSearchQuerySet


class SavedSearch(models.Model):
    """A way to look at the event list under a name of its own; nobody else sees it."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="event_searches")
    name = models.CharField(max_length=60)
    query = models.CharField(max_length=1000, help_text="The address of the list behind its question mark.")
    created_at = models.DateTimeField(auto_now_add=True)

    objects = SavedSearchQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        verbose_name_plural = "saved searches"
        constraints = [models.UniqueConstraint(fields=["user", "name"], name="saved_search_once_per_user")]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        """The list as it was kept."""
        return f"{reverse('events:list')}?{self.query}"
