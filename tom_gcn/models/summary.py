"""What lists show, sort and filter of an event, gathered from its notices and its current localization."""

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models

from tom_gcn.choices import EventTag, LocalizationKind
from tom_gcn.models.event import Event
from tom_gcn.querysets import EventSummaryQuerySet

LONGEST_TAG = 30
_LABELS: dict[str, str] = {tag.value: str(tag.label) for tag in EventTag}


class EventSummary(models.Model):
    """One row an event, rewritten by `actions.summaries.summarize` whenever a notice or a map comes.

    Everything here follows from other rows: a list of 20,000 events is filtered and sorted without looking at those.
    """

    event = models.OneToOneField(Event, on_delete=models.CASCADE, primary_key=True, related_name="summary")
    mission = models.CharField(max_length=40, blank=True, help_text="Who announced it first, e.g. Swift.")
    n_notices = models.PositiveIntegerField(default=0)
    far_hz = models.FloatField("false alarm rate", null=True, blank=True, help_text="Hz")
    is_significant = models.BooleanField(null=True, blank=True)
    best_class = models.CharField(max_length=40, blank=True, help_text="The most probable source class.")
    best_probability = models.FloatField(null=True, blank=True, help_text="Of that class, 0 to 1.")
    probabilities = models.JSONField(
        default=dict, blank=True, help_text="Of source classes and properties, such as HasNS, 0 to 1."
    )
    localization_kind = models.CharField(
        max_length=10, choices=LocalizationKind, blank=True, help_text="Of the current localization; empty: none."
    )
    ra_deg = models.FloatField(null=True, blank=True, help_text="Most probable position, deg, ICRS")
    dec_deg = models.FloatField(null=True, blank=True, help_text="Most probable position, deg, ICRS")
    error_deg = models.FloatField(null=True, blank=True, help_text="As its sender gives it, deg")
    containment = models.FloatField(null=True, blank=True, help_text="Probability within that error, 0 to 1")
    area_50_deg2 = models.FloatField(null=True, blank=True, help_text="deg2")
    area_90_deg2 = models.FloatField(null=True, blank=True, help_text="deg2")
    distance_mean_mpc = models.FloatField(null=True, blank=True, help_text="Mpc")
    distance_sigma_mpc = models.FloatField(null=True, blank=True, help_text="Mpc")
    tags = ArrayField(
        models.CharField(max_length=LONGEST_TAG),
        default=list,
        blank=True,
        help_text="From its figures, by rules, and by hand.",
    )
    updated_at = models.DateTimeField(auto_now=True)

    objects = EventSummaryQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "event summaries"
        indexes = [
            GinIndex(fields=["tags"], name="event_summary_tags"),
            models.Index(fields=["mission"], name="event_summary_mission"),
            models.Index(fields=["area_90_deg2"], name="event_summary_area"),
            models.Index(fields=["far_hz"], name="event_summary_far"),
        ]

    def __str__(self) -> str:
        return f"summary of event {self.event_id}"

    @property
    def tag_words(self) -> list[str]:
        """The tags that follow from figures, as people read them; of the areas the smallest: it says the others too."""
        areas = [tag for tag in self.tags if tag.startswith("area<")]
        return [_LABELS[tag] for tag in self.tags if tag in _LABELS and tag not in areas[1:]]

    @property
    def added_tags(self) -> list[str]:
        """The tags of rules and people."""
        return [tag for tag in self.tags if tag not in _LABELS]
