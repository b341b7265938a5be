"""Whether something came in since a page was opened: a small answer to a question asked every ten seconds."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Count, Max, Model

from tom_gcn.models import Event, Notice
from tom_gcn.querysets import User


@dataclass(frozen=True)
class EventNews:
    """How far the rows of an event go."""

    notices: int
    localizations: int
    texts: int

    @classmethod
    def of(cls, notices: Sequence[Model], localizations: Sequence[Model], texts: Sequence[Model]) -> "EventNews":
        """What a page shows that has these rows."""
        return cls(_newest(notices), _newest(localizations), len(texts))

    @property
    def key(self) -> str:
        """The state as the page carries it."""
        return f"{self.notices}-{self.localizations}-{self.texts}"

    def since(self, key: str) -> list[str]:
        """In words what came since a page with this key was made; nothing for a key that is none."""
        parts = key.split("-")
        if len(parts) != 3 or not all(part.isdecimal() and len(part) < 12 for part in parts):
            return []
        words = ("notice", "localization", "circular")
        before = (int(part) for part in parts)
        now = (self.notices, self.localizations, self.texts)
        return [word for word, old, new in zip(words, before, now, strict=True) if new > old]


def _newest(rows: Sequence[Model]) -> int:
    return max((row.pk for row in rows), default=0)


def event_news(event: Event) -> EventNews:
    """How far an event has come: four small queries."""
    texts = event.circulars.count() + event.hermes_messages.count()
    return EventNews(
        event.notices.aggregate(newest=Max("pk"))["newest"] or 0,
        event.localizations.aggregate(newest=Max("pk"))["newest"] or 0,
        texts,
    )


def newest_notice() -> int:
    """Number of the newest notice of all: what an open list has seen. It tells nothing of whose it is."""
    return Notice.objects.order_by("-pk").values_list("pk", flat=True).first() or 0


def new_notices(user: User, since: int, *, with_tests: bool) -> tuple[int, int]:
    """Count the notices and events the user may see that came after a notice."""
    rows = Notice.objects.visible_to(user).filter(pk__gt=since, event__isnull=False)
    if not with_tests:
        rows = rows.filter(event__is_test=False)
    found = rows.aggregate(notices=Count("pk"), events=Count("event", distinct=True))
    return found["notices"], found["events"]
