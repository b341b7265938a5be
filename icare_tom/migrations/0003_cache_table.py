from django.core.management import call_command
from django.db import migrations


def make_table(apps, schema_editor):
    """The table of the cache that production's web hosts share."""
    call_command("createcachetable", "icare_cache", database=schema_editor.connection.alias, verbosity=0)


class Migration(migrations.Migration):
    dependencies = [("icare_tom", "0002_worker_heartbeat")]

    operations = [migrations.RunPython(make_table, migrations.RunPython.noop)]
