"""How often a telescope may be asked changes during operation: operators set it beside what is declared."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("tom_grandma_facilities", "0008_brightness_rule")]

    operations = [
        migrations.AddField(
            model_name="telescopestatus",
            name="usage",
            field=models.CharField(
                blank=True,
                choices=[
                    ("VF", "very frequent"),
                    ("F", "frequent"),
                    ("O", "occasional"),
                    ("R", "rare"),
                    ("VR", "very rare"),
                    ("NOP", "not operational"),
                ],
                default="",
                help_text="How often it may be asked; empty: as declared.",
                max_length=8,
                verbose_name="usage class",
            ),
        ),
        migrations.AddConstraint(
            model_name="telescopestatus",
            constraint=models.CheckConstraint(
                condition=models.Q(("usage__in", ["", "VF", "F", "O", "R", "VR", "NOP"])),
                name="telescope_status_usage_is_known",
            ),
        ),
    ]
