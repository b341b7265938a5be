"""The roof as a Django app: its models, checks and signal receivers."""

from django.apps import AppConfig


class IcareTomConfig(AppConfig):
    """Connects what spans all apps."""

    name = "icare_tom"
    verbose_name = "ICARE-TOM"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register system checks and signal receivers, and say who knows magnitudes."""
        from icare_tom import checks, signals  # noqa: F401
        from icare_tom.brightness import from_the_last_point
        from icare_tom.guards import receivers  # noqa: F401
        from icare_tom.members import memberships, preferences  # noqa: F401
        from tom_grandma_facilities.expected import tell_magnitudes_by

        tell_magnitudes_by(from_the_last_point)
