"""A real OpenID Connect provider on this machine (oidc-provider-mock), which checks PKCE and can be told to lie."""

import base64
import hashlib
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qs, urlsplit

import flask
import jwt
import requests
from oidc_provider_mock import app as mock_app
from oidc_provider_mock._server import _threaded_server

Claims = dict[str, Any]

# As INDIGO IAM, ORCID and Slack describe somebody.
IAM_CLAIMS: Claims = {
    "name": "Marlo Rossi",
    "preferred_username": "mrossi",
    "given_name": "Marlo",
    "family_name": "Rossi",
    "email": "marlo.rossi@example.org",
    "email_verified": True,
    "organisation_name": "grandma",
    "groups": ["grandma/observers"],
}
ORCID = "0000-0002-1825-0097"
ORCID_CLAIMS: Claims = {"name": "Josiah Carberry", "given_name": "Josiah", "family_name": "Carberry"}
SLACK_CLAIMS: Claims = {
    "ok": True,
    "https://slack.com/user_id": "U0TEST",
    "https://slack.com/team_id": "T0GRANDMA",
    "name": "marlo",
    "email": "marlo@example.org",
    "email_verified": True,
}


class OpenIDProvider:
    """The provider and what its answers are turned into.

    `sign` may replace an id_token (it gets header, claims and the provider's private key), `userinfo` what is said of
    somebody, `describe` the provider's description of itself.
    """

    def __init__(self) -> None:
        self.flask = mock_app(require_nonce=True)
        self.sign: Callable[[dict[str, Any], Claims, Any], str | None] | None = None
        self.userinfo: Callable[[Claims], Any] | None = None
        self.describe: Callable[[Claims], Any] | None = None
        self.url = ""
        self.challenges: dict[str, str] = {}
        self.asked: list[dict[str, str]] = []
        self.flask.before_request(self._check_pkce)
        self.flask.after_request(self._turn)

    def set_user(self, subject: str, claims: Claims) -> None:
        requests.put(f"{self.url}/users/{subject}", json=claims, timeout=10).raise_for_status()

    def authorize(self, address: str, subject: str) -> str:
        """Sign in as somebody at the address this site led to; returns where the provider sends them back."""
        self.asked.append({name: values[0] for name, values in parse_qs(urlsplit(address).query).items()})
        answer = requests.post(address, data={"sub": subject}, allow_redirects=False, timeout=10)
        assert answer.status_code == 302, answer.text
        return answer.headers["Location"]

    def deny(self, address: str) -> str:
        """Say no there. RFC 6749, 4.1.2.1 has the state come back; this provider forgets it."""
        back = requests.post(address, data={"action": "deny"}, allow_redirects=False, timeout=10).headers["Location"]
        return f"{back}&state={parse_qs(urlsplit(address).query)['state'][0]}"

    def _check_pkce(self) -> Any:
        """Certified providers insist on it; this one would not."""
        if flask.request.path == "/oauth2/authorize" and flask.request.args.get("code_challenge_method") != "S256":
            return flask.Response("PKCE is required", 400)
        if flask.request.path == "/oauth2/token":
            digest = hashlib.sha256(flask.request.form.get("code_verifier", "").encode()).digest()
            challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
            if self.challenges.get(flask.request.form.get("code", "")) != challenge:
                return flask.Response('{"error": "invalid_grant"}', 400, content_type="application/json")
        return None

    def _turn(self, response: flask.Response) -> flask.Response:
        path = flask.request.path
        if path == "/oauth2/authorize" and "Location" in response.headers:
            code = parse_qs(urlsplit(response.headers["Location"]).query).get("code", [""])[0]
            self.challenges[code] = flask.request.args["code_challenge"]
        elif path == "/oauth2/token" and self.sign and response.status_code == 200:
            answer = response.get_json()
            token = answer.pop("id_token")
            header, claims = jwt.get_unverified_header(token), jwt.decode(token, options={"verify_signature": False})
            key = jwt.PyJWK(flask.g.oidc_provider_mock_storage.jwk.as_dict(is_private=True), algorithm="RS256").key
            turned = self.sign(header, claims, key)
            response.set_data(flask.json.dumps(answer if turned is None else answer | {"id_token": turned}))
        elif path == "/userinfo" and self.userinfo and response.status_code == 200:
            response.set_data(flask.json.dumps(self.userinfo(response.get_json())))
        elif path.startswith("/.well-known/") and self.describe:
            response.set_data(flask.json.dumps(self.describe(response.get_json())))
        return response


@contextmanager
def running_provider() -> Iterator[OpenIDProvider]:
    """Run a provider on a free port of this machine, without encryption."""
    os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "1"
    provider = OpenIDProvider()
    with _threaded_server(provider.flask) as server:
        provider.url = f"http://localhost:{server.server_port}"
        yield provider


def app_of(provider: OpenIDProvider, key: str = "iam", **settings: Any) -> dict[str, Any]:
    """The provider as an entry of SOCIALACCOUNT_PROVIDERS."""
    return {
        "provider_id": key,
        "name": {"iam": "INDIGO IAM", "orcid": "ORCID", "slack": "Slack"}.get(key, key),
        "client_id": f"icare-{key}",
        "secret": "shared-with-the-provider",
        "settings": {"server_url": provider.url, "scope": ["openid", "profile", "email"], **settings},
    }
