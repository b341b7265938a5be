"""What reviewers accepted, for whoever writes circulars, prepares requests or fits light curves."""

from django.contrib.auth.models import AnonymousUser, User
from django.db.models import QuerySet
from tom_targets.models import Target

from tom_photvalidation.choices import Kind
from tom_photvalidation.models import PhotometryPoint


def accepted(target: Target, user: User | AnonymousUser) -> QuerySet[PhotometryPoint]:
    """Return the accepted points of a target that `user` may see, in the order of time."""
    points = PhotometryPoint.objects.visible_to(user).filter(target=target.pk)
    return points.accepted().order_by("t_mid", "pk")


def last_accepted_magnitude(target: Target, user: User | AnonymousUser) -> PhotometryPoint | None:
    """Return the latest accepted detection of a target: its `mag` in `magsys` through `filter` at `t_mid`."""
    detections = accepted(target, user).filter(kind=Kind.DETECTION, mag__isnull=False)
    return detections.last()
