"""How a telescope is asked, for those who read its page."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib.auth.models import AnonymousUser, User
from django.utils import timezone

from tom_grandma_facilities.actions.allocations import may_set_channels, transports
from tom_grandma_facilities.models import Allocation, Channel

# How telescopes with a protocol of their own are usually asked; by the beginning of their names.
USUAL = {
    "ATLAS": "atlas-fp",
    "Blanco": "blanco",
    "COLIBRI": "colibri",
    "Gemini": "gemini",
    "KAIT": "kait",
    "LCO": "ocs",
    "Liverpool": "liverpool",
    "Rubin": "rubin-too",
    "SOAR-Goodman": "soar",
    "Swift": "swift-too",
    "TAROT": "tarot",
    "TRT": "trt",
    "ZTF": "ztf-fp",
}
FOR_PEOPLE = "email"


@dataclass(frozen=True, slots=True)
class HowAsked:
    """By what a telescope is asked, and what is left of one's time on it; nothing of its credentials."""

    label: str
    needs_allocation: bool
    hours_left: float | None
    may_set: bool

    @property
    def words(self) -> str:
        """In a sentence or two."""
        if not self.label:
            return "It cannot be asked from here; tell its team yourself."
        words = f"Requests leave by {self.label}."
        if self.hours_left is not None:
            return f"{words} Your groups have {self.hours_left:.1f} h left on it."
        if self.needs_allocation:
            return f"{words} Only groups with time on it may ask, and none of yours has any now."
        return words


def usual_transport(telescope: str) -> str:
    """Return the name of the transport that a telescope without a channel is likely to get."""
    return next((name for start, name in USUAL.items() if telescope.startswith(start)), FOR_PEOPLE)


def how_asked(telescope: str, user: User | AnonymousUser) -> HowAsked:
    """Return how `user` may have a telescope asked."""
    channel = Channel.objects.visible_to(user).filter(telescope=telescope, is_active=True).first()
    transport = transports().get(channel.transport) if channel else None
    mine = Allocation.objects.visible_to(user).filter(telescope=telescope).valid_at(timezone.now()).with_use()
    left = [max(0.0, row.hours - row.seconds_used / 3600) for row in mine]
    return HowAsked(
        label=transport.label if transport else "",
        needs_allocation=bool(channel and channel.needs_allocation),
        hours_left=sum(left) if left else None,
        may_set=may_set_channels(user),
    )
