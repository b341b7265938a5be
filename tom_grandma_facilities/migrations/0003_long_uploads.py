"""Uploads that are read in the background: their state and progress, and the file as it came with its answers."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("auth", "0012_alter_user_first_name_max_length"),
        ("tom_grandma_facilities", "0002_executed_observations"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="UploadedFile",
            fields=[
                (
                    "upload",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="file",
                        serialize=False,
                        to="tom_grandma_facilities.observationupload",
                    ),
                ),
                ("sha256", models.CharField(db_index=True, help_text="Of the file as it came.", max_length=64)),
                ("body", models.BinaryField(help_text="The file as it came, gzip.")),
                (
                    "answers",
                    models.BinaryField(blank=True, help_text="A line per row and problem, CSV, gzip.", null=True),
                ),
            ],
        ),
        migrations.AddField(
            model_name="observationupload",
            name="doing",
            field=models.CharField(blank=True, max_length=100),
        ),
        migrations.AddField(
            model_name="observationupload",
            name="finished_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="observationupload",
            name="is_dry_run",
            field=models.BooleanField(default=False, verbose_name="only checked"),
        ),
        migrations.AddField(
            model_name="observationupload",
            name="progress",
            field=models.FloatField(default=0.0, help_text="0..1"),
        ),
        migrations.AddField(
            model_name="observationupload",
            name="queued_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="observationupload",
            name="reason",
            field=models.TextField(blank=True, help_text="Why it failed."),
        ),
        migrations.AddField(
            model_name="observationupload",
            name="starts",
            field=models.PositiveSmallIntegerField(default=0, help_text="How often the work was begun."),
        ),
        migrations.AddField(
            model_name="observationupload",
            name="state",
            field=models.CharField(
                choices=[("queued", "waiting"), ("running", "being read"), ("done", "done"), ("failed", "failed")],
                default="done",
                max_length=10,
            ),
        ),
        migrations.AddField(
            model_name="observationupload",
            name="telescope",
            field=models.CharField(blank=True, help_text="Of all rows; empty: every row names its own.", max_length=64),
        ),
        migrations.AddField(
            model_name="observationupload",
            name="unknown",
            field=models.JSONField(blank=True, default=list, verbose_name="columns nobody knows"),
        ),
        migrations.AddIndex(
            model_name="observationupload",
            index=models.Index(
                condition=models.Q(("state__in", ("queued", "running"))),
                fields=["state"],
                name="observation_upload_unfinished",
            ),
        ),
        migrations.AddConstraint(
            model_name="observationupload",
            constraint=models.CheckConstraint(
                condition=models.Q(("progress__range", (0, 1))), name="observation_upload_progress_is_a_part"
            ),
        ),
    ]
