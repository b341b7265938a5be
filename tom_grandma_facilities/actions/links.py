"""Signed links: whoever has one may answer one request, or upload for one telescope, and nothing else.

A token is the HMAC of a random nonce with the site's key: whoever sees the database alone can make none, and the site
can write the same link again into a reminder. It is found by its fingerprint; what it is for stands on its row, never
in what is sent along with it. Looking at a link changes nothing: mail scanners and crawlers do so.
"""

import hashlib
import logging
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AnonymousUser, Group
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.crypto import salted_hmac

from tom_grandma_facilities.actions.allocations import known_telescope, may_set_channels
from tom_grandma_facilities.actions.answers import answer
from tom_grandma_facilities.actions.journal import Person, write
from tom_grandma_facilities.actions.requests import check_may_change
from tom_grandma_facilities.actions.uploads import Received, receive_observations
from tom_grandma_facilities.choices import LinkPurpose, RequestState, Via
from tom_grandma_facilities.exceptions import LinkRefused, NotAllowed
from tom_grandma_facilities.models import AnswerLink, FollowUpRequest

logger = logging.getLogger(__name__)

SALT = "tom_grandma_facilities.links"
# Answers may come, and observations be uploaded, for so long after the window.
GRACE = timedelta(days=7)
TEAM_LINK_LASTS = timedelta(days=365)
LONGEST_TOKEN = 100


def make_link(
    request: FollowUpRequest, purpose: str = LinkPurpose.ANSWER, *, by: Person, expires_at: datetime | None = None
) -> AnswerLink:
    """Return a good link of a request for a purpose: the one that was given out already, or a new one.

    Raises
    ------
    NotAllowed
    """
    check_may_change(by, request)
    expires = expires_at or max(request.window_end, timezone.now()) + GRACE
    with transaction.atomic():
        # One after the other: two at once would make two.
        FollowUpRequest.objects.select_for_update(of=("self",)).get(pk=request.pk)
        for link in AnswerLink.objects.filter(request=request, purpose=purpose, revoked_at=None):
            # After a change of the site's key its token cannot be written again.
            if token_fits(link):
                if link.expires_at < expires:
                    link.expires_at = expires
                    link.save(update_fields=["expires_at"])
                return link
        return _new(request.telescope, purpose, expires, by, request)


def make_team_link(telescope: str, *, by: Person, expires_at: datetime | None = None) -> AnswerLink:
    """Return a new link by which a telescope's team uploads what it observed; good for a year unless said otherwise.

    Raises
    ------
    NotAllowed, InvalidRequest
    """
    if by is not None and not may_set_channels(by):
        raise NotAllowed("You may not make links for telescope teams; an administrator may.")
    return _new(known_telescope(telescope), LinkPurpose.UPLOAD, expires_at or timezone.now() + TEAM_LINK_LASTS, by)


def _new(
    telescope: str, purpose: str, expires_at: datetime, by: Person, request: FollowUpRequest | None = None
) -> AnswerLink:
    nonce = secrets.token_hex(16)
    link = AnswerLink.objects.create(
        request=request,
        telescope=telescope,
        purpose=purpose,
        nonce=nonce,
        sha256=_fingerprint(_token(nonce)),
        expires_at=expires_at,
        made_by_id=by.pk if by else None,
    )
    logger.info("link %s made for %s (%s)", link.pk, request or telescope, purpose)
    return link


def _token(nonce: str) -> str:
    digest = salted_hmac(SALT, nonce, algorithm="sha256").digest()
    return urlsafe_b64encode(digest).decode().rstrip("=")


def _fingerprint(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def token_fits(link: AnswerLink) -> bool:
    """Say whether the site can still write the token of a link."""
    return _fingerprint(_token(link.nonce)) == link.sha256


def link_path(link: AnswerLink) -> str:
    """Return the path of a link on this site."""
    return reverse(f"requests:{link.purpose}", kwargs={"token": _token(link.nonce)})


def link_url(link: AnswerLink) -> str:
    """Return the whole address of a link, for mails and messages."""
    return settings.ICARE_SITE_URL.rstrip("/") + link_path(link)


def resolve_link(token: str, purpose: str) -> AnswerLink:
    """Return the link of a token for a purpose. Changes nothing.

    Raises
    ------
    LinkRefused
        With the code unknown, expired or revoked.
    """
    rows = AnswerLink.objects.select_related("request")
    link = rows.filter(sha256=_fingerprint(token), purpose=purpose).first() if len(token) <= LONGEST_TOKEN else None
    if link is None:
        raise LinkRefused("unknown", "This link is not known. Copy it whole from the message it came in.")
    return _good(link)


def _good(link: AnswerLink) -> AnswerLink:
    if link.revoked_at is not None:
        when = f"{link.revoked_at:%Y-%m-%d %H:%M} UTC"
        raise LinkRefused("revoked", f"This link was revoked on {when}. Ask whoever sent it for a new one.")
    if not link.is_good_at(timezone.now()):
        when = f"{link.expires_at:%Y-%m-%d %H:%M} UTC"
        raise LinkRefused("expired", f"This link was good until {when}. Ask whoever sent it for a new one.")
    return link


def _use(token: str, purpose: str) -> AnswerLink:
    """Return a link locked until the end of the transaction, noted as used: it cannot be revoked meanwhile.

    Raises
    ------
    LinkRefused
    """
    link = resolve_link(token, purpose)
    row = _good(AnswerLink.objects.select_for_update(of=("self",)).select_related("request").get(pk=link.pk))
    row.used_at = timezone.now()
    row.save(update_fields=["used_at"])
    return row


def revoke_link(link: AnswerLink, *, by: Person) -> AnswerLink:
    """Make a link useless from this moment on.

    Raises
    ------
    NotAllowed
    """
    if link.request is not None:
        check_may_change(by, link.request)
    elif by is not None and not may_set_channels(by):
        raise NotAllowed("You may not revoke links of telescope teams; an administrator may.")
    with transaction.atomic():
        row = AnswerLink.objects.select_for_update(of=("self",)).select_related("request").get(pk=link.pk)
        if row.revoked_at is None:
            row.revoked_at, row.revoked_by_id = timezone.now(), by.pk if by else None
            row.save(update_fields=["revoked_at", "revoked_by"])
            if row.request is not None:
                write(row.request, by=by, note=f"The link to {row.get_purpose_display()} was revoked.")
    return row


def answer_by_link(token: str, to: str, **told: Any) -> FollowUpRequest:
    """Answer the request a link is for; `told` is what `actions.answer` takes (reason_code, reason, progress ...).

    Raises
    ------
    LinkRefused, InvalidRequest, WrongState
    """
    with transaction.atomic():
        link = _use(token, LinkPurpose.ANSWER)
        if link.request is None:
            raise LinkRefused("unknown", "This link is for no request.")
        return answer(link.request, to, by=None, by_text=f"link {link.pk}", via=Via.LINK, **told)


def upload_by_link(token: str, body: bytes, *, source: str = "", dry_run: bool = False) -> Received:
    """Record a file of executed observations that came by a link: of its telescope only, for its groups only.

    Raises
    ------
    LinkRefused, UnreadableSheet
    """
    with transaction.atomic():
        link = _use(token, LinkPurpose.UPLOAD)
    received = receive_observations(
        body,
        by=AnonymousUser(),
        link=link,
        telescope=link.telescope,
        groups=groups_of(link),
        source=source or f"link {link.pk}",
        dry_run=dry_run,
    )
    if link.request is not None and not dry_run and received.upload is not None:
        with transaction.atomic():
            note = f"Executed observations were uploaded ({received.upload})."
            write(link.request, by_text=f"link {link.pk}", via=Via.LINK, note=note)
    return received


def groups_of(link: AnswerLink) -> list[Group]:
    """Return who sees what is uploaded by a link: who sees its request, or the network."""
    if link.request is not None:
        return list(link.request.groups.all())
    return list(Group.objects.filter(name=settings.ICARE_DEFAULT_GROUP))


def upload_link_by_link(token: str) -> AnswerLink:
    """Return the link to upload what was observed for the request of an answer link; a revoked one is not made anew.

    Raises
    ------
    LinkRefused
    """
    with transaction.atomic():
        request = _use(token, LinkPurpose.ANSWER).request
        if request is None:
            raise LinkRefused("unknown", "This link is for no request.")
        given = AnswerLink.objects.filter(request=request, purpose=LinkPurpose.UPLOAD)
        if given.exclude(revoked_at=None).exists() and not given.filter(revoked_at=None).exists():
            raise LinkRefused("revoked", "Uploads by link were revoked for this request. Ask whoever sent it.")
        return make_link(request, LinkPurpose.UPLOAD, by=None)


def download_by_link(token: str) -> Mapping[str, Any]:
    """Return the request of a link for machines: what a telescope's own software fetches. Changes nothing.

    Raises
    ------
    LinkRefused
    """
    from tom_grandma_facilities.actions.calls import outgoing_of
    from tom_grandma_facilities.transports.message import as_json

    link = resolve_link(token, LinkPurpose.DOWNLOAD)
    if link.request is None:
        raise LinkRefused("unknown", "This link is for no request.")
    if link.request.state == RequestState.CANCELLED:
        raise LinkRefused("revoked", "The request was cancelled: there is nothing to observe.")
    return as_json(outgoing_of(link.request))
