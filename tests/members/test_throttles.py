"""Limits: of a token, of an address, of uploads, of wrong and of new tokens."""

from pathlib import Path

import pytest
from django.core.cache import cache
from django.test import Client

from icare_tom.members.knocks import knock
from icare_tom.members.tokens import make_token
from icare_tom.settings import base
from tests.factories import make_user

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _fresh_counters():
    cache.clear()
    yield
    cache.clear()


def ask(key: str, path: str = "/api/targets/", method: str = "get", **more):
    client = Client(raise_request_exception=False)
    return getattr(client, method)(path, headers={"Authorization": f"token {key}"}, **more)


def statuses(number: int, *args, **more) -> list[int]:
    return [ask(*args, **more).status_code for _ in range(number)]


def test_a_token_that_asks_too_often_waits_and_others_do_not(member, settings):
    settings.ICARE_RATES = {"api": (3, 60)}
    first, second = make_token(member, "first").key, make_token(member, "second").key
    assert statuses(4, first) == [200, 200, 200, 429]
    assert 0 < int(ask(first)["Retry-After"]) <= 60
    assert ask(second).status_code == 200


def test_an_address_that_asks_too_often_waits_whatever_it_shows(member, settings):
    settings.ICARE_RATES = {"address": (3, 60)}
    keys = [make_token(member, f"token {number}").key for number in range(4)]
    assert [ask(key).status_code for key in keys] == [200, 200, 200, 429]
    assert ask(keys[0], REMOTE_ADDR="192.0.2.7").status_code == 200


def test_uploads_have_a_limit_of_their_own(member, settings):
    settings.ICARE_RATES = {"upload": (2, 60)}
    key = make_token(member, "script", has_all_rights=True, is_read_only=False).key
    table = {"data": "no table", "content_type": "text/csv"}
    assert statuses(3, key, "/api/photometry/", "post", **table)[-1] == 429
    assert statuses(3, key, "/api/photometry/") == [200, 200, 200]
    assert ask(key, "/api/observation", "post", **table).status_code == 429


FORMS = {
    "/photometry/upload/": {"text": "no table", "store": "1"},
    "/executed/upload/": {"text": "no table"},
    "/dataproducts/data/upload/": {},
    "/targets/import/": {},
    "/events/new/": {},
}


@pytest.mark.parametrize("page", FORMS)
def test_pages_that_take_tables_have_the_same_limit(page, member, browse, settings):
    settings.ICARE_RATES = {"upload": (2, 60)}
    client = browse(member)
    assert 429 not in [client.post(page, FORMS[page]).status_code for _ in range(2)]
    answer = client.post(page, FORMS[page])
    assert (answer.status_code, 0 < int(answer["Retry-After"]) <= 60) == (429, True)
    assert "Nothing was stored. Try again in" in answer.content.decode()
    assert client.get(page).status_code != 429
    # The page of uploads asks by htmx, and shows words where the answer would stand.
    part = client.post(page, FORMS[page], headers={"HX-Request": "true"}).content.decode()
    assert part.startswith('<div class="banner banner-bad"')
    key = make_token(member, "script", has_all_rights=True, is_read_only=False).key
    assert ask(key, "/api/photometry/", "post", data="no table", content_type="text/csv").status_code != 429


def test_pages_of_signed_links_are_limited_by_address(settings):
    settings.ICARE_RATES = {"upload": (2, 60)}
    sent = [Client().post(f"/requests/u/guessed{number}/").status_code for number in range(3)]
    assert sent[-1] == 429
    assert Client().post("/requests/u/guessed/", REMOTE_ADDR="192.0.2.7").status_code != 429


def test_every_page_that_takes_files_is_limited():
    """A form with files under a new address must be named in the settings."""
    root = Path(__file__).parents[2]
    # Not the environment of `./test`, which lies below the root too.
    ours = ("templates", "icare_tom", "tom_gcn", "tom_grandma_facilities", "tom_photvalidation")
    paths = [path for folder in ours for path in (root / folder).rglob("*.html")]
    forms = [path for path in paths if "multipart/form-data" in path.read_text("utf-8")]
    assert forms
    limited = {"new_event.html", "executed/upload.html", "tom_photvalidation/upload.html", "target_import.html"}
    limited |= {"answers/upload.html"}
    unknown = [path for path in forms if not str(path).endswith(tuple(limited))]
    assert not unknown, "Name their addresses in ICARE_UPLOAD_PAGES, and the templates here."


def test_wrong_tokens_are_counted_and_good_ones_of_the_same_address_still_work(member, settings):
    settings.ICARE_RATES = {"wrong-token": (3, 60)}
    good = make_token(member, "script").key
    assert statuses(5, f"{good}x") == [401, 401, 401, 429, 429]
    assert ask(good).status_code == 200
    assert ask(f"{good}x", REMOTE_ADDR="192.0.2.7").status_code == 401


def test_tokens_are_not_made_without_end(member, browse, settings):
    settings.ICARE_RATES = {"make-token": (2, 3600)}
    client = browse(member)
    form = {"do": "token", "may": "read", "days": "30"}
    assert [client.post("/members/profile/", form | {"name": f"{n}"}).status_code for n in range(3)] == [200, 200, 429]


def test_passwords_are_not_guessed_without_end():
    """Allauth's limits, with the settings of this site."""
    make_user("member")
    client = Client()
    form = {"login": "member", "password": "wrong"}
    last = [client.post("/accounts/login/", form) for _ in range(12)][-1]
    assert last.status_code == 429 or "Too many" in last.content.decode()
    client.post("/accounts/login/", form | {"password": "correct-horse"})
    assert "_auth_user_id" not in client.session


def test_what_is_not_named_is_not_counted(settings):
    settings.ICARE_RATES = {}
    assert [knock("api", "somebody") for _ in range(5)] == [0.0] * 5


def test_the_site_limits_everything_that_is_counted():
    assert set(base.ICARE_RATES) == {"api", "address", "upload", "wrong-token", "make-token", "wrong-password"}
