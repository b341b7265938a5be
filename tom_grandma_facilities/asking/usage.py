"""How often a telescope may be asked, by the usage classes of the GRANDMA cookbook."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from tom_grandma_facilities.telescope import UsageClass

DAY = timedelta(days=1)
VERY_FREQUENT_S = 3 * 3600.0
"""A telescope of class VF gives about three hours a day (spec of the network's workflow)."""
RARELY = {
    UsageClass.O: (timedelta(days=30), "once a month"),
    UsageClass.R: (timedelta(days=91), "once in three months"),
    UsageClass.VR: (timedelta(days=182), "once in half a year"),
}


def usage_words(usage: UsageClass) -> str:
    """Say how often a telescope of a class may be asked; nothing for a class nobody knows."""
    if usage is UsageClass.VF:
        return "very frequent: about 3 h a day"
    if usage in RARELY:
        return f"{usage.label}: {RARELY[usage][1]}"
    return "" if usage is UsageClass.UNKNOWN else usage.label


def usage_objection(usage: UsageClass, asked: Sequence[tuple[datetime, float]], now: datetime, total_s: float) -> str:
    """Say what the class has against asking again, or nothing.

    Parameters
    ----------
    usage
        The telescope's class.
    asked
        When it was asked before, and for how many seconds.
    now
        The time of asking.
    total_s
        Seconds it would be asked for now.
    """
    if usage is UsageClass.NOP:
        return "By its usage class it is not operational for GRANDMA."
    if usage is UsageClass.VF:
        today = sum(seconds for at, seconds in asked if now - at < DAY) + total_s
        return f"It gives about 3 h a day; with this, {today / 3600:.1f} h." if today > VERY_FREQUENT_S else ""
    if usage not in RARELY:
        return ""
    spacing, words = RARELY[usage]
    last = max((at for at, _ in asked), default=None)
    if last is None or now - last >= spacing:
        return ""
    return f"It may be asked about {words}, and was asked {_days(now - last)}."


def _days(ago: timedelta) -> str:
    return "today" if ago < DAY else "yesterday" if ago < 2 * DAY else f"{ago.days} days ago"
