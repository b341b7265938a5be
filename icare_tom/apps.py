"""The roof as a Django app: its models, checks and signal receivers."""

from django.apps import AppConfig


class IcareTomConfig(AppConfig):
    """Connects what spans all apps."""

    name = "icare_tom"
    verbose_name = "ICARE-TOM"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register system checks and signal receivers, say who knows magnitudes and targets, have changes kept."""
        from django.db.backends.signals import connection_created
        from django.db.models.signals import post_migrate

        from icare_tom import checks, signals  # noqa: F401
        from icare_tom.audit.origin import tell_origin
        from icare_tom.audit.tasks import write_as_task  # noqa: F401
        from icare_tom.audit.triggers import watch_rows
        from icare_tom.brightness import from_the_last_point
        from icare_tom.db import instants
        from icare_tom.guards import receivers  # noqa: F401
        from icare_tom.guards.access import changeable_targets, visible_targets
        from icare_tom.members import memberships, preferences, rights, tasks  # noqa: F401
        from icare_tom.membership import targets_inside
        from tom_gcn.targets_of_events import tell_targets_by
        from tom_grandma_facilities.expected import tell_magnitudes_by
        from tom_grandma_facilities.people import Known, know_people_by
        from tom_grandma_facilities.targets_seen import tell_seen_by
        from tom_photvalidation.target_rights import tell_changeable_by

        instants.register()
        tell_magnitudes_by(from_the_last_point)
        tell_targets_by(targets_inside)
        know_people_by(Known(preferences.address_for, preferences.share_groups_of, rights.groups_where))
        tell_changeable_by(changeable_targets)
        tell_seen_by(visible_targets)
        connection_created.connect(tell_origin, dispatch_uid="icare_tom.audit.tell_origin")
        post_migrate.connect(watch_rows, sender=self, dispatch_uid="icare_tom.audit.watch_rows")
