"""What a listener's loop tells its pulse. Single values only: two threads share them without a lock."""

import logging
import time
from dataclasses import dataclass, field
from datetime import datetime

from django.utils import timezone

logger = logging.getLogger(__name__)

REPORT_EVERY_S = 60.0


@dataclass
class Vitals:
    """When what last happened, and what is open."""

    signed_in: bool = False
    waits_for_lock: bool = False
    reached_at: datetime | None = None
    heard_at: datetime | None = None
    pulse_at: datetime | None = None
    alert_at: datetime | None = None
    stored: int = 0
    trouble: str = ""
    topics: tuple[str, ...] = ()
    lag: int | None = None
    _reported: float = field(default=-REPORT_EVERY_S, init=False)

    def begin(self, topics: list[str]) -> None:
        """A stream is open."""
        self.topics, self.trouble = tuple(topics), ""

    def end(self) -> None:
        """The stream is closed."""
        self.topics = ()

    def note_reached(self) -> None:
        """The broker answered."""
        self.reached_at = timezone.now()

    def note_heard(self) -> None:
        """A message came in."""
        self.heard_at = self.reached_at = timezone.now()
        self.trouble = ""

    def note_pulse(self) -> None:
        """A message of the heartbeat topic came in."""
        self.pulse_at = timezone.now()

    def note_stored(self) -> None:
        """A message was stored."""
        self.alert_at = timezone.now()
        self.stored += 1

    def note_error(self, text: str) -> None:
        """The client reports an error: twenty times a second while a broker is away, said once a minute."""
        if time.monotonic() - self._reported >= REPORT_EVERY_S:
            self._reported = time.monotonic()
            logger.warning("the broker is in trouble: %s", text)
