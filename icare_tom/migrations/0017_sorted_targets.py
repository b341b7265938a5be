"""Indexes in the orders the target list can be sorted in: without them a page sorts all targets."""

from django.db import migrations

COLUMNS = ("ra", "dec", "type")


class Migration(migrations.Migration):
    dependencies = [("icare_tom", "0016_target_grants")]

    operations = [
        migrations.RunSQL(
            f"CREATE INDEX IF NOT EXISTS icare_tom_target_{column} ON tom_targets_basetarget ({column})",
            f"DROP INDEX IF EXISTS icare_tom_target_{column}",
        )
        for column in COLUMNS
    ]
