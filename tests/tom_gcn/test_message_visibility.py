"""Who sees raw messages: staff are no exception, in the admin and in the API."""

import json
from pathlib import Path

import pytest
from django.contrib.auth.models import Permission
from rest_framework.test import APIClient

from tests.factories import SECRET, make_event, make_group, make_user
from tests.notices import announce
from tom_gcn.actions import add_event, read_message, receive_message
from tom_gcn.models import Message

pytestmark = pytest.mark.django_db

ALERTS = Path(__file__).parents[1] / "data" / "alerts"
LISTS = ("/admin/tom_gcn/message/", "/admin/tom_gcn/unreadablemessage/", "/api/messages/?limit=100")


def staff(name: str, *groups):
    user = make_user(name, *groups)
    user.is_staff = True
    user.save()
    for codename in ("view_message", "view_unreadablemessage", "add_event"):
        user.user_permissions.add(Permission.objects.get(codename=codename))
    return type(user).objects.get(pk=user.pk)


@pytest.fixture
def messages(administrator) -> dict[str, Message]:
    """One of each sort; the private one belongs to a group of its own."""
    private = make_group("Private")
    where = {"shape": "cone", "ra_deg": 10, "dec_deg": 20, "radius_deg": 1}
    mine = {"name": f"{SECRET}1", "kind": "grb", "localization": where}
    entered = add_event(mine, by=administrator, groups=[private]).message
    failed, _ = receive_message(
        b'{"shape": "nonsense"}', source="manual", topic="icare.manual",
        headers={"actor": "administrator", "actor_id": administrator.pk, "groups": [private.pk]},
    )  # fmt: skip
    circular = {"circularId": 7, "subject": "EP261120a", "body": SECRET, "eventId": f"{SECRET}1", "version": 1}
    text = read_message(receive_message(json.dumps(circular).encode(), source="gcn")[0]).message
    event = make_event("EP261120a", private)
    text.circulars.get().events.set([event])
    return {
        "of an event": announce("1", 50, 10, 0.5).notices.get().message,
        "unreadable": read_message(receive_message(b"noise", source="gcn")[0]).message,
        "entered": entered,
        "entered in vain": read_message(failed).message,
        "text about a private event": text,
    }


def seen(user, messages) -> set[str]:
    found = set(Message.objects.visible_to(user).values_list("pk", flat=True))
    return {what for what, message in messages.items() if message.pk in found}


def test_staff_see_what_their_groups_see_and_what_streams_bring(messages, administrator):
    network, private = make_group(), make_group("Private")
    assert seen(administrator, messages) == set(messages)
    assert seen(staff("s1", network), messages) == {"of an event", "unreadable"}
    assert seen(staff("s2", private), messages) == set(messages) - {"of an event"}
    assert seen(staff("s3"), messages) == {"unreadable"}
    assert seen(make_user("plain", network), messages) == {"of an event"}
    assert seen(make_user("nobody"), messages) == set()
    assert seen(make_user("left", network, active=False), messages) == set()


def test_the_admin_and_the_api_show_the_same(messages, browse):
    user = staff("s1", make_group())
    client, api = browse(user), APIClient()
    api.force_authenticate(user)
    for address in LISTS:
        answer = (api if "/api/" in address else client).get(address)
        text = answer.content.decode()
        assert answer.status_code == 200
        assert messages["unreadable"].sha256[:8] in text or "unknown-format" in text
        assert SECRET not in text and "icare.manual" not in text, address
    for what in ("entered", "entered in vain", "text about a private event"):
        pk = messages[what].pk
        assert client.get(f"/admin/tom_gcn/message/{pk}/change/").status_code == 302
        assert api.get(f"/api/messages/{pk}/").status_code == 404
    assert api.get(f"/api/messages/{messages['of an event'].pk}/").status_code == 200


def test_nobody_replays_or_reads_again_what_they_may_not_see(messages, browse):
    client = browse(staff("s1", make_group()))
    before = list(Message.objects.order_by("pk").values_list("pk", "starts", "state"))
    chosen = [messages["entered"].pk, messages["entered in vain"].pk]
    for action in ("replay", "read_again"):
        client.post("/admin/tom_gcn/message/", {"action": action, "_selected_action": chosen}, follow=True)
    assert list(Message.objects.order_by("pk").values_list("pk", "starts", "state")) == before
