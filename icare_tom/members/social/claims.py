"""What a provider says about somebody, before anything of it is believed or kept."""

from collections.abc import Mapping, Sequence
from typing import Any

from allauth.socialaccount.providers.oauth2.client import OAuth2Error

MAX_SUBJECT = 150
MAX_TEXT = 300


class Refused(OAuth2Error):
    """What a provider said does not hold; the reason is for the log, the visitor is told to try again."""


def as_object(value: Any, what: str) -> dict[str, Any]:
    """Return a JSON object that a provider sent."""
    if not isinstance(value, dict):
        raise Refused(f"{what} is no JSON object")
    return value


def subject_of(claims: Mapping[str, Any]) -> str:
    """Return whom the claims are about.

    Raises
    ------
    Refused
        When the subject is missing, no text, too long or holds characters that cannot be seen.
    """
    subject = claims.get("sub")
    if not isinstance(subject, str) or not subject.strip() or len(subject) > MAX_SUBJECT or not subject.isprintable():
        raise Refused("the subject is missing or not readable")
    return subject


def text(value: Any) -> str:
    """Return one line of readable text; empty for everything else."""
    if not isinstance(value, str):
        return ""
    return " ".join("".join(c if c.isprintable() else " " for c in value).split())[:MAX_TEXT]


def is_true(value: Any) -> bool:
    """Only the JSON value true: some providers write the text "false", which Python takes for true."""
    return value is True


def check_required(sources: Sequence[Mapping[str, Any]], required: Mapping[str, Sequence[str]]) -> None:
    """Refuse somebody who lacks a claim this site asks for, such as the workspace of a Slack account.

    Every source that names the claim must agree, and one must name it.
    """
    for name, allowed in required.items():
        named = [source[name] for source in sources if name in source]
        if not named or any(value not in allowed for value in named):
            raise Refused(f"{name} is not one of those let in here")
