"""An open stream of messages from a cluster. The only module that knows hop-client, in the version pinned.

What hop-client needs so that nothing is lost: ``read_raw`` (``read`` fails for ever on a malformed body), no automatic
commit, a new stream after every failure (iterating on would skip what was fetched but not handed out), and only topics
that exist. Test messages (header ``_test``) are handed out too.
"""

import logging
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from confluent_kafka import KafkaError, KafkaException, Message, TopicPartition
from hop import Stream as HopStream
from hop import bson
from hop.auth import Auth
from hop.http_scram import SCRAMAuth
from hop.io import Metadata, StartPosition, list_topics

from tom_gcn.listening.clusters import Cluster

logger = logging.getLogger(__name__)

# One message at a time: a batch would wait to be full. Then look whether to stop.
AT_ONCE, LOOK_EVERY = 1, timedelta(seconds=0.3)
ANSWER_WITHIN_S = 10.0
# A broker that is away holds a commit for 45 s: after a failure positions are sent in the background for a while.
IN_BACKGROUND_FOR_S = 10.0
MEASURE_EVERY_S = 1.0
LOG_ERRORS = 3
MOST_HEADERS, LONGEST_HEADER = 50, 2000

# librdkafka tries again twenty times a second and reports each time. We say ourselves when the broker is away.
_librdkafka_log = logging.getLogger("librdkafka")
_librdkafka_log.setLevel(logging.CRITICAL)
logging.getLogger("adc-streaming").setLevel(logging.CRITICAL)


class StreamBroken(Exception):
    """The stream cannot be read on; open a new one. The text names no secrets."""


class HeadersUnreadable(StreamBroken):
    """A message has headers the client cannot decode and stops at; open the next stream with `bare_headers`."""


@dataclass(frozen=True, slots=True)
class Received:
    """One message as it came."""

    topic: str
    partition: int
    offset: int
    headers: dict[str, str]
    body: bytes
    metadata: Metadata


class _Login:
    """What hop-client takes for its credential where none is needed, with options for librdkafka."""

    hostname = ""
    username = None

    def __init__(self, options: dict[str, Any]) -> None:
        self.options = options

    def __call__(self) -> dict[str, Any]:
        return self.options


class _Credential(Auth):
    """hop-client's credential, with options for librdkafka."""

    options: dict[str, Any]

    def __call__(self) -> dict[str, Any]:
        return super().__call__() | self.options


class OpenStream:
    """Messages of some topics of a cluster, from where the consumer group stopped; new groups begin at the oldest."""

    def __init__(
        self,
        cluster: Cluster,
        topics: list[str],
        group: str,
        on_error: Callable[[str], None],
        bare_headers: bool = False,
    ) -> None:
        """Connect and subscribe. With `bare_headers` messages whose headers cannot be decoded come without them.

        Raises
        ------
        StreamBroken
            When the broker is away, refuses us or does not have one of the topics.
        """
        self.cluster = cluster
        self.bare_headers = bare_headers
        self._places: list[TopicPartition] = []
        self._next: dict[tuple[str, int], int] = {}
        self._lags: dict[tuple[str, int], int] = {}
        self._measured = 0.0
        self._in_background_until = 0.0
        self._on_error = on_error
        url = f"kafka://{cluster.server}/{','.join(topics)}"
        try:
            # A list, because hop-client knows only its own credentials by themselves.
            source = HopStream(auth=[_login(cluster)], start_at=StartPosition.EARLIEST)
            self._hop = source.open(
                url, group_id=cluster.group(group), ignoretest=False, error_callback=self._note_error
            )
        except (KafkaException, ValueError, RuntimeError) as error:
            raise StreamBroken(_words(cluster, error)) from None
        try:
            self._note_committed()
        except BaseException:
            self.close()
            raise

    def messages(self) -> Iterator[Received]:
        """Messages as they come, until `stop` is called.

        Raises
        ------
        StreamBroken
            When the broker reports an error or the connection cannot go on.
        """
        how = {"autocommit": False, "batch_size": AT_ONCE, "batch_timeout": LOOK_EVERY}
        try:
            if self.bare_headers:
                for message in self._hop._consumer.stream(**how):
                    yield _received(message.value(), _metadata(message))
            else:
                for body, metadata in self._hop.read_raw(metadata=True, **how):
                    yield _received(body, metadata)
        except (SystemError, UnicodeDecodeError):
            raise HeadersUnreadable("a message has headers that cannot be decoded.") from None
        except (KafkaException, RuntimeError) as error:
            raise StreamBroken(_words(self.cluster, error)) from None

    def acknowledge(self, received: Received, *, at_once: bool = True) -> None:
        """Tell the broker that everything up to this message is stored.

        When it does not take it, the position is sent in the background as soon as it can be. Until then a restart
        brings messages again that are stored already, which does no harm; so a failure here is no reason to stop.
        """
        self._next[received.topic, received.partition] = received.offset + 1
        self._measure(received)
        if at_once and time.monotonic() >= self._in_background_until:
            try:
                self._hop.mark_done(received.metadata, asynchronous=False)
                return
            except KafkaException as error:
                self._in_background_until = time.monotonic() + IN_BACKGROUND_FOR_S
                logger.warning(
                    "%s did not take the position %s:%s:%s: %s",
                    *(self.cluster.title, received.topic, received.partition, received.offset),
                    self.cluster.without_secrets(error),
                )
        try:
            self._hop.mark_done(received.metadata, asynchronous=True)
        except KafkaException as error:
            raise StreamBroken(_words(self.cluster, error)) from None

    @property
    def lag(self) -> int:
        """How many messages the broker has that were not acknowledged, as far as it has told with the last ones."""
        return sum(list(self._lags.values()))

    def stop(self) -> None:
        """End `messages` soon; may be called from another thread."""
        self._hop.stop()

    def close(self) -> None:
        """Close the connection."""
        try:
            self._hop.close()
        except (KafkaException, RuntimeError) as error:
            logger.info("closing the stream of %s: %s", self.cluster.title, self.cluster.without_secrets(error))

    @property
    def _consumer(self) -> Any:
        """The consumer of confluent-kafka inside; hop-client has no question for positions."""
        return self._hop._consumer._consumer

    def _note_committed(self) -> None:
        try:
            self._places = self._consumer.assignment()
            known = self._consumer.committed(self._places, timeout=ANSWER_WITHIN_S)
        except KafkaException as error:
            raise StreamBroken(_words(self.cluster, error)) from None
        self._next = {(place.topic, place.partition): place.offset for place in known if place.offset >= 0}

    def _measure(self, received: Received) -> None:
        """Bring the lag up to date: of this partition always, of all now and then.

        Done here because the client answers only the thread that reads; what it is asked it has in memory.
        """
        if time.monotonic() - self._measured >= MEASURE_EVERY_S:
            self._measured = time.monotonic()
            places = self._places
        else:
            places = [TopicPartition(received.topic, received.partition)]
        for place in places:
            bounds = self._consumer.get_watermark_offsets(place, cached=True)
            if bounds is not None and bounds[1] >= 0:
                key = (place.topic, place.partition)
                self._lags[key] = max(0, bounds[1] - max(bounds[0], self._next.get(key, 0)))

    def _note_error(self, error: KafkaError) -> None:
        self._on_error(self.cluster.without_secrets(error.str()))


def topics_at(cluster: Cluster) -> list[str]:
    """Names of the topics a cluster has.

    Raises
    ------
    StreamBroken
        When the broker does not answer.
    """
    # Here librdkafka writes its own log: it is the only place that tells a wrong password from a broken network.
    login = _login(cluster, {"log_level": LOG_ERRORS, "reconnect.backoff.ms": 2000})
    try:
        return sorted(list_topics(f"kafka://{cluster.server}", auth=login, timeout=ANSWER_WITHIN_S))
    except (KafkaException, ValueError, RuntimeError) as error:
        raise StreamBroken(
            f"{_words(cluster, error)}. The listener's log tells whether network or credentials fail."
        ) from None


def http_login(cluster: Cluster) -> SCRAMAuth | None:
    """How to log in where Hopskotch keeps too large messages; for `requests`."""
    login = _login(cluster)
    return SCRAMAuth(login, shortcut=True) if isinstance(login, Auth) and login.is_scram else None


def unwrap(stored: bytes) -> tuple[bytes, dict[str, str]]:
    """Body and headers of a message as Hopskotch's store of too large messages keeps it (BSON).

    Raises
    ------
    ValueError
        When it is not such a message.
    """
    try:
        document = bson.loads(stored)
        body, headers = document["message"], document["metadata"]["headers"]
        pairs = [(str(key), value) for key, value in headers]
    except Exception as error:
        # The decoder fails with whatever its input leads to: IndexError, struct.error, UnicodeDecodeError ...
        logger.exception("a stored message cannot be unwrapped")
        raise ValueError(f"it is not a BSON message ({type(error).__name__})") from None
    if not isinstance(body, bytes):
        raise ValueError("its body is not binary")
    return body, _readable(pairs)


def _words(cluster: Cluster, error: Exception) -> str:
    """What a failure means, for people."""
    cause = error.args[0] if error.args else error
    return cluster.without_secrets(cause.str() if isinstance(cause, KafkaError) else cause)


def _login(cluster: Cluster, log: dict[str, Any] | None = None) -> Auth | _Login:
    options = {"reconnect.backoff.ms": 500} | (log or {"logger": _librdkafka_log}) | cluster.options
    if not cluster.user:
        return _Login(options)
    more = {"token_endpoint": cluster.token_endpoint} if cluster.token_endpoint else {}
    credential = _Credential(cluster.user, cluster.password, **more)
    credential.options = options
    return credential


def _received(body: bytes | None, metadata: Metadata) -> Received:
    headers = _readable(metadata.headers or [])
    return Received(metadata.topic, metadata.partition, metadata.offset, headers, body or b"", metadata)


def _metadata(message: Message) -> Metadata:
    """What hop-client makes of a message, also of one whose headers are not UTF-8."""
    try:
        return Metadata.from_message(message)
    except (SystemError, UnicodeDecodeError):
        place = (message.topic(), message.partition(), message.offset(), message.timestamp()[1])
        return Metadata(*place, message.key(), [("unreadable", b"its headers could not be decoded")], message)


def _readable(headers: list[tuple[str, bytes | None]]) -> dict[str, str]:
    """Headers as text that any database column takes; the first of a name counts."""
    pairs = [(_clean(key), _clean(value)) for key, value in headers[:MOST_HEADERS]]
    return dict(reversed(pairs))


def _clean(value: str | bytes | None) -> str:
    raw = value if isinstance(value, bytes) else (value or "").encode("utf-8", "backslashreplace")
    return raw[:LONGEST_HEADER].decode("utf-8", "backslashreplace").replace("\0", "\\x00")
