"""What was asked of telescopes for an event, and what can be asked of them for a plan."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Max, Q
from django.utils import timezone

from tom_gcn.actions.requests import part_key
from tom_gcn.choices import PointingState
from tom_gcn.models import Event, ObservationPlan, PlannedPointing, TelescopePlan
from tom_gcn.querysets import User
from tom_gcn.targets_of_events import targets_of
from tom_grandma_facilities.asking import Asked, Exposures, usage_objection, usage_words
from tom_grandma_facilities.asking_page import Circumstances
from tom_grandma_facilities.choices import RequestKind, UploadState
from tom_grandma_facilities.models import FollowUpRequest, ObservationUpload
from tom_grandma_facilities.querysets import FollowUpRequestQuerySet
from tom_grandma_facilities.telescope import UsageClass

BEFORE_EVENT = timedelta(hours=1)
"""Times of events are refined; a target may have been asked for a little before."""


def requests_of_event(event: Event, user: User) -> FollowUpRequestQuerySet:
    """Return what was asked for an event, as far as `user` may see it: parts of its plans, and targets in its map."""
    of_event = Q(pk__in=[])
    for plan in event.plans.only("pk"):
        of_event |= Q(plan_key__startswith=part_key(plan))
    visible = FollowUpRequest.objects.visible_to(user)
    return visible.filter(of_event | Q(pk__in=_for_targets(event, visible)))


def _for_targets(event: Event, visible: FollowUpRequestQuerySet) -> list[int]:
    """Keys of the requests for targets of an event that were made in its days; before, they were for something else."""
    begin = (event.t0 or event.created_at) - BEFORE_EVENT
    span = (begin, begin + BEFORE_EVENT + timedelta(days=settings.ICARE_MEMBERSHIP_DAYS))
    rows = visible.filter(kind=RequestKind.TARGET, created_at__range=span).exclude(target=None)
    found = dict(rows.values_list("pk", "target"))
    members = set(targets_of(event, sorted(set(found.values()))))
    return [key for key, target in found.items() if target in members]


def newest_upload(user: User) -> str:
    """Return what changes whenever executed observations come that `user` may see."""
    rows = ObservationUpload.objects.visible_to(user).filter(is_dry_run=False, state=UploadState.DONE)
    told = rows.aggregate(newest=Max("pk"), finished=Max("finished_at"))
    finished = told["finished"]
    return f"{told['newest'] or 0}-{finished.timestamp() if finished else 0:.0f}"


@dataclass
class PartLine:
    """One telescope of a plan on the form: what would be asked, what it was asked, and what speaks against it."""

    part: TelescopePlan
    n_open: int
    programme_s: float
    first: datetime | None
    last: datetime | None
    way: str
    usage_class: UsageClass
    request: FollowUpRequest | None = None
    is_ticked: bool = False
    objections: Sequence[str] = ()
    doubts: Sequence[str] = ()
    problems: list[str] = field(default_factory=list)

    @property
    def can_be_asked(self) -> bool:
        """Whether it can be ticked."""
        return not self.objections and self.request is None

    @property
    def usage(self) -> str:
        """How often it may be asked."""
        return usage_words(self.usage_class)


def part_lines(plan: ObservationPlan, user: User) -> list[PartLine]:
    """Return the telescopes of a plan that have pointings, those that begin first on top."""
    now = timezone.now()
    parts = {part.pk: part for part in plan.telescope_plans.filter(n_pointings__gt=0)}
    left: dict[int, list[tuple[datetime, datetime, float]]] = {}
    rows = PlannedPointing.objects.filter(telescope_plan__in=parts, state=PointingState.PLANNED, end__gt=now)
    for part, start, end, exposure_s, n in rows.values_list(
        "telescope_plan_id", "start", "end", "exposure_s", "n_exposures"
    ):
        left.setdefault(part, []).append((start, end, exposure_s * n))
    names = [part.telescope for part in parts.values()]
    known = Circumstances.gather(names, user, now)
    asked = {row.telescope: row for row in requests_of_plan(plan, user)}
    lines = []
    for pk, part in parts.items():
        visits = left.get(pk, [])
        line = PartLine(
            part,
            len(visits),
            sum(seconds for _, _, seconds in visits),
            min((start for start, _, _ in visits), default=None),
            max((end for _, end, _ in visits), default=None),
            known.way(part.telescope),
            known.telescope(part.telescope).usage.value or UsageClass.UNKNOWN,
            asked.get(part.telescope),
        )
        _weigh(line, known, now)
        lines.append(line)
    return lines


def requests_of_plan(plan: ObservationPlan, user: User) -> FollowUpRequestQuerySet:
    """Return the open requests for the parts of a plan that `user` may see."""
    visible = FollowUpRequest.objects.visible_to(user).open()
    return visible.filter(plan_key__startswith=part_key(plan)).order_by("created_at")


def _weigh(line: PartLine, known: Circumstances, now: datetime) -> None:
    """Add what speaks against asking it."""
    name = line.part.telescope
    if line.first is None or line.last is None:
        line.objections = ["Nothing of its part is ahead: its pointings were sent, are over, or cannot be taken."]
        return
    asked = Asked(line.first, line.last, (Exposures("", line.programme_s, 1),))
    line.objections = known.objections(name, asked)
    usage = usage_objection(line.usage_class, known.before.get(name, ()), now, line.programme_s)
    line.doubts = [text for text in (known.closed.get(name, ""), usage) if text]
