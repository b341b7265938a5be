"""Sessions that know whose they are: those of one person are found without reading everybody's."""

from typing import Any

from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models


class PersonSession(AbstractBaseSession):
    """A session; what it holds is signed and packed, so that the person stands beside it."""

    # No foreign key: a session is written with every sign-in, and does not outlive the account that it names.
    person = models.BigIntegerField(null=True, db_index=True, help_text="Key of who is signed in; empty: nobody.")

    class Meta(AbstractBaseSession.Meta):
        verbose_name = "session"
        verbose_name_plural = "sessions"

    @classmethod
    def get_session_store_class(cls) -> Any:
        """Return what reads and writes sessions."""
        from icare_tom.members.session_store import SessionStore

        return SessionStore
