"""The photometry app."""

from django.apps import AppConfig


class PhotValidationConfig(AppConfig):
    """Photometry in, checked, reviewed, out."""

    name = "tom_photvalidation"
    verbose_name = "Photometry"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Connect what follows changes elsewhere, and what puts work on the queue."""
        from tom_photvalidation import forced, receivers, tasks  # noqa: F401
