"""Times as people type them or browsers send them: UTC."""

from __future__ import annotations

import re
from datetime import UTC, datetime, time, timedelta

from django.utils import timezone

from tom_grandma_facilities.exceptions import InvalidRequest

CLOCK = re.compile(r"(\d{1,2})[:h.]?(\d{2})")
"""21:30, 21h30, 21.30 or 2130."""


def read_utc(text: str, field: str) -> datetime | None:
    """Read 2026-01-31T20:15, or 20:15 of the coming day; None when nothing was typed.

    Raises
    ------
    InvalidRequest
        When it is no time.
    """
    text = text.strip()[:40].removesuffix("UTC").strip()
    if not text:
        return None
    try:
        if clock := CLOCK.fullmatch(text):
            return next_time(time(int(clock[1]), int(clock[2])))
        moment = datetime.fromisoformat(text)
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        mend = "Write 20:15 or 2026-01-31 20:15, in UTC."
        raise InvalidRequest(f"“{text}” is no time.", mend, field) from None


def next_time(clock: time) -> datetime:
    """Return the next moment at which a clock in UTC shows the hour and minute of `clock`; just now counts as now."""
    now = timezone.now().astimezone(UTC)
    moment = now.replace(hour=clock.hour, minute=clock.minute, second=0, microsecond=0)
    return moment if moment > now - timedelta(hours=1) else moment + timedelta(days=1)
