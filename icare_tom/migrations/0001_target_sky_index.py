"""The sky index of targets."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [("tom_targets", "0031_basetarget_shared_by_basetarget_shared_from")]

    operations = [
        migrations.CreateModel(
            name="TargetSkyIndex",
            fields=[
                (
                    "target",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="sky_index",
                        serialize=False,
                        to="tom_targets.basetarget",
                    ),
                ),
                ("hpx29", models.BigIntegerField(db_index=True, help_text="Nested HEALPix cell of order 29.")),
            ],
            options={"verbose_name": "place on the sky", "verbose_name_plural": "places on the sky"},
        ),
    ]
