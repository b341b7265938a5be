"""Keeps sessions as Django does, with the key of the person beside each."""

from typing import Any

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore as DatabaseStore


class SessionStore(DatabaseStore):
    """Named as Django's: what was signed by that is read by this."""

    @classmethod
    def get_model_class(cls) -> Any:
        """Return the rows."""
        from icare_tom.members.session_models import PersonSession

        return PersonSession

    def create_model_instance(self, data: dict[str, Any]) -> Any:
        """Write down whose it is."""
        row: Any = super().create_model_instance(data)
        person = str(data.get(SESSION_KEY, ""))
        row.person = int(person) if person.isdecimal() else None
        return row
