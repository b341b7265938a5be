"""Admin pages of rows the system writes: looked at, searched, never edited."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest


class ReadOnlyAdmin(admin.ModelAdmin[Any]):
    """Rows made by the system: looked at here, changed by actions only."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody adds such rows by hand."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody edits such rows by hand."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Raw input and what was made of it are kept."""
        return False


class ScienceAdmin(ReadOnlyAdmin):
    """Rows of events: staff see those they see on the pages too."""

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """What the user may see."""
        return self.model.objects.visible_to(request.user)
