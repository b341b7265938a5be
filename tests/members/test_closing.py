"""Accounts closed and opened again in the administration."""

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client

from icare_tom.audit.models import AuditEntry
from icare_tom.members.admission import file_admission
from icare_tom.members.tokens import make_token
from tests.factories import make_user

pytestmark = pytest.mark.django_db

PEOPLE = "/admin/auth/user/"


def act(client: Client, action: str, *people: User):
    return client.post(PEOPLE, {"action": action, "_selected_action": [who.pk for who in people]}, follow=True)


@pytest.fixture
def applicant(grandma) -> User:
    user = make_user("applicant", active=False)
    file_admission(user, affiliation="Observatory", groups_wanted=[grandma], email="a@example.org", email_verified=True)
    return user


def asks(key: str) -> int:
    return Client().get("/api/targets/", headers={"Authorization": f"token {key}"}).status_code


def test_closing_ends_sessions_and_tokens_and_opening_brings_neither_back(grandma, administrator, browse):
    left, stays = make_user("left", grandma), make_user("stays", grandma)
    session, token = browse(left), make_token(left, "script")
    page = act(browse(administrator), "close_accounts", left).content.decode()
    assert "1 account was closed; sessions and tokens have ended." in page
    assert not User.objects.get(pk=left.pk).is_active
    assert User.objects.get(pk=stays.pk).is_active
    assert AuditEntry.objects.filter(model="auth.user", object_id=str(left.pk), actor=administrator).exists()
    page = act(browse(administrator), "open_accounts", left).content.decode()
    assert "1 account is open again. Tokens are made anew." in page
    assert User.objects.get(pk=left.pk).is_active
    assert session.get("/events/").status_code == 302
    assert asks(token.key) == 401


def test_nobody_closes_their_own_account_by_mistake(administrator, browse):
    page = act(browse(administrator), "close_accounts", administrator).content.decode()
    assert "You chose your own account; it stays open." in page
    assert User.objects.get(pk=administrator.pk).is_active


def test_an_account_made_inactive_in_the_form_is_closed_whole(grandma, administrator, browse):
    left = make_user("left", grandma)
    token, client = make_token(left, "script"), browse(administrator)
    form = client.get(f"{PEOPLE}{left.pk}/change/").context["adminform"].form
    sent = {name: form.initial.get(name) or "" for name in ("username", "first_name", "last_name", "email")}
    sent |= {"date_joined_0": left.date_joined.date().isoformat(), "date_joined_1": "00:00:00"}
    sent |= {f"profile-{name}": "0" for name in ("TOTAL_FORMS", "INITIAL_FORMS")}
    sent["groups"] = [grandma.pk]
    assert client.post(f"{PEOPLE}{left.pk}/change/", sent).status_code == 302
    User.objects.filter(pk=left.pk).update(is_active=True)
    assert asks(token.key) == 401


def test_applicants_are_not_opened_here_but_decided(administrator, browse, applicant):
    page = act(browse(administrator), "open_accounts", applicant).content.decode()
    assert "waits for a decision" in page
    assert not User.objects.get(pk=applicant.pk).is_active


def test_only_super_admins_close_accounts(grandma, browse):
    left, clerk = make_user("left", grandma), make_user("clerk", grandma)
    clerk.is_staff = True
    clerk.save()
    clerk.user_permissions.add(*Permission.objects.filter(content_type__app_label="auth"))
    assert "close_accounts" not in browse(clerk).get(PEOPLE).content.decode()
    act(browse(clerk), "close_accounts", left)
    assert User.objects.get(pk=left.pk).is_active


def test_no_account_is_deleted_with_what_hangs_on_it(grandma, administrator, browse):
    left = make_user("left", grandma)
    browse(administrator).post(f"{PEOPLE}{left.pk}/delete/", {"post": "yes"})
    act(browse(administrator), "delete_selected", left)
    assert User.objects.filter(pk=left.pk).exists()
