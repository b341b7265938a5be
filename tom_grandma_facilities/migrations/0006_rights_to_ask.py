"""Members of the network may ask telescopes and change what was asked; the log of a request cannot be rewritten."""

from django.apps.registry import Apps
from django.conf import settings
from django.contrib.auth.management import create_permissions
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

RIGHTS = ("add_followuprequest", "change_followuprequest")

# Accounts may go: then only the name of whoever it was is taken out of the line.
KEEP_LOG = """
    CREATE FUNCTION tom_grandma_facilities_keep_log() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION 'A line in the log of a request is never changed.';
    END $$;
    CREATE TRIGGER request_entry_is_final BEFORE UPDATE ON tom_grandma_facilities_requestentry FOR EACH ROW
    WHEN ((OLD.request_id, OLD.at, OLD.by_text, OLD.via, OLD.old_state, OLD.new_state, OLD.note)
        IS DISTINCT FROM (NEW.request_id, NEW.at, NEW.by_text, NEW.via, NEW.old_state, NEW.new_state, NEW.note))
    EXECUTE FUNCTION tom_grandma_facilities_keep_log();
"""
LET_LOG_GO = """
    DROP TRIGGER request_entry_is_final ON tom_grandma_facilities_requestentry;
    DROP FUNCTION tom_grandma_facilities_keep_log();
"""


def give_rights(apps: Apps, schema_editor: BaseDatabaseSchemaEditor | None) -> None:
    """Permissions are made after all migrations only: those of this app are made now."""
    config = apps.get_app_config("tom_grandma_facilities")
    # Without models of its own to look at, this app of the past would get no permissions.
    config.models_module = True
    create_permissions(config, apps=apps, verbosity=0)
    config.models_module = None
    group, _ = apps.get_model("auth", "Group").objects.get_or_create(name=settings.ICARE_DEFAULT_GROUP)
    permissions = apps.get_model("auth", "Permission").objects.filter(
        content_type__app_label="tom_grandma_facilities", codename__in=RIGHTS
    )
    group.permissions.add(*permissions)


class Migration(migrations.Migration):
    dependencies = [
        ("tom_grandma_facilities", "0005_follow_up_requests"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations = [
        migrations.RunSQL(KEEP_LOG, LET_LOG_GO),
        migrations.RunPython(give_rights, migrations.RunPython.noop),
    ]
