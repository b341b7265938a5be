"""A lost password: a link by mail for open accounts that have one, the same answer for everybody."""

import re
from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress
from django.contrib.auth.models import User
from django.core import mail
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from icare_tom.members import tasks
from icare_tom.members.admission import file_admission
from icare_tom.members.closing import close_account
from tests.factories import make_user

pytestmark = pytest.mark.django_db
NEW = {"password1": "violet-quasar-17", "password2": "violet-quasar-17"}


@pytest.fixture(autouse=True)
def _nobody_asked_before():
    cache.clear()


@pytest.fixture
def owner(grandma):
    user = make_user("owner", grandma)
    user.set_password("amber-pulsar-23")
    user.email = "owner@example.org"
    user.save()
    return user


@pytest.fixture
def ask(django_capture_on_commit_callbacks, monkeypatch):
    """Ask for a link as the page does, and let a worker send it."""
    monkeypatch.setattr(tasks, "async_task", lambda name, *args, **_: tasks.send(*args))

    def post(email: str, client: Client | None = None):
        with django_capture_on_commit_callbacks(execute=True):
            return (client or Client()).post("/accounts/password/reset/", {"email": email}, follow=True)

    return post


def link_in(letter) -> str:
    return re.search(r"https?://[^/\s]+(/accounts/\S+)", letter.body)[1]


def use(link: str, **fields: str):
    """Open a link and set a password by it."""
    client = Client()
    form = client.get(link)
    return client.post(form["Location"], NEW | fields) if form.status_code == 302 else form


def signs_in(password: str) -> bool:
    client = Client()
    client.post("/accounts/login/", {"login": "owner", "password": password})
    return "_auth_user_id" in client.session


def test_from_the_sign_in_page_to_a_new_password(owner, ask):
    assert "/accounts/password/reset/" in Client().get("/accounts/login/").content.decode()
    elsewhere = Client()
    elsewhere.force_login(owner, backend="allauth.account.auth_backends.AuthenticationBackend")
    ask("Owner@Example.org")
    letter = mail.outbox[0]
    assert letter.to == ["owner@example.org"]
    assert "owner" in letter.body
    assert signs_in("amber-pulsar-23"), "asking changes nothing"
    ask("owner@example.org")
    assert use(link_in(mail.outbox[-1])).status_code == 302
    assert signs_in(NEW["password1"])
    assert not signs_in("amber-pulsar-23")
    assert elsewhere.get("/events/").status_code == 302, "signed out everywhere else"


def test_a_link_serves_once_and_for_hours(owner, ask, monkeypatch):
    ask("owner@example.org")
    link = link_in(mail.outbox[0])
    use(link)
    again = use(link, password1="green-nebula-31", password2="green-nebula-31")
    assert "This link is not good" in again.content.decode()
    assert not signs_in("green-nebula-31")
    ask("owner@example.org")
    late = timezone.now().replace(tzinfo=None) + timedelta(hours=5)
    monkeypatch.setattr("django.contrib.auth.tokens.PasswordResetTokenGenerator._now", lambda _: late)
    assert "This link is not good" in use(link_in(mail.outbox[-1])).content.decode()


def test_weak_passwords_are_refused(owner, ask):
    ask("owner@example.org")
    assert use(link_in(mail.outbox[0]), password1="12345678", password2="12345678").status_code == 200
    assert signs_in("amber-pulsar-23")


def _closed(user: User) -> None:
    close_account(user, by=user)


def _pending(user: User) -> None:
    file_admission(user, affiliation="An observatory", email=user.email, email_verified=False)
    mail.outbox.clear()


def _without_a_password(user: User) -> None:
    user.set_unusable_password()
    user.save()


def _with_another_email(user: User) -> None:
    User.objects.filter(pk=user.pk).update(email="moved@example.org")
    EmailAddress.objects.update_or_create(user=user, email="owner@example.org", defaults={"verified": False})


@pytest.mark.parametrize("become", [_closed, _pending, _without_a_password, _with_another_email])
def test_others_get_no_mail_and_the_same_answer(owner, ask, become):
    known = ask("owner@example.org").content
    mail.outbox.clear()
    cache.clear()
    become(owner)
    mail.outbox.clear()
    unknown = ask("nobody@example.org")
    answer = ask("owner@example.org")
    assert mail.outbox == []
    assert answer.redirect_chain == unknown.redirect_chain == [("/accounts/password/reset/done/", 302)]
    assert answer.content == unknown.content == known


def test_a_link_of_an_account_closed_since_opens_nothing(owner, ask):
    ask("owner@example.org")
    close_account(owner, by=owner)
    assert "This link is not good" in use(link_in(mail.outbox[0])).content.decode()


def test_a_link_leads_to_this_site_whatever_the_browser_says(owner, ask, settings):
    settings.ICARE_SITE_URL = "https://icare.example.org"
    ask("owner@example.org", Client(headers={"Host": "localhost"}))
    assert "https://icare.example.org/accounts/password/reset/key/" in mail.outbox[0].body


@pytest.mark.parametrize("email", ["owner@example.org", "nobody@example.org"])
def test_nobody_asks_for_one_email_all_day(owner, ask, email):
    assert [ask(email).status_code for _ in range(6)] == [200] * 5 + [429]
    assert ask("somebody@example.org").status_code == 200


def test_nobody_asks_for_all_emails(owner, ask):
    assert [ask(f"person{number}@example.org").status_code for number in range(22)][-1] == 429
