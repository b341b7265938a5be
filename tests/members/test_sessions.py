"""Sessions know whose they are, whatever becomes of them; nobody's list reads those of others."""

from datetime import timedelta
from importlib import import_module

import pytest
from django.apps import apps
from django.contrib.auth import update_session_auth_hash
from django.contrib.sessions.models import Session
from django.test import Client, RequestFactory
from django.utils import timezone

from icare_tom.members.session_models import PersonSession
from icare_tom.members.session_store import SessionStore
from icare_tom.members.sessions import end_sessions, session_keys_of, sessions_of
from tests.factories import make_user

pytestmark = pytest.mark.django_db


def signed_in(user) -> Client:
    client = Client()
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def test_the_list_of_one_reads_no_session_of_another(member, monkeypatch, django_assert_num_queries):
    others = [make_user(f"other{number}") for number in range(5)]
    mine = signed_in(member).session.session_key
    for other in others:
        signed_in(other)
    read = []
    decode = SessionStore.decode
    monkeypatch.setattr(SessionStore, "decode", lambda self, data: read.append(data) or decode(self, data))
    with django_assert_num_queries(1):
        (only,) = sessions_of(member, mine)
    assert only.is_this
    assert set(read) == {PersonSession.objects.get(pk=mine).session_data}
    assert end_sessions(member) == 1
    assert [len(session_keys_of(other)) for other in others] == [1] * 5


def test_a_session_stays_its_owner_s_when_its_key_changes(member):
    client = signed_in(member)
    before = client.session.session_key
    request = RequestFactory().get("/")
    request.session, request.user = client.session, member
    update_session_auth_hash(request, member)
    (after,) = session_keys_of(member)
    assert after != before


def test_a_session_is_nobody_s_after_signing_out_and_the_next_one_s_after_signing_in(member):
    client, other = signed_in(member), make_user("other")
    client.force_login(other, backend="allauth.account.auth_backends.AuthenticationBackend")
    assert (len(session_keys_of(member)), len(session_keys_of(other))) == (0, 1)
    client.logout()
    assert session_keys_of(other) == []
    visitor = SessionStore()
    visitor["language"] = "en"
    visitor.save()
    assert PersonSession.objects.get(pk=visitor.session_key).person is None


def test_whoever_was_signed_in_stays_so_with_the_new_table(member):
    data = dict(signed_in(member).session.items())
    PersonSession.objects.all().delete()
    keep = {"session_data": SessionStore().encode(data), "expire_date": timezone.now() + timedelta(1)}
    Session.objects.create(session_key="a" * 32, **keep)
    Session.objects.create(session_key="b" * 32, **(keep | {"expire_date": timezone.now() - timedelta(1)}))
    Session.objects.create(session_key="c" * 32, **(keep | {"session_data": "cannot be read"}))
    import_module("icare_tom.migrations.0019_person_sessions").carry_over(apps, None)
    assert session_keys_of(member) == ["a" * 32]
    client = Client()
    client.cookies["sessionid"] = "a" * 32
    assert client.get("/members/profile/").status_code == 200
