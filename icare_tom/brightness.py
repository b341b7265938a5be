"""How bright targets are expected to be when telescopes are asked: what their last accepted point says."""

import math

from django.contrib.auth.models import AnonymousUser, User
from django.utils import timezone
from tom_targets.models import Target

from icare_tom.templatetags.icare import age_words
from tom_grandma_facilities.expected import Expected
from tom_photvalidation.accepted import last_accepted_magnitude

ZERO_POINT = 23.9
"""AB magnitude of a microjansky (Oke and Gunn 1983)."""


def from_the_last_point(target: Target, user: User | AnonymousUser) -> Expected | None:
    """Return the AB magnitude of the last accepted detection that `user` may see; None without one."""
    point = last_accepted_magnitude(target, user)
    if point is None or not point.flux_ujy or point.flux_ujy <= 0:
        return None
    magnitude = ZERO_POINT - 2.5 * math.log10(point.flux_ujy)
    words = f"Its last accepted point: {magnitude:.2f} AB in {point.filter}"
    return Expected(magnitude, str(point.filter), point.t_mid, f"{words}, {age_words(point.t_mid, timezone.now())}.")
