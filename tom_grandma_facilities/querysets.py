"""Which rows a user may see. Every page and route reads through `visible_to`."""

from datetime import datetime
from typing import Any, Self

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser, Group
from django.db import models
from django.db.models import Exists, Q

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
