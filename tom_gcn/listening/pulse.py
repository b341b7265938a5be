"""Beside the loop of a listener: writes its signs of life, and lets it reopen when there are other topics to read."""

import logging
import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from django.conf import settings
from django.db import DatabaseError, InterfaceError, connection
from django.db.models.functions import Now

from tom_gcn.listening.clusters import Cluster
from tom_gcn.listening.streams import StreamBroken, topics_at
from tom_gcn.listening.topics import Choice, chosen_topics
from tom_gcn.listening.vitals import Vitals
from tom_gcn.models import ListenerHeartbeat

logger = logging.getLogger(__name__)

STOP_EVERY_S = 0.2


@dataclass
class Pulse:
    """Runs in a thread of its own, with its own database connection."""

    cluster: Cluster
    vitals: Vitals
    stopping: threading.Event
    finished: threading.Event
    reopen: Callable[[], None]
    parent: int | None = None
    _asked: float = field(default=0.0, init=False)
    _choice: Choice | None = field(default=None, init=False)

    def run(self) -> None:
        """Beat until the listener stops."""
        self._asked = time.monotonic()
        while not self.stopping.wait(settings.ICARE_LISTENER_BEAT_EVERY_S):
            if self.parent is not None and os.getppid() != self.parent:
                self.stopping.set()
            self._beat_safely()
        connection.close()
        # A stream that is just being opened does not hear the first call.
        while not self.finished.wait(STOP_EVERY_S):
            self.reopen()

    def _beat_safely(self) -> None:
        try:
            if self.vitals.signed_in and not self.vitals.waits_for_lock:
                self._beat()
            if self.vitals.topics:
                self._look_for_topics()
        except (DatabaseError, InterfaceError) as error:
            # Also the loop's connection is gone then, and its lock with it: have it find out now.
            logger.warning("no sign of life can be written: %s", str(error).strip())
            connection.close()
            self.reopen()

    def _beat(self) -> None:
        vitals = self.vitals
        times = ("reached_at", "heard_at", "pulse_at", "alert_at")
        ListenerHeartbeat.objects.filter(pk=self.cluster.name).update(
            beat_at=Now(),
            lag=vitals.lag,
            stored=vitals.stored,
            topics=list(vitals.topics),
            trouble=vitals.trouble,
            **{name: value for name in times if (value := getattr(vitals, name))},
        )

    def _look_for_topics(self) -> None:
        choice = chosen_topics(self.cluster)
        is_new_choice = self._choice is not None and choice != self._choice
        self._choice = choice
        if not is_new_choice and time.monotonic() - self._asked < settings.ICARE_LISTENER_TOPICS_EVERY_S:
            return
        self._asked = time.monotonic()
        try:
            existing = topics_at(self.cluster)
        except StreamBroken as error:
            self.vitals.trouble = f"{self.cluster.title} does not answer: {error}"
            return
        self.vitals.note_reached()
        self.vitals.trouble = ""
        open_now = self.vitals.topics
        new = set(choice.among(existing)) - set(open_now)
        dropped = [topic for topic in open_now if not choice.includes(topic)]
        if open_now and (new or dropped):
            logger.info("topics of %s: new %s, dropped %s", self.cluster.title, sorted(new), dropped)
            self.reopen()
