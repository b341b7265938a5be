"""Signing in through a real OpenID Connect provider: the first time, the next, and several for one person."""

import pytest
from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount, SocialToken
from django.contrib.auth.models import User
from django.core import mail
from django.test import Client

from icare_tom.members.admission import approve, confirm_email
from icare_tom.members.admission_models import AdmissionRequest, AdmissionState
from tests.factories import make_user
from tests.members.conftest import MARLO, SLACKER
from tests.tools.identity.openid import ORCID

pytestmark = pytest.mark.django_db
FORM = {
    "username": "mrossi",
    "email": "marlo.rossi@example.org",
    "first_name": "Marlo",
    "last_name": "Rossi",
    "affiliation": "An observatory on a hill; follow-up of bursts.",
}


def apply(client: Client, **fields: str):
    return client.post("/accounts/3rdparty/signup/", FORM | fields)


def is_signed_in(client: Client) -> bool:
    return "_auth_user_id" in client.session


def test_the_first_time_ends_as_a_closed_account_with_a_request(provider, sign_in, grandma):
    client = Client()
    answer = sign_in(client)
    assert answer["Location"] == "/accounts/3rdparty/signup/"
    page = client.get(answer["Location"]).content.decode()
    assert "mrossi" in page
    assert "marlo.rossi@example.org" in page
    answer = apply(client, groups_wanted=grandma.pk)
    assert answer["Location"] == "/accounts/inactive/"
    assert b"waits for a decision" in client.get("/accounts/inactive/").content
    user = User.objects.get(username="mrossi")
    assert not user.is_active
    assert not user.groups.exists()
    assert not user.has_usable_password()
    request = AdmissionRequest.objects.get(user=user)
    assert request.state == AdmissionState.WAITING, "the provider says that the e-mail is verified"
    assert (request.came_by, request.affiliation) == ("iam", FORM["affiliation"])
    assert list(request.groups_wanted.all()) == [grandma]
    identity = SocialAccount.objects.get(user=user)
    assert (identity.provider, identity.uid) == ("iam", MARLO)
    assert "groups" not in identity.extra_data, "no more is kept than is needed"
    assert not SocialToken.objects.exists()
    assert not is_signed_in(client)
    assert client.get("/events/").status_code == 302
