"""Which rows a user may see. Every page and route reads through `visible_to`."""

from datetime import datetime
from typing import TYPE_CHECKING, Self

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.db import models
from django.db.models import Q

from tom_grandma_facilities.choices import NOT_ASKED

if TYPE_CHECKING:
    pass


class TelescopeStatusQuerySet(models.QuerySet["TelescopeStatus"]):
    """States of telescopes."""

    def visible_to(self, user: AbstractBaseUser | AnonymousUser) -> Self:
        """Return all rows for an active signed-in member, none for anybody else."""
        return self.all() if user.is_authenticated and user.is_active else self.none()

    def closed_at(self, moment: datetime) -> Self:
        """Return the states that keep a telescope out of a plan made at `moment`."""
        return self.filter(Q(until=None) | Q(until__gt=moment), state__in=NOT_ASKED, since__lte=moment)
