from django.core.management import call_command
from django.db import migrations


def make_table(apps, schema_editor):
    """The table of the cache of drawings: apart from the one that counts attempts to sign in."""
    call_command("createcachetable", "icare_drawings", database=schema_editor.connection.alias, verbosity=0)


class Migration(migrations.Migration):
    dependencies = [("icare_tom", "0005_covering_sky_index")]

    operations = [migrations.RunPython(make_table, migrations.RunPython.noop)]
