"""What the services of forced photometry have in common: they look at images that exist already."""

from __future__ import annotations

from abc import abstractmethod
from datetime import datetime
from typing import ClassVar

from tom_grandma_facilities.forced_photometry import ForcedPoint
from tom_grandma_facilities.transports.base import Line, Outgoing, Refused, Setting, Transport

_MJD_OF_EPOCH = 40587.0  # 1970-01-01
_DAY_S = 86400.0
USUAL_DAYS = "30"
DAYS_BACK = Setting(
    "days_back", "Days back", help="How many days before the request's window the light curve begins; 30 without it."
)


class ForcedPhotometry(Transport):
    """Asks for a light curve at a position; `results` brings it when the state is done."""

    brings_photometry: ClassVar[bool] = True

    def results(self, external_id: str, line: Line) -> str:
        """Return the light curve as the service wrote it.

        Raises
        ------
        Refused
            There is none, and there will be none.
        Down
        """
        return self._guard(line, lambda: self._results(external_id, line))

    @abstractmethod
    def read(self, text: str) -> tuple[ForcedPoint, ...]:
        """Return the epochs of a light curve.

        Raises
        ------
        tom_grandma_facilities.forced_photometry.UnreadableResult
        """

    @abstractmethod
    def _results(self, external_id: str, line: Line) -> str:
        """Fetch it."""


def span_mjd(outgoing: Outgoing, line: Line) -> tuple[float, float]:
    """Return the first and last time of interest [MJD UTC]: the request's window and the days before it.

    Raises
    ------
    Refused
        When the channel's number of days is none.
    """
    told = line.get("days_back", USUAL_DAYS)
    try:
        days = float(told)
    except ValueError:
        raise Refused(f"The channel's days back is {told!r}, which is not a number.") from None
    return round(mjd(outgoing.window_start) - days, 5), round(mjd(outgoing.window_end), 5)


def mjd(moment: datetime) -> float:
    """Return the Modified Julian Date of an aware time (UTC)."""
    return moment.timestamp() / _DAY_S + _MJD_OF_EPOCH
