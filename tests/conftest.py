"""What every test may use: people, clients, a private world, and no folder of the user's own."""

import pytest
from django.test import Client

from tests.factories import make_group, make_user


@pytest.fixture(autouse=True)
def _media_in_a_temporary_folder(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"


@pytest.fixture
def grandma(db):
    """The network's group."""
    return make_group()


@pytest.fixture
def member(grandma):
    return make_user("member", grandma)


@pytest.fixture
def stranger(db):
    """Somebody with an account and no group."""
    return make_user("stranger")


@pytest.fixture
def other_member(db):
    """A member of another group."""
    return make_user("visitor", make_group("Another group"))


@pytest.fixture
def administrator(db):
    return make_user("administrator", superuser=True)


@pytest.fixture
def browse():
    """A client signed in as somebody; server errors come back as answers."""

    def sign_in(user=None) -> Client:
        client = Client(raise_request_exception=False)
        if user is not None:
            client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
        return client

    return sign_in
