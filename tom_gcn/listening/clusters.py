"""The clusters of ``settings.ICARE_STREAMS`` as values."""

from dataclasses import dataclass, field
from typing import Any

from django.conf import settings


@dataclass(frozen=True, slots=True)
class Cluster:
    """A Kafka cluster and who we are there. What is secret does not show when it is printed."""

    name: str
    title: str
    server: str
    is_own_server: bool
    user: str
    password: str = field(repr=False)
    token_endpoint: str
    heartbeat: str
    metadata: str
    topics: tuple[str, ...]
    options: dict[str, Any] = field(default_factory=dict, hash=False)

    @property
    def is_configured(self) -> bool:
        """Whether it can be listened to: with credentials, or on a broker of one's own without any."""
        if self.user or self.password:
            return bool(self.user and self.password)
        return self.is_own_server

    @property
    def number(self) -> int:
        """A number for the lock that keeps listeners apart."""
        return list(settings.ICARE_STREAMS).index(self.name) + 1

    def group(self, suffix: str) -> str:
        """The consumer group: Hopskotch lets in only those that begin with the user's name."""
        return f"{self.user}-{suffix}" if self.user else suffix

    def without_secrets(self, text: object) -> str:
        """A text that may be logged and shown."""
        return str(text).replace(self.password, "***") if self.password else str(text)


def get_cluster(name: str) -> Cluster:
    """The cluster of this name.

    Raises
    ------
    KeyError
        When there is none.
    """
    given = settings.ICARE_STREAMS[name]
    return Cluster(name=name, **(given | {"topics": tuple(given["topics"])}))


def clusters() -> list[Cluster]:
    """All clusters there are settings for."""
    return [get_cluster(name) for name in settings.ICARE_STREAMS]
