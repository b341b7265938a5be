"""Small error circles make targets: found at once by every telescope, one link for everybody.

A target is made when the current localization of a real event is small (setting, 12 arcmin at 90 %). It is named as
people call the event, else as ICARE names such sources, `GCN-yymmdd_HHMMSS` by the time of the event. It follows the
event's current localization; where each position came from is kept. Only the groups of the event see it.
"""

import logging
import math
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib.auth.models import Group
from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone
from guardian.shortcuts import assign_perm, remove_perm
from tom_targets.base_models import BaseTarget
from tom_targets.models import Target, TargetExtra, TargetName

from icare_tom.guards.access import Visitor, visible_targets
from icare_tom.sky import cone
from tom_gcn.choices import EventKind, EventState, LocalizationKind
from tom_gcn.models import Event, Localization
from tom_gcn.names import names_in
from tom_gcn.skymaps.make import scaled_radius_deg
from tom_photvalidation.models import TargetEpoch

logger = logging.getLogger(__name__)

T0 = "T0"
KEPT = ("view_target", "change_target")
PERMISSIONS = (*KEPT, "delete_target")
_CIRCLES = (LocalizationKind.CONE, LocalizationKind.ELLIPSE)
# Closer than this to where the system put it [deg]: nobody has moved it.
_UNMOVED_DEG = 1e-9


class EventTargetQuerySet(models.QuerySet[Any]):
    """Links between events and targets."""

    def visible_to(self, user: Visitor) -> "EventTargetQuerySet":
        """Links of which a user may see both ends."""
        return self.filter(event__in=Event.objects.visible_to(user), target__in=visible_targets(user).values("pk"))


class EventTarget(models.Model):
    """A target that stands for an event."""

    event = models.ForeignKey(Event, on_delete=models.CASCADE, related_name="event_targets")
    target = models.ForeignKey(BaseTarget, on_delete=models.CASCADE, related_name="event_targets")
    is_automatic = models.BooleanField(default=False, help_text="Linked by the system.")
    is_kept = models.BooleanField(default=False, help_text="Made by the system, which keeps its position and groups.")
    created_at = models.DateTimeField(auto_now_add=True)

    objects = EventTargetQuerySet.as_manager()

    class Meta:
        ordering = ["created_at", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["event", "target"], name="event_target_once"),
            models.UniqueConstraint(
                fields=["event"], condition=Q(is_automatic=True), name="event_target_one_by_itself"
            ),
        ]

    def __str__(self) -> str:
        return f"target {self.target_id} of event {self.event_id}"


class TargetPositionQuerySet(models.QuerySet[Any]):
    """Positions of targets."""

    def visible_to(self, user: Visitor) -> "TargetPositionQuerySet":
        """Positions whose link a user may see."""
        return self.filter(link__in=EventTarget.objects.visible_to(user))


class TargetPosition(models.Model):
    """A position an event's target got, or should have got had nobody moved it, and the localization it is from."""

    link = models.ForeignKey(EventTarget, on_delete=models.CASCADE, related_name="positions")
    localization = models.ForeignKey(Localization, on_delete=models.PROTECT, related_name="+")
    ra_deg = models.FloatField(help_text="deg, ICRS")
    dec_deg = models.FloatField(help_text="deg, ICRS")
    radius_90_deg = models.FloatField(help_text="Radius that holds 90 %, deg")
    is_used = models.BooleanField(default=True, help_text="Not, where somebody had moved the target by hand.")
    created_at = models.DateTimeField(auto_now_add=True)

    objects = TargetPositionQuerySet.as_manager()

    class Meta:
        ordering = ["created_at", "pk"]
        constraints = [models.UniqueConstraint(fields=["link", "localization"], name="target_position_once")]

    def __str__(self) -> str:
        return f"{self.ra_deg:.5f} {self.dec_deg:+.5f}"

    @property
    def radius_arcmin(self) -> float:
        """Radius that holds 90 % [arcmin]."""
        return self.radius_90_deg * 60


@dataclass(frozen=True)
class Circle:
    """A position with the radius that holds 90 % [deg]."""

    localization: Localization
    ra_deg: float
    dec_deg: float
    radius_90_deg: float

    @property
    def is_small(self) -> bool:
        """Whether it is small enough for a target."""
        return self.radius_90_deg * 60 <= float(settings.ICARE_TARGET_RADIUS_ARCMIN)


def circle_of(localization: Localization) -> Circle | None:
    """The error circle of a localization; of a map the peak and the radius of a circle with its 90 % area."""
    ra, dec, error = localization.ra_deg, localization.dec_deg, localization.error_deg
    if localization.kind in _CIRCLES and ra is not None and dec is not None and error is not None:
        return Circle(localization, ra, dec, scaled_radius_deg(error, localization.containment, 0.9))
    if localization.kind != LocalizationKind.SKYMAP:
        return None
    skymap = localization.skymap
    return Circle(localization, skymap.peak_ra_deg, skymap.peak_dec_deg, math.sqrt(skymap.area_90_deg2 / math.pi))


def keep_target(event_id: int) -> EventTarget | None:
    """Make the target of an event, or bring it up to date; None where the event needs none."""
    with transaction.atomic():
        event = Event.objects.select_for_update().get(pk=event_id)
        link = EventTarget.objects.select_related("target").filter(event=event, is_automatic=True).first()
        circle = _current_circle(event)
        if link is None:
            if circle is None or not circle.is_small or not _deserves_target(event):
                return None
            link = _link(event, circle)
        if link.is_kept:
            if circle is not None and circle.is_small:
                _move(link, circle)
            _set_t0(link.target, event)
            _add_names(link.target, event)
    return link


def _current_circle(event: Event) -> Circle | None:
    heavy = (f"skymap__{name}" for name in ("fits", "packed", "region_50", "region_90", "contours"))
    current = Localization.objects.filter(event=event, is_current=True).select_related("skymap").defer(*heavy).first()
    return circle_of(current) if current else None


def _deserves_target(event: Event) -> bool:
    return not event.is_test and event.state != EventState.RETRACTED and event.kind != EventKind.GW


def name_for(event: Event) -> str:
    """As people call the event, e.g. GRB 230802A; else as ICARE names such sources."""
    called = [event.display_name, *event.aliases.values_list("name", flat=True)]
    proper = [name for name in called if name and name in names_in(name)]
    if proper:
        return proper[0]
    return f"GCN-{event.t0:%y%m%d_%H%M%S}" if event.t0 else f"GCN-{event.name}"


def _link(event: Event, circle: Circle) -> EventTarget:
    """Link the target that is there under that name and at that place; else make one."""
    name = name_for(event)
    namesakes = Target.matches.match_fuzzy_name(name)
    reach = max(circle.radius_90_deg, settings.ICARE_TARGET_RADIUS_ARCMIN / 60)
    known = cone(Target.objects.filter(pk__in=namesakes.values("pk")), circle.ra_deg, circle.dec_deg, reach).first()
    if known is not None:
        link, _ = EventTarget.objects.get_or_create(event=event, target=known, defaults={"is_automatic": True})
        return link
    free = f"{name} {event.name}"[:100] if namesakes.exists() else name
    target = Target.objects.create(
        name=free, type=Target.SIDEREAL, ra=circle.ra_deg, dec=circle.dec_deg, permissions=Target.Permissions.PRIVATE
    )
    link = EventTarget.objects.create(event=event, target=target, is_automatic=True, is_kept=True)
    for group in event.groups.all():
        share(target, group)
    logger.info("target %s was made of event %s", target.name, event.name)
    return link


def share(target: BaseTarget, group: Group, *, deletable: bool = True) -> None:
    """Let a group work with a target; whether it may also delete it is for the caller to say."""
    for permission in PERMISSIONS if deletable else KEPT:
        assign_perm(f"tom_targets.{permission}", group, target)


def unshare(target: BaseTarget, group: Group) -> None:
    """Take a target from a group."""
    for permission in PERMISSIONS:
        remove_perm(f"tom_targets.{permission}", group, target)


def _move(link: EventTarget, circle: Circle) -> None:
    """Use a position, unless it is the last one already or somebody moved the target by hand."""
    target = link.target
    last = link.positions.filter(is_used=True).order_by("-created_at", "-pk").first()
    if last is not None and last.localization_id == circle.localization.pk:
        return
    is_ours = last is None or _is_at(target, last.ra_deg, last.dec_deg)
    TargetPosition.objects.update_or_create(
        link=link,
        localization=circle.localization,
        defaults={
            "ra_deg": circle.ra_deg,
            "dec_deg": circle.dec_deg,
            "radius_90_deg": circle.radius_90_deg,
            "is_used": is_ours,
        },
    )
    if is_ours and not _is_at(target, circle.ra_deg, circle.dec_deg):
        target.ra, target.dec = circle.ra_deg, circle.dec_deg
        target.save()


def _is_at(target: BaseTarget, ra_deg: float, dec_deg: float) -> bool:
    if target.ra is None or target.dec is None:
        return False
    return abs(target.ra - ra_deg) < _UNMOVED_DEG and abs(target.dec - dec_deg) < _UNMOVED_DEG


def _set_t0(target: BaseTarget, event: Event) -> None:
    if event.t0 is not None:
        TargetExtra.objects.update_or_create(target=target, key=T0, defaults={"value": event.t0.isoformat()})
        keep_epoch(target.pk, event)


def keep_epoch(target_id: int, event: Event) -> None:
    """Count the target's light curve from the event, unless somebody chose another time by hand."""
    epoch = TargetEpoch.objects.filter(target=target_id).first() or TargetEpoch(target_id=target_id)
    if event.t0 is not None and not epoch.is_by_hand and epoch.t0 != event.t0:
        epoch.t0, epoch.source, epoch.modified_at = event.t0, str(event)[:200], timezone.now()
        epoch.save()


def _add_names(target: BaseTarget, event: Event) -> None:
    """Names the event got later become names of its target, where they are free."""
    for name in event.aliases.values_list("name", flat=True):
        if not Target.matches.match_fuzzy_name(name).exists():
            TargetName.objects.create(target=target, name=name)
