"""When those who were asked and say nothing are reminded, and when somebody must call them. Pure; no rows."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from tom_grandma_facilities import almanac
from tom_grandma_facilities.telescope import Telescope
from tom_grandma_facilities.tonight import twilight_deg

# Nobody is reminded of what came only just now.
SETTLE = timedelta(minutes=30)


@dataclass(frozen=True, slots=True)
class Silence:
    """Moments at which silence has consequences, aware UTC; `dusk` is None where no darkness begins in the window."""

    remind_at: datetime
    escalate_at: datetime
    dusk: datetime | None


def silence(
    telescope: Telescope, sent_at: datetime, window_start: datetime, window_end: datetime, hours: float
) -> Silence:
    """Return when to remind and when to escalate.

    Parameters
    ----------
    telescope
        Its site and its twilight say when it gets dark; without a site the window's start takes that place.
    sent_at
        When the request left, aware UTC.
    window_start, window_end
        Of the request, aware UTC.
    hours
        Before darkness at which a reminder goes out, h.

    Notes
    -----
    The reminder is `hours` before the first darkness of the window, but half an hour after the request at the
    earliest; the escalation is when it gets dark, and half an hour after the reminder at the earliest. Where it is
    dark already when the request leaves, both follow it.
    """
    begin = max(sent_at, window_start)
    dusk = first_darkness(telescope, begin, window_end)
    night = dusk or begin
    remind_at = max(night - timedelta(hours=hours), sent_at + SETTLE)
    return Silence(remind_at, max(night, remind_at + SETTLE), dusk)


def first_darkness(telescope: Telescope, begin: datetime, end: datetime) -> datetime | None:
    """Return when it is first dark in a span; None when it is not, or nobody knows where the telescope is."""
    if not telescope.site.known or end <= begin:
        return None
    site = telescope.site
    windows = almanac.night_windows(
        almanac.mjd_of(begin), almanac.mjd_of(end), site.latitude_deg, site.longitude_deg, twilight_deg(telescope)
    )
    return almanac.datetime_of(windows[0][0]) if windows else None
