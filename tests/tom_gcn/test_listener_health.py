"""What the health page and the warning on every page say about alerts that do not come in."""

from datetime import timedelta

import pytest
from django.template import Context, Template
from django.utils import timezone

from tests.icare_tom.test_workers_health import beat
from tests.tools.broker import stream_settings
from tom_gcn.listening.states import listener_states, warnings
from tom_gcn.models import AlertTopic, ListenerHeartbeat

pytestmark = pytest.mark.django_db


@pytest.fixture
def streams(settings):
    settings.ICARE_STREAMS = stream_settings("127.0.0.1:1", is_own_server=False)


def row(**ages_s) -> ListenerHeartbeat:
    others = {name: ages_s.pop(name) for name in ("lag", "topics", "trouble", "is_wanted", "host") if name in ages_s}
    ages = {"beat_at": 1.0, "reached_at": 1.0, "heard_at": 1.0} | ages_s
    times = {name: timezone.now() - timedelta(seconds=age) for name, age in ages.items() if age is not None}
    return ListenerHeartbeat.objects.create(cluster="hopskotch", **times, **others)


def page() -> str:
    return Template("{% load alert_stream %}{% alerts_warning %}").render(Context()).strip()


def test_an_installation_without_accounts_is_not_warned(streams):
    assert (listener_states(), warnings(), page()) == ([], [], "")


def test_credentials_without_a_listener_are_warned_of(settings):
    settings.ICARE_STREAMS = stream_settings("127.0.0.1:1", user="somebody", password="secret")
    assert warnings() == ["No alerts come in from Hopskotch: its listener was never started."]
    assert 'class="alert alert-warning"' in page()


@pytest.mark.parametrize(
    ("ages", "words"),
    [
        ({}, ""),
        ({"beat_at": 600.0}, "its listener was last seen 2"),
        ({"reached_at": 600.0, "trouble": "Hopskotch <b>is</b> away."}, "it has not been reached since 2"),
        ({"reached_at": None}, "since the listener was started"),
        ({"pulse_at": 600.0, "topics": ["sys.heartbeat"]}, "answers but has sent no sign of life since 2"),
        ({"pulse_at": 600.0, "topics": ["igwn.gwalert"]}, ""),
        ({"heard_at": 86400.0}, ""),
        ({"beat_at": 600.0, "is_wanted": False}, ""),
    ],
)
def test_each_way_alerts_can_stop_has_its_words(streams, ages, words):
    row(**ages)
    (state,) = listener_states()
    assert words in state.warning
    assert bool(state.warning) == bool(words)
    assert "<b>" not in page()


def test_the_warning_costs_one_query(streams, django_assert_num_queries):
    row(beat_at=600.0)
    with django_assert_num_queries(1):
        assert "No alerts come in from Hopskotch" in page()


def test_healthz_tells_ages_and_lag_but_no_hosts(client, streams):
    beat("fast")
    beat("slow")
    row(lag=7, topics=["a", "b"], host="secret-host", pulse_at=3.0)
    answer = client.get("/healthz")
    listener = answer.json()["listeners"]["hopskotch"]
    assert answer.status_code == 200
    assert (listener["ok"], listener["lag"], listener["topics"], answer.json()["warnings"]) == (True, 7, 2, [])
    assert 0.5 < listener["heartbeat_age_s"] < 10 > listener["stream_heartbeat_age_s"] > 2.5
    assert "secret-host" not in answer.content.decode()
    assert client.get("/healthz?alerts").status_code == 200


def test_alerts_that_do_not_come_in_trouble_only_who_asks_for_them(client, streams):
    beat("fast")
    beat("slow")
    row(beat_at=600.0)
    answer = client.get("/healthz")
    assert (answer.status_code, answer.json()["status"]) == (200, "ok")
    assert answer.json()["warnings"][0].startswith("No alerts come in from Hopskotch")
    answer = client.get("/healthz?alerts")
    assert (answer.status_code, answer.json()["status"]) == (503, "alerts do not come in")


def test_topics_are_edited_in_the_admin(browse, administrator, streams):
    browser = browse(administrator)
    answer = browser.post(
        "/admin/tom_gcn/alerttopic/add/", {"cluster": "hopskotch", "name": "hermes.*", "enabled": "on"}
    )
    assert answer.status_code == 302
    topic = AlertTopic.objects.get()
    assert (topic.cluster, topic.name, topic.enabled) == ("hopskotch", "hermes.*", True)
    answer = browser.post("/admin/tom_gcn/alerttopic/add/", {"cluster": "hopskotch", "name": "a b;c"})
    assert b"Only letters" in answer.content
    answer = browser.post("/admin/tom_gcn/alerttopic/add/", {"cluster": "nowhere", "name": "abc"})
    assert AlertTopic.objects.count() == 1
    row(host="a-host")
    assert browser.get("/admin/tom_gcn/listenerheartbeat/").status_code == 200
    page_of_row = browser.get("/admin/tom_gcn/listenerheartbeat/hopskotch/change/")
    assert page_of_row.status_code == 200
    assert b'name="is_wanted"' in page_of_row.content
    assert b'name="group"' not in page_of_row.content
    browser.post("/admin/tom_gcn/listenerheartbeat/hopskotch/change/", {})
    assert ListenerHeartbeat.objects.get().is_wanted is False
