"""Asking telescopes to observe, changing what was asked, and taking it back."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AnonymousUser, Group, User
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from tom_targets.models import Target

from tom_grandma_facilities import programme
from tom_grandma_facilities.actions.allocations import (
    ASK_PERMISSION,
    channel_of,
    check_line,
    choose_allocation,
    known_transport,
    line_of,
)
from tom_grandma_facilities.actions.executed import default_groups
from tom_grandma_facilities.actions.journal import Person, locked, move, plain, put_on_queue, write
from tom_grandma_facilities.actions.records import make_record, parameters
from tom_grandma_facilities.actions.wishes import Wish, checked
from tom_grandma_facilities.choices import RequestKind, RequestState, TransactionAction, Via
from tom_grandma_facilities.exceptions import InvalidRequest, NotAllowed, WrongState
from tom_grandma_facilities.models import Allocation, Channel, FollowUpRequest
from tom_grandma_facilities.rights import groups_where
from tom_grandma_facilities.signals import request_asked
from tom_grandma_facilities.states import CANCELLABLE, EDITABLE
from tom_grandma_facilities.targets_seen import visible_targets

EDIT_PERMISSION = "tom_grandma_facilities.change_followuprequest"
# What edit_request may change.
EDITED = frozenset({"exposures", "window_start", "window_end", "constraints", "priority", "note"})


def may_ask(user: User | AnonymousUser) -> bool:
    """Say whether `user` may ask telescopes: the right, in a group that sees what was asked."""
    return groups_where(user, ASK_PERMISSION).exists()


def changeable_by(user: User | AnonymousUser) -> QuerySet[FollowUpRequest]:
    """Return the requests that `user` may edit, cancel and answer: sees them, and holds the right in a group of theirs.

    Whoever only looks in the group that asked may work in another, and still only looks here.
    """
    rows = FollowUpRequest.objects.visible_to(user)
    if user.is_superuser and user.is_active:
        return rows
    through = FollowUpRequest.groups.through.objects.filter(group__in=groups_where(user, EDIT_PERMISSION).values("pk"))
    return rows.filter(pk__in=through.values("followuprequest"))


def may_change(user: User | AnonymousUser, request: FollowUpRequest) -> bool:
    """Say whether `user` may edit, cancel and answer a request."""
    return changeable_by(user).filter(pk=request.pk).exists()


def check_may_change(by: Person, request: FollowUpRequest) -> None:
    """Refuse who may not; `by=None` is the system itself.

    Raises
    ------
    NotAllowed
    """
    if by is not None and not may_change(by, request):
        raise NotAllowed("You may not change this request; ask a group admin for the right to.")


def ask(
    telescope: str,
    *,
    by: Person,
    window_start: datetime,
    window_end: datetime,
    target: Target | None = None,
    exposures: Iterable[Mapping[str, Any]] = (),
    pointings: Iterable[Mapping[str, Any]] = (),
    constraints: Mapping[str, Any] | None = None,
    priority: int = 3,
    note: str = "",
    subject: str = "",
    subject_url: str = "",
    plan_key: str = "",
    groups: Collection[Group] | None = None,
    allocation: Allocation | None = None,
    via: Via = Via.PAGE,
    makes_record: bool = True,
) -> FollowUpRequest:
    """Ask a telescope for exposures of a target, or for pointings; it is sent in the background.

    The same wish of the same person, while it is still open, is the same request: a second click asks nobody twice.
    `by=None` is the system itself.

    Parameters
    ----------
    target
        What is observed; None for the pointings of a plan, which have a `subject` and a `plan_key`.
    exposures, pointings
        As `tom_grandma_facilities.programme` checks them.
    groups
        Who sees the request, of one's own groups; the network if not given.
    allocation
        On whose time; chosen by itself if not given.
    makes_record
        Whether to make the row that TOM's own pages show; they make it themselves when asked through them.

    Raises
    ------
    NotAllowed, InvalidRequest, NoChannel, NoAllocation
    """
    told = _groups(by, groups)
    asked = (telescope, window_start, window_end, exposures, pointings, constraints, priority, note)
    wish = checked(*asked, is_for_target=bool(target))
    if target is not None:
        _check_target(target, by)
        subject = subject or target.name
    with transaction.atomic():
        # Locked: of two requests at once for one telescope the second sees the first, and what it took of the time.
        channel = channel_of(wish.telescope, lock=True)
        if same := _same(wish, target, plan_key, by):
            return same
        chosen = _fitting(channel, wish, by, allocation)
        row = FollowUpRequest.objects.create(
            telescope=wish.telescope,
            kind=RequestKind.TARGET if target else RequestKind.POINTINGS,
            target_id=target.pk if target else None,
            subject=subject[:200],
            subject_url=subject_url[:300],
            plan_key=plan_key[:100],
            allocation=chosen,
            transport=channel.transport,
            created_by_id=by.pk if by else None,
            **wish.columns(),
        )
        row.groups.set(told)
        if target is not None and makes_record:
            make_record(row, by)
        _begin(row, by, via)
    return row


def _begin(row: FollowUpRequest, by: Person, via: Via) -> None:
    """Queue a request that was just made, and write the first line of its log."""
    put_on_queue(row)
    row.save()
    write(row, old_state="", by=by, via=via, note="Asked.")
    transaction.on_commit(lambda: request_asked.send(FollowUpRequest, request=row, by=by))


def _check_target(target: Target, by: Person) -> None:
    if by is not None and not visible_targets(by).filter(pk=target.pk).exists():
        raise NotAllowed("You may not see this target.")
    if target.ra is None or target.dec is None:
        raise InvalidRequest(f"{target.name} has no position.", "Give it right ascension and declination.", "target")


def _groups(by: Person, groups: Collection[Group] | None) -> list[Group]:
    if by is None:
        return list(groups or Group.objects.filter(name=settings.ICARE_DEFAULT_GROUP))
    if not may_ask(by):
        raise NotAllowed("You may not ask telescopes to observe; ask a group admin for the right to.")
    told = default_groups(by, ASK_PERMISSION) if groups is None else list(groups)
    if by.is_superuser and not told:
        told = list(Group.objects.filter(name=settings.ICARE_DEFAULT_GROUP))
    keys = {group.pk for group in told}
    if not keys or groups_where(by, ASK_PERMISSION).filter(pk__in=keys).count() != len(keys):
        raise NotAllowed("Choose who sees the request among your own groups.")
    return told


def _same(wish: Wish, target: Target | None, plan_key: str, by: Person) -> FollowUpRequest | None:
    """The open request of the very same wish: a second click, a script that tries twice, a plan's part asked again."""
    rows = FollowUpRequest.objects.open().filter(telescope=wish.telescope)
    if plan_key:
        return rows.filter(plan_key=plan_key).first()
    # A wish for "from now on" comes a moment later the second time.
    near = (wish.window_start - programme.SAME_START, wish.window_start + programme.SAME_START)
    return rows.filter(
        target_id=target.pk if target else None,
        created_by_id=by.pk if by else None,
        exposures=wish.exposures,
        pointings=wish.pointings,
        constraints=wish.constraints,
        priority=wish.priority,
        note=wish.note,
        window_start__range=near,
        window_end=wish.window_end,
    ).first()


def _fitting(
    channel: Channel, wish: Wish, by: Person, asked: Allocation | None, held_s: float = 0.0
) -> Allocation | None:
    """The allocation a wish counts against, once it is sure that the channel can carry the wish."""
    kind = known_transport(channel.transport)
    if wish.pointings and not kind.takes_pointings:
        raise InvalidRequest(f"{kind.label} takes single targets, not pointings.", "Ask for a target.", "pointings")
    if not wish.pointings and not kind.takes_target:
        raise InvalidRequest(f"{kind.label} takes pointings of a plan only.", "Ask for a plan's part.", "exposures")
    chosen = choose_allocation(
        channel, by, start=wish.window_start, end=wish.window_end, programme_s=wish.programme_s, asked=asked,
        held_s=held_s,
    )  # fmt: skip
    check_line(kind, line_of(channel, chosen))
    return chosen


def edit_request(request: FollowUpRequest, *, by: Person, via: Via = Via.PAGE, **changes: Any) -> FollowUpRequest:
    """Change an open request (`EDITED`); where it was sent already, its new version is sent and takes its place.

    Raises
    ------
    NotAllowed, InvalidRequest, NoAllocation, WrongState
    """
    check_may_change(by, request)
    if unknown := sorted(set(changes) - EDITED):
        raise InvalidRequest(f"{unknown[0]} cannot be changed.", f"Change {', '.join(sorted(EDITED))}.", unknown[0])
    with transaction.atomic():
        channel = channel_of(request.telescope, lock=True)
        row = locked(request.pk)
        _check_editable(row)
        wish = _edited(row, changes)
        columns = {name: value for name, value in wish.columns().items() if getattr(row, name) != value}
        if "window_start" not in changes:
            columns.pop("window_start", None)
        if not columns:
            return row
        held = row.programme_s if row.is_open else 0.0
        row.allocation = _fitting(channel, wish, by, row.allocation, held)
        for name, value in columns.items():
            setattr(row, name, value)
        _send_anew(row, channel)
        if row.record is not None:
            row.record.parameters = parameters(row)
            row.record.scheduled_start, row.record.scheduled_end = row.window_start, row.window_end
            row.record.save(update_fields=["parameters", "scheduled_start", "scheduled_end"])
        told = ", ".join(sorted(name.replace("_", " ") for name in columns if name != "programme_s"))
        if row.state == RequestState.QUEUED:
            row.save()
            write(row, by=by, via=via, note=f"Changed: {told}.")
        else:
            move(row, RequestState.QUEUED, by=by, via=via, note=f"Changed: {told}. It is sent again.")
    return row


def _check_editable(row: FollowUpRequest) -> None:
    if row.state not in EDITABLE:
        raise WrongState(f"The request is {row.get_state_display()}.", "Ask anew instead.")
    if row.may_have_been_sent:
        raise WrongState(
            "Nobody knows yet whether it reached the telescope.", "First say whether it did; then it can be changed."
        )
    if row.transactions.filter(action=TransactionAction.SUBMIT, key=row.key, ok=None).exists():
        # With two versions under way nobody could tell which of them is there.
        raise WrongState("It is on its way to the telescope right now.", "Change it when it has arrived, or cancel it.")


def _edited(row: FollowUpRequest, changes: Mapping[str, Any]) -> Wish:
    """The wish as it is after some changes; what began already may have begun."""
    now = timezone.now()
    start = changes.get("window_start", row.window_start)
    if start == row.window_start and start < now:
        start = min(now, changes.get("window_end", row.window_end))
    wanted = {name: changes.get(name, getattr(row, name)) for name in ("exposures", "constraints", "priority", "note")}
    return checked(
        row.telescope,
        start,
        changes.get("window_end", row.window_end),
        pointings=row.pointings,
        is_for_target=row.kind == RequestKind.TARGET,
        **wanted,
    )


def _send_anew(row: FollowUpRequest, channel: Channel) -> None:
    """Make a locked row, not yet saved, the next version: nobody has answered to that one yet."""
    row.revision += 1
    row.attempts, row.problem, row.reason, row.reason_code = 0, "", "", ""
    row.transport = channel.transport if not row.sent_revision else row.transport
    row.answered_at = row.reminded_at = row.escalated_at = row.will_observe_at = None
    row.progress = ""
    put_on_queue(row)


def cancel_request(request: FollowUpRequest, *, by: Person, reason: str = "", via: Via = Via.PAGE) -> FollowUpRequest:
    """Take a request back; the telescope's side is told in the background if it has it, or may have it.

    Raises
    ------
    NotAllowed, WrongState
    """
    check_may_change(by, request)
    with transaction.atomic():
        row = locked(request.pk)
        if row.state == RequestState.CANCELLED:
            return row
        if row.state not in CANCELLABLE:
            raise WrongState(f"The request is {row.get_state_display()}; there is nothing to cancel.")
        row.reason = plain(reason, 2000)
        # Also when it is being sent right now, or may have been: whoever sends it looks at this afterwards.
        row.is_to_be_withdrawn = row.attempts > 0 or row.sent_revision > 0
        row.attempts, row.problem, row.may_have_been_sent = 0, "", False
        if row.is_to_be_withdrawn:
            put_on_queue(row)
        else:
            row.next_attempt_at = None
        move(row, RequestState.CANCELLED, by=by, via=via, note=row.reason or "Cancelled.")
    return row


def retry_now(request: FollowUpRequest, *, by: Person, via: Via = Via.PAGE) -> FollowUpRequest:
    """Try at once to send a request that waits for its next attempt or could not be sent.

    Raises
    ------
    NotAllowed, WrongState
    """
    check_may_change(by, request)
    with transaction.atomic():
        channel = channel_of(request.telescope, lock=True)
        row = locked(request.pk)
        if row.may_have_been_sent:
            raise WrongState("It may have been sent already.", "First say whether it reached the telescope.")
        if row.state == RequestState.QUEUED:
            put_on_queue(row)
            row.save()
            write(row, by=by, via=via, note="Tried again by hand.")
        elif row.state == RequestState.FAILED:
            _fitting(channel, _edited(row, {}), by, row.allocation)
            row.attempts, row.problem, row.reason = 0, "", ""
            row.transport = channel.transport
            if row.sent_revision == row.revision:
                # The telescope's side had taken this version and gave it up: it must not know the next one by its key.
                row.revision += 1
            put_on_queue(row)
            move(row, RequestState.QUEUED, by=by, via=via, note="Tried again by hand.")
        else:
            raise WrongState(f"The request is {row.get_state_display()}.", "There is nothing to try again.")
    return row


def settle_doubt(
    request: FollowUpRequest, *, was_sent: bool, by: Person, external_id: str = "", via: Via = Via.PAGE
) -> FollowUpRequest:
    """Say, after a look at the telescope's side, whether a request that may have been sent is there.

    Raises
    ------
    NotAllowed, WrongState
    """
    check_may_change(by, request)
    with transaction.atomic():
        row = locked(request.pk)
        if not row.may_have_been_sent:
            raise WrongState("Nothing is in doubt about this request.")
        row.may_have_been_sent, row.problem = False, ""
        doubtful = row.transactions.filter(action=TransactionAction.SUBMIT, key=row.key, ok=None)
        if not was_sent:
            doubtful.update(ok=False, reason=f"It did not arrive, says {by or 'the system'}.")
            put_on_queue(row)
            row.save()
            write(row, by=by, via=via, note="It had not been sent. It is sent again.")
            return row
        last = doubtful.order_by("pk").last()
        if last is not None:
            last.ok, last.external_id, last.finished_at = True, plain(external_id, 200), timezone.now()
            last.reason = f"It arrived, says {by or 'the system'}."
            last.save()
        row.external_id, row.sent_revision = plain(external_id, 200), row.revision
        row.sent_at, row.next_attempt_at = timezone.now(), None
        move(row, RequestState.SENT, by=by, via=via, note="It had been sent.")
    return row
