"""Which topics of a cluster are read: the patterns people chose, and what the broker has."""

from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase

from tom_gcn.listening.clusters import Cluster
from tom_gcn.models import AlertTopic


@dataclass(frozen=True, slots=True)
class Choice:
    """Names, possibly with *, that are read, and those that are not read although a wider one would include them."""

    wanted: frozenset[str]
    unwanted: frozenset[str]

    def includes(self, topic: str) -> bool:
        """Whether a topic is to be read."""
        return _matches(topic, self.wanted) and not _matches(topic, self.unwanted)

    def among(self, topics: Iterable[str]) -> list[str]:
        """The topics to be read of those there are, in order."""
        return sorted(filter(self.includes, topics))


def chosen_topics(cluster: Cluster) -> Choice:
    """The rows of a cluster; rows for the topics of the settings are made the first time."""
    known = dict(AlertTopic.objects.filter(cluster=cluster.name).values_list("name", "enabled"))
    missing = [name for name in cluster.topics if name not in known]
    if missing:
        rows = [AlertTopic(cluster=cluster.name, name=name) for name in missing]
        AlertTopic.objects.bulk_create(rows, ignore_conflicts=True)
        known |= dict.fromkeys(missing, True)
    # The cluster's own signs of life are always read.
    wanted = {cluster.heartbeat, cluster.metadata} - {""} | {name for name, enabled in known.items() if enabled}
    return Choice(frozenset(wanted), frozenset(name for name, enabled in known.items() if not enabled))


def _matches(topic: str, patterns: Iterable[str]) -> bool:
    return any(fnmatchcase(topic, pattern) for pattern in patterns)
