"""An index in the order of the target list, newest first: without it a page sorts all targets of one import."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("icare_tom", "0014_institutions"),
        ("tom_targets", "0031_basetarget_shared_by_basetarget_shared_from"),
    ]

    operations = [
        migrations.RunSQL(
            "CREATE INDEX IF NOT EXISTS icare_tom_target_newest ON tom_targets_basetarget (created DESC, id DESC)",
            "DROP INDEX IF EXISTS icare_tom_target_newest",
        ),
    ]
