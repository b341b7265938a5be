"""Messages that can be read and are about no event get a state of their own."""

from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

SERVICE = ("The packet is of service", "The packet names neither an event nor a time")


def set_apart(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Move those that were counted among the unreadable, and the heartbeats."""
    messages = apps.get_model("tom_gcn", "Message").objects
    for beginning in SERVICE:
        unreadable = messages.filter(state="unreadable", reason_code="not-an-alert", reason__startswith=beginning)
        unreadable.update(state="no-alert")
    messages.filter(state="read", reason_code="heartbeat").update(state="no-alert")


def put_back(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Count them among the others again."""
    messages = apps.get_model("tom_gcn", "Message").objects
    messages.filter(state="no-alert", reason_code="heartbeat").update(state="read")
    messages.filter(state="no-alert").update(state="unreadable")


class Migration(migrations.Migration):
    dependencies = [("tom_gcn", "0005_summaries_and_searches")]

    operations = [
        migrations.RemoveIndex(model_name="message", name="message_not_read"),
        migrations.AlterField(
            model_name="message",
            name="state",
            field=models.CharField(
                choices=[
                    ("received", "received"),
                    ("read", "read"),
                    ("partial", "read in part"),
                    ("unreadable", "could not be read"),
                    ("no-alert", "not an alert"),
                ],
                default="received",
                max_length=12,
            ),
        ),
        migrations.RunPython(set_apart, put_back),
        migrations.AddIndex(
            model_name="message",
            index=models.Index(
                condition=models.Q(("state__in", ("received", "partial", "unreadable"))),
                fields=["-received_at"],
                name="message_not_read",
            ),
        ),
    ]
