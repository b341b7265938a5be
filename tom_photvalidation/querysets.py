"""Which rows a user may see. Every page, route, export and count reads through `visible_to`."""

from typing import Any, Self

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.db import models
from django.db.models import QuerySet

from tom_grandma_facilities.targets_seen import visible_targets
from tom_photvalidation.choices import CURRENT, Status

Visitor = AbstractBaseUser | AnonymousUser


class AudienceQuerySet(models.QuerySet[Any]):
    """Sets of groups."""

    def of(self, user: Visitor) -> Self:
        """Those with a group of `user`; all to a superuser, none to a stranger."""
        if not (user.is_authenticated and user.is_active):
            return self.none()
        if getattr(user, "is_superuser", False):
            return self.all()
        through = self.model.groups.through
        return self.filter(pk__in=through.objects.filter(group__user=user.pk).values("audience"))


def _audiences_of(user: Visitor) -> QuerySet[Any]:
    from tom_photvalidation.models import Audience

    return Audience.objects.of(user).values("pk")


class UploadQuerySet(models.QuerySet[Any]):
    """Deliveries of photometry."""

    def visible_to(self, user: Visitor) -> Self:
        """Those for a group of `user`.

        A file may tell of targets that not everybody of the group sees: what it holds is shown to who sent it only,
        its points to whoever sees them.
        """
        if not (user.is_authenticated and user.is_active):
            return self.none()
        if getattr(user, "is_superuser", False):
            return self.all()
        return self.filter(audience__in=_audiences_of(user))

    def of(self, user: Visitor) -> Self:
        """Those `user` sent; all to a superuser: with their file and answers."""
        if not (user.is_authenticated and user.is_active):
            return self.none()
        if getattr(user, "is_superuser", False):
            return self.all()
        return self.filter(uploaded_by=user.pk)


class PointQuerySet(models.QuerySet[Any]):
    """Measurements."""

    def visible_to(self, user: Visitor) -> Self:
        """Points told to a group of `user`, of targets `user` may see; all to a superuser, none to a stranger."""
        if not (user.is_authenticated and user.is_active):
            return self.none()
        if getattr(user, "is_superuser", False):
            return self.all()
        return self.filter(audience__in=_audiences_of(user), target__in=visible_targets(user).values("pk"))

    def current(self) -> Self:
        """Without versions that were replaced or withdrawn."""
        return self.filter(status__in=CURRENT)

    def accepted(self) -> Self:
        """What circulars, outgoing messages and fits take."""
        return self.filter(status=Status.ACCEPTED)


class FindingQuerySet(models.QuerySet[Any]):
    """Failed checks."""

    def visible_to(self, user: Visitor) -> Self:
        """Those of points `user` may see."""
        from tom_photvalidation.models import PhotometryPoint

        return self.filter(point__in=PhotometryPoint.objects.visible_to(user).values("pk"))

    def standing(self) -> Self:
        """Those of the last time the point was checked."""
        return self.filter(ended_at=None)


class MappingQuerySet(models.QuerySet[Any]):
    """Remembered meanings of columns."""

    def visible_to(self, user: Visitor) -> Self:
        """One's own."""
        return self.filter(user=user.pk) if user.is_authenticated and user.is_active else self.none()


class TargetEpochQuerySet(models.QuerySet[Any]):
    """Times that light curves are counted from."""

    def visible_to(self, user: Visitor) -> Self:
        """Those of targets `user` may see."""
        return self.filter(target__in=visible_targets(user).values("pk"))


class ProfileQuerySet(models.QuerySet[Any]):
    """What is known of instruments; no secret to whoever is signed in."""

    def visible_to(self, user: Visitor) -> Self:
        """All to whoever is signed in."""
        return self.all() if user.is_authenticated and user.is_active else self.none()


class ReviewQuerySet(models.QuerySet[Any]):
    """Steps of reviews."""

    def visible_to(self, user: Visitor) -> Self:
        """Those about points and cells `user` may see."""
        from tom_photvalidation.models import PhotometryPoint, ReviewCell

        if getattr(user, "is_superuser", False) and user.is_active:
            return self.all()
        points = PhotometryPoint.objects.visible_to(user).values("pk")
        cells = ReviewCell.objects.visible_to(user).values("pk")
        return self.filter(models.Q(point__in=points) | models.Q(cell__in=cells))


class CellQuerySet(models.QuerySet[Any]):
    """Sign-offs."""

    def visible_to(self, user: Visitor) -> Self:
        """Those told to a group of `user`, of targets `user` may see."""
        if not (user.is_authenticated and user.is_active):
            return self.none()
        if getattr(user, "is_superuser", False):
            return self.all()
        return self.filter(audience__in=_audiences_of(user), target__in=visible_targets(user).values("pk"))
