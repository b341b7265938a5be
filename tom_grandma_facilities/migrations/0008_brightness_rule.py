"""Some telescopes are not to be asked before a source is faint."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("tom_grandma_facilities", "0007_night_marks")]

    operations = [
        migrations.AddField(
            model_name="channel",
            name="not_brighter_than_mag",
            field=models.FloatField(
                blank=True, help_text="AB; it is not to be asked before a source is fainter than this.", null=True
            ),
        ),
    ]
