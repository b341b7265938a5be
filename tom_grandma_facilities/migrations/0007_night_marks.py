"""What observers tick off in the list of a night."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("tom_grandma_facilities", "0006_log_is_final"),
        ("tom_targets", "0031_basetarget_shared_by_basetarget_shared_from"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="NightMark",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("telescope", models.CharField(help_text="Name in the registry, such as TAROT-TCA.", max_length=64)),
                ("night", models.DateField(help_text="The day on which the night begins at the telescope.")),
                ("is_observed", models.BooleanField(help_text="Unticked: it was to be observed, and was not.")),
                ("note", models.CharField(blank=True, help_text="Why not, or what was seen.", max_length=200)),
                ("marked_at", models.DateTimeField(auto_now_add=True)),
                (
                    "is_current",
                    models.BooleanField(default=True, help_text="Unticked: undone, or replaced by a later mark."),
                ),
                (
                    "marked_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "replaces",
                    models.ForeignKey(
                        blank=True,
                        help_text="The mark before this one.",
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="tom_grandma_facilities.nightmark",
                    ),
                ),
                (
                    "target",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="night_marks",
                        to="tom_targets.basetarget",
                    ),
                ),
            ],
            options={
                "ordering": ["-marked_at", "-pk"],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("is_current", True)),
                        fields=("telescope", "night", "target"),
                        name="one_current_mark_per_target",
                    )
                ],
            },
        ),
    ]
