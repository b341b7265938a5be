"""Sessions with the key of the person beside them; who is signed in stays so."""

from django.apps.registry import Apps
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.utils import timezone


def carry_over(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Copy the sessions of people that have not ended."""
    found = []
    for row in apps.get_model("sessions", "Session").objects.filter(expire_date__gt=timezone.now()).iterator():
        person = SessionStore().decode(row.session_data).get(SESSION_KEY, "")
        if str(person).isdecimal():
            held = {"session_key": row.pk, "session_data": row.session_data, "expire_date": row.expire_date}
            found.append({**held, "person": int(person)})
    model = apps.get_model("icare_tom", "PersonSession")
    model.objects.bulk_create([model(**held) for held in found], batch_size=1000)


class Migration(migrations.Migration):
    dependencies = [("icare_tom", "0018_brightness_preferred"), ("sessions", "0001_initial")]

    operations = [
        migrations.CreateModel(
            name="PersonSession",
            fields=[
                (
                    "session_key",
                    models.CharField(max_length=40, primary_key=True, serialize=False, verbose_name="session key"),
                ),
                ("session_data", models.TextField(verbose_name="session data")),
                ("expire_date", models.DateTimeField(db_index=True, verbose_name="expire date")),
                (
                    "person",
                    models.BigIntegerField(
                        db_index=True, help_text="Key of who is signed in; empty: nobody.", null=True
                    ),
                ),
            ],
            options={
                "verbose_name": "session",
                "verbose_name_plural": "sessions",
                "abstract": False,
            },
        ),
        migrations.RunPython(carry_over, migrations.RunPython.noop),
    ]
