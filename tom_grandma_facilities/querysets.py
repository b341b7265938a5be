"""Which rows a user may see. Every page and route reads through `visible_to`."""

from datetime import datetime
from typing import Any, Self

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser, Group
from django.db import models
from django.db.models import Exists, FloatField, OuterRef, Q, Sum
from django.db.models.functions import Coalesce

from tom_grandma_facilities.choices import COUNTED_REQUESTS, NOT_ASKED, OPEN_REQUESTS, RequestKind, RequestState
from tom_grandma_facilities.targets_seen import visible_targets

Visitor = AbstractBaseUser | AnonymousUser


class TelescopeStatusQuerySet(models.QuerySet[Any]):
    """States of telescopes."""

    def visible_to(self, user: AbstractBaseUser | AnonymousUser) -> Self:
        """Return all rows for an active member of the network, none for anybody else."""
        if not (user.is_authenticated and user.is_active):
            return self.none()
        if getattr(user, "is_superuser", False):
            return self.all()
        return self.filter(Exists(Group.objects.filter(name=settings.ICARE_DEFAULT_GROUP, user=user.pk)))

    def closed_at(self, moment: datetime) -> Self:
        """Return the states that keep a telescope out of a plan made at `moment`."""
        return self.filter(Q(until=None) | Q(until__gt=moment), state__in=NOT_ASKED, since__lte=moment)


class ObservationUploadQuerySet(models.QuerySet[Any]):
    """Uploads of executed observations."""

    def visible_to(self, user: AbstractBaseUser | AnonymousUser) -> Self:
        """Return those for a group of `user`; all to a superuser, none to a stranger."""
        if not (user.is_authenticated and user.is_active):
            return self.none()
        if getattr(user, "is_superuser", False):
            return self.all()
        mine = self.model.groups.through.objects.filter(observationupload_id=OuterRef("pk"), group__user=user.pk)
        return self.filter(Exists(mine))


class ExecutedObservationQuerySet(models.QuerySet[Any]):
    """Executed observations: seen by whoever sees the upload that first told of them."""

    def visible_to(self, user: AbstractBaseUser | AnonymousUser) -> Self:
        """Return the rows of uploads for a group of `user`; all to a superuser, none to a stranger."""
        from tom_grandma_facilities.models import ObservationUpload

        if getattr(user, "is_superuser", False) and user.is_active:
            return self.all()
        return self.filter(upload__in=ObservationUpload.objects.visible_to(user))


def _is_in(user: Visitor) -> bool:
    return bool(user.is_authenticated and user.is_active)


def _sees_all(user: Visitor) -> bool:
    return _is_in(user) and bool(getattr(user, "is_superuser", False))


class NightMarkQuerySet(models.QuerySet[Any]):
    """What observers ticked off."""

    def visible_to(self, user: Visitor) -> Self:
        """Return those of targets the user may see, for whoever is in a group; all to a superuser."""
        if not _is_in(user):
            return self.none()
        if _sees_all(user):
            return self.all()
        targets = visible_targets(user).values("pk")
        return self.filter(Exists(Group.objects.filter(user=user.pk)), target__in=targets)


class FollowUpRequestQuerySet(models.QuerySet[Any]):
    """Follow-up requests."""

    def visible_to(self, user: Visitor) -> Self:
        """Return those for a group of `user`, of targets the user may see; all to a superuser, none to a stranger.

        The request of a target that is gone is seen by whoever asked: nobody knows any more who might see the target.
        """
        if not _is_in(user):
            return self.none()
        if _sees_all(user):
            return self.all()
        mine = self.model.groups.through.objects.filter(followuprequest_id=OuterRef("pk"), group__user=user.pk)
        # Asked of each request: among so many words PostgreSQL would make a hash of all targets somebody sees first.
        of_target = Q(Exists(visible_targets(user).filter(pk=OuterRef("target")))) | Q(target=None, created_by=user.pk)
        return self.filter(Q(kind=RequestKind.POINTINGS, target=None) | of_target, Exists(mine))

    def open(self) -> Self:
        """Return those that may still be observed."""
        return self.filter(state__in=OPEN_REQUESTS)

    def silent(self) -> Self:
        """Return those that were sent and not answered."""
        return self.filter(state=RequestState.SENT, answered_at=None)


class OfRequestQuerySet(models.QuerySet[Any]):
    """Rows that belong to a request: seen by whoever sees the request."""

    def visible_to(self, user: Visitor) -> Self:
        """Return the rows of requests that `user` may see."""
        if _sees_all(user):
            return self.all()
        from tom_grandma_facilities.models import FollowUpRequest

        return self.filter(request__in=FollowUpRequest.objects.visible_to(user))


class RequestEntryQuerySet(OfRequestQuerySet):
    """Log of requests."""


class FacilityTransactionQuerySet(OfRequestQuerySet):
    """Calls to telescopes."""


class AnswerLinkQuerySet(models.QuerySet[Any]):
    """Signed links that were given out."""

    def visible_to(self, user: Visitor) -> Self:
        """Return those of requests that `user` may see, and those for telescope teams to superusers and their maker."""
        if _sees_all(user):
            return self.all()
        if not _is_in(user):
            return self.none()
        from tom_grandma_facilities.models import FollowUpRequest

        requests = FollowUpRequest.objects.visible_to(user)
        return self.filter(Q(request__in=requests) | Q(request=None, made_by=user.pk))


class ChannelQuerySet(models.QuerySet[Any]):
    """How telescopes are asked."""

    def visible_to(self, user: Visitor) -> Self:
        """Return all, without credentials, to members of the network; none to anybody else."""
        if not _is_in(user):
            return self.none()
        if not _sees_all(user) and not Group.objects.filter(name=settings.ICARE_DEFAULT_GROUP, user=user.pk).exists():
            return self.none()
        return self.defer("secret")


class AllocationQuerySet(models.QuerySet[Any]):
    """Time of groups on telescopes."""

    def visible_to(self, user: Visitor) -> Self:
        """Return those of the groups of `user`, without credentials; all to a superuser."""
        if not _is_in(user):
            return self.none()
        rows = self if _sees_all(user) else self.filter(group__user=user.pk)
        return rows.defer("secret")

    def valid_at(self, moment: datetime) -> Self:
        """Return those that may be used at a moment."""
        return self.filter(is_active=True, valid_from__lte=moment, valid_to__gt=moment)

    def with_use(self) -> Self:
        """Add `seconds_used`: the time of their requests that are under way or observed, s."""
        counted = Sum("requests__programme_s", filter=Q(requests__state__in=COUNTED_REQUESTS))
        return self.annotate(seconds_used=Coalesce(counted, 0.0, output_field=FloatField()))
