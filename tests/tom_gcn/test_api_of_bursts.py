"""The API of bursts and their circulars, and the admin's pages of the new rows: for those who may see them."""

import pytest
from django.contrib.auth.models import Permission, User

from tests.factories import make_user
from tests.tom_gcn.test_ingest_kinds import circular, take, take_file, voevent
from tom_gcn.models import Circular, Event, SkyMapFetch

pytestmark = pytest.mark.django_db


@pytest.fixture
def burst(grandma):
    take(voevent())
    take(circular(body="Swift triggered on GRB 261119A (trigger=1234567). <script>alert(1)</script>"))
    return Event.objects.get()


def test_an_event_tells_its_names_and_figures(burst, member, browse):
    answer = browse(member).get(f"/api/events/{burst.name}/").json()
    assert (answer["display_name"], answer["aliases"]) == ("GRB 261119A", ["GRB 261119A"])
    assert (answer["namespace"], answer["event_id"], answer["kind"]) == ("swift", "1234567", "grb")
    figures = {name: answer["localization"][name] for name in ("kind", "ra_deg", "dec_deg", "error_deg", "containment")}
    assert figures == {"kind": "cone", "ra_deg": 120.0, "dec_deg": -45.0, "error_deg": 0.05, "containment": 0.9}
    assert answer["notice"]["region"]["kind"] == "cone"


def test_circulars_are_read_by_those_who_see_their_event(burst, member, stranger, browse):
    answer = browse(member).get("/api/circulars/40000/").json()
    assert (answer["events"], answer["submitter"]) == ([burst.name], "A. Person at X")
    assert browse(member).get("/api/circulars/", {"event": burst.name}).json()["count"] == 1
    assert browse(stranger).get("/api/circulars/").json()["count"] == 0
    assert browse(stranger).get("/api/circulars/40000/").status_code == 404
    assert browse().get("/api/circulars/").status_code in (401, 403)
    other = Event.objects.create(name="hidden")
    Circular.objects.get().events.add(other)
    assert browse(member).get("/api/circulars/40000/").json()["events"] == [burst.name]
    assert browse(member).get("/api/circulars/", {"event": "hidden"}).json()["count"] == 0


def test_a_list_of_events_costs_the_same_however_long(member, browse, django_assert_max_num_queries):
    for trigger in range(20):
        take(voevent(trigger=str(5_000_000 + trigger)))
    client = browse(member)
    client.get("/api/events/")
    with django_assert_max_num_queries(14):
        assert client.get("/api/events/").json()["count"] == 20


def test_admin_pages_of_the_new_rows(burst, administrator, browse):
    take_file("hermes/GRB230409B.json")
    take_file("voevent/LVC/LVC_PRELIMINARY__S230518h__bd660d.xml")
    client = browse(administrator)
    for name in ("circular", "hermesmessage", "skymapfetch", "event", "notice", "localization"):
        assert client.get(f"/admin/tom_gcn/{name}/").status_code == 200, name
    page = client.get(f"/admin/tom_gcn/circular/{Circular.objects.get().pk}/change/")
    assert b"&lt;script&gt;alert(1)" in page.content
    assert b"<script>alert(1)" not in page.content
    SkyMapFetch.objects.update(state="failed")
    chosen = {"action": "ask_again", "_selected_action": [SkyMapFetch.objects.get().pk]}
    assert client.post("/admin/tom_gcn/skymapfetch/", chosen, follow=True).status_code == 200
    assert SkyMapFetch.objects.get().state == "waiting"
    assert client.get(f"/admin/tom_gcn/event/{burst.pk}/change/").status_code == 200


def test_staff_see_in_the_admin_what_they_see_on_the_pages(burst, browse):
    helper = make_user("helper")
    User.objects.filter(pk=helper.pk).update(is_staff=True)
    names = ("event", "notice", "localization", "circular")
    codes = [f"view_{name}" for name in names] + ["change_event"]
    helper.user_permissions.add(*Permission.objects.filter(content_type__app_label="tom_gcn", codename__in=codes))
    client = browse(helper)
    for name in names:
        page = client.get(f"/admin/tom_gcn/{name}/")
        assert (page.status_code, page.context["cl"].result_count) == (200, 0), name
    change = f"/admin/tom_gcn/event/{burst.pk}/change/"
    assert client.get(change).status_code == 302
    helper.groups.set(burst.groups.all())
    assert client.get(change).status_code == 200
    for name in names:
        assert client.get(f"/admin/tom_gcn/{name}/").context["cl"].result_count == 1, name


def test_state_and_kind_of_an_event_are_not_edited_by_hand(burst, administrator, browse):
    page = browse(administrator).get(f"/admin/tom_gcn/event/{burst.pk}/change/")
    assert not {"state", "kind"} & set(page.context["adminform"].form.fields)
    assert "groups" in page.context["adminform"].form.fields
