"""What every test may use: people, clients, a private world, and no folder of the user's own."""

from importlib import import_module

import pytest
from django.apps import apps
from django.test import Client

import tests.properties  # noqa: F401  sets up hypothesis
from tests import migrated_database
from tests.factories import make_group, make_user


@pytest.fixture(scope="session")
def django_db_modify_db_settings(request, django_db_modify_db_settings_parallel_suffix, django_db_blocker):
    """Copy a migrated database in place of migrating an empty one, when one is there."""
    if not request.config.getoption("create_db"):
        with django_db_blocker.unblock():
            migrated_database.begin_with_it()


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup, django_db_blocker):
    """Keep the migrated database for later runs."""
    with django_db_blocker.unblock():
        migrated_database.keep()


@pytest.fixture(autouse=True)
def _media_in_a_temporary_folder(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"


@pytest.fixture(autouse=True)
def _standing_rules(request):
    """The rules for automatic plans that a migration brings; tests that empty the database take them away."""
    if not (request.node.get_closest_marker("django_db") or {"db", "transactional_db"} & set(request.fixturenames)):
        return
    request.getfixturevalue("db")
    if not apps.get_model("tom_gcn", "PlanPreset").objects.exists():
        import_module("tom_gcn.migrations.0010_standing_rules").add_rules(apps, None)


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
