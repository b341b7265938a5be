"""Admission: a closed account, a confirmed e-mail, a decision by somebody who may make it, invitations."""

import re
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.core import mail
from django.core.cache import cache
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.utils import timezone

from icare_tom.members import tasks
from icare_tom.members.admission import (
    accept_invitation,
    approve,
    ask_back,
    ask_to_join,
    confirm_email,
    decide_join,
    expire_requests,
    file_admission,
    find_invitation,
    invite,
    refuse,
)
from icare_tom.members.admission_models import AdmissionEntry, AdmissionRequest, GroupProfile, Invitation
from icare_tom.members.closing import close_account
from icare_tom.members.models import Membership
from icare_tom.members.tokens import make_token
from tests.factories import make_group, make_user

pytestmark = pytest.mark.django_db
SIGN_UP = {
    "username": "newcomer",
    "email": "newcomer@example.org",
    "password1": "violet-quasar-17",
    "password2": "violet-quasar-17",
    "first_name": "New",
    "last_name": "Comer",
    "affiliation": "A small observatory; I want to follow bursts.",
}


@pytest.fixture(autouse=True)
def _nobody_came_before():
    """Sign-ups are counted by address, in the cache."""
    cache.clear()


@pytest.fixture
def manager(grandma):
    return make_user("manager", grandma, role="group-admin")


@pytest.fixture
def mails(django_capture_on_commit_callbacks, monkeypatch):
    """Runs what a worker would: mails are in the outbox once the block ends."""
    monkeypatch.setattr(tasks, "async_task", lambda name, *args, **_: tasks.send(*args))
    return lambda: django_capture_on_commit_callbacks(execute=True)


def sign_up(client=None, **fields):
    answer = (client or Client()).post("/accounts/signup/", SIGN_UP | fields)
    return answer, User.objects.filter(username=fields.get("username", "newcomer")).first()


def request_of(name="newcomer") -> AdmissionRequest:
    return AdmissionRequest.objects.get(user__username=name)


def link_in(letter) -> str:
    return re.search(r"https?://[^/\s]+(/members/\S+)", letter.body)[1]


def test_from_sign_up_to_the_first_visit(grandma, manager, mails):
    with mails():
        answer, user = sign_up(groups_wanted=[grandma.pk])
    assert answer.status_code == 302
    assert not user.is_active
    assert not user.groups.exists()
    assert [letter.to for letter in mail.outbox] == [["newcomer@example.org"]]
    link = link_in(mail.outbox[0])
    assert b"This is my e-mail" in Client().get(link).content
    assert request_of().email_confirmed_at is None, "looking changes nothing"
    with mails():
        Client().post(link)
    assert mail.outbox[1].to == [manager.email]
    assert "small observatory" in mail.outbox[1].body
    with mails():
        approve(request_of(), grandma, "full", by=manager)
    assert "open" in mail.outbox[2].subject
    client = Client()
    signed_in = client.post("/accounts/login/", {"login": "newcomer", "password": SIGN_UP["password1"]})
    assert signed_in.status_code == 302
    assert client.get("/events/").status_code == 200
    assert b"approved" in Client().get(link).content
    assert list(AdmissionEntry.objects.values_list("state", flat=True)) == ["unconfirmed", "waiting", "approved"]


def test_signing_in_sends_the_mail_again_that_did_not_come(grandma, manager, mails):
    """Not at once and not twice within minutes; for a question that is open too."""
    client = Client()
    sign_in = {"login": "newcomer", "password": SIGN_UP["password1"]}
    with mails():
        sign_up(client)
        client.post("/accounts/login/", sign_in)
    assert [letter.subject for letter in mail.outbox] == ["ICARE-TOM: confirm your e-mail"]
    lost, mail.outbox[:] = mail.outbox[0], []
    cache.clear()
    with mails():
        for _ in range(2):
            page = client.post("/accounts/login/", sign_in, follow=True).content.decode()
    assert "sign in again in some minutes" in page
    assert [letter.to for letter in mail.outbox] == [["newcomer@example.org"]]
    assert link_in(mail.outbox[0]).split("/")[1:3] == link_in(lost).split("/")[1:3]
    confirm_email(request_of())
    with mails():
        ask_back(request_of(), "Which telescope?", by=manager)
    mail.outbox.clear()
    cache.clear()
    with mails():
        client.post("/accounts/login/", sign_in)
    assert "Which telescope?" in mail.outbox[0].body
    assert client.get(link_in(mail.outbox[0])).status_code == 200


def test_an_affiliation_is_asked_for(grandma):
    answer, user = sign_up(affiliation=" ")
    assert answer.status_code == 200
    assert user is None


@pytest.mark.parametrize("name", ["admin", "Adm1n", "root", "grandma", "me", "a b", "<b>x</b>", "x" * 40, "аdmin"])
def test_names_that_pose_as_somebody_are_refused(grandma, name):
    assert sign_up(username=name)[1] is None


def test_a_name_that_looks_like_another_is_refused(grandma):
    make_user("marlo.rossi")
    assert sign_up(username="mar1o_rossi")[1] is None


def test_a_pending_account_reaches_nothing(grandma):
    _, user = sign_up()
    client = Client()
    client.post("/accounts/login/", {"login": "newcomer", "password": SIGN_UP["password1"]})
    assert client.get("/events/").status_code == 302
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    assert client.get("/events/").status_code == 302
    with pytest.raises(PermissionDenied):
        make_token(user, "script")


def test_nobody_is_approved_before_their_email_is_confirmed(grandma, manager):
    sign_up()
    with pytest.raises(ValidationError, match="not confirmed"):
        approve(request_of(), grandma, "full", by=manager)


def test_who_may_decide(grandma, manager, member, administrator):
    _, user = sign_up()
    confirm_email(request_of())
    other = make_user("other-admin", make_group("Another group"), role="group-admin")
    for somebody in (member, user):
        with pytest.raises(PermissionDenied):
            approve(request_of(), grandma, "full", by=somebody)
    with pytest.raises(PermissionDenied, match="may not manage the members of GRANDMA"):
        approve(request_of(), grandma, "full", by=other)
    with pytest.raises(PermissionDenied, match="System admin"):
        approve(request_of(), grandma, "full", by=manager, rights=["system-admin"])
    assert not User.objects.get(pk=user.pk).is_active
    approve(request_of(), grandma, "full", by=administrator)
    with pytest.raises(ValidationError, match="approved already"):
        refuse(request_of(), "too late", by=administrator)


def test_a_request_that_names_a_group_is_for_its_admins(grandma, manager):
    sign_up(groups_wanted=[grandma.pk])
    confirm_email(request_of())
    other = make_user("other-admin", make_group("Another group"), role="group-admin")
    assert AdmissionRequest.objects.visible_to(manager).exists()
    assert not AdmissionRequest.objects.visible_to(other).exists()


def test_groups_that_do_not_show_themselves_cannot_be_asked_for(grandma):
    hidden = make_group("Hidden group")
    answer, user = sign_up(groups_wanted=[hidden.pk])
    assert user is None
    assert b"Hidden group" not in answer.content


def test_a_question_is_asked_and_answered(grandma, manager, mails):
    sign_up()
    confirm_email(request_of())
    with mails():
        ask_back(request_of(), "Which telescope?", by=manager)
    link = link_in(mail.outbox[-1])
    assert b"Which telescope?" in Client().get(link).content
    assert Client().post(link, {"answer": " "}).status_code == 400
    with mails():
        assert Client().post(link, {"answer": "A 30 cm one."}).status_code == 302
    assert "A 30 cm one." in mail.outbox[-1].body
    assert request_of().state == "waiting"


def test_a_refusal_gives_its_reason(grandma, manager, mails):
    sign_up()
    with pytest.raises(ValidationError, match="Say why"):
        refuse(request_of(), " ", by=manager)
    with mails():
        refuse(request_of(), "We could not find you.", by=manager)
    assert "We could not find you." in mail.outbox[-1].body
    assert not User.objects.get(username="newcomer").is_active


@pytest.mark.parametrize("key", ["nonsense", "WzEsICJ4Il0:1abc:def", "%00", "a" * 500])
def test_forged_keys_lead_nowhere(grandma, key):
    sign_up()
    for page in ("confirm", "answer", "invitation"):
        for method in ("get", "post"):
            answer = getattr(Client(raise_request_exception=False), method)(f"/members/{page}/{key}/")
            assert answer.status_code in (400, 404), (page, method)
    assert request_of().email_confirmed_at is None


def test_a_key_is_for_one_email_only(grandma, mails):
    with mails():
        sign_up()
    link = link_in(mail.outbox[0])
    AdmissionRequest.objects.update(email="somebody-else@example.org")
    assert Client().post(link).status_code == 404
    assert request_of().email_confirmed_at is None


def test_an_invitation_lets_in_at_once_and_once(grandma, manager, mails):
    with mails():
        _, key = invite("newcomer@example.org", grandma, "full", by=manager, note="Welcome.")
    link = link_in(mail.outbox[0])
    assert key in link
    assert key not in str(Invitation.objects.values().get())
    client = Client()
    assert b"GRANDMA" in client.get(link).content
    client.post(link, {"new": ""})
    with mails():
        _, user = sign_up(client)
    assert User.objects.get(pk=user.pk).is_active
    assert Membership.objects.get(user=user).role == "full"
    assert request_of().state == "approved"
    assert Client().get(link).status_code == 404
    assert find_invitation(key) is None


def test_who_lost_the_right_since_lets_nobody_in(grandma, manager, administrator):
    row, _ = invite("x@example.org", grandma, "full", by=manager)
    Membership.objects.filter(user=manager).update(role="full")
    newcomer = make_user("newcomer")
    with pytest.raises(PermissionDenied):
        accept_invitation(row, newcomer)
    assert not newcomer.groups.exists()


def test_an_old_invitation_opens_no_closed_account(grandma, manager, administrator):
    row, _ = invite("x@example.org", grandma, "full", by=manager)
    left = make_user("left", grandma)
    close_account(left, by=administrator)
    with pytest.raises(ValidationError, match="was closed"):
        accept_invitation(row, User.objects.get(pk=left.pk))
    assert not User.objects.get(pk=left.pk).is_active


def test_nobody_invites_beyond_their_rights(grandma, manager, member):
    with pytest.raises(PermissionDenied):
        invite("x@example.org", grandma, "full", by=member)
    with pytest.raises(PermissionDenied):
        invite("x@example.org", make_group("Another group"), "view", by=manager)
    with pytest.raises(PermissionDenied, match="System admin"):
        invite("x@example.org", grandma, "full", by=manager, rights=["system-admin"])


def test_closing_an_account_ends_its_sessions_and_tokens(grandma, member, administrator, browse):
    client, made = browse(member), make_token(member, "script")
    assert client.get("/events/").status_code == 200
    with pytest.raises(PermissionDenied):
        close_account(administrator, by=member)
    close_account(member, by=administrator)
    assert client.get("/events/").status_code == 302
    assert Client().get("/api/targets/", headers={"Authorization": f"token {made.key}"}).status_code == 401
    User.objects.filter(pk=member.pk).update(is_active=True)
    assert client.get("/events/").status_code == 302, "an account opened again begins with no session"
    assert Client().get("/api/targets/", headers={"Authorization": f"token {made.key}"}).status_code == 401


def test_joining_groups(grandma, member, manager, mails):
    hidden, open_group = make_group("Hidden group"), make_group("Open group")
    GroupProfile.objects.create(group=open_group, is_public=True, accepts_at_once=True)
    asked = make_group("Asked group")
    GroupProfile.objects.create(group=asked, is_public=True)
    keeper = make_user("keeper", asked, role="group-admin")
    with pytest.raises(ValidationError, match="no such group"):
        ask_to_join(member, hidden)
    ask_to_join(member, open_group)
    assert Membership.objects.get(user=member, group=open_group).role == "view"
    with mails():
        wish = ask_to_join(member, asked, "please")
        assert ask_to_join(member, asked) == wish
    assert [letter.to for letter in mail.outbox] == [[keeper.email]]
    with pytest.raises(PermissionDenied):
        decide_join(wish, accept=True, by=manager)
    decide_join(wish, accept=True, by=keeper, role="full")
    assert Membership.objects.get(user=member, group=asked).role == "full"


def test_requests_nobody_deals_with_expire(grandma):
    sign_up()
    AdmissionRequest.objects.update(made_at=timezone.now() - timedelta(days=91))
    assert expire_requests() == 1
    assert request_of().state == "expired"


def test_the_log_is_never_changed(grandma):
    sign_up()
    entry = AdmissionEntry.objects.get()
    with pytest.raises(DatabaseError, match="never changed"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE icare_tom_admissionentry SET note = 'x' WHERE id = %s", [entry.pk])


def test_the_administration_leads_to_where_requests_are_decided(administrator, grandma, browse):
    told = {"affiliation": "Nice", "email": "ada@example.org", "email_verified": True}
    request = file_admission(make_user("ada", active=False), **told)
    invitation, _ = invite("guest@example.org", grandma, "view", by=administrator)
    client = browse(administrator)
    lists = client.get("/admin/icare_tom/admissionrequest/").content.decode()
    assert f'<a href="/members/admissions/{request.pk}/">Decide</a>' in lists
    page = client.get(f"/admin/icare_tom/admissionrequest/{request.pk}/change/").content.decode()
    assert f'href="/members/admissions/{request.pk}/"' in page
    page = client.get(f"/admin/icare_tom/invitation/{invitation.pk}/change/").content.decode()
    assert f'href="/members/groups/{grandma.pk}/"' in page
