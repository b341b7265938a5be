"""How somebody wants light curves drawn first."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("icare_tom", "0017_sorted_targets")]

    operations = [
        migrations.AddField(
            model_name="preferences",
            name="brightness",
            field=models.CharField(
                choices=[("ab", "AB magnitudes"), ("typed", "magnitudes as submitted"), ("flux", "flux, µJy")],
                default="ab",
                max_length=10,
            ),
        ),
    ]
