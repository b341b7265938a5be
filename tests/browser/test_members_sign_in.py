"""Signing in through others in a real browser, on a phone: to an OpenID Connect provider, and to an institution."""

import re

import pytest
from allauth.socialaccount.models import SocialAccount
from django.contrib.auth.models import Group, User
from django.test import Client
from playwright.sync_api import Browser, Page, expect

from icare_tom.members.admission import approve
from icare_tom.members.admission_models import AdmissionRequest
from icare_tom.members.social.institution_models import Institution
from icare_tom.members.social.saml.federation import keep, read_list
from tests.browser.conftest import PASSWORD, PHONE
from tests.tools.identity.openid import IAM_CLAIMS, app_of, running_provider
from tests.tools.identity.saml import running_institution

pytestmark = pytest.mark.usefixtures("rows")


@pytest.fixture
def page(browser: Browser, world):
    """A phone; whatever the Content-Security-Policy or a script complains of fails the test."""
    context = browser.new_context(base_url=world.url, viewport={"width": PHONE[0], "height": PHONE[1]})
    page, errors = context.new_page(), []
    page.on(
        "console", lambda said: errors.append(said.text) if said.type == "error" and world.url in page.url else None
    )
    yield page
    context.close()
    assert errors == []


@pytest.fixture
def provider(settings):
    """On another site than ours for the browser: 127.0.0.1, not localhost."""
    with running_provider() as provider:
        provider.url = provider.url.replace("localhost", "127.0.0.1")
        provider.set_user("marlo", IAM_CLAIMS)
        settings.SOCIALACCOUNT_PROVIDERS = {"openid_connect": {"APPS": [app_of(provider)]}}
        yield provider


@pytest.fixture
def people_gone():
    """Rows of browser tests are shared: whoever came here leaves again."""
    before = set(User.objects.values_list("pk", flat=True))
    yield
    User.objects.exclude(pk__in=before).delete()
    SocialAccount.objects.all().delete()
    Institution.objects.all().delete()


def apply_for_an_account(page: Page, name: str) -> None:
    expect(page.get_by_role("heading", name="Ask for an account")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE[0]
    page.get_by_label("Username").fill(name)
    page.get_by_label(re.compile("Where you work")).fill("An observatory on a hill.")
    page.get_by_role("button", name="Ask for the account").click()
    expect(page.get_by_role("heading", name="Your account waits for a decision")).to_be_visible()


def let_in(name: str, administrator: User) -> None:
    request = AdmissionRequest.objects.get(user__username=name)
    AdmissionRequest.objects.filter(pk=request.pk).update(email_confirmed_at=request.made_at, state="waiting")
    request.refresh_from_db()
    approve(request, Group.objects.get(name="GRANDMA"), "full", by=administrator)


def test_in_through_an_openid_provider(page, provider, world, people_gone):
    def through(page: Page) -> None:
        page.goto("/accounts/login/?next=/events/")
        page.get_by_role("button", name="Sign in with INDIGO IAM").click()
        page.wait_for_url(f"{provider.url}/**")
        page.get_by_placeholder("sub").fill("marlo")
        page.get_by_role("button", name="Authorize").click()

    through(page)
    apply_for_an_account(page, "marlo")
    let_in("marlo", world.people.administrator)
    through(page)
    page.wait_for_url("**/events/")
    page.goto("/accounts/3rdparty/")
    expect(page.get_by_text("mrossi")).to_be_visible()


def test_in_from_an_institution(page, settings, world, people_gone, tmp_path):
    app = {"provider_id": "edugain", "client_id": "edugain", "name": "your institution", "settings": {}}
    settings.SOCIALACCOUNT_PROVIDERS = {"saml": {"APPS": [app]}}
    with running_institution(tmp_path) as institution:
        institution.url = institution.url.replace("localhost", "127.0.0.1")
        keep(read_list(institution.metadata, None))
        home = world.url.removeprefix("http://")
        institution.meet(Client(headers={"host": home}).get("/accounts/saml/edugain/metadata/").content)

        def through() -> None:
            page.goto("/accounts/login/?next=/events/")
            page.get_by_role("button", name="Sign in with your institution").click()
            page.get_by_label(re.compile("Part of its name")).fill("example")
            page.get_by_role("button", name="Find").click()
            page.get_by_role("button", name="University of Example").click()
            page.get_by_role("button", name="Go on").click()

        through()
        apply_for_an_account(page, "jocelyn")
        let_in("jocelyn", world.people.administrator)
        through()
        page.wait_for_url("**/events/")


def test_connecting_from_the_profile(page, provider, world, people_gone):
    page.goto("/accounts/login/?next=/accounts/3rdparty/")
    page.get_by_label("Username").fill("member")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.get_by_role("button", name="Connect INDIGO IAM").click()
    page.wait_for_url(f"{provider.url}/**")
    page.get_by_placeholder("sub").fill("marlo")
    page.get_by_role("button", name="Authorize").click()
    page.wait_for_url("**/accounts/reauthenticate/**")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Confirm").click()
    page.wait_for_url("**/accounts/3rdparty/")
    expect(page.get_by_text("mrossi")).to_be_visible()
    assert SocialAccount.objects.get().user == world.people.member
