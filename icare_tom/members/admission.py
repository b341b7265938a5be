"""Letting people in: a wish for an account, its decision, invitations.

An account is made closed (`is_active` is false). It opens when somebody who manages a group's members approves it and
its e-mail is confirmed; a link in a mail confirms it. Everything is written down in `AdmissionEntry`.
"""

from collections.abc import Iterable
from datetime import timedelta

from allauth.account.models import EmailAddress
from django.conf import settings
from django.contrib.auth.models import Group, User
from django.core import signing
from django.core.cache import cache
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from icare_tom.members.admission_models import (
    MANAGE,
    OPEN_STATES,
    AdmissionEntry,
    AdmissionRequest,
    AdmissionState,
    GroupProfile,
    Invitation,
    JoinRequest,
    JoinState,
)
from icare_tom.members.keys import new_key
from icare_tom.members.mails import managers_of, write
from icare_tom.members.memberships import check_may_give, set_membership
from icare_tom.members.models import Membership
from icare_tom.members.preferences import address_for
from icare_tom.members.rights import may_in
from icare_tom.members.roles import Role
from icare_tom.members.tokens import digest_of

SALT = "icare_tom.members.confirm"
LINK_AGAIN_AFTER = timedelta(minutes=5)
CONFIRM_WITHIN = timedelta(days=7)
INVITED_FOR = timedelta(days=14)
KEPT_OPEN_FOR = timedelta(days=90)


def groups_to_ask_for() -> list[Group]:
    """Return the groups an applicant may name: the network and those that show themselves."""
    shown = Q(profile__is_public=True) | Q(name=settings.ICARE_DEFAULT_GROUP)
    return list(Group.objects.filter(shown).distinct().order_by("name"))


def file_admission(
    user: User,
    *,
    affiliation: str,
    groups_wanted: Iterable[Group] = (),
    email: str,
    email_verified: bool,
    came_by: str = "local",
) -> AdmissionRequest:
    """Ask for an account: close it, write the request down, ask for the e-mail's confirmation or tell the managers.

    Raises
    ------
    ValidationError
        When the affiliation is missing: nobody can decide without it.
    """
    if not affiliation.strip():
        raise ValidationError({"affiliation": "Say where you work or observe, and what you want to do here."})
    wanted = [group for group in groups_to_ask_for() if group in set(groups_wanted)]
    with transaction.atomic():
        User.objects.filter(pk=user.pk).update(is_active=False)
        user.is_active = False
        request = AdmissionRequest.objects.create(
            user=user,
            affiliation=affiliation.strip(),
            email=email,
            came_by=came_by,
            email_confirmed_at=timezone.now() if email_verified else None,
            state=AdmissionState.WAITING if email_verified else AdmissionState.UNCONFIRMED,
        )
        request.groups_wanted.set(wanted)
        _enter(request, None, f"came by {came_by}")
        if email_verified:
            _tell_managers(request)
        else:
            send_link(request)
    return request


def send_link(request: AdmissionRequest) -> None:
    """Send an applicant the mail with the link that the request waits for, if it was not sent minutes ago."""
    letter = {AdmissionState.UNCONFIRMED: "confirm", AdmissionState.ASKED: "asked"}.get(AdmissionState(request.state))
    # For a new question at once.
    sent = f"icare-link-of-request:{request.pk}:{request.state}:{digest_of(request.question)}"
    if letter is not None and cache.add(sent, True, LINK_AGAIN_AFTER.total_seconds()):
        write(letter, [request.email], request=request, key=confirmation_key(request), days=CONFIRM_WITHIN.days)


def confirmation_key(request: AdmissionRequest) -> str:
    """Return the signed key of the link that confirms the e-mail of a request; another e-mail needs another key."""
    return signing.dumps([request.pk, request.email], salt=SALT)


def read_confirmation(key: str) -> AdmissionRequest | None:
    """Return the request a confirmation key is for; None when it is forged, too old or for a former e-mail."""
    try:
        pk, email = signing.loads(key, salt=SALT, max_age=CONFIRM_WITHIN)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    return AdmissionRequest.objects.filter(pk=pk, email=email).first()


def confirm_email(request: AdmissionRequest) -> None:
    """Note that an e-mail reaches its owner; from then on the request waits for a decision."""
    with transaction.atomic():
        held = AdmissionRequest.objects.select_for_update().get(pk=request.pk)
        if held.email_confirmed_at is None:
            held.email_confirmed_at = timezone.now()
            if held.state == AdmissionState.UNCONFIRMED:
                held.state = AdmissionState.WAITING
            held.save(update_fields=["email_confirmed_at", "state"])
            _note_verified(held)
            _enter(held, None, "e-mail confirmed")
            if held.state == AdmissionState.WAITING:
                _tell_managers(held)


def approve(
    request: AdmissionRequest, group: Group, role: str, *, by: User, rights: Iterable[str] = ()
) -> AdmissionRequest:
    """Open the account, with a role in a group.

    Raises
    ------
    PermissionDenied
        When `by` may not decide this request, or gives what they do not hold in the group.
    ValidationError
        When it was decided already, or the e-mail is not confirmed.
    """
    with transaction.atomic():
        held = _deciding(request, by)
        if held.email_confirmed_at is None:
            raise ValidationError("The e-mail is not confirmed yet: nobody knows whose account this would be.")
        set_membership(held.user, group, role, by=by, rights=rights)
        User.objects.filter(pk=held.user_id).update(is_active=True)
        _decide(held, AdmissionState.APPROVED, by, f"{Role(role).label} in {group.name}")
        write("approved", [held.email], request=held, group=group, role=Role(role).label)
    return held


def ask_back(request: AdmissionRequest, question: str, *, by: User) -> AdmissionRequest:
    """Ask an applicant something before deciding."""
    if not question.strip():
        raise ValidationError({"question": "Write the question."})
    with transaction.atomic():
        held = _deciding(request, by)
        held.question, held.answer = question.strip(), ""
        held.state = AdmissionState.ASKED
        held.save(update_fields=["question", "answer", "state"])
        _enter(held, by, held.question)
        send_link(held)
    return held


def answer_back(request: AdmissionRequest, answer: str) -> AdmissionRequest:
    """Take an applicant's answer; it proves the e-mail too, since its link came by mail."""
    if not answer.strip():
        raise ValidationError({"answer": "Write the answer."})
    with transaction.atomic():
        held = AdmissionRequest.objects.select_for_update().get(pk=request.pk)
        if held.state != AdmissionState.ASKED:
            raise ValidationError("No question is open.")
        held.answer, held.state = answer.strip(), AdmissionState.WAITING
        held.email_confirmed_at = held.email_confirmed_at or timezone.now()
        held.save(update_fields=["answer", "state", "email_confirmed_at"])
        _note_verified(held)
        _enter(held, None, held.answer)
        _tell_managers(held)
    return held


def refuse(request: AdmissionRequest, reason: str, *, by: User) -> AdmissionRequest:
    """Refuse an account, with a reason that the applicant reads."""
    if not reason.strip():
        raise ValidationError({"reason": "Say why: the applicant reads it."})
    with transaction.atomic():
        held = _deciding(request, by)
        held.reason = reason.strip()
        held.save(update_fields=["reason"])
        _decide(held, AdmissionState.REFUSED, by, held.reason)
        write("refused", [held.email], request=held)
    return held


def invite(
    email: str, group: Group, role: str, *, by: User, rights: Iterable[str] = (), note: str = ""
) -> tuple[Invitation, str]:
    """Invite somebody by e-mail; returns the row and the key of the link, which is not kept.

    Raises
    ------
    PermissionDenied
        When `by` may not manage the members of the group, or offers what they do not hold there.
    """
    single = sorted(set(rights))
    check_may_give(by, group, role, single)
    key, digest = new_key()
    with transaction.atomic():
        row = Invitation.objects.create(
            email=email.strip(),
            group=group,
            role=role,
            rights=single,
            note=note,
            digest=digest,
            made_by=by,
            expires_at=timezone.now() + INVITED_FOR,
        )
        write("invited", [row.email], invitation=row, key=key, by=by, days=INVITED_FOR.days)
    return row, key


def find_invitation(key: str) -> Invitation | None:
    """Return the open invitation a link is for."""
    row = Invitation.objects.select_related("group", "made_by").filter(digest=digest_of(key)).first()
    return row if row is not None and row.is_open else None


def accept_invitation(invitation: Invitation, user: User) -> Membership:
    """Use an invitation, once: the role in the group, and an open account.

    The right of whoever invited is asked again: who has lost it since lets nobody in.
    """
    with transaction.atomic():
        held = (
            Invitation.objects.select_for_update(of=("self",)).select_related("group", "made_by").get(pk=invitation.pk)
        )
        if not held.is_open or held.made_by is None:
            raise ValidationError("This invitation was used, taken back or has ended. Ask for a new one.")
        request = AdmissionRequest.objects.filter(user=user, state__in=OPEN_STATES).first()
        if request is None and not user.is_active:
            raise ValidationError("This account was closed. Ask the network's administrators.")
        membership = set_membership(user, held.group, held.role, by=held.made_by, rights=held.rights)
        held.used_at, held.used_by = timezone.now(), user
        held.save(update_fields=["used_at", "used_by"])
        User.objects.filter(pk=user.pk).update(is_active=True)
        user.is_active = True
        if request is not None:
            request.email_confirmed_at = request.email_confirmed_at or timezone.now()
            request.save(update_fields=["email_confirmed_at"])
            _note_verified(request)
            _decide(request, AdmissionState.APPROVED, held.made_by, "by invitation")
    return membership


def revoke_invitation(invitation: Invitation, *, by: User) -> None:
    """Take an invitation back."""
    if not may_in(by, MANAGE, invitation.group):
        raise PermissionDenied(f"You may not manage the members of {invitation.group.name}.")
    Invitation.objects.filter(pk=invitation.pk, used_at=None, revoked_at=None).update(revoked_at=timezone.now())


def ask_to_join(user: User, group: Group, note: str = "") -> JoinRequest:
    """Ask to join a group that shows itself; groups that accept at once let people in to see.

    Raises
    ------
    ValidationError
        When the group does not show itself, or one is in it already.
    """
    profile = GroupProfile.objects.visible_to(user).filter(group=group).first()
    if profile is None or not profile.is_public:
        raise ValidationError("There is no such group.")
    if Membership.objects.filter(user=user, group=group).exists():
        raise ValidationError(f"You are in {group.name} already.")
    with transaction.atomic():
        wish, is_new = JoinRequest.objects.get_or_create(
            user=user, group=group, state=JoinState.WAITING, defaults={"note": note}
        )
        if profile.accepts_at_once:
            Membership.objects.get_or_create(user=user, group=group, defaults={"role": Role.VIEW})
            _close_wish(wish, JoinState.ACCEPTED, None)
        elif is_new:
            write("wants-to-join", managers_of([group]), wish=wish)
    return wish


def decide_join(wish: JoinRequest, *, accept: bool, by: User, role: str = Role.VIEW, reason: str = "") -> JoinRequest:
    """Let somebody join a group, or not."""
    if not may_in(by, MANAGE, wish.group):
        raise PermissionDenied(f"You may not manage the members of {wish.group.name}.")
    with transaction.atomic():
        held = JoinRequest.objects.select_for_update(of=("self",)).select_related("user", "group").get(pk=wish.pk)
        if held.state != JoinState.WAITING:
            raise ValidationError("This was decided already.")
        if accept:
            set_membership(held.user, held.group, role, by=by)
        held.reason = reason
        _close_wish(held, JoinState.ACCEPTED if accept else JoinState.REFUSED, by)
        write("join-decided", [address_for(held.user)], wish=held)
    return held


def expire_requests() -> int:
    """Close requests nobody dealt with for long; their accounts stay closed."""
    before = timezone.now() - KEPT_OPEN_FOR
    rows = list(AdmissionRequest.objects.filter(state__in=OPEN_STATES, made_at__lt=before))
    for row in rows:
        _decide(row, AdmissionState.EXPIRED, None, f"open for {KEPT_OPEN_FOR.days} days")
    return len(rows)


def _note_verified(request: AdmissionRequest) -> None:
    """Tell the table of e-mails, unless somebody else has proved to own this one."""
    for address in EmailAddress.objects.filter(user=request.user_id, email__iexact=request.email):
        address.set_verified()


def _deciding(request: AdmissionRequest, by: User) -> AdmissionRequest:
    """Lock a request for a decision by somebody who may make it."""
    if by.pk == request.user_id or not AdmissionRequest.objects.managed_by(by).filter(pk=request.pk).exists():
        raise PermissionDenied("You may not decide this request.")
    held = AdmissionRequest.objects.select_for_update(of=("self",)).select_related("user").get(pk=request.pk)
    if not held.is_open:
        raise ValidationError(f"This request is {held.get_state_display()} already.")
    return held


def _decide(request: AdmissionRequest, state: AdmissionState, by: User | None, note: str) -> None:
    request.state, request.decided_by, request.decided_at = state, by, timezone.now()
    request.save(update_fields=["state", "decided_by", "decided_at"])
    _enter(request, by, note)


def _enter(request: AdmissionRequest, by: User | None, note: str) -> None:
    AdmissionEntry.objects.create(request=request, by=by, state=request.state, note=note)


def _tell_managers(request: AdmissionRequest) -> None:
    write("waiting", managers_of(request.groups_wanted.all()), request=request)


def _close_wish(wish: JoinRequest, state: JoinState, by: User | None) -> None:
    wish.state, wish.decided_by, wish.decided_at = state, by, timezone.now()
    wish.save(update_fields=["state", "decided_by", "decided_at", "reason"])
