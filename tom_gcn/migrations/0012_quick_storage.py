"""Outlines of maps are drawn after their event is committed; what does not shrink is stored as it is."""

from django.db import migrations, models

COLUMNS = {"tom_gcn_storedskymap": ("fits", "packed"), "tom_gcn_message": ("body",)}


def _store(how):
    """PostgreSQL tries to compress large values: 30 to 50 ms for a sky map, which does not get smaller by it."""
    return [
        f"ALTER TABLE {table} {', '.join(f'ALTER COLUMN {name} SET STORAGE {how}' for name in columns)}"
        for table, columns in COLUMNS.items()
    ]


class Migration(migrations.Migration):
    dependencies = [
        ("tom_gcn", "0011_tags_and_joint_rates"),
    ]

    operations = [
        migrations.AlterField(
            model_name="storedskymap",
            name="contours",
            field=models.JSONField(
                help_text="Lines of the 50 % and 90 % regions: level -> list of [[ra, dec], ...], deg; empty until they"
                " are drawn (`actions.outlines_of`).",
                null=True,
            ),
        ),
        migrations.RunSQL(_store("EXTERNAL"), _store("EXTENDED")),
    ]
