"""The app of telescopes."""

from django.apps import AppConfig


class TomGrandmaFacilitiesConfig(AppConfig):
    """Shows every declared telescope to TOM Toolkit as a facility, and connects the task receivers."""

    name = "tom_grandma_facilities"
    label = "tom_grandma_facilities"
    verbose_name = "Telescopes"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Connect the signal receivers that put work on the queue."""
        from tom_grandma_facilities import receivers, tasks  # noqa: F401

    def observation_facilities(self) -> list[dict[str, str]]:
        """TOM's integration point: dotted paths of the facility classes."""
        from tom_grandma_facilities.facilities import FACILITIES

        return [{"class": f"tom_grandma_facilities.facilities.{facility.__name__}"} for facility in FACILITIES]
