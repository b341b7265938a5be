"""Making, finding and revoking tokens.

The key is ``icare_<id>_<secret>``: the id finds the row, and a keyed hash of the secret (HMAC-SHA256 with a pepper that
is not in the database) proves it. Who steals the table has nothing to show at the door.
"""

import hashlib
import hmac
import ipaddress
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone
from guardian.conf import settings as guardian

from icare_tom.members.models import check_rights
from icare_tom.members.rights import rights_of
from icare_tom.members.scope import scope_of
from icare_tom.members.token_models import ApiToken

PREFIX = "icare"
MOST_PER_PERSON = 50
TOUCH_EVERY = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class NewToken:
    """A token just made, with the key that is shown once."""

    token: ApiToken
    key: str


def make_token(
    owner: User,
    name: str,
    *,
    rights: Iterable[str] = (),
    has_all_rights: bool = False,
    is_read_only: bool = True,
    telescope: str = "",
    addresses: Iterable[str] = (),
    expires_at: datetime | None = None,
) -> NewToken:
    """Make a token for oneself.

    Raises
    ------
    PermissionDenied
        When the request came with a token itself, or the account is closed or no person's.
    ValidationError
        When the name is taken or empty, a right is not the owner's, an address cannot be read, or it ends in the past
        or later than the site allows.
    """
    if scope_of(owner) is not None:
        raise PermissionDenied("A token makes no token. Sign in on the site.")
    if not owner.is_active or owner.username == guardian.ANONYMOUS_USER_NAME:
        raise PermissionDenied("This account can have no token.")
    name, keys = name.strip(), sorted(set(rights))
    _check_name(owner, name)
    _check_own(owner, keys)
    public_id, secret = secrets.token_hex(6), secrets.token_urlsafe(32)
    token = ApiToken.objects.create(
        owner=owner,
        name=name,
        public_id=public_id,
        digest=digest_of(secret),
        rights=[] if has_all_rights else keys,
        has_all_rights=has_all_rights,
        is_read_only=is_read_only,
        telescope=telescope,
        addresses=[_network(text) for text in addresses],
        expires_at=_end(expires_at),
    )
    return NewToken(token, f"{PREFIX}_{public_id}_{secret}")


def revoke_token(token: ApiToken, *, by: User) -> None:
    """End a token now; one's own, or anybody's for a superuser.

    Raises
    ------
    PermissionDenied
        When it is somebody else's, or the request came with a token itself.
    """
    if scope_of(by) is not None or not (by.is_active and (token.owner_id == by.pk or by.is_superuser)):
        raise PermissionDenied("Only its owner revokes a token, signed in on the site.")
    ApiToken.objects.filter(pk=token.pk, revoked_at=None).update(revoked_at=timezone.now())


def find_token(key: str) -> ApiToken | None:
    """Return the token with a key, whatever its state; None when no such key was given out."""
    parts = key.split("_", 2)
    if len(parts) != 3 or parts[0] != PREFIX or len(parts[1]) > 12:
        return None
    token = ApiToken.objects.select_related("owner").filter(public_id=parts[1]).first()
    # The hash is computed for unknown ids too: both take the same time.
    matches = hmac.compare_digest(token.digest if token else "", digest_of(parts[2]))
    return token if matches else None


def digest_of(secret: str) -> str:
    """Return the keyed hash of a secret."""
    pepper = settings.ICARE_TOKEN_PEPPER or f"icare tokens {settings.SECRET_KEY}"
    return hmac.new(pepper.encode(), secret.encode(), hashlib.sha256).hexdigest()


def may_come_from(token: ApiToken, address: str) -> bool:
    """Whether a token may be used from an address."""
    if not token.addresses:
        return True
    try:
        place = ipaddress.ip_address(address)
    except ValueError:
        return False
    return any(place in ipaddress.ip_network(network) for network in token.addresses)


def note_use(token: ApiToken, address: str) -> None:
    """Remember when and from where a token was last used, at most once a minute."""
    now = timezone.now()
    if token.last_used_at is None or now - token.last_used_at > TOUCH_EVERY or token.last_used_address != address:
        ApiToken.objects.filter(pk=token.pk).update(last_used_at=now, last_used_address=address or None)


def _check_name(owner: User, name: str) -> None:
    if not name:
        raise ValidationError({"name": "Give the token a name, such as that of the script it is for."})
    held = ApiToken.objects.filter(owner=owner, revoked_at=None)
    if held.filter(name=name).exists():
        raise ValidationError({"name": f"You have a token {name} already. Revoke it first, or choose another name."})
    if held.count() >= MOST_PER_PERSON:
        raise ValidationError({"name": f"You have {MOST_PER_PERSON} tokens. Revoke those that are not used any more."})


def _check_own(owner: User, keys: list[str]) -> None:
    check_rights(keys)
    own = {right.key for right in rights_of(owner)}
    if beyond := [key for key in keys if key not in own]:
        raise ValidationError({"rights": f"You do not hold these rights yourself: {', '.join(beyond)}."})


def _network(text: str) -> str:
    try:
        return str(ipaddress.ip_network(text.strip(), strict=False))
    except ValueError:
        hint = "Write an address or a network, such as 192.0.2.7 or 192.0.2.0/24."
        raise ValidationError({"addresses": f"{text} is no network. {hint}"}) from None


def _end(wanted: datetime | None) -> datetime:
    now, longest = timezone.now(), timedelta(days=settings.ICARE_TOKEN_MAX_DAYS)
    if wanted is None:
        return now + timedelta(days=settings.ICARE_TOKEN_DAYS)
    if wanted <= now:
        raise ValidationError({"expires_at": "The token would end in the past."})
    if wanted > now + longest:
        raise ValidationError({"expires_at": f"A token lasts {longest.days} days at most."})
    return wanted
