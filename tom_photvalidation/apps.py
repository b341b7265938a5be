"""The photometry app."""

from django.apps import AppConfig


class PhotValidationConfig(AppConfig):
    """Photometry in, checked, reviewed, out."""

    name = "tom_photvalidation"
    verbose_name = "Photometry"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Connect what follows changes elsewhere, what puts work on the queue, and what is known of instruments."""
        from django.db.models.signals import post_migrate

        from tom_photvalidation import forced, receivers, tasks  # noqa: F401
        from tom_photvalidation.actions.profiles import declare_after_migrations

        post_migrate.connect(declare_after_migrations, sender=self, dispatch_uid="tom_photvalidation.declare_profiles")
