"""Pages of operators: channels and allocations. Credentials go in and never come out."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission
from django.utils import timezone

from tests.factories import make_group, make_user
from tests.tools.services import atlas, portal
from tom_grandma_facilities.actions import set_channel
from tom_grandma_facilities.models import Allocation, Channel

pytestmark = pytest.mark.django_db
TOKEN = "a-token-nobody-may-see"
PAGE = "/telescopes/ATLAS/channel/"
COMMON = {"is_active": "on", "reminder_hours_before_twilight": "2"}


@pytest.fixture(autouse=True)
def _loopback(settings):
    settings.ICARE_TRANSPORT_PRIVATE_HOSTS = ["127.0.0.1"]
    settings.ICARE_TRANSPORT_S = 5.0


def give(user, *names):
    for name in names:
        user.user_permissions.add(
            Permission.objects.get(content_type__app_label="tom_grandma_facilities", codename=name)
        )
    return user


@pytest.fixture
def operator(grandma):
    return give(make_user("operator", grandma), "change_channel", "change_allocation")


@pytest.fixture
def queue():
    running = atlas.AtlasQueue()
    yield running
    running.close()


def posted(**fields):
    return {"transport": "atlas-fp", **COMMON, **{name.replace("__", "-"): value for name, value in fields.items()}}


def test_a_channel_is_set_and_its_token_never_shown(operator, browse):
    client = browse(operator)
    assert "cannot be asked from here yet" in client.get(PAGE).content.decode()
    answer = client.post(PAGE, posted(secret__token=TOKEN, setting__days_back="10"), follow=True)
    assert answer.status_code == 200
    channel = Channel.objects.get(telescope="ATLAS")
    assert (channel.transport, channel.settings, channel.secrets) == ("atlas-fp", {"days_back": "10"}, {"token": TOKEN})
    for path in (PAGE, "/telescopes/channels/", "/telescopes/ATLAS/"):
        assert TOKEN not in client.get(path).content.decode()
    page = client.get(PAGE).content.decode()
    assert "Stored; leave it empty to keep it." in page
    assert "ready" in page


def test_a_stored_token_stays_until_it_is_forgotten(operator, browse):
    set_channel("ATLAS", transport="atlas-fp", by=None, secrets={"token": TOKEN})
    client = browse(operator)
    client.post(PAGE, posted(secret__token=""))
    assert Channel.objects.get().secrets == {"token": TOKEN}
    client.post(PAGE, posted(secret__token="another-one"))
    assert Channel.objects.get().secrets == {"token": "another-one"}
    client.post(PAGE, posted(forget__token="on"))
    assert Channel.objects.get().secrets == {}
    assert "API token" in client.get("/telescopes/channels/").content.decode()


def test_credentials_do_not_move_to_another_service(operator, browse):
    set_channel("ATLAS", transport="atlas-fp", by=None, secrets={"token": TOKEN})
    client = browse(operator)
    page = client.get(f"{PAGE}?transport=ocs").content.decode()
    assert "Stored" not in page
    client.post(PAGE, {**COMMON, "transport": "ocs", "setting-proposal": "P"})
    channel = Channel.objects.get()
    assert (channel.transport, channel.settings, channel.secrets) == ("ocs", {"proposal": "P"}, {})


def test_a_test_tries_address_and_token(operator, browse, queue):
    client = browse(operator)
    good = posted(secret__token=atlas.TOKEN, setting__url=f"{queue.url}/forcedphot")
    page = client.post(PAGE, {**good, "try": "1"}, follow=True).content.decode()
    assert "answers and accepts the credentials. Nothing was asked for." in page
    assert queue.count() == 0
    page = client.post(PAGE, {**good, "secret-token": "wrong-token-7", "try": "1"}, follow=True).content.decode()
    assert "The test did not work: 127.0.0.1 does not accept the channel&#x27;s credentials" in page
    assert "wrong-token-7" not in page


def test_a_portal_is_tried_without_asking_for_anything(operator, browse):
    running = portal.Portal()
    fields = {"setting-url": running.url, "setting-proposal": portal.PROPOSAL, "secret-token": portal.TOKEN}
    fields |= {f"setting-{name}": value for name, value in portal.LCO.items()}
    try:
        page = browse(operator).post(
            "/telescopes/CFHT/channel/", {**COMMON, **fields, "transport": "ocs", "try": "1"}, follow=True
        )
        assert "answers and accepts the credentials" in page.content.decode()
        assert running.count() == 0
    finally:
        running.close()


@pytest.mark.parametrize("odd", ["\n", "\r\nX-Forged: 1", "\u2603"])
def test_a_token_no_header_takes_is_refused_in_words_without_it(operator, browse, queue, caplog, odd):
    good = posted(secret__token=f"{TOKEN}{odd}more", setting__url=f"{queue.url}/forcedphot")
    with caplog.at_level("DEBUG"):
        answer = browse(operator).post(PAGE, {**good, "try": "1"}, follow=True)
    assert "no header takes" in answer.content.decode()
    assert TOKEN not in answer.content.decode()
    assert TOKEN not in caplog.text
    assert not queue.log


def test_what_cannot_be_tried_is_said(operator, browse):
    fields = {"setting-program": "GS-2026B-T-1", "setting-email": "key@example.org", "setting-templates": "12"}
    asked = {**COMMON, **fields, "transport": "gemini", "secret-password": TOKEN, "try": "1"}
    page = browse(operator).post("/telescopes/CFHT/channel/", asked, follow=True).content.decode()
    assert "The settings are complete. Gemini target of opportunity has nothing that can be tried" in page
    page = (
        browse(operator)
        .post("/telescopes/CFHT/channel/", {**asked, "setting-templates": ""}, follow=True)
        .content.decode()
    )
    assert "Templates missing" in page


def test_people_get_a_test_message(operator, browse, mailoutbox):
    asked = {**COMMON, "transport": "email", "setting-to": "team@example.org", "try": "1"}
    page = browse(operator).post("/telescopes/CFHT/channel/", asked, follow=True).content.decode()
    assert "A test message was sent to CFHT" in page
    [mail] = mailoutbox
    assert "TEST, please ignore" in mail.subject
    assert "Nothing needs to be observed" in mail.body


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"reminder_hours_before_twilight": "30"}, "less than or equal to 24"),
        ({"timezone": "Moon/Tycho"}, "Select a valid choice"),
        ({"setting-use_reduced": "both"}, "Select a valid choice"),
    ],
)
def test_wrong_fields_are_told_and_nothing_is_changed(operator, browse, fields, said):
    answer = browse(operator).post(PAGE, {**posted(), **fields})
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert not Channel.objects.exists()


def test_unknown_transports_and_telescopes_are_not_there(operator, browse):
    client = browse(operator)
    assert client.get(f"{PAGE}?transport=pigeon").status_code == 404
    assert client.post(PAGE, {"transport": "pigeon"}).status_code == 404
    assert client.get("/telescopes/Nowhere/channel/").status_code == 404


@pytest.mark.parametrize("path", ["/telescopes/channels/", PAGE])
def test_members_without_the_right_find_no_channels(member, browse, path):
    assert browse(member).get(path).status_code == 404
    assert browse().get(path).status_code == 302
    assert browse(member).post(path, posted(secret__token=TOKEN)).status_code in (404, 405)
    assert not Channel.objects.exists()


def allocation(group, **fields):
    now = timezone.now()
    given = {"hours": 5.0, "valid_from": now - timedelta(days=1), "valid_to": now + timedelta(days=9), **fields}
    return Allocation.objects.create(telescope="CFHT", group=group, **given)


def entered(group, **fields):
    return {
        "telescope": "CFHT",
        "group": group.pk,
        "title": "26B-007",
        "hours": "12.5",
        "valid_from": "2026-11-01T00:00",
        "valid_to": "2027-01-31T00:00",
        "is_active": "on",
        **fields,
    }


def test_an_allocation_is_entered_with_its_credentials(operator, browse, grandma):
    set_channel("CFHT", transport="ocs", by=None)
    client = browse(operator)
    answer = client.post("/telescopes/allocations/new/", entered(grandma))
    row = Allocation.objects.get()
    assert answer["Location"] == f"/telescopes/allocations/{row.pk}/"
    assert (row.hours, row.title, row.created_by) == (12.5, "26B-007", operator)
    client.post(answer["Location"], entered(grandma, **{"secret-token": TOKEN, "hours": "20"}))
    row.refresh_from_db()
    assert (row.hours, row.secrets) == (20, {"token": TOKEN})
    for path in (answer["Location"], "/telescopes/allocations/"):
        page = client.get(path).content.decode()
        assert TOKEN not in page
        assert "CFHT" in page


def test_time_is_entered_for_ones_own_groups_only(operator, browse):
    others = make_group("Another network")
    answer = browse(operator).post("/telescopes/allocations/new/", entered(others))
    assert answer.status_code == 422
    assert not Allocation.objects.exists()
    row = allocation(others)
    assert browse(operator).get(f"/telescopes/allocations/{row.pk}/").status_code == 404
    assert browse(operator).post(f"/telescopes/allocations/{row.pk}/", entered(others)).status_code == 404
    assert "Another network" not in browse(operator).get("/telescopes/allocations/").content.decode()


def test_an_allocation_ends_after_it_begins(operator, browse, grandma):
    answer = browse(operator).post("/telescopes/allocations/new/", entered(grandma, valid_to="2026-10-01T00:00"))
    assert answer.status_code == 422
    assert "It must end after it begins." in answer.content.decode()


def test_members_see_the_time_of_their_groups(member, browse, grandma):
    row = allocation(grandma, title="Their proposal")
    page = browse(member).get("/telescopes/allocations/").content.decode()
    assert "Their proposal" in page
    assert f"/telescopes/allocations/{row.pk}/" not in page
    assert browse(member).get(f"/telescopes/allocations/{row.pk}/").status_code == 404
    assert browse(member).get("/telescopes/allocations/new/").status_code == 404


def test_the_list_of_channels_takes_few_queries(operator, browse, django_assert_max_num_queries):
    for name in ("CFHT", "ATLAS", "ZTF", "TAROT-TCA", "KAIT"):
        set_channel(name, transport="http-json", by=None, settings={"url": "https://example.org"})
    client = browse(operator)
    client.get("/telescopes/channels/")
    with django_assert_max_num_queries(20):
        client.get("/telescopes/channels/")


def test_the_page_of_a_telescope_says_how_it_is_asked(member, operator, browse, grandma):
    page = browse(member).get("/telescopes/CFHT/").content.decode()
    assert "It cannot be asked from here; tell its team yourself." in page
    set_channel("CFHT", transport="ocs", by=None, needs_allocation=True)
    page = browse(member).get("/telescopes/CFHT/").content.decode()
    assert "Requests leave by LCO / OCS observation portal. Only groups with time on it may ask" in page
    assert "/telescopes/CFHT/channel/" not in page
    allocation(grandma)
    page = browse(operator).get("/telescopes/CFHT/").content.decode()
    assert "Your groups have 5.0 h left on it." in page
    assert "/telescopes/CFHT/channel/" in page
    assert "/telescopes/channels/" in browse(operator).get("/telescopes/").content.decode()
    assert "/telescopes/channels/" not in browse(member).get("/telescopes/").content.decode()
