"""The key of a target beside its place in the index."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("icare_tom", "0004_event_targets")]

    operations = [
        migrations.AlterField(
            model_name="targetskyindex",
            name="hpx29",
            field=models.BigIntegerField(help_text="Nested HEALPix cell of order 29."),
        ),
        migrations.AddIndex(
            model_name="targetskyindex",
            index=models.Index(fields=["hpx29"], include=("target",), name="icare_tom_targetskyindex_hpx29"),
        ),
    ]
