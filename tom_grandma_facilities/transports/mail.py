"""E-mail to the people of a telescope, through the site's own mail server (Django's EMAIL settings).

A letter says what is wanted and carries the link to answer by. Its Message-ID is made of the request's key, so that a
letter sent by hand a second time is shown once by mail programs that look at it; no mail server promises that, so a
letter that may have left is never repeated by itself. A cancellation answers the first letter (RFC 5322, 3.6.4).
"""

from __future__ import annotations

import smtplib
from collections.abc import Iterator
from contextlib import contextmanager
from email.utils import parseaddr

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.mail import BadHeaderError, EmailMessage, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.core.validators import validate_email

from tom_grandma_facilities.transports.base import Down, Line, Outgoing, Refused, Sent, Setting, Transport
from tom_grandma_facilities.transports.message import as_text, subject

_FOR_GOOD = 500


class Mail(Transport):
    """A letter to people."""

    name = "email"
    label = "E-mail"
    about = "People get a letter with a link by which they answer without signing in."
    settings = (
        Setting("to", "Addresses", required=True, help="Separated by commas; a mailing list of the team is best."),
        Setting("cc", "Copies to", help="Separated by commas."),
        Setting("reply_to", "Answers to", help="Where a written answer goes; empty: to the sender."),
    )
    can_cancel = True
    reaches_people = True
    takes_pointings = True

    def check(self, line: Line) -> None:
        """Refuse addresses that cannot be."""
        super().check(line)
        for address in [*_addresses(line.get("to")), *_addresses(line.get("cc")), *_addresses(line.get("reply_to"))]:
            try:
                validate_email(parseaddr(address)[1])
            except ValidationError as error:
                raise Refused(f"The channel has {address!r} where an e-mail address belongs.") from error

    def _submit(self, outgoing: Outgoing, line: Line) -> Sent:
        ident = _ident(outgoing.key)
        return self._send(ident, subject(outgoing), as_text(outgoing), line, {"Message-ID": ident})

    def _cancel(self, external_id: str, line: Line, outgoing: Outgoing | None) -> Sent:
        name = outgoing.target_name if outgoing else "a request"
        text = f"Please do not observe {name} any more; the request is cancelled.\n\n"
        text += as_text(outgoing) if outgoing else f"Request {external_id}"
        headers = {"In-Reply-To": external_id, "References": external_id}
        return self._send(external_id, f"Cancelled: {name}", text, line, headers)

    def _send(self, ident: str, title: str, text: str, line: Line, headers: dict[str, str]) -> Sent:
        letter = EmailMessage(
            " ".join(title.split()),
            text,
            None,
            _addresses(line.get("to")),
            cc=_addresses(line.get("cc")),
            reply_to=_addresses(line.get("reply_to")) or None,
            headers=headers,
        )
        with _opened() as connection, _understood():
            connection.send_messages([letter])
        return Sent(ident, f"Subject: {letter.subject}\n\n{text}", "The mail server took the letter.")


def _addresses(text: str) -> list[str]:
    return [one.strip() for one in text.replace(";", ",").split(",") if one.strip()]


def _ident(key: str) -> str:
    domain = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2] or "localhost"
    return f"<request-{key}@{domain}>"


@contextmanager
def _opened() -> Iterator[BaseEmailBackend]:
    connection = get_connection(timeout=settings.ICARE_TRANSPORT_S)
    try:
        connection.open()
    except (OSError, smtplib.SMTPException) as error:
        raise Down(f"The site's mail server cannot be used ({type(error).__name__}: {error}).") from error
    try:
        yield connection
    finally:
        connection.close()


@contextmanager
def _understood() -> Iterator[None]:
    """Tell what the server refused from what it may have taken."""
    try:
        yield
    except BadHeaderError as error:
        raise Refused(f"The letter cannot be written: {error}") from error
    except smtplib.SMTPRecipientsRefused as error:
        answers = list(error.recipients.values())
        raise _failure(max(code for code, _ in answers), b"; ".join(words for _, words in answers)) from error
    except smtplib.SMTPResponseException as error:
        raise _failure(error.smtp_code, error.smtp_error) from error
    except (OSError, smtplib.SMTPException) as error:
        raise Down(f"The site's mail server stopped answering ({type(error).__name__}).", maybe_sent=True) from error


def _failure(code: int, words: bytes | str) -> Exception:
    said = words.decode("utf-8", "replace") if isinstance(words, bytes) else words
    if code >= _FOR_GOOD:
        return Refused(f"The mail server refuses the letter ({code}): {said}", code, said)
    return Down(f"The mail server is busy ({code}): {said}", status_code=code, reply=said)


TRANSPORTS = (Mail(),)
