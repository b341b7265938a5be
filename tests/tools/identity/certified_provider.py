"""A certified OpenID Connect provider on this machine (npm's oidc-provider), asked as a browser would ask it."""

import json
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import requests

HERE = Path(__file__).parent / "certified"
SECRET = "shared-with-the-certified-provider"
NAMES = {"iam": "INDIGO IAM", "orcid": "ORCID", "slack": "Slack"}
TRIES = 8


def is_there() -> bool:
    """Whether Node.js and the provider are installed (`make sign-in` does it)."""
    return bool(shutil.which("node")) and (HERE / "node_modules" / "oidc-provider").is_dir()


class CertifiedProvider:
    """The provider's address, and people who sign in there."""

    def __init__(self, url: str) -> None:
        self.url = url

    def app(self, key: str, secret: str = SECRET, **settings: Any) -> dict[str, Any]:
        """The provider as an entry of SOCIALACCOUNT_PROVIDERS."""
        scope = ["openid", "profile", "email"]
        return {
            "provider_id": key,
            "name": NAMES[key],
            "client_id": f"icare-{key}",
            "secret": secret,
            "settings": {"server_url": self.url, "scope": scope, **settings},
        }

    def authorize(self, address: str, subject: str, *, agrees: bool = True) -> str:
        """Sign in as somebody at the address this site led to; returns where the provider sends them back."""
        browser = requests.Session()
        answer = browser.get(address, allow_redirects=False, timeout=10)
        for _ in range(TRIES):
            if "Location" in answer.headers:
                place = urljoin(answer.url, answer.headers["Location"])
                if not place.startswith(self.url):
                    return place
                answer = browser.get(place, allow_redirects=False, timeout=10)
            elif not agrees:
                answer = browser.get(f"{answer.url}/abort", allow_redirects=False, timeout=10)
            else:
                prompt = "login" if 'name="login"' in answer.text else "consent"
                form = {"prompt": prompt, "login": subject, "password": "any"}
                answer = browser.post(answer.url, data=form, allow_redirects=False, timeout=10)
        raise AssertionError(f"The provider did not send anybody back: {answer.status_code} {answer.text[:500]}")


@contextmanager
def running_provider(people: dict[str, dict[str, Any]]) -> Iterator[CertifiedProvider]:
    """Run a provider that knows some people, and this site under three names."""
    clients = [
        {
            "client_id": f"icare-{key}",
            "client_secret": SECRET,
            "redirect_uris": [f"http://testserver/accounts/oidc/{key}/login/callback/"],
            # Both ways of showing the secret.
            "token_endpoint_auth_method": "client_secret_post" if key == "iam" else "client_secret_basic",
        }
        for key in NAMES
    ]
    node = subprocess.Popen(
        [str(shutil.which("node")), "provider.mjs"], cwd=HERE, text=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    assert node.stdin and node.stdout
    try:
        node.stdin.write(json.dumps({"people": people, "clients": clients}) + "\n")
        node.stdin.flush()
        url = node.stdout.readline().strip()
        assert url, "The provider did not start."
        yield CertifiedProvider(url)
    finally:
        node.stdin.close()
        node.wait(10)
