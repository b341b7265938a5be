"""A Kafka broker of the tests' own: librdkafka's mock cluster as a process, and a producer for it."""

import ctypes
import subprocess
import sys
from pathlib import Path

import confluent_kafka

from tom_gcn.listening.drill_broker import library

MOCK = Path(__file__).parent / "mock_kafka.py"
# Numbers of the protocol.
OFFSET_COMMIT, TOPIC_AUTHORIZATION_FAILED = 8, 29


class Broker:
    """Speaks Kafka on a port of this machine until it is stopped."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, str(MOCK)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        self.address = self.process.stdout.readline().strip()
        self.producer = confluent_kafka.Producer(
            {"bootstrap.servers": self.address, "log_level": 0, "linger.ms": 0, "message.max.bytes": 4 * 1024 * 1024}
        )

    def tell(self, command: str) -> None:
        self.process.stdin.write(command + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline().strip()
        assert answer == "ok 0", f"{command}: {answer}"

    def create(self, topic: str, partitions: int = 1) -> None:
        self.tell(f"create {topic} {partitions}")

    def publish(self, topic: str, *bodies: bytes, headers: list[tuple[str, bytes]] | None = None) -> None:
        for body in bodies:
            self.producer.produce(topic, body, headers=headers)
            self.producer.poll(0)
        assert self.producer.flush(30) == 0

    def publish_with_header(self, topic: str, body: bytes, name: bytes) -> None:
        """A message with a header whose name is not text, which the Python client cannot send."""
        lib, text = library(), ctypes.create_string_buffer(512)
        options = ctypes.c_void_p(lib.rd_kafka_conf_new())
        for option in ((b"bootstrap.servers", self.address.encode()), (b"log_level", b"0")):
            lib.rd_kafka_conf_set(options, *option, text, ctypes.c_size_t(512))
        producer = ctypes.c_void_p(lib.rd_kafka_new(0, options, text, ctypes.c_size_t(512)))
        # Tags of rd_kafka_vtype_t: 1 topic, 4 value, 7 flags (2: copy), 9 header, 0 end.
        value, header = (body, ctypes.c_size_t(len(body))), (name, b"value", ctypes.c_ssize_t(5))
        assert lib.rd_kafka_producev(producer, 1, topic.encode(), 4, *value, 7, 2, 9, *header, 0) == 0
        assert lib.rd_kafka_flush(producer, 10_000) == 0
        lib.rd_kafka_destroy(producer)

    def committed(self, topic: str, group: str) -> int:
        """Where a group would go on in the first partition of a topic."""
        consumer = confluent_kafka.Consumer({"bootstrap.servers": self.address, "group.id": group, "log_level": 0})
        try:
            (place,) = consumer.committed([confluent_kafka.TopicPartition(topic, 0)], timeout=10)
        finally:
            consumer.close()
        return place.offset

    def stop(self) -> None:
        self.process.kill()
        self.process.wait()


def stream_settings(address: str, **changes) -> dict:
    """``ICARE_STREAMS`` for the broker; the mock cluster otherwise holds every answer back for half a second."""
    given = {
        "title": "Hopskotch",
        "server": address,
        "is_own_server": True,
        "user": "",
        "password": "",
        "token_endpoint": "",
        "heartbeat": "sys.heartbeat",
        "metadata": "sys.metadata",
        "topics": ["igwn.gwalert", "gcn.notices.*"],
        "options": {"fetch.wait.max.ms": 10},
    }
    return {"hopskotch": given | changes}
