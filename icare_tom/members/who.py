"""Who is asking, where only people who signed in can be."""

from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest


def person(request: HttpRequest) -> User:
    """Return the person who signed in.

    Raises
    ------
    PermissionDenied
        When nobody did: the page forgot to ask for it.
    """
    if not isinstance(request.user, User):
        raise PermissionDenied("Sign in first.")
    return request.user
