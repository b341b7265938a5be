"""The inbox: what could not be read and why, tried again or replayed; nothing is ever deleted by the system."""

import re
from pathlib import Path

import pytest

from tests.factories import make_user
from tom_gcn.actions import read_message, receive_message
from tom_gcn.choices import MessageState
from tom_gcn.models import Event, Message

pytestmark = pytest.mark.django_db

ALERTS = Path(__file__).parents[1] / "data" / "alerts"
LVK = ALERTS / "lvk_json" / "S241102br_UPDATE_1.json"
SLEW = next((ALERTS / "voevent" / "Swift").glob("SWIFT_SC_SLEW*.xml"))
SERVICE = (
    SLEW.read_bytes()
    .replace(b'role="observation"', b'role="utility"')
    .replace(b"role='observation'", b"role='utility'")
)
INBOX = "/admin/tom_gcn/unreadablemessage/"


def take(body, source="gcn"):
    return read_message(receive_message(body, source=source)[0]).message


def test_what_is_no_alert_has_a_state_of_its_own():
    assert take(SERVICE).state == MessageState.NO_ALERT
    heartbeat = take((ALERTS / "heartbeat" / "gcn.heartbeat.json").read_bytes())
    assert (heartbeat.state, heartbeat.reason_code) == (MessageState.NO_ALERT, "heartbeat")
    assert take(b"{}").state == MessageState.UNREADABLE
    assert not Message.objects.not_understood().filter(state=MessageState.NO_ALERT).exists()


def test_the_inbox_lists_only_what_could_not_be_read(administrator, browse):
    take(SERVICE)
    take(LVK.read_bytes())
    bad = take(b"nonsense <script>alert(1)</script>", source="<script>x</script>")
    client = browse(administrator)
    page = client.get(INBOX).content.decode()
    assert page.count('class="action-select"') == 1
    assert "unknown-format" in page and "<script>x" not in page
    row = client.get(f"{INBOX}{bad.pk}/change/").content.decode()
    assert "nonsense &lt;script&gt;" in row and "<script>alert" not in row
    every = client.get("/admin/tom_gcn/message/").content.decode()
    assert every.count('class="action-select"') == 3
    assert client.get("/admin/tom_gcn/message/?state__exact=no-alert").content.decode().count("action-select") < 4


def test_a_message_can_be_read_again_after_the_reader_was_mended(administrator, browse):
    message = take(LVK.read_bytes())
    lost = take(b"{}")
    Message.objects.filter(pk=lost.pk).update(body=SERVICE)
    answer = browse(administrator).post(INBOX, {"action": "read_again", "_selected_action": [lost.pk]}, follow=True)
    assert "1 of 1 messages could be read now" in answer.content.decode()
    lost.refresh_from_db()
    assert (lost.state, lost.starts) == (MessageState.NO_ALERT, 1)
    browse(administrator).post("/admin/tom_gcn/message/", {"action": "read_again", "_selected_action": [message.pk]})
    assert Event.objects.get().notices.count() == 1


def test_a_message_can_be_replayed_as_a_drill(administrator, browse):
    message, service = take(LVK.read_bytes()), take(SERVICE)
    selected = {"action": "replay", "_selected_action": [message.pk, service.pk]}
    page = browse(administrator).post("/admin/tom_gcn/message/", selected, follow=True).content.decode()
    assert "Replayed 1 messages as drills" in page
    assert "cannot be read" in page
    drill = Event.objects.exclude(name="S241102br").get()
    assert (drill.drill_of, drill.is_test) == ("S241102br", True)
    again = {"action": "replay_again", "_selected_action": [message.pk]}
    browse(administrator).post("/admin/tom_gcn/message/", again, follow=True)
    assert Event.objects.filter(name=f"{drill.name}_2", drill_of="S241102br").exists()


def test_nobody_deletes_messages_and_strangers_see_none(administrator, member, browse):
    message = take(b"nonsense")
    client = browse(administrator)
    for model in ("message", "unreadablemessage"):
        page = client.get(f"/admin/tom_gcn/{model}/").content.decode()
        assert "delete_selected" not in page
        client.post(f"/admin/tom_gcn/{model}/{message.pk}/delete/", {"post": "yes"})
        assert browse(member).get(f"/admin/tom_gcn/{model}/").status_code == 302
    assert Message.objects.filter(pk=message.pk).exists()


def test_no_code_deletes_messages():
    """Dead letters stay until a person takes them away in the database itself."""
    code = Path(__file__).parents[2] / "tom_gcn"
    deleting = [
        path.name
        for path in code.rglob("*.py")
        if re.search(r"[mM]essage\w*(\.objects[^\n]*)?\.delete\(", path.read_text())
    ]
    assert deleting == []


def test_the_list_takes_as_many_queries_for_many_messages(administrator, browse, django_assert_max_num_queries):
    for number in range(30):
        take(b"nonsense %d" % number)
    client = browse(administrator)
    with django_assert_max_num_queries(20):
        client.get(INBOX)


def test_a_helper_with_view_permission_reads_again_only_when_allowed(browse):
    from django.contrib.auth.models import Permission

    helper = make_user("helper")
    helper.is_staff = True
    helper.save()
    helper.user_permissions.add(Permission.objects.get(codename="view_message"))
    bad = take(b"nonsense")
    selected = {"action": "read_again", "_selected_action": [bad.pk]}
    page = browse(helper).post("/admin/tom_gcn/message/", selected, follow=True).content.decode()
    assert "You may not read messages again" in page
    assert "Replay the chosen" not in page
