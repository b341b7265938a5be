"""Tokens of the REST framework lie readable in the database and open nothing any more: they go."""

from django.db import migrations


def forget_tokens(apps, schema_editor):
    """Delete them; their owners make named ones on their profile."""
    apps.get_model("authtoken", "Token").objects.all().delete()


class Migration(migrations.Migration):
    """Deletes rows of the REST framework's tokens."""

    dependencies = [
        ("icare_tom", "0012_audit"),
        ("authtoken", "0004_alter_tokenproxy_options"),
    ]

    operations = [migrations.RunPython(forget_tokens, migrations.RunPython.noop)]
