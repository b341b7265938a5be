"""Attempts to get into somebody's account through an OpenID Connect provider, each against a real one that lies."""

import re
import time

import jwt
import pytest
from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount
from cryptography.hazmat.primitives.asymmetric import rsa
from django.contrib.auth.models import User
from django.core import mail
from django.test import Client

from icare_tom.members.admission_models import AdmissionRequest, AdmissionState
from tests.factories import make_user
from tests.members.conftest import MARLO, SLACKER
from tests.members.test_sign_in import apply, is_signed_in
from tests.tools.identity.openid import IAM_CLAIMS, SLACK_CLAIMS

pytestmark = pytest.mark.django_db
STRANGERS_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
SIGN_UP = "/accounts/3rdparty/signup/"


@pytest.fixture
def victim(grandma):
    """A member with an e-mail and an identity at the provider."""
    user = make_user("victim", grandma)
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    SocialAccount.objects.create(user=user, provider="iam", uid="victim-at-iam")
    return user


def was_refused(answer, client: Client) -> bool:
    return answer.status_code == 401 and b"Not signed in" in answer.content and not is_signed_in(client)


def test_the_flow_these_attempts_bend_does_sign_in(provider, sign_in, victim):
    client = Client()
    assert sign_in(client, "victim-at-iam")["Location"] == "/"
    assert client.session["_auth_user_id"] == str(victim.pk)


# --- e-mails ---------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("verified", [False, "false", "true", True, None])
def test_the_same_e_mail_is_not_the_same_person(provider, sign_in, victim, verified):
    provider.set_user("attacker", IAM_CLAIMS | {"email": victim.email, "email_verified": verified})
    client = Client()
    assert sign_in(client, "attacker")["Location"] == SIGN_UP
    assert not is_signed_in(client)
    answer = apply(client, email=victim.email, username="other")
    assert b"sign in to it first" in answer.content
    assert not is_signed_in(client)
    assert SocialAccount.objects.filter(user=victim).count() == 1
    assert not User.objects.filter(username="other").exists()


def test_not_even_where_settings_of_the_provider_say_so(provider, sign_in, victim, settings):
    app = settings.SOCIALACCOUNT_PROVIDERS["openid_connect"]["APPS"][0]
    app["settings"] |= {"email_authentication": True, "verified_email": True}
    provider.set_user("attacker", IAM_CLAIMS | {"email": victim.email})
    client = Client()
    assert sign_in(client, "attacker")["Location"] == SIGN_UP
    assert not is_signed_in(client)


@pytest.mark.parametrize("verified", ["false", "true", 1, "yes", [True], None])
def test_only_true_means_verified(provider, sign_in, grandma, verified):
    provider.userinfo = lambda claims: claims | {"email_verified": verified}
    client = Client()
    sign_in(client)
    apply(client)
    assert AdmissionRequest.objects.get().state == AdmissionState.UNCONFIRMED
    assert not EmailAddress.objects.filter(verified=True).exists()


def test_the_word_of_one_source_does_not_verify_the_e_mail_of_the_other(provider, sign_in, grandma):
    provider.userinfo = lambda claims: {"sub": claims["sub"], "email": "other@example.org"}
    client = Client()
    sign_in(client)
    apply(client, email="other@example.org")
    assert AdmissionRequest.objects.get().state == AdmissionState.UNCONFIRMED


def test_another_e_mail_in_the_form_is_not_the_verified_one(provider, sign_in, grandma):
    client = Client()
    sign_in(client)
    apply(client, email="director@example.org")
    request = AdmissionRequest.objects.get()
    assert (request.state, request.email) == (AdmissionState.UNCONFIRMED, "director@example.org")
    assert not EmailAddress.objects.filter(verified=True).exists()


def test_an_e_mail_changed_at_the_provider_changes_nobody_here(provider, sign_in, victim, grandma):
    attacker = make_user("attacker", grandma)
    SocialAccount.objects.create(user=attacker, provider="iam", uid="attacker")
    provider.set_user("attacker", IAM_CLAIMS | {"email": victim.email, "email_verified": True})
    client = Client()
    sign_in(client, "attacker")
    assert client.session["_auth_user_id"] == str(attacker.pk)
    assert User.objects.get(pk=attacker.pk).email == "attacker@example.org"
    assert EmailAddress.objects.get(email=victim.email).user == victim


# --- the same answer twice, or in another browser --------------------------------------------------------------------
def test_an_answer_counts_once(provider, leave, come_back, victim):
    client = Client()
    address = provider.authorize(leave(client), "victim-at-iam")
    assert come_back(client, address).status_code == 302
    client.post("/accounts/logout/")
    assert was_refused(come_back(client, address), client)


def test_an_answer_counts_in_the_browser_that_asked(provider, leave, come_back, victim):
    """Login CSRF: an attacker's own sign-in must not end in somebody else's browser."""
    address = provider.authorize(leave(Client()), "victim-at-iam")
    other = Client()
    leave(other)
    assert was_refused(come_back(other, address), other)


def test_the_answer_of_one_provider_is_none_of_another(provider, leave, come_back, victim):
    client = Client()
    address = provider.authorize(leave(client), "victim-at-iam")
    assert was_refused(come_back(client, address.replace("/oidc/iam/", "/oidc/orcid/")), client)


def test_an_id_token_of_another_sign_in_is_refused(provider, sign_in, victim):
    kept = []
    provider.sign = lambda header, claims, key: kept.append(_signed(claims, key, header)) or kept[0]
    assert sign_in(Client(), "victim-at-iam").status_code == 302
    client = Client()
    assert was_refused(sign_in(client, "victim-at-iam"), client)
    assert len(kept) == 2


def test_the_button_needs_the_token_of_its_form(provider, victim):
    client = Client(enforce_csrf_checks=True)
    assert client.post("/accounts/oidc/iam/login/")["Location"].startswith("/accounts/login/")
    page = client.get("/accounts/oidc/iam/login/")
    assert page.status_code == 200, "a link alone leads nowhere"
    assert provider.url not in page.content.decode()


def test_a_session_from_before_is_not_the_one_after(provider, leave, come_back, victim):
    """Session fixation: whoever planted a session cookie must not be signed in with it afterwards."""
    client = Client()
    address = provider.authorize(leave(client), "victim-at-iam")
    planted = client.cookies["sessionid"].value
    come_back(client, address)
    assert is_signed_in(client)
    assert client.cookies["sessionid"].value != planted
    attacker = Client()
    attacker.cookies["sessionid"] = planted
    assert not is_signed_in(attacker)


# --- tokens ----------------------------------------------------------------------------------------------------------
def _signed(claims, key, header, algorithm="RS256") -> str:
    kept = {"kid": header["kid"]} if "kid" in header else {}
    return jwt.encode(claims, key, algorithm=algorithm, headers=kept)


def _claims(**changed):
    return lambda header, claims, key: _signed(
        {name: value for name, value in (claims | changed).items() if value is not None}, key, header
    )


LIES = {
    "signed by somebody else": lambda header, claims, key: _signed(claims, STRANGERS_KEY, header),
    "not signed at all": lambda header, claims, key: jwt.encode(claims, None, algorithm="none"),
    "signed with the client's secret": lambda header, claims, key: _signed(
        claims, "shared-with-the-provider-and-long-enough", header, "HS256"
    ),
    "its signature cut off": lambda header, claims, key: _signed(claims, key, header).rsplit(".", 1)[0] + ".",
    "its claims exchanged": lambda header, claims, key: _exchanged(claims, key, header),
    "missing": lambda header, claims, key: None,
    "no token": lambda header, claims, key: "not.a.token",
    "of another issuer": _claims(iss="https://elsewhere.example"),
    "without an issuer": _claims(iss=None),
    "for another site": _claims(aud="another-client"),
    "for two sites, made for the other": _claims(aud=["icare-iam", "another"], azp="another"),
    "for two sites, made for nobody": _claims(aud=["icare-iam", "another"]),
    "without an audience": _claims(aud=None),
    "expired": _claims(exp=int(time.time()) - 3600),
    "never expiring": _claims(exp=None),
    "from the future": _claims(iat=int(time.time()) + 3600),
    "without a nonce": _claims(nonce=None),
    "with a nonce of its own": _claims(nonce="chosen-by-the-attacker"),
    "about nobody": _claims(sub=None),
    "about somebody else": _claims(sub="attacker"),
    "about a number": _claims(sub=7),
}


def _exchanged(claims, key, header) -> str:
    head, _, signature = _signed(claims | {"sub": "attacker"}, key, header).split(".")
    body = _signed(claims, key, header).split(".")[1]
    return f"{head}.{body}.{signature}"


@pytest.mark.parametrize("lie", LIES)
def test_an_id_token_is_refused_when_it_is(provider, sign_in, victim, lie):
    provider.sign = LIES[lie]
    client = Client()
    assert was_refused(sign_in(client, "victim-at-iam"), client)


@pytest.mark.parametrize(
    "said", [{"sub": "victim-at-iam"}, {}, [], "victim-at-iam", {"sub": None}], ids=lambda said: str(said)[:30]
)
def test_userinfo_about_somebody_else_is_refused(provider, sign_in, victim, grandma, said):
    attacker = make_user("attacker", grandma)
    SocialAccount.objects.create(user=attacker, provider="iam", uid="attacker")
    provider.userinfo = lambda claims: said
    client = Client()
    assert was_refused(sign_in(client, "attacker"), client)


@pytest.mark.parametrize(
    "turned",
    [
        {"issuer": "https://elsewhere.example"},
        {"token_endpoint": "http://elsewhere.example/token"},
        {"jwks_uri": None},
    ],
    ids=lambda turned: next(iter(turned)),
)
def test_a_provider_that_describes_another_is_refused(provider, victim, turned):
    provider.describe = lambda description: description | turned
    client = Client()
    answer = client.post("/accounts/oidc/iam/login/")
    assert was_refused(answer, client)


def test_a_provider_that_is_away_is_no_failure_of_ours(provider, settings):
    settings.SOCIALACCOUNT_PROVIDERS["openid_connect"]["APPS"][0]["settings"]["server_url"] = "http://localhost:9"
    client = Client()
    assert was_refused(client.post("/accounts/oidc/iam/login/"), client)


# --- where to --------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "place",
    [
        "https://elsewhere.example/",
        "//elsewhere.example/",
        "///elsewhere.example",
        "\\\\elsewhere.example",
        "/\\elsewhere.example",
        "https:elsewhere.example",
        "javascript:alert(1)",
        "https://testserver@elsewhere.example/",
        "http://testserver.elsewhere.example/",
        "\thttps://elsewhere.example",
    ],
)
def test_nobody_is_led_off_the_site(provider, sign_in, victim, place):
    assert sign_in(Client(), "victim-at-iam", next=place)["Location"] == "/"
    by_password = Client().post("/accounts/login/", {"login": "victim", "password": "correct-horse", "next": place})
    assert by_password["Location"] == "/"


def test_a_page_of_the_site_is_gone_on_to(provider, sign_in, victim):
    assert sign_in(Client(), "victim-at-iam", next="/events/?kind=GW")["Location"] == "/events/?kind=GW"


def test_a_link_cannot_change_what_the_provider_is_asked(provider, victim):
    query = "?auth_params=redirect_uri%3Dhttps%3A%2F%2Felsewhere.example&scope=admin&process=redirect"
    location = Client().post(f"/accounts/oidc/iam/login/{query}")["Location"]
    assert "elsewhere.example" not in location
    assert "admin" not in location


# --- identities ------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "turned", [{"https://slack.com/team_id": "T0OTHER"}, {"https://slack.com/team_id": None}], ids=["other", "none"]
)
def test_another_workspace_of_slack_is_refused(provider, sign_in, victim, turned):
    SocialAccount.objects.create(user=victim, provider="slack", uid=SLACKER)
    provider.set_user(SLACKER, SLACK_CLAIMS | turned)
    client = Client()
    assert was_refused(sign_in(client, SLACKER, "slack"), client)


def test_userinfo_and_id_token_agree_on_the_workspace(provider, sign_in, victim):
    provider.userinfo = lambda claims: claims | {"https://slack.com/team_id": "T0OTHER"}
    client = Client()
    assert was_refused(sign_in(client, SLACKER, "slack"), client)


def test_the_same_subject_elsewhere_is_somebody_else(provider, sign_in, victim):
    client = Client()
    assert sign_in(client, "victim-at-iam", "orcid")["Location"] == SIGN_UP
    assert not is_signed_in(client)


def test_an_identity_of_somebody_else_cannot_be_connected(provider, sign_in, victim, grandma):
    attacker = make_user("attacker", grandma)
    client = Client()
    client.post("/accounts/login/", {"login": "attacker", "password": "correct-horse"})
    client.post("/accounts/reauthenticate/", {"password": "correct-horse"})
    answer = sign_in(client, "victim-at-iam", process="connect")
    assert answer["Location"] == "/accounts/3rdparty/"
    assert b"belongs to another account" in client.get(answer["Location"]).content
    assert not SocialAccount.objects.filter(user=attacker).exists()
    assert SocialAccount.objects.get(uid="victim-at-iam").user == victim


def test_a_browser_left_alone_connects_nothing(provider, sign_in, victim):
    client = Client()
    client.force_login(victim, backend="allauth.account.auth_backends.AuthenticationBackend")
    answer = sign_in(client, MARLO, process="connect")
    assert answer["Location"].startswith("/accounts/reauthenticate/")
    assert not SocialAccount.objects.filter(uid=MARLO).exists()


def test_a_closed_account_stays_closed(provider, sign_in, victim):
    User.objects.filter(pk=victim.pk).update(is_active=False)
    client = Client()
    assert sign_in(client, "victim-at-iam")["Location"] == "/accounts/inactive/"
    assert not is_signed_in(client)


def test_an_open_form_cannot_take_an_identity_that_was_given_meanwhile(provider, sign_in, victim):
    client = Client()
    sign_in(client)
    SocialAccount.objects.create(user=victim, provider="iam", uid=MARLO)
    assert apply(client)["Location"] == "/accounts/login/"
    assert not User.objects.filter(username="mrossi").exists()
    assert SocialAccount.objects.get(uid=MARLO).user == victim


@pytest.mark.parametrize(
    "claims", [{"name": ["x"], "email": {"a": 1}}, {"name": "\x00<b>", "email": "no e-mail"}, {"name": "x" * 9000}]
)
def test_nonsense_in_claims_breaks_nothing(provider, sign_in, grandma, claims):
    provider.userinfo = lambda said: {"sub": said["sub"]} | claims
    client = Client()
    assert sign_in(client)["Location"] == SIGN_UP
    assert client.get(SIGN_UP).status_code == 200
    assert apply(client)["Location"] == "/accounts/inactive/"


# --- names -----------------------------------------------------------------------------------------------------------
def test_known_and_unknown_names_get_the_same_answer(victim):
    known, unknown = (
        Client().post("/accounts/login/", {"login": name, "password": "wrong"}).content.decode().replace(name, "NAME")
        for name in ("victim", "nobody-of-this-name")
    )
    strip = lambda page: [line for line in page.splitlines() if "csrfmiddlewaretoken" not in line]  # noqa: E731
    assert strip(known) == strip(unknown)


# --- one's own e-mail and password -----------------------------------------------------------------------------------
def test_an_e_mail_changes_once_the_new_one_was_confirmed(victim):
    client = Client()
    client.force_login(victim, backend="allauth.account.auth_backends.AuthenticationBackend")
    client.post("/accounts/email/", {"action_add": "1", "email": "new@example.org"})
    assert User.objects.get(pk=victim.pk).email == "victim@example.org"
    assert mail.outbox[0].to == ["new@example.org"]
    link = re.search(r"/accounts/confirm-email/[^\s]+", mail.outbox[0].body)[0]
    assert client.get(link).status_code == 200
    assert User.objects.get(pk=victim.pk).email == "victim@example.org", "looking changes nothing"
    client.post(link)
    assert User.objects.get(pk=victim.pk).email == "new@example.org"
    assert ["victim@example.org"] in [letter.to for letter in mail.outbox], "the old one is told"


def test_the_e_mail_of_somebody_else_cannot_be_taken(victim, grandma):
    """Not even when its owner follows the link in the mail that this sends."""
    client, attacker = Client(), make_user("attacker", grandma)
    client.force_login(attacker, backend="allauth.account.auth_backends.AuthenticationBackend")
    client.post("/accounts/email/", {"action_add": "1", "email": victim.email})
    assert User.objects.get(pk=attacker.pk).email == "attacker@example.org"
    for letter in mail.outbox:
        for link in re.findall(r"/accounts/confirm-email/[^\s]+", letter.body):
            Client().post(link)
    assert User.objects.get(pk=attacker.pk).email == "attacker@example.org"
    assert EmailAddress.objects.get(email=victim.email, verified=True).user == victim


def test_a_changed_password_ends_other_sessions(victim):
    here, elsewhere = Client(), Client()
    for client in (here, elsewhere):
        client.post("/accounts/login/", {"login": "victim", "password": "correct-horse"})
    new = {"oldpassword": "correct-horse", "password1": "violet-quasar-17", "password2": "violet-quasar-17"}
    here.post("/accounts/password/change/", new)
    assert elsewhere.get("/events/").status_code == 302
    assert here.get("/events/").status_code == 200
