"""Groups that are told points of targets they do not see: nobody there finds the points, or reviews them."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import AnonymousUser, Group, User
from django.contrib.contenttypes.models import ContentType
from django.db.models import QuerySet
from django.urls import reverse
from guardian.models import GroupObjectPermission
from tom_targets.models import Target

from tom_grandma_facilities.sharing import groups_of
from tom_grandma_facilities.targets_seen import visible_targets
from tom_photvalidation.models import PhotometryPoint, PhotometryUpload
from tom_photvalidation.target_rights import changeable_targets

MOST_TOLD = 10
# Of an upload of thousands of targets the first ones are looked at.
MOST_LOOKED_AT = 1_000


@dataclass(frozen=True, slots=True)
class OutOfSight:
    """A target, and the groups that are told points of it and do not see it."""

    target: Target
    groups: tuple[str, ...]
    may_share: bool

    @property
    def sentence(self) -> str:
        """What is the matter."""
        *first, last = self.groups
        names = f"{', '.join(first)} and {last}" if first else last
        return (
            f"{names} do{'' if first else 'es'} not see {self.target.name} yet: nobody there can review these points."
        )

    @property
    def address(self) -> str:
        """Where the target is shared."""
        return reverse("sharing", args=["targets", self.target.pk])

    @property
    def note(self) -> str:
        """The same for those who read no page, with what to do."""
        if self.may_share:
            return f"{self.sentence} Share the target: {self.address}"
        return f"{self.sentence} Ask whoever made the target to share it."


def out_of_sight(
    targets: Collection[int] | QuerySet[Any], groups: QuerySet[Group], user: User | AnonymousUser
) -> list[OutOfSight]:
    """Return which of these targets are hidden from which of these groups, as far as `user` sees the targets.

    Groups that `user` is not in are not named. At most `MOST_TOLD` + 1 targets, by name.
    """
    private = Target.objects.filter(pk__in=targets, permissions=Target.Permissions.PRIVATE)
    hidden = private.filter(pk__in=visible_targets(user).values("pk"))
    told = groups.filter(pk__in=groups_of(user).values("pk"))
    # Whoever is in such a group sees every target.
    seeing_all = Group.objects.filter(
        permissions__content_type__app_label="tom_targets", permissions__codename="view_target"
    )
    names = dict(told.exclude(pk__in=seeing_all).order_by("name").values_list("pk", "name"))
    if not names:
        return []
    named = list(hidden.order_by("name")[:MOST_LOOKED_AT])
    seen = _seen_by(names, named)
    found = [one for one in named if any(one.pk not in seen[group] for group in names)][: MOST_TOLD + 1]
    shareable = set(changeable_targets(user).filter(pk__in=[one.pk for one in found]).values_list("pk", flat=True))
    return [
        OutOfSight(one, tuple(name for pk, name in names.items() if one.pk not in seen[pk]), one.pk in shareable)
        for one in found
    ]


def of_upload(upload: PhotometryUpload, user: User | AnonymousUser) -> list[OutOfSight]:
    """Return the targets of an upload's points that some of its groups do not see."""
    points = PhotometryPoint.objects.visible_to(user).filter(upload=upload)
    return out_of_sight(points.values("target"), upload.groups, user)


def notes_of(found: Sequence[OutOfSight]) -> list[str]:
    """Return what is said of them to those who read no page."""
    notes = [one.note for one in found[:MOST_TOLD]]
    return [*notes, "The same holds for more targets of this upload."] if len(found) > MOST_TOLD else notes


def _seen_by(groups: Collection[int], targets: Sequence[Target]) -> dict[int, set[int]]:
    given = GroupObjectPermission.objects.filter(
        permission__codename="view_target",
        permission__content_type=ContentType.objects.get_for_model(Target),
        group__in=groups,
        object_pk__in=[str(one.pk) for one in targets],
    )
    seen: dict[int, set[int]] = defaultdict(set)
    for group, key in given.values_list("group", "object_pk"):
        seen[group].add(int(key))
    return seen
