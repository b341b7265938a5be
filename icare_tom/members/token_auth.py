"""How the API learns who is calling: ``Authorization: token KEY`` or ``Authorization: Bearer KEY``."""

from django.contrib.auth.models import User
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed, PermissionDenied, Throttled
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request
from tom_common.accounts.api_auth import TomTokenAuthentication

from icare_tom.members.addresses import address_of
from icare_tom.members.knocks import knock
from icare_tom.members.rights import rights_of
from icare_tom.members.scope import limit
from icare_tom.members.token_models import ApiToken
from icare_tom.members.tokens import find_token, may_come_from, note_use

WORDS = ("token", "bearer")
UNKNOWN = "This token is not known, has ended or was revoked. Make a new one on your profile page."


class ApiTokenAuthentication(BaseAuthentication):
    """Lets a request act as the owner of its token, with the token's part of the owner's rights.

    Unknown, ended and revoked tokens get the same answer.
    """

    def authenticate(self, request: Request) -> tuple[User, ApiToken] | None:
        """Return who is calling and with what; None when no token was sent."""
        words = request.headers.get("Authorization", "").split()
        if not words or words[0].lower() not in WORDS:
            return None
        if len(words) != 2:
            raise AuthenticationFailed('Write the header as "Authorization: token KEY".')
        token, address = find_token(words[1]), address_of(request)
        if token is None or not token.is_live or not token.owner.is_active:
            # Good tokens are looked up all the same: who shares an address with a guesser is not shut out.
            if wait := knock("wrong-token", address):
                raise Throttled(wait, "Too many wrong tokens came from your address.")
            raise AuthenticationFailed(UNKNOWN)
        if not may_come_from(token, address):
            raise AuthenticationFailed("This token may not be used from your address.")
        TomTokenAuthentication._check_account_requirements(token.owner)
        if token.is_read_only and request.method not in SAFE_METHODS:
            raise PermissionDenied("This token may only read. Make one that may write on your profile page.")
        note_use(token, address)
        return _cut(token), token

    def authenticate_header(self, request: Request) -> str:
        """Name the scheme in a 401."""
        return "Token"


def _cut(token: ApiToken) -> User:
    user: User = token.owner
    if not token.has_all_rights:
        limit(user, token.rights, telescope=token.telescope)
    elif token.telescope:
        limit(user, [right.key for right in rights_of(user)], telescope=token.telescope)
    return user
