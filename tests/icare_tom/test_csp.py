"""Every page, seen by an administrator: it opens, looking changes nothing, and nothing on it needs what the policy
forbids (inline scripts and styles, other hosts)."""

from html.parser import HTMLParser

import pytest
from django.apps import apps

from tests.factories import SECRET, make_group, make_user, make_world
from tests.walk import path_of, plausible, routes

pytestmark = pytest.mark.django_db

# Tables that looking may write: sessions, and what belongs to signing in and out.
# The last is the line about the one before: allauth enters an account's address when its page is looked at.
WRITTEN_BY_LOOKING = {"icare_tom.personsession", "mfa.authenticator", "account.emailaddress", "icare_tom.auditentry"}
LOADS = {"script": "src", "link": "href", "img": "src", "iframe": "src", "source": "src", "object": "data"}
DATA_TYPES = {"application/json", "application/ld+json"}


class Forbidden(HTMLParser):
    """Collects what the Content-Security-Policy would block on a page."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag, attrs) -> None:
        values = dict(attrs)
        if tag == "script" and "src" not in values and values.get("type") not in DATA_TYPES:
            self.found.append("inline script")
        if tag == "style":
            self.found.append("inline style")
        handlers = [name for name in values if name.startswith(("on", "hx-on", "x-", "@"))]
        self.found += handlers + (["style attribute"] if "style" in values else [])
        address = values.get(LOADS.get(tag, "")) or ""
        if address.startswith(("http:", "https:", "//")) and values.get("rel") != "canonical":
            self.found.append(f"other host: {address}")
        if (values.get("href") or "").strip().lower().startswith("javascript:"):
            self.found.append("javascript address")


def forbidden_on(html: str) -> list[str]:
    parser = Forbidden()
    parser.feed(html)
    return sorted(set(parser.found))


def test_the_reader_finds_what_is_forbidden():
    page = """<style></style><script>1</script><p onclick=x style="a"><script src="//cdn.example/x.js"></script>
    <a href="javascript:1"></a><script type="application/json">{}</script>"""
    assert forbidden_on(page) == [
        "inline script",
        "inline style",
        "javascript address",
        "onclick",
        "other host: //cdn.example/x.js",
        "style attribute",
    ]


def sizes() -> dict[str, int]:
    labels = (model for model in apps.get_models() if model._meta.managed and not model._meta.proxy)
    return {model._meta.label_lower: model._default_manager.count() for model in labels}


def test_pages_open_change_nothing_and_fit_the_policy(settings, browse):
    settings.ICARE_DEFAULT_GROUP = f"{SECRET} network"
    world = make_world(make_group(settings.ICARE_DEFAULT_GROUP))
    administrator = make_user("administrator", world.group, superuser=True)
    fields, before, problems = plausible(world), sizes(), []
    for path, route in {path_of(route, world): route for route in routes()}.items():
        client = browse(administrator)
        # Django's admin takes the query string for first values of its forms and trips over nonsense.
        query = {} if route.text.startswith("admin/") else fields
        for response in (client.get(path), client.get(path, query, headers={"HX-Request": "true"})):
            if response.status_code >= 500 and route.text != "healthz":
                problems.append(f"{route.text}: {response.status_code}")
            if "html" not in response.get("Content-Type", "") or response.streaming:
                continue
            problems += [f"{route.text}: {what}" for what in forbidden_on(response.content.decode())]
            policy = response["Content-Security-Policy"]
            assert "script-src 'self';" in policy + ";", route.text
            assert "unsafe" not in policy, route.text
    changed = {name: (before[name], now) for name, now in sizes().items() if now != before[name]}
    assert not problems, "\n".join(dict.fromkeys(problems))
    assert set(changed) <= WRITTEN_BY_LOOKING, changed
