"""Keys that stand in links of mails: shown once, kept as a keyed hash, as keys of tokens are."""

import hashlib
import secrets

from icare_tom.members.tokens import digest_of


def new_key() -> tuple[str, str]:
    """Return a key and its hash."""
    key = secrets.token_urlsafe(32)
    return key, digest_of(key)


def fingerprint(text: str) -> str:
    """Return a short text that stands for another one where that could be long or hold any character."""
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:24]
