"""Two events close in time and in the sky."""

from typing import Any, Self

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.db import models
from django.db.models import F, Q

from tom_gcn.models.event import Event
from tom_gcn.models.localization import Localization


class CoincidenceQuerySet(models.QuerySet[Any]):
    """Coincidences."""

    def visible_to(self, user: AbstractBaseUser | AnonymousUser) -> Self:
        """Return the coincidences of which `user` may see both events: one side tells of the other."""
        events = Event.objects.visible_to(user)
        return self.filter(one__in=events, other__in=events)

    def of(self, event: Event) -> Self:
        """Return the coincidences of an event."""
        return self.filter(Q(one=event) | Q(other=event))


class Coincidence(models.Model):
    """A pair of events that came within a search's window; `one` is the older row."""

    one = models.ForeignKey(Event, on_delete=models.CASCADE, related_name="+")
    other = models.ForeignKey(Event, on_delete=models.CASCADE, related_name="+")
    delta_t_s = models.FloatField("time difference", help_text="Time of the other minus time of the one, s")
    window_s = models.FloatField(help_text="Length of the window it was looked for in, s")
    overlap = models.FloatField(
        null=True, blank=True, help_text="Overlap integral of the maps: above 1 they agree; empty without two maps"
    )
    joint_far_hz = models.FloatField(
        "joint false alarm rate", null=True, blank=True, help_text="Ours, Hz; empty where a rate is not known"
    )
    chance_rate_hz = models.FloatField(
        "rate of chance pairs", null=True, blank=True, help_text="Of two unrelated real events, Hz; empty if not known"
    )
    sent_time_far_hz = models.FloatField(
        "LVK's joint false alarm rate, time", null=True, blank=True, help_text="As its notice says, Hz"
    )
    sent_sky_far_hz = models.FloatField(
        "LVK's joint false alarm rate, time and sky", null=True, blank=True, help_text="As its notice says, Hz"
    )
    one_localization = models.ForeignKey(
        Localization, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    other_localization = models.ForeignKey(
        Localization, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    area_90_deg2 = models.FloatField(
        "area of the 90 % region of both together", null=True, blank=True, help_text="deg2"
    )
    found_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = CoincidenceQuerySet.as_manager()

    class Meta:
        ordering = ["-found_at", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["one", "other"], name="coincidence_once"),
            models.CheckConstraint(condition=Q(one__lt=F("other")), name="coincidence_older_row_first"),
        ]
        indexes = [models.Index(fields=["other"], name="coincidence_of_other")]

    def __str__(self) -> str:
        return f"{self.one_id} and {self.other_id}"

    def partner_of(self, event: Event) -> Event:
        """The other of the two events."""
        return self.other if event.pk == self.one_id else self.one

    def delay_of_partner_s(self, event: Event) -> float:
        """How much later the partner of an event came [s]."""
        return self.delta_t_s if event.pk == self.one_id else -self.delta_t_s
