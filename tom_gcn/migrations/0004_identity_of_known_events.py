"""Events so far came from LVK: their name is their id. What notices and messages said stays as it is."""

from django.db import migrations


def name_known_events(apps, schema_editor):
    Event = apps.get_model("tom_gcn", "Event")
    for event in Event.objects.filter(event_id="", notices__source="LVK").distinct():
        event.namespace, event.event_id, event.display_name = "lvk", event.name, event.name
        event.keys = sorted({event.name.upper(), f"lvk:{event.name}"})
        event.save(update_fields=["namespace", "event_id", "display_name", "keys"])


def set_status(apps, schema_editor):
    Notice = apps.get_model("tom_gcn", "Notice")
    for status in ("earlywarning", "preliminary", "initial", "update", "retraction"):
        Notice.objects.filter(notice_type=status.upper()).exclude(status=status).update(status=status)


def keep(apps, schema_editor):
    """Nothing to take back: the columns go with the migration before."""


class Migration(migrations.Migration):
    dependencies = [("tom_gcn", "0003_all_kinds")]

    operations = [migrations.RunPython(name_known_events, keep), migrations.RunPython(set_status, keep)]
