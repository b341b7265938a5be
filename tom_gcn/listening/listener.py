"""The loop of a listener: take the cluster's lock, open the stream, store each message, acknowledge it; after any
failure start over from what the broker knows to be stored."""

import contextlib
import json
import logging
import os
import socket
import threading
from dataclasses import dataclass, field

from django.conf import settings
from django.db import InterfaceError, OperationalError, connection
from django.db.models.functions import Now

from tom_gcn.actions import Place, receive_message
from tom_gcn.listening.clusters import Cluster
from tom_gcn.listening.offload import endpoint_in
from tom_gcn.listening.pulse import Pulse
from tom_gcn.listening.streams import HeadersUnreadable, OpenStream, Received, StreamBroken, topics_at
from tom_gcn.listening.topics import chosen_topics
from tom_gcn.listening.vitals import Vitals
from tom_gcn.locks import LockSpace, working_on
from tom_gcn.models import ListenerHeartbeat, Message

logger = logging.getLogger(__name__)

LOCK_EVERY_S = 2.0


class Occupied(Exception):
    """Another listener serves the cluster."""


@dataclass
class Listener:
    """Listens to one cluster until it is told to stop."""

    cluster: Cluster
    waits: bool = True
    parent: int | None = None
    vitals: Vitals = field(default_factory=Vitals, init=False)
    stopping: threading.Event = field(default_factory=threading.Event, init=False)
    finished: threading.Event = field(default_factory=threading.Event, init=False)
    _stream: OpenStream | None = field(default=None, init=False)
    _failures: int = field(default=0, init=False)
    _bare_headers: bool = field(default=False, init=False)

    def run(self) -> None:
        """Listen until `stop` is called.

        Raises
        ------
        Occupied
            When another listener serves the cluster and this one is not to wait.
        """
        pulse = Pulse(self.cluster, self.vitals, self.stopping, self.finished, self.reopen, self.parent)
        thread = threading.Thread(target=pulse.run, name="pulse", daemon=True)
        thread.start()
        try:
            while not self.stopping.is_set():
                self._listen_or_rest()
        finally:
            self.stopping.set()
            self.finished.set()
            thread.join(timeout=2 * settings.ICARE_LISTENER_BEAT_EVERY_S)

    def stop(self) -> None:
        """End `run` soon; may be called from a signal handler or another thread."""
        self.stopping.set()
        self.reopen()

    def reopen(self) -> None:
        """Let the stream be opened anew, with the topics there are now."""
        if self._stream is not None:
            self._stream.stop()

    def _listen_or_rest(self) -> None:
        try:
            with working_on(LockSpace.LISTENER, self.cluster.number) as mine:
                if mine:
                    self._listen()
                    return
        except HeadersUnreadable as error:
            logger.warning("%s: %s It is stored without them.", self.cluster.title, error)
            self._bare_headers = True
            return
        except StreamBroken as error:
            self._rest(f"{self.cluster.title} cannot be read: {error}")
            return
        except (OperationalError, InterfaceError) as error:
            # The lock went with the connection; nothing was acknowledged that is not stored.
            connection.close()
            self._rest(f"The database is away: {str(error).strip()}")
            return
        self._await_lock()

    def _await_lock(self) -> None:
        if not self.waits:
            raise Occupied
        if not self.vitals.waits_for_lock:
            logger.warning("another listener serves %s; waiting to take its place", self.cluster.title)
        self.vitals.waits_for_lock = True
        self.stopping.wait(LOCK_EVERY_S)

    def _rest(self, trouble: str) -> None:
        """Wait, longer after each failure in a row."""
        self.vitals.trouble = trouble
        pause_s = min(2.0**self._failures, settings.ICARE_LISTENER_LONGEST_PAUSE_S)
        self._failures += 1
        logger.warning("%s Trying again in %.0f s.", trouble, pause_s)
        self.stopping.wait(pause_s)

    def _listen(self) -> None:
        """Store what comes until the stream is stopped; the lock is ours."""
        self.vitals.waits_for_lock = False
        group = self._sign_in()
        topics = chosen_topics(self.cluster).among(topics_at(self.cluster))
        self.vitals.note_reached()
        if not topics:
            raise StreamBroken("none of the topics chosen exists there.")
        stream = OpenStream(self.cluster, topics, group, self.vitals.note_error, self._bare_headers)
        with contextlib.closing(stream):
            self.vitals.begin(topics)
            self._stream = stream
            logger.info("listening to %d topics of %s", len(topics), self.cluster.title)
            try:
                self._take_all(stream)
            finally:
                self._stream = None
                self.vitals.end()

    def _sign_in(self) -> str:
        """Say on the cluster's row that we are the listener; returns the name of its consumer group."""
        row, _ = ListenerHeartbeat.objects.get_or_create(pk=self.cluster.name)
        ListenerHeartbeat.objects.filter(pk=row.pk).update(
            host=socket.gethostname()[:120], pid=os.getpid(), started_at=Now(), beat_at=Now()
        )
        self.vitals.signed_in = True
        return row.group

    def _take_all(self, stream: OpenStream) -> None:
        for received in stream.messages():
            self._take(stream, received)
            self.vitals.lag = stream.lag
            self._failures = 0

    def _take(self, stream: OpenStream, received: Received) -> None:
        self.vitals.note_heard()
        if received.topic == self.cluster.heartbeat:
            self.vitals.note_pulse()
            stream.acknowledge(received, at_once=False)
            return
        if received.topic == self.cluster.metadata:
            self._learn(received.body)
        else:
            self._store(received)
            self.vitals.note_stored()
        stream.acknowledge(received)

    def _store(self, received: Received) -> Message:
        place = Place(received.partition, received.offset)
        try:
            message, _ = receive_message(
                received.body,
                source=self.cluster.name,
                topic=received.topic,
                headers=received.headers,
                place=place,
                read_later=True,
            )
        except (OperationalError, InterfaceError):
            raise
        except Exception:
            # Whatever is wrong with it: its bytes are kept, and the messages behind it must not wait.
            logger.exception("%s %s:%s:%s is stored bare", self.cluster.name, received.topic, *_pair(place))
            headers = {"stored": "bare", "place": json.dumps([received.topic, *_pair(place)])}
            message, _ = receive_message(received.body, source=self.cluster.name, headers=headers)
        return message

    def _learn(self, body: bytes) -> None:
        """Where the broker says that too large messages are kept."""
        if server := endpoint_in(body):
            ListenerHeartbeat.objects.filter(pk=self.cluster.name).update(offload_server=server)


def _pair(place: Place) -> tuple[int, int]:
    return place.partition, place.offset
