"""The app of alerts, sky maps and plans."""

from django.apps import AppConfig


class TomGcnConfig(AppConfig):
    """Connects the task receivers and puts Events into the navigation bar."""

    name = "tom_gcn"
    verbose_name = "Alerts and plans"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Connect signal receivers that put work on the queue."""
        from tom_gcn import tasks  # noqa: F401
