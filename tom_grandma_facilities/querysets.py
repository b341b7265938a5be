"""Which rows a user may see. Every page and route reads through `visible_to`."""

from datetime import datetime
from typing import Any, Self

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser, Group
from django.db import models
from django.db.models import Exists, OuterRef, Q

from tom_grandma_facilities.choices import NOT_ASKED


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
