"""A night in a browser: five telescopes are asked for their parts of a plan in five ways; two say by link that they
will observe, one that it cannot, one is silent until it is reminded, one uploads what it observed. The advocate's page
shows all of it without a reload.
"""

import re
from contextlib import ExitStack, closing
from datetime import timedelta

import pytest
from django.core import mail
from django.core.cache import cache
from django.utils import timezone
from django.utils.module_loading import import_string
from django_q.models import OrmQ
from playwright.sync_api import Page, expect

from tests.tools.services import http_json, slack, tarot
from tom_gcn.models import ObservationPlan, PlannedPointing, TelescopePlan
from tom_grandma_facilities import tasks
from tom_grandma_facilities.actions import set_channel
from tom_grandma_facilities.actions.links import link_path, make_link, revoke_link
from tom_grandma_facilities.actions.requests import ask
from tom_grandma_facilities.models import Channel, ExecutedObservation, FollowUpRequest, ObservationUpload

from .conftest import DESK, PHONE
from .test_every_page import violations, width_beyond

pytestmark = pytest.mark.browser

TEAM = "team@telescope.example.org"
WAYS = {
    "TAROT-TCA": "tarot",
    "TAROT-TRE": "email",
    "OHP-IRIS": "slack-webhook",
    "FRAM-CTA-N": "http-json",
    "KAO": "download",
}
ADDRESS = re.compile(r"/requests/[a-z]/[\w-]+/")


@pytest.fixture
def services(settings, world, rows):
    """The far sides of the three ways that need one, and a channel for each telescope."""
    settings.ICARE_TRANSPORT_PRIVATE_HOSTS = ["127.0.0.1"]
    settings.ICARE_SITE_URL = world.url
    cases = {"tarot": tarot.CASES[0], "slack-webhook": slack.CASES[0], "http-json": http_json.CASES[0]}
    with ExitStack() as stack:
        running = {name: stack.enter_context(closing(case.service())) for name, case in cases.items()}
        for telescope, way in WAYS.items():
            line = cases[way].line(running[way]) if way in cases else None
            known = {"email": {"to": TEAM}}.get(way, {}) if line is None else line.settings
            set_channel(
                telescope, transport=way, by=None, settings=known, secrets=line.secret if line else {},
                timezone="Europe/Paris", reminder_hours_before_twilight=24,
            )  # fmt: skip
        yield running
    Channel.objects.filter(telescope__in=WAYS).delete()


@pytest.fixture
def plan(world, rows):
    """A plan in which each of the five has two pointings; gone again afterwards with all that came of it."""
    now = timezone.now()
    fields = list(PlannedPointing.objects.filter(telescope_plan__plan=world.plan)[:10])
    made = ObservationPlan.objects.get(pk=world.plan.pk)
    made.pk, made.version, made.is_of_record = None, 77, False
    made.telescopes, made.window_start, made.n_pointings = list(WAYS), now, 2 * len(WAYS)
    made.save()
    for place, name in enumerate(WAYS):
        part = TelescopePlan.objects.create(
            plan=made, telescope=name, n_pointings=2, probability=0.1, new_probability=0.1, first_start=now
        )
        for order in (1, 2):
            row = fields[(2 * place + order) % len(fields)]
            row.pk, row.telescope_plan, row.order, row.carried_from = None, part, order, None
            row.start = now + timedelta(hours=1 + order)
            row.end = row.start + timedelta(minutes=10)
            row.save()
    yield made
    FollowUpRequest.objects.all().delete()
    world.event.refusals.all().delete()
    ExecutedObservation.objects.all().delete()
    ObservationUpload.objects.all().delete()
    ObservationPlan.objects.filter(event=world.event).exclude(pk=world.plan.pk).delete()
    ObservationPlan.objects.filter(pk=world.plan.pk).update(is_of_record=True)
    OrmQ.objects.all().delete()


def work() -> None:
    """Do what waits for requests in the queue, as a worker would; plans to be made are left alone."""
    for row in list(OrmQ.objects.order_by("pk")):
        task = row.task
        if str(task["func"]).startswith("tom_grandma_facilities."):
            row.delete()
            import_string(task["func"])(*task["args"], **task["kwargs"])


def state_on(page: Page, telescope: str):
    """The cell of the advocate's matrix that says where a telescope stands."""
    return page.locator(f'#event-board tr[data-telescope-name="{telescope}"] .board-now')


def link_in(text: str) -> str:
    return ADDRESS.search(text).group()


def by_link(telescope: str, purpose: str = "answer") -> str:
    return link_path(make_link(FollowUpRequest.objects.get(telescope=telescope), purpose, by=None))


def test_a_night_of_five_telescopes(world, plan, services, open_page):
    advocate = open_page("administrator", DESK)
    ask_for_the_plan(advocate, world, plan)
    work()
    everything_left(services)

    advocate.goto(f"{world.event.get_absolute_url()}?plan={plan.version}")
    advocate.evaluate("window.kept = 'the page of the beginning'")
    for telescope in WAYS:
        expect(state_on(advocate, telescope)).to_contain_text("sent")
    advocate.locator("#observed").scroll_into_view_if_needed()
    expect(advocate.locator("#observed")).to_contain_text("Nothing that was told covers this map")

    will_observe_from_a_phone(open_page(None, PHONE, "dark"), link_in(str(services["slack-webhook"].taken)))
    expect(state_on(advocate, "OHP-IRIS")).to_contain_text("will observe")
    begins_at_a_desk(open_page(None, DESK), by_link("FRAM-CTA-N"))
    expect(state_on(advocate, "FRAM-CTA-N")).to_contain_text("observing tile 1")
    cannot(open_page(None, PHONE), by_link("KAO"))
    expect(state_on(advocate, "KAO")).to_contain_text("weather: clouds all night")

    FollowUpRequest.objects.update(sent_at=timezone.now() - timedelta(hours=1))
    cache.delete("requests-silence")
    tasks.mind_requests()
    work()
    assert "REMINDER" in mail.outbox[-1].body
    expect(state_on(advocate, "TAROT-TRE")).to_contain_text("silent, reminded")

    observed = PlannedPointing.objects.filter(telescope_plan__plan=plan, telescope_plan__telescope="TAROT-TCA")
    uploads(open_page(None, PHONE), by_link("TAROT-TCA", "upload"), observed)
    expect(advocate.locator("#observed")).to_contain_text("2 exposures of 1 telescope")
    assert advocate.evaluate("window.kept") == "the page of the beginning"


def ask_for_the_plan(page: Page, world, plan) -> None:
    page.goto(f"{world.event.get_absolute_url()}?plan={plan.version}")
    page.get_by_role("link", name="Ask telescopes").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(f"Ask for plan {plan.version}")
    page.get_by_label("Note for those who observe").fill("An exercise.")
    for telescope in WAYS:
        page.get_by_role("checkbox", name=telescope).check()
    page.get_by_role("button", name="Ask 5 telescopes").click()
    expect(page.locator("main")).to_contain_text(f"Asked {', '.join(sorted(WAYS))}.")


def everything_left(services) -> None:
    asked = {row.telescope: (row.state, row.transport, row.problem) for row in FollowUpRequest.objects.all()}
    assert asked == {name: ("sent", way, "") for name, way in WAYS.items()}
    assert services["tarot"].count() >= 1
    assert services["http-json"].count() == services["slack-webhook"].count() == 1
    assert [message.to for message in mail.outbox] == [[TEAM]]
    assert "An exercise." in mail.outbox[0].body


def will_observe_from_a_phone(page: Page, address: str) -> None:
    page.goto(address)
    expect(page.get_by_role("heading", level=1)).to_contain_text("DRILL")
    page.get_by_role("button", name="Received, I will see").click()
    expect(page.get_by_role("status")).to_contain_text("We know that you have received it")
    page.get_by_label("at about, UTC").fill("2130")
    page.get_by_role("button", name="We will observe it").click()
    expect(page.get_by_role("status")).to_contain_text("You will observe it at")
    expect(page.get_by_role("status")).to_contain_text("21:30 UTC")
    assert violations(page) == []
    assert width_beyond(page) <= 0


def begins_at_a_desk(page: Page, address: str) -> None:
    page.goto(address)
    page.get_by_label("tile").select_option("tile 1")
    page.get_by_role("button", name="We have started").click()
    expect(page.get_by_role("status")).to_contain_text("You are observing it: tile 1")


def cannot(page: Page, address: str) -> None:
    page.goto(address)
    page.get_by_text("We cannot…").click()
    page.get_by_label("weather").check()
    page.get_by_label("More, if you like").fill("clouds all night")
    page.get_by_role("button", name="Tell them that we cannot").click()
    expect(page.get_by_role("status")).to_contain_text("You cannot observe it: weather, clouds all night")


def uploads(page: Page, address: str, pointings) -> None:
    start = timezone.now() - timedelta(minutes=1)
    lines = ["observation_id,RA,Dec,obstime,filter,exposure_time,limmag"]
    lines += [f"{one.order},{one.ra_deg},{one.dec_deg},{start:%Y-%m-%dT%H:%M:%S},r,60,18" for one in pointings]
    page.goto(address)
    page.get_by_label("or pasted").fill("\n".join(lines))
    page.get_by_role("button", name="Store").click()
    expect(page.get_by_role("status")).to_contain_text("2 created")


@pytest.fixture
def asked(world, services, rows):
    """A request for a target, sent by nobody yet."""
    from tests.factories import make_target

    target = make_target("AT2026link", ra=200.0, dec=40.0, permissions="OPEN")
    now = timezone.now()
    row = ask(
        "KAO",
        by=world.people.administrator,
        target=target,
        window_start=now,
        window_end=now + timedelta(days=1),
        exposures=[{"filter": "sdssr", "exposure_s": 60, "count": 3}],
        subject_url=target.get_absolute_url(),
    )
    yield row
    FollowUpRequest.objects.all().delete()
    target.delete()
    OrmQ.objects.all().delete()


@pytest.mark.parametrize(("size", "scheme"), [(PHONE, "dark"), (DESK, "light")], ids=["phone", "desk"])
def test_pages_of_requests_are_sound(world, asked, open_page, size, scheme):
    page = open_page("administrator", size, scheme)
    target = asked.target_id
    for path in (
        "/requests/",
        asked.get_absolute_url(),
        f"/requests/ask/{target}/",
        f"/observations/KAO/create/?target_id={target}",
        f"/targets/{target}/requests/",
        by_link("KAO"),
        by_link("KAO", "upload"),
    ):
        page.goto(path)
        page.wait_for_load_state("networkidle")
        page.evaluate("for (const fold of document.querySelectorAll('details')) fold.open = true")
        assert violations(page) == [], path
        assert width_beyond(page) <= 0, path


def test_advice_follows_what_is_typed(asked, open_page):
    page = open_page("administrator", PHONE)
    page.goto(f"/observations/KAO/create/?target_id={asked.target_id}")
    expect(page.locator("#advice")).to_contain_text("21.0 mag")
    page.get_by_label("Expected magnitude").fill("25")
    expect(page.locator("#advice")).to_contain_text("too faint for this telescope")
    page.get_by_role("button", name="Another filter").click()
    expect(page.locator("#id_filter_2")).to_be_focused()


def test_a_priority_is_changed_in_the_list(asked, open_page):
    page = open_page("administrator", DESK)
    page.goto("/requests/")
    page.get_by_label("Priority of KAO for AT2026link").select_option("1")
    expect(page.locator("form.priority")).to_contain_text("Changed.")
    asked.refresh_from_db()
    assert asked.priority == 1


def test_a_revoked_link_says_so(world, asked, open_page):
    address = by_link("KAO")
    revoke_link(asked.links.get(), by=world.people.administrator)
    page = open_page(None, PHONE)
    answered = page.request.get(address)
    assert answered.status == 410
    assert "This link is no longer valid" in answered.text()
