"""Reading id_tokens: OpenID Connect Core 1.0, 3.1.3.7, without the exceptions it allows."""

from collections.abc import Mapping
from typing import Any

import jwt
from django.utils.crypto import constant_time_compare

from icare_tom.members.social.claims import Refused, subject_of

# Public keys only. With HS256 the client's secret would be the key, and "none" needs no key at all.
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
# Clocks of others, s.
LEEWAY_S = 60


def read_id_token(
    credential: Any, keys: Mapping[str, Any], *, issuer: str, client_id: str, nonce: str
) -> dict[str, Any]:
    """Return the claims of an id_token that was made by this provider, for this site, for this very sign-in.

    Raises
    ------
    Refused
        When it is missing, not signed with one of the provider's keys, for somebody else, expired, or from another
        sign-in.
    """
    if not isinstance(credential, str) or not credential:
        raise Refused("the id_token is missing")
    try:
        header = jwt.get_unverified_header(credential)
        claims: dict[str, Any] = jwt.decode(
            credential,
            key=_key(header, keys),
            algorithms=[header["alg"]],
            audience=client_id,
            issuer=issuer,
            leeway=LEEWAY_S,
            options={"require": ["iss", "sub", "aud", "exp", "iat"]},
        )
    except (jwt.PyJWTError, ValueError, TypeError) as wrong:
        raise Refused(f"the id_token does not hold: {wrong}") from wrong
    _check_party(claims, client_id)
    if not constant_time_compare(str(claims.get("nonce", "")), nonce):
        raise Refused("the id_token belongs to another sign-in: its nonce differs")
    subject_of(claims)
    return claims


def _key(header: Mapping[str, Any], keys: Mapping[str, Any]) -> jwt.PyJWK:
    """Return the provider's key a token says it is signed with."""
    algorithm, name = header.get("alg"), header.get("kid")
    if algorithm not in ALGORITHMS:
        raise Refused(f"the id_token is signed with {algorithm!r}; that needs no key of the provider's")
    listed = keys.get("keys")
    offered = [key for key in listed if isinstance(key, dict)] if isinstance(listed, list) else []
    fitting = [
        key
        for key in offered
        if (name is None or key.get("kid") == name)
        and key.get("alg") in (None, algorithm)
        and key.get("use") in (None, "sig")
        and key.get("kty") != "oct"
    ]
    if len(fitting) != 1:
        raise Refused(f"the provider has {len(fitting)} keys that fit the id_token")
    return jwt.PyJWK(fitting[0], algorithm=algorithm)


def _check_party(claims: Mapping[str, Any], client_id: str) -> None:
    """A token for several audiences must say that it was made for this one."""
    several = isinstance(claims["aud"], list) and len(claims["aud"]) > 1
    if (several or "azp" in claims) and claims.get("azp") != client_id:
        raise Refused("the id_token was made for another application")
