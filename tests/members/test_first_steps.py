"""A fresh site and those who come to it first: its group, the form of an invitation, where mails are."""

from pathlib import Path

import pytest
from django.contrib.auth.models import Group, User
from django.core import mail
from django.core.cache import cache
from django.core.exceptions import PermissionDenied
from django.test import Client

from icare_tom.management.commands.up import Command
from icare_tom.members import tasks
from icare_tom.members.admission import find_invitation, invite
from icare_tom.members.admission_models import AdmissionRequest
from icare_tom.members.memberships import found_network
from icare_tom.members.models import Membership
from tests.factories import make_group, make_user

pytestmark = pytest.mark.django_db
FORM = {
    "username": "newcomer",
    "email": "newcomer@example.org",
    "password1": "violet-quasar-17",
    "password2": "violet-quasar-17",
    "first_name": "New",
    "last_name": "Comer",
    "affiliation": "A small observatory.",
}
FIELD = "Groups you want to join"


@pytest.fixture(autouse=True)
def _nobody_came_before():
    cache.clear()


@pytest.fixture
def brought(grandma, administrator, django_capture_on_commit_callbacks, monkeypatch):
    """A browser that came by an invitation into a group that does not show itself, and its key."""
    monkeypatch.setattr(tasks, "async_task", lambda name, *args, **_: tasks.send(*args))
    quiet = make_group("Quiet group")
    _, key = invite("newcomer@example.org", quiet, "full", by=administrator)
    client = Client()
    client.post(f"/members/invitation/{key}/", {"new": ""})
    return client, key


def page(client: Client, path: str = "/accounts/signup/") -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def test_a_fresh_site_has_its_group_with_the_administrator_in_it(settings):
    command = Command()
    command.credentials = ""
    command._make_administrator()
    membership = Membership.objects.get()
    assert membership.user == User.objects.get(username="admin")
    assert (membership.group.name, membership.role) == (settings.ICARE_DEFAULT_GROUP, "group-admin")
    assert FIELD in page(Client())
    membership.delete()
    command._make_administrator()
    assert not Membership.objects.exists(), "who left it is not put back at each start"


def test_only_super_admins_make_the_group(stranger):
    with pytest.raises(PermissionDenied):
        found_network(by=stranger)


def test_nothing_is_asked_where_there_is_nothing_to_choose():
    Group.objects.all().delete()
    assert FIELD not in page(Client())
    assert Client().post("/accounts/signup/", FORM).status_code == 302
    assert AdmissionRequest.objects.get().groups_wanted.count() == 0


def test_the_form_of_an_invitation_says_whom_it_is_for(brought):
    client, _ = brought
    form = page(client)
    assert 'value="newcomer@example.org"' in form
    assert "Quiet group" in form
    assert "Full user" in form
    assert "<h1>Make your account</h1>" in form
    assert "Somebody decides" not in form
    assert "With another e-mail" in form
    assert FIELD not in form


def test_the_invited_e_mail_lets_in_at_once(brought):
    client, key = brought
    client.post("/accounts/signup/", FORM)
    membership = Membership.objects.get(user__username="newcomer")
    assert (membership.group.name, membership.role, membership.user.is_active) == ("Quiet group", "full", True)
    assert find_invitation(key) is None


def test_another_e_mail_is_a_request_like_any_other(brought, django_capture_on_commit_callbacks):
    client, key = brought
    with django_capture_on_commit_callbacks(execute=True):
        client.post("/accounts/signup/", FORM | {"email": "other@example.org"})
    request = AdmissionRequest.objects.get()
    assert (request.state, request.email_confirmed_at) == ("unconfirmed", None)
    assert not request.user.is_active
    assert not Membership.objects.filter(user=request.user).exists()
    assert [letter.to for letter in mail.outbox] == [["other@example.org"]]
    assert find_invitation(key) is not None, "it still serves the one it was for"


@pytest.mark.parametrize(
    ("backend", "place"),
    [("filebased", "mails-here"), ("console", "log"), ("smtp", ""), ("locmem", "")],
)
def test_pages_say_where_mails_are_on_a_site_that_sends_none(settings, grandma, backend, place):
    make_user("manager", grandma, role="group-admin")
    settings.EMAIL_BACKEND = f"django.core.mail.backends.{backend}.EmailBackend"
    settings.EMAIL_FILE_PATH = str(Path(settings.DATA_DIR) / "mails-here")
    client = Client()
    client.post("/accounts/signup/", FORM, follow=True)
    for path in ("/accounts/inactive/", "/accounts/password/reset/done/"):
        said = page(client, path)
        assert ("No mail leaves this site" in said) is bool(place), path
        assert not place or str(Path(settings.DATA_DIR) / place) in said
