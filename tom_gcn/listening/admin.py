"""Admin pages of the listeners: topics are chosen here, signs of life looked at."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin
from django.http import HttpRequest

from tom_gcn.models import AlertTopic, ListenerHeartbeat


class AlertTopicForm(forms.ModelForm[AlertTopic]):
    """A topic of one of the clusters there are."""

    cluster = forms.ChoiceField()

    class Meta:
        model = AlertTopic
        fields = ["cluster", "name", "enabled"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["cluster"].choices = [(name, name) for name in settings.ICARE_STREAMS]  # type: ignore[attr-defined]


@admin.register(AlertTopic)
class AlertTopicAdmin(admin.ModelAdmin[AlertTopic]):
    """Which topics are read; a listener takes a change up within seconds."""

    form = AlertTopicForm
    list_display = ["name", "cluster", "enabled"]
    list_editable = ["enabled"]
    list_filter = ["cluster", "enabled"]
    search_fields = ["name"]


@admin.register(ListenerHeartbeat)
class ListenerHeartbeatAdmin(admin.ModelAdmin[ListenerHeartbeat]):
    """The listeners: only whether their silence is warned of is edited."""

    list_display = ["cluster", "beat_at", "reached_at", "alert_at", "lag", "trouble", "is_wanted"]

    def get_readonly_fields(self, request: HttpRequest, obj: ListenerHeartbeat | None = None) -> list[str]:
        """Everything the listener writes itself."""
        return [field.name for field in ListenerHeartbeat._meta.fields if field.name != "is_wanted"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Listeners make their rows."""
        return False
