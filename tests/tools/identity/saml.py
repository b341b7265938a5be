"""A real SAML identity provider on this machine (pysaml2, signing with the xmlsec wheel), which can be told to lie."""

import base64
import datetime
import html
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import flask
import xmlsec
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID
from lxml import etree
from oidc_provider_mock._server import _threaded_server
from saml2 import BINDING_HTTP_POST, BINDING_HTTP_REDIRECT
from saml2.config import IdPConfig
from saml2.saml import NAME_FORMAT_URI, NAMEID_FORMAT_TRANSIENT, NameID
from saml2.server import Server
from saml2.sigver import CryptoBackend
from saml2.xmldsig import DIGEST_SHA256, SIG_RSA_SHA256

SAML = "urn:oasis:names:tc:SAML:2.0:assertion"
DS = "http://www.w3.org/2000/09/xmldsig#"
TRUST = "urn:oasis:names:tc:SAML:2.0:protocol"
EVERYBODY: dict[str, dict[str, list[str]]] = {
    "jocelyn": {
        "givenName": ["Jocelyn"],
        "sn": ["Bell"],
        "mail": ["jocelyn@university.example"],
        "eduPersonUniqueId": ["f00d@university.example"],
    }
}


def make_certificate(folder: Path, name: str) -> tuple[Path, Path]:
    """A key and a certificate of its own, PEM."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=365))
        .sign(key, hashes.SHA256())
    )
    key_file, certificate_file = folder / f"{name}.key", folder / f"{name}.crt"
    key_file.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    certificate_file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    return key_file, certificate_file


class WheelBackend(CryptoBackend):
    """Signs with the wheel; pysaml2 would call the program xmlsec1."""

    def version(self) -> str:
        return "wheel"

    def sign_statement(self, statement: Any, node_name: str, key_file: str, node_id: str) -> str:
        root = etree.fromstring(statement.encode() if isinstance(statement, str) else statement)
        sign(next(node for node in root.iter() if node.get("ID") == node_id), key_file)
        return etree.tostring(root).decode()


def sign(node: Any, key_file: str | Path) -> None:
    """Put a signature into the empty place for one within a node."""
    place = node.find(f"{{{DS}}}Signature")
    context = xmlsec.SignatureContext()
    context.key = xmlsec.Key.from_file(str(key_file), xmlsec.constants.KeyDataFormatPem)
    context.register_id(node, "ID")
    context.sign(place)


class IdentityProvider:
    """One institution. `turn` may replace what its answers hold before they are sent."""

    def __init__(self, folder: Path) -> None:
        self.key, self.certificate = make_certificate(folder, "university")
        self.flask = flask.Flask(__name__)
        self.flask.get("/sso")(self.sso)
        self.flask.get("/")(lambda: "The University")
        self.people = {name: dict(values) for name, values in EVERYBODY.items()}
        self.turn: Callable[[bytes], bytes] | None = None
        self.url, self.server = "", None

    @property
    def entity_id(self) -> str:
        return f"{self.url}/idp"

    @property
    def metadata(self) -> bytes:
        lines = self.certificate.read_text().splitlines()[1:-1]
        spaces = f'xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" xmlns:ds="{DS}"'
        return f"""<md:EntityDescriptor {spaces} entityID="{self.entity_id}">
  <md:IDPSSODescriptor protocolSupportEnumeration="{TRUST}">
    <md:Extensions><mdui:UIInfo xmlns:mdui="urn:oasis:names:tc:SAML:metadata:ui">
      <mdui:DisplayName xml:lang="fr">Université de l'Exemple</mdui:DisplayName>
      <mdui:DisplayName xml:lang="en">University of Example</mdui:DisplayName>
    </mdui:UIInfo></md:Extensions>
    <md:KeyDescriptor use="signing"><ds:KeyInfo><ds:X509Data><ds:X509Certificate>
{"".join(lines)}</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>
    <md:SingleSignOnService Binding="{BINDING_HTTP_REDIRECT}" Location="{self.url}/sso"/>
  </md:IDPSSODescriptor>
</md:EntityDescriptor>""".encode()

    def meet(self, metadata: bytes) -> None:
        """Learn of a site, as a federation would tell."""
        config = IdPConfig().load(
            {
                "entityid": self.entity_id,
                "xmlsec_binary": "/bin/true",
                "key_file": str(self.key),
                "cert_file": str(self.certificate),
                "metadata": {"inline": [metadata.decode()]},
                "service": {
                    "idp": {
                        "endpoints": {"single_sign_on_service": [(f"{self.url}/sso", BINDING_HTTP_REDIRECT)]},
                        "policy": {"default": {"lifetime": {"minutes": 15}, "name_form": NAME_FORMAT_URI}},
                    }
                },
            }
        )
        self.server = Server(config=config)
        self.server.sec.crypto = WheelBackend()

    def asked(self, address: str) -> Any:
        """The request at an address this site led to."""
        assert address.startswith(f"{self.url}/sso?")
        query = dict(parse_qsl(urlsplit(address).query))
        return self.server.parse_authn_request(query["SAMLRequest"], BINDING_HTTP_REDIRECT).message

    def answer(self, address: str, who: str = "jocelyn", **changed: Any) -> str:
        """What the institution answers to such a request; base64."""
        asked = self.asked(address)
        where = changed.pop("destination", self.server.response_args(asked, [BINDING_HTTP_POST])["destination"])
        made = self.server.create_authn_response(
            identity=self.people[who],
            in_response_to=changed.pop("in_response_to", asked.id),
            destination=where,
            sp_entity_id=changed.pop("audience", asked.issuer.text),
            name_id=changed.pop("name_id", NameID(format=NAMEID_FORMAT_TRANSIENT, text="_once")),
            authn={"class_ref": "urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport"},
            sign_assertion=changed.pop("signed", True),
            sign_response=False,
            sign_alg=changed.pop("sign_alg", SIG_RSA_SHA256),
            digest_alg=changed.pop("digest_alg", DIGEST_SHA256),
            **changed,
        )
        body = str(made).encode()
        return base64.b64encode(self.turn(body) if self.turn else body).decode()

    def sso(self) -> str:
        """The institution's page: one button, as one who is signed in there already."""
        place = self.server.response_args(self.asked(flask.request.url), [BINDING_HTTP_POST])["destination"]
        answer = self.answer(flask.request.url)
        return (
            f'<!doctype html><title>University</title><form method="post" action="{html.escape(place)}">'
            f'<input type="hidden" name="SAMLResponse" value="{answer}"><button>Go on</button></form>'
        )


@contextmanager
def running_institution(folder: Path) -> Iterator[IdentityProvider]:
    """Run an institution on a free port of this machine."""
    institution = IdentityProvider(folder)
    with _threaded_server(institution.flask) as server:
        institution.url = f"http://localhost:{server.server_port}"
        yield institution
