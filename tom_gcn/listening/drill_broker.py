"""A Kafka broker for drills and tests: librdkafka's mock cluster, which is inside the wheel of confluent-kafka.

It speaks Kafka to every client on this machine, needs no installation, and forgets everything when its process ends.
About 5 MB are kept of each partition.
"""

import ctypes
from functools import cache
from pathlib import Path
from typing import Any

import confluent_kafka

# Linux wheels keep the library beside the package, macOS wheels inside it.
_PLACES = ("../confluent_kafka.libs/librdkafka*.so*", ".dylibs/librdkafka*.dylib")
_PRODUCER = 0
_BROKERS = 1
_TEXT_BYTES = 512
_LARGEST_MESSAGE = 8 * 1024 * 1024
_SENT_WITHIN_S = 15.0


class NoDrillBroker(Exception):
    """This machine's confluent-kafka brings no library with a mock cluster."""


@cache
def library() -> Any:
    """The library with the mock cluster, and what its functions take.

    Raises
    ------
    NoDrillBroker
        Where confluent-kafka was built on a library of the system.
    """
    package = Path(confluent_kafka.__file__).parent
    path = next((path for pattern in _PLACES for path in sorted(package.glob(pattern))), None)
    if path is None:
        raise NoDrillBroker("The broker of the drill is part of confluent-kafka's wheel, which is not installed here.")
    lib = ctypes.CDLL(str(path))
    lib.rd_kafka_conf_new.restype = ctypes.c_void_p
    lib.rd_kafka_new.restype = ctypes.c_void_p
    lib.rd_kafka_new.argtypes = [ctypes.c_int, ctypes.c_void_p, ctypes.c_char_p, ctypes.c_size_t]
    text = ctypes.c_char_p
    lib.rd_kafka_conf_set.argtypes = [ctypes.c_void_p, text, text, text, ctypes.c_size_t]
    lib.rd_kafka_mock_cluster_new.restype = ctypes.c_void_p
    lib.rd_kafka_mock_cluster_new.argtypes = [ctypes.c_void_p, ctypes.c_int]
    lib.rd_kafka_mock_cluster_bootstraps.restype = ctypes.c_char_p
    lib.rd_kafka_mock_cluster_bootstraps.argtypes = [ctypes.c_void_p]
    lib.rd_kafka_mock_topic_create.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int, ctypes.c_int]
    lib.rd_kafka_mock_cluster_destroy.argtypes = [ctypes.c_void_p]
    lib.rd_kafka_destroy.argtypes = [ctypes.c_void_p]
    return lib


class DrillBroker:
    """A broker inside this process, on a free port of 127.0.0.1."""

    def __init__(self) -> None:
        self._library = library()
        error, options = ctypes.create_string_buffer(_TEXT_BYTES), self._library.rd_kafka_conf_new()
        # It would say that it knows no broker to connect to.
        self._library.rd_kafka_conf_set(options, b"log_level", b"0", error, _TEXT_BYTES)
        self._client = self._library.rd_kafka_new(_PRODUCER, options, error, _TEXT_BYTES)
        self.cluster = self._library.rd_kafka_mock_cluster_new(self._client, _BROKERS)
        self.address: str = self._library.rd_kafka_mock_cluster_bootstraps(self.cluster).decode()

    def create(self, topic: str, partitions: int = 1) -> int:
        """Make a topic; 0 when it is there."""
        return int(self._library.rd_kafka_mock_topic_create(self.cluster, topic.encode(), partitions, 1))

    def publish(self, topic: str, body: bytes) -> None:
        """Send a message, as any client would.

        Raises
        ------
        TimeoutError
            When the broker did not take it.
        """
        options = {"bootstrap.servers": self.address, "log_level": 0, "message.max.bytes": _LARGEST_MESSAGE}
        producer = confluent_kafka.Producer(options)
        producer.produce(topic, body)
        if producer.flush(_SENT_WITHIN_S):
            raise TimeoutError(f"{topic}: not sent within {_SENT_WITHIN_S:.0f} s")

    def stop(self) -> None:
        """Close its port."""
        self._library.rd_kafka_mock_cluster_destroy(self.cluster)
        self._library.rd_kafka_destroy(self._client)
