"""Signing in from an institution of eduGAIN, against a real SAML identity provider on this machine."""

import base64
import copy
from types import SimpleNamespace

import pytest
from allauth.socialaccount.models import SocialAccount
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone
from lxml import etree

from icare_tom.members import tasks
from icare_tom.members.admission_models import AdmissionRequest, AdmissionState
from icare_tom.members.social.institution_models import Institution
from icare_tom.members.social.saml.federation import FederationError, keep, read_list
from tests.tools.identity.saml import make_certificate, running_institution, sign

pytestmark = pytest.mark.django_db
SAML, SAMLP = "urn:oasis:names:tc:SAML:2.0:assertion", "urn:oasis:names:tc:SAML:2.0:protocol"
FORM = {
    "username": "jbell",
    "email": "jocelyn@university.example",
    "first_name": "Jocelyn",
    "last_name": "Bell",
    "affiliation": "University of Example; radio follow-up.",
}


def is_signed_in(client: Client) -> bool:
    return "_auth_user_id" in client.session


def test_the_first_time_ends_as_a_closed_account_whose_e_mail_waits(institution, choose, hand_in, grandma):
    client = Client()
    answer = hand_in(client, institution.answer(choose(client)))
    assert answer["Location"] == "/accounts/3rdparty/signup/"
    assert b"jocelyn@university.example" in client.get(answer["Location"]).content
    assert client.post(answer["Location"], FORM)["Location"] == "/accounts/inactive/"
    request = AdmissionRequest.objects.get(user__username="jbell")
    assert request.state == AdmissionState.UNCONFIRMED
    assert request.came_by == "edugain"
    identity = SocialAccount.objects.get(user=request.user)
    assert identity.extra_data["subject"] == "f00d@university.example"
    assert not is_signed_in(client)


@pytest.fixture
def known(institution, choose, hand_in, grandma):
    """Somebody who was let in and comes from the institution."""
    client = Client()
    hand_in(client, institution.answer(choose(client)))
    client.post("/accounts/3rdparty/signup/", FORM)
    User.objects.filter(username="jbell").update(is_active=True)
    return User.objects.get(username="jbell")


def was_refused(answer, client: Client) -> bool:
    return answer.status_code == 401 and b"Not signed in" in answer.content and not is_signed_in(client)


def test_the_next_time_signs_in(institution, choose, hand_in, known):
    client = Client()
    assert hand_in(client, institution.answer(choose(client, next="/events/")))["Location"] == "/events/"
    assert client.session["_auth_user_id"] == str(known.pk)


def test_an_institution_is_found_by_its_name(institution):
    page = Client().get("/accounts/saml/edugain/login/", {"q": "example univ"}).content.decode()
    assert "University of Example" in page
    assert (
        "University of Example"
        not in Client().get("/accounts/saml/edugain/login/", {"q": "elsewhere"}).content.decode()
    )


def test_our_metadata_ask_for_signed_assertions(institution):
    answer = Client().get("/accounts/saml/edugain/metadata/")
    assert answer["Content-Type"] == "application/samlmetadata+xml"
    assert b'WantAssertionsSigned="true"' in answer.content
    assert b"http://testserver/accounts/saml/edugain/acs/" in answer.content


def test_an_identity_is_connected_from_the_profile(institution, choose, hand_in, member):
    client = Client()
    client.post("/accounts/login/", {"login": "member", "password": "correct-horse"})
    client.post("/accounts/reauthenticate/", {"password": "correct-horse"})
    assert hand_in(client, institution.answer(choose(client, process="connect")))["Location"] == "/accounts/3rdparty/"
    assert SocialAccount.objects.get(user=member).provider == "edugain"


# --- answers that are not believed ------------------------------------------------------------------------------------
def test_an_answer_counts_once(institution, choose, hand_in, known):
    client = Client()
    answer = institution.answer(choose(client))
    assert hand_in(client, answer).status_code == 302
    client.post("/accounts/logout/")
    assert was_refused(hand_in(client, answer), client)


def test_an_answer_counts_in_the_browser_that_asked(institution, choose, hand_in, known):
    answer = institution.answer(choose(Client()))
    other = Client()
    choose(other)
    assert was_refused(hand_in(other, answer), other)


@pytest.mark.parametrize(
    "changed",
    [
        {"signed": False},
        {"audience": "https://elsewhere.example/metadata"},
        {"destination": "https://elsewhere.example/acs/"},
        {"in_response_to": "_another"},
        {"in_response_to": None},
        {"session_not_on_or_after": "2020-01-01T00:00:00Z"},
        {"sign_alg": "http://www.w3.org/2000/09/xmldsig#rsa-sha1"},
        {"digest_alg": "http://www.w3.org/2000/09/xmldsig#sha1"},
    ],
    ids=str,
)
def test_answers_that_do_not_fit_are_refused(institution, choose, hand_in, known, changed):
    client = Client()
    assert was_refused(hand_in(client, institution.answer(choose(client), **changed)), client)


def _turned(change):
    """An attacker's hand on a good answer."""

    def turn(body: bytes) -> bytes:
        root = etree.fromstring(body)
        changed = change(root)
        return etree.tostring(root if changed is None else changed)

    return turn


def _assertion(root):
    return root.find(f"{{{SAML}}}Assertion")


def _evil(assertion):
    """A copy that says somebody else, with the signature taken out."""
    evil = copy.deepcopy(assertion)
    evil.set("ID", "_evil")
    evil.remove(evil.find("{http://www.w3.org/2000/09/xmldsig#}Signature"))
    for value in evil.iter(f"{{{SAML}}}AttributeValue"):
        if value.text == "nobody@university.example":
            value.text = "f00d@university.example"
    return evil


def _beside_before(root):
    root.insert(list(root).index(_assertion(root)), _evil(_assertion(root)))


def _beside_after(root):
    root.append(_evil(_assertion(root)))


def _around(root):
    good = _assertion(root)
    evil = _evil(good)
    root.replace(good, evil)
    etree.SubElement(evil, f"{{{SAML}}}Advice").append(good)


def _in_extensions(root):
    good = _assertion(root)
    evil = _evil(good)
    root.replace(good, evil)
    extensions = etree.Element(f"{{{SAMLP}}}Extensions")
    extensions.append(good)
    root.insert(1, extensions)


def _in_the_signature(root):
    good = _assertion(root)
    evil, signature = _evil(good), good.find("{http://www.w3.org/2000/09/xmldsig#}Signature")
    root.replace(good, evil)
    evil.insert(1, signature)
    etree.SubElement(signature, "{http://www.w3.org/2000/09/xmldsig#}Object").append(good)


def _same_id(root):
    evil = _evil(_assertion(root))
    evil.set("ID", _assertion(root).get("ID"))
    root.insert(list(root).index(_assertion(root)), evil)


def _whole_inside(root):
    """A frame of the attacker's own, with the good answer within."""
    frame = copy.deepcopy(root)
    frame.replace(_assertion(frame), _evil(_assertion(frame)))
    frame.set("ID", "_frame")
    extensions = etree.SubElement(frame, f"{{{SAMLP}}}Extensions")
    extensions.append(copy.deepcopy(root))
    return frame


def _value_changed(root):
    for value in root.iter(f"{{{SAML}}}AttributeValue"):
        if value.text == "nobody@university.example":
            value.text = "f00d@university.example"


def _signature_removed(root):
    assertion = _assertion(root)
    assertion.remove(assertion.find("{http://www.w3.org/2000/09/xmldsig#}Signature"))


WRAPPINGS = [_beside_before, _beside_after, _around, _in_extensions, _in_the_signature, _same_id, _whole_inside,
             _value_changed, _signature_removed]  # fmt: skip


@pytest.mark.parametrize("wrapping", WRAPPINGS, ids=lambda wrapping: wrapping.__name__)
def test_a_signature_around_other_words_is_refused(institution, choose, hand_in, known, wrapping):
    institution.people["nobody"] = {"eduPersonUniqueId": ["nobody@university.example"], "sn": ["Nobody"]}
    institution.turn = _turned(wrapping)
    client = Client()
    assert was_refused(hand_in(client, institution.answer(choose(client), "nobody")), client)


def test_a_comment_in_a_name_does_not_cut_it(institution, choose, hand_in, known):
    """CVE-2017-11427 and its kin: what stands before a comment must not be taken for the whole."""
    institution.people["nobody"] = {"eduPersonUniqueId": ["f00d@university.example.attacker.example"], "sn": ["N"]}
    institution.turn = lambda body: body.replace(b"f00d@university.example.", b"f00d@university.example<!-- x -->.")
    client = Client()
    answer = hand_in(client, institution.answer(choose(client), "nobody"))
    assert client.session.get("_auth_user_id") != str(known.pk)
    assert answer.status_code == 401 or answer["Location"] == "/accounts/3rdparty/signup/"


def test_entities_are_not_read(institution, choose, hand_in, known):
    client = Client()
    choose(client)
    bomb = b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><x InResponseTo="_1">&a;</x>'
    assert was_refused(hand_in(client, base64.b64encode(bomb).decode()), client)


@pytest.mark.parametrize(
    "answer", ["", "not base64!", base64.b64encode(b"<x").decode(), base64.b64encode(b"<x/>").decode(), "A" * 300_000]
)
def test_nonsense_is_refused(institution, hand_in, answer):
    client = Client()
    assert hand_in(client, answer).status_code == 401


def test_who_is_named_for_once_only_is_refused(institution, choose, hand_in, known):
    institution.people["guest"] = {"sn": ["Guest"], "eduPersonPrincipalName": ["jocelyn@university.example"]}
    client = Client()
    assert was_refused(hand_in(client, institution.answer(choose(client), "guest")), client)


def test_the_same_subject_of_another_institution_is_somebody_else(institution, choose, hand_in, known, tmp_path):
    """And an answer of one institution does not count where another was chosen."""
    with running_institution(tmp_path) as other:
        keep(read_list(institution.metadata, None) + read_list(other.metadata, None))
        other.meet(Client().get("/accounts/saml/edugain/metadata/").content)
        client = Client()
        row = Institution.objects.get(entity_id=other.entity_id)
        address = client.post("/accounts/saml/edugain/login/", {"institution": row.pk})["Location"]
        answer = hand_in(client, other.answer(address))
        assert answer["Location"] == "/accounts/3rdparty/signup/"
        assert not is_signed_in(client)
        mixed = Client()
        request_id = institution.asked(choose(mixed)).id
        assert was_refused(hand_in(mixed, other.answer(address, in_response_to=request_id)), mixed)


# --- the federation's list --------------------------------------------------------------------------------------------
def _list(institution, attributes: str = 'ID="_all"') -> bytes:
    """A federation's list with one institution and a place for its signature."""
    signature = (
        '<ds:Signature xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:SignedInfo>'
        '<ds:CanonicalizationMethod Algorithm="http://www.w3.org/2001/10/xml-exc-c14n#"/>'
        '<ds:SignatureMethod Algorithm="http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"/>'
        '<ds:Reference URI="#_all"><ds:Transforms>'
        '<ds:Transform Algorithm="http://www.w3.org/2000/09/xmldsig#enveloped-signature"/>'
        '<ds:Transform Algorithm="http://www.w3.org/2001/10/xml-exc-c14n#"/></ds:Transforms>'
        '<ds:DigestMethod Algorithm="http://www.w3.org/2001/04/xmlenc#sha256"/><ds:DigestValue/></ds:Reference>'
        "</ds:SignedInfo><ds:SignatureValue/></ds:Signature>"
    )
    name = 'xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata"'
    body = institution.metadata.decode()
    return f"<md:EntitiesDescriptor {name} {attributes}>{signature}{body}</md:EntitiesDescriptor>".encode()


@pytest.fixture
def federation(institution, tmp_path):
    """Signs lists, as eduGAIN does."""
    key, certificate = make_certificate(tmp_path, "federation")

    def signed(attributes: str = 'ID="_all"', turn=lambda root: None) -> bytes:
        root = etree.fromstring(_list(institution, attributes))
        sign(root, key)
        turn(root)
        return etree.tostring(root)

    return SimpleNamespace(signed=signed, certificate=certificate.read_bytes())


def test_a_signed_list_is_read(institution, federation):
    (entry,) = read_list(federation.signed(), federation.certificate)
    assert (entry.entity_id, entry.name) == (institution.entity_id, "University of Example")
    assert entry.sign_in_url == f"{institution.url}/sso"


def _strange_key(root):
    for node in root.iter("{http://www.w3.org/2000/09/xmldsig#}X509Certificate"):
        node.text = "AAAA"


@pytest.mark.parametrize(
    ("attributes", "turn"),
    [
        ('ID="_all"', _strange_key),
        ('ID="_other"', lambda root: root.set("ID", "_other")),
        ('ID="_all"', lambda root: root.remove(root[0])),
        ('ID="_all" validUntil="2020-01-01T00:00:00Z"', lambda root: None),
        ('ID="_all" validUntil="for ever"', lambda root: None),
    ],
    ids=["changed", "signed elsewhere", "not signed", "too old", "no time"],
)
def test_a_list_is_refused_when_it_is(federation, attributes, turn):
    root = etree.fromstring(federation.signed()) if 'ID="_other"' in attributes else None
    data = federation.signed(attributes, turn) if root is None else (turn(root), etree.tostring(root))[1]
    with pytest.raises(FederationError):
        read_list(data, federation.certificate)


def test_institutions_that_left_are_forgotten_but_an_empty_list_forgets_none(institution, federation):
    Institution.objects.create(
        entity_id="gone", name="Gone", sign_in_url="https://gone.example", certificates=["x"], seen_at=timezone.now()
    )
    assert keep(read_list(federation.signed(), federation.certificate)) == (1, 1)
    with pytest.raises(FederationError):
        keep([])
    assert Institution.objects.get().name == "University of Example"


def test_the_command_loads_a_file_and_asks_for_a_certificate_for_addresses(institution, federation, tmp_path, settings):
    path, certificate = tmp_path / "list.xml", tmp_path / "federation.crt"
    path.write_bytes(federation.signed())
    settings.ICARE_FEDERATION = {"metadata": str(path), "metadata_certificate": str(certificate)}
    call_command("load_institutions")
    with pytest.raises(CommandError, match="must be signed"):
        settings.ICARE_FEDERATION = {"metadata": "https://federation.example/list", "metadata_certificate": ""}
        call_command("load_institutions")
    with pytest.raises(CommandError, match="no XML"):
        path.write_bytes(b"nonsense")
        call_command("load_institutions", str(path))


def test_workers_load_the_list_once_a_day_and_again_soon_when_it_is_not_taken(
    institution, federation, tmp_path, settings, monkeypatch
):
    path, queued = tmp_path / "list.xml", []
    monkeypatch.setattr(tasks, "async_task", lambda name, **_: queued.append(name))
    settings.ICARE_FEDERATION = {"metadata": "", "metadata_certificate": ""}
    assert not tasks.load_institutions_daily(), "no federation is set"
    settings.ICARE_FEDERATION = {"metadata": str(path), "metadata_certificate": ""}
    assert [tasks.load_institutions_daily() for _ in range(3)] == [True, False, False]
    assert queued == ["icare_tom.members.tasks.load_list"]
    Institution.objects.all().delete()
    path.write_bytes(federation.signed())
    assert tasks.load_list() == "1 institutions"
    path.write_bytes(b"nonsense")
    assert "no XML" in tasks.load_list()
    path.unlink()
    assert "cannot be read" in tasks.load_list()
    assert Institution.objects.count() == 1
    assert "icare_tom.members.tasks.load_institutions_daily" in settings.ICARE_SWEEPS


@pytest.mark.parametrize("page", ["login", "acs", "acs/finish", "metadata"])
def test_odd_requests_break_nothing(institution, page):
    client = Client(raise_request_exception=False)
    for slug in ("edugain", "nowhere"):
        path = f"/accounts/saml/{slug}/{page}/"
        answers = [getattr(client, method)(path) for method in ("get", "post", "put", "patch", "delete")]
        answers.append(client.post(path, {"institution": "9" * 30, "SAMLResponse": "x"}))
        answers.append(client.get(path, {"q": "a\tb" * 200, "next": "//elsewhere.example"}))
        assert all(answer.status_code < 500 for answer in answers)
        assert slug == "edugain" or {answer.status_code for answer in answers} <= {404, 405}
