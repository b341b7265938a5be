"""A drill as it would come in at night: bundled alerts, one after the other, through a Kafka broker of its own."""

import os
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from tom_gcn.drills import TOPIC, alert_of
from tom_gcn.listening.drill_broker import DrillBroker

FIRST_AFTER_S = 5.0
EVERY_S = 45.0
WORDS = ("An alert comes in, to be planned.", "Another alert comes in.", "The second alert is retracted.")


class DrillStream:
    """The broker, and what is still to be sent; call `look` often."""

    def __init__(self, say: Callable[[str], None], every_s: float = EVERY_S) -> None:
        self._say = say
        self._every_s = every_s
        self._sent = 0
        self._due = time.monotonic() + FIRST_AFTER_S
        # Each start is a drill of its own.
        self._label = f"{datetime.now(tz=UTC):%H%M%S}"
        self._broker = DrillBroker()
        self._broker.create(TOPIC)

    def environment(self) -> Mapping[str, str]:
        """What tells a listener where the broker is."""
        return os.environ | {"ICARE_DRILL_BROKER": self._broker.address}

    def look(self) -> None:
        """Send the next alert when its time has come."""
        if time.monotonic() < self._due:
            return
        self._due = time.monotonic() + self._every_s
        alert = alert_of(self._sent, datetime.now(tz=UTC), self._label)
        if alert is not None:
            self._say(f"Drill: {WORDS[self._sent]}")
            self._broker.publish(TOPIC, alert)
            self._sent += 1

    def stop(self) -> None:
        """Close the broker."""
        self._broker.stop()
