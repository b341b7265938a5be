"""Tokens of scripts: shown once, kept as a hash, cut to a part of their owner's rights, ended by time or hand."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission, User
from django.core.exceptions import PermissionDenied, ValidationError
from django.test import Client
from django.utils import timezone
from rest_framework.authtoken.models import Token

from icare_tom.members.memberships import set_membership
from icare_tom.members.scope import limit
from icare_tom.members.token_models import ApiToken
from icare_tom.members.tokens import make_token, revoke_token
from tests.factories import make_event, make_group, make_target, make_user

pytestmark = pytest.mark.django_db
JSON = "application/json"


def call(key: str, path: str = "/api/targets/", method: str = "get", word: str = "token", **more):
    client = Client(raise_request_exception=False)
    return getattr(client, method)(path, headers={"Authorization": f"{word} {key}"}, **more)


def make_target_by(key: str):
    body = {"name": "AT2024abc", "type": "SIDEREAL", "ra": 1.5, "dec": 2.5}
    return call(key, method="post", data=body, content_type=JSON)


@pytest.mark.parametrize("word", ["token", "Token", "Bearer", "bearer"])
def test_a_token_opens_the_door_and_its_use_is_remembered(member, word):
    made = make_token(member, "script")
    assert call(made.key, word=word).status_code == 200
    made.token.refresh_from_db()
    assert made.token.last_used_at is not None
    assert made.token.last_used_address == "127.0.0.1"


def test_the_key_is_nowhere_in_the_row(member):
    made = make_token(member, "script")
    secret = made.key.split("_", 2)[2]
    row = ApiToken.objects.filter(pk=made.token.pk).values().get()
    assert secret not in str(row)
    assert len(row["digest"]) == 64


def test_unknown_ended_revoked_and_closed_get_the_same_answer(member, grandma, settings):
    ended, revoked = make_token(member, "ended"), make_token(member, "revoked")
    ApiToken.objects.filter(pk=ended.token.pk).update(expires_at=timezone.now() - timedelta(seconds=1))
    revoke_token(revoked.token, by=member)
    closed = make_token(make_user("closed", grandma), "script")
    User.objects.filter(username="closed").update(is_active=False)
    made = make_token(member, "changed")
    keys = [ended.key, revoked.key, closed.key, "icare_abc_def", "icare_", f"{made.key}x", made.key[:-1]]
    answers = {(call(key).status_code, call(key).content) for key in keys}
    assert len(answers) == 1
    assert answers.pop()[0] == 401
    assert call(made.key).status_code == 200
    settings.ICARE_TOKEN_PEPPER = "another"
    assert call(made.key).status_code == 401


def test_a_token_that_reads_does_not_write(member):
    answer = make_target_by(make_token(member, "reader", has_all_rights=True).key)
    assert answer.status_code == 403
    assert "may only read" in answer.json()["detail"]


def test_a_token_writes_only_with_the_right_it_was_given(member):
    without = make_token(member, "without", rights=["comment"], is_read_only=False)
    with_it = make_token(member, "with", rights=["create-targets"], is_read_only=False)
    refused = make_target_by(without.key)
    assert refused.status_code == 403
    assert "of a token, it must be ticked" in refused.json()["detail"]
    assert make_target_by(with_it.key).status_code == 201


def test_a_cut_token_holds_nothing_given_by_name_in_the_administration(member, grandma):
    permission = Permission.objects.get(content_type__app_label="tom_targets", codename="add_target")
    member.user_permissions.add(permission)
    grandma.permissions.add(permission)
    cut = make_token(member, "cut", rights=["comment"], is_read_only=False)
    assert make_target_by(cut.key).status_code == 403


def test_a_cut_token_of_a_super_admin_is_no_super_admin(administrator, grandma):
    private = make_target("private", group=grandma)
    cut = make_token(administrator, "cut", rights=["comment"], is_read_only=False)
    whole = make_token(administrator, "whole", has_all_rights=True, is_read_only=False)
    path = f"/api/targets/{private.pk}/"
    assert call(cut.key, path).status_code == 404
    assert call(whole.key, path).status_code == 200
    change = {"method": "patch", "data": {"name": "renamed"}, "content_type": JSON}
    assert call(cut.key, path, **change).status_code in (403, 404)


def test_a_token_loses_what_its_owner_loses(member, grandma, administrator):
    made = make_token(member, "script", rights=["create-targets"], is_read_only=False)
    set_membership(member, grandma, "view", by=administrator)
    assert make_target_by(made.key).status_code == 403


def test_a_token_is_cut_to_groups_as_its_owner_is(member):
    event = make_event("S240101a", make_group("Another group"))
    made = make_token(member, "script", has_all_rights=True)
    assert call(made.key, f"/api/events/{event.name}/").status_code == 404


@pytest.mark.parametrize(
    ("networks", "status"), [([], 200), (["127.0.0.0/8"], 200), (["192.0.2.0/24"], 401), (["2001:db8::/32"], 401)]
)
def test_addresses_are_kept_to(member, networks, status):
    assert call(make_token(member, "script", addresses=networks).key).status_code == status


def test_an_address_said_by_the_caller_counts_only_behind_a_trusted_proxy(member, settings):
    made = make_token(member, "script", addresses=["192.0.2.0/24"])
    headers = {"Authorization": f"token {made.key}", "X-Forwarded-For": "192.0.2.7"}
    assert Client().get("/api/targets/", headers=headers).status_code == 401
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    assert Client().get("/api/targets/", headers=headers).status_code == 200
    headers["X-Forwarded-For"] = "192.0.2.7, 198.51.100.1"
    assert Client().get("/api/targets/", headers=headers).status_code == 401


def test_nobody_gives_a_token_what_they_do_not_hold(member):
    with pytest.raises(ValidationError, match="You do not hold these rights yourself: system-admin"):
        make_token(member, "script", rights=["system-admin"])


def test_a_token_makes_and_revokes_no_token(member):
    made = make_token(member, "script", rights=["comment"])
    person = User.objects.get(pk=member.pk)
    limit(person, ["comment"])
    with pytest.raises(PermissionDenied):
        make_token(person, "stronger", has_all_rights=True)
    with pytest.raises(PermissionDenied):
        revoke_token(made.token, by=person)


def test_tokens_of_others_are_not_revoked(member, other_member):
    made = make_token(member, "script")
    with pytest.raises(PermissionDenied):
        revoke_token(made.token, by=other_member)
    assert call(made.key).status_code == 200


@pytest.mark.parametrize(
    ("wish", "field"),
    [
        ({"name": " "}, "name"),
        ({"name": "taken"}, "name"),
        ({"addresses": ["nowhere"]}, "addresses"),
        ({"expires_at": timezone.now() - timedelta(days=1)}, "expires_at"),
        ({"expires_at": timezone.now() + timedelta(days=4000)}, "expires_at"),
    ],
)
def test_wishes_that_make_no_sense_are_refused_with_the_field(member, wish, field):
    make_token(member, "taken")
    with pytest.raises(ValidationError) as refused:
        make_token(member, **({"name": "new"} | wish))
    assert field in refused.value.message_dict


def test_system_users_have_no_token(db):
    with pytest.raises(PermissionDenied):
        make_token(User.objects.get(username="AnonymousUser"), "script")


def test_readable_keys_of_the_rest_framework_are_not_made_and_open_nothing(member):
    assert not Token.objects.exists()
    key = Token.objects.create(user=member).key
    for word in ("token", "Bearer"):
        assert call(key, word=word).status_code == 401


@pytest.mark.parametrize("key", ["0123456789abcdef", "icare_abc", "icare_abcdefgh_0123456789"])
@pytest.mark.parametrize("word", ["token", "Bearer"])
def test_a_key_nobody_gave_out_is_told_so(grandma, word, key):
    answer = Client().get("/api/targets/", headers={"Authorization": f"{word} {key}"})
    assert answer.status_code == 401
    assert "This token is not known" in answer.json()["detail"]
