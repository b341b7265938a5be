"""The app of alerts, sky maps and plans."""

from django.apps import AppConfig


class TomGcnConfig(AppConfig):
    """Connects the task receivers and puts Events into the navigation bar."""

    name = "tom_gcn"
    verbose_name = "Alerts and plans"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Connect signal receivers that put work on the queue, and tell where the fields of plans are."""
        from tom_gcn import tasks  # noqa: F401
        from tom_gcn.field_places import places_of_fields
        from tom_grandma_facilities import fields

        fields.register(places_of_fields)
