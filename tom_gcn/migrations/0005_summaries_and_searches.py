"""What lists show of events, gathered once; and searches people keep."""

import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


def summarize_known_events(apps, schema_editor):
    from tom_gcn.actions.summaries import figures_of

    Event = apps.get_model("tom_gcn", "Event")
    EventSummary = apps.get_model("tom_gcn", "EventSummary")
    known = {column.name for column in EventSummary._meta.concrete_fields}
    for event in Event.objects.all().iterator():
        notices = event.notices.order_by("time_created", "pk")
        current = event.localizations.filter(is_current=True).select_related("skymap")
        figures = figures_of(notices, current.defer("skymap__fits", "skymap__packed", "skymap__contours").first())
        columns = {name: value for name, value in figures.items() if name in known}
        EventSummary.objects.create(event=event, **columns)


def keep(apps, schema_editor):
    """Nothing to take back: the table goes too."""


class Migration(migrations.Migration):
    dependencies = [
        ("tom_gcn", "0004_identity_of_known_events"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="EventSummary",
            fields=[
                (
                    "event",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="summary",
                        serialize=False,
                        to="tom_gcn.event",
                    ),
                ),
                (
                    "mission",
                    models.CharField(blank=True, help_text="Who announced it first, e.g. Swift.", max_length=40),
                ),
                ("n_notices", models.PositiveIntegerField(default=0)),
                ("far_hz", models.FloatField(blank=True, help_text="Hz", null=True, verbose_name="false alarm rate")),
                ("is_significant", models.BooleanField(blank=True, null=True)),
                (
                    "best_class",
                    models.CharField(blank=True, help_text="The most probable source class.", max_length=40),
                ),
                ("best_probability", models.FloatField(blank=True, help_text="Of that class, 0 to 1.", null=True)),
                (
                    "probabilities",
                    models.JSONField(
                        blank=True, default=dict, help_text="Of source classes and properties, such as HasNS, 0 to 1."
                    ),
                ),
                (
                    "localization_kind",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("skymap", "sky map"),
                            ("combined", "combined sky map"),
                            ("cone", "error circle"),
                            ("ellipse", "error ellipse"),
                            ("polygon", "error polygon"),
                            ("annulus", "annulus"),
                        ],
                        help_text="Of the current localization; empty: none.",
                        max_length=10,
                    ),
                ),
                ("ra_deg", models.FloatField(blank=True, help_text="Most probable position, deg, ICRS", null=True)),
                ("dec_deg", models.FloatField(blank=True, help_text="Most probable position, deg, ICRS", null=True)),
                ("error_deg", models.FloatField(blank=True, help_text="As its sender gives it, deg", null=True)),
                (
                    "containment",
                    models.FloatField(blank=True, help_text="Probability within that error, 0 to 1", null=True),
                ),
                ("area_50_deg2", models.FloatField(blank=True, help_text="deg2", null=True)),
                ("area_90_deg2", models.FloatField(blank=True, help_text="deg2", null=True)),
                ("distance_mean_mpc", models.FloatField(blank=True, help_text="Mpc", null=True)),
                ("distance_sigma_mpc", models.FloatField(blank=True, help_text="Mpc", null=True)),
                (
                    "tags",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(
                            choices=[
                                ("area<100", "< 100 deg²"),
                                ("area<200", "< 200 deg²"),
                                ("area<500", "< 500 deg²"),
                                ("area<1000", "< 1000 deg²"),
                                ("distance<200", "< 200 Mpc"),
                                ("significant", "significant"),
                                ("has-ns", "has a neutron star"),
                            ],
                            max_length=16,
                        ),
                        blank=True,
                        default=list,
                        size=None,
                    ),
                ),
                ("updated_at", models.DateTimeField(auto_now=True)),
            ],
            options={
                "verbose_name_plural": "event summaries",
                "indexes": [
                    django.contrib.postgres.indexes.GinIndex(fields=["tags"], name="event_summary_tags"),
                    models.Index(fields=["mission"], name="event_summary_mission"),
                    models.Index(fields=["area_90_deg2"], name="event_summary_area"),
                    models.Index(fields=["far_hz"], name="event_summary_far"),
                ],
            },
        ),
        migrations.CreateModel(
            name="SavedSearch",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=60)),
                (
                    "query",
                    models.CharField(help_text="The address of the list behind its question mark.", max_length=1000),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="event_searches",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "saved searches",
                "ordering": ["name"],
                "constraints": [models.UniqueConstraint(fields=("user", "name"), name="saved_search_once_per_user")],
            },
        ),
        migrations.RunPython(summarize_known_events, keep),
    ]
