"""Observatories beside the network, asked through their own services from the wish to the answer."""

from datetime import timedelta

import pytest
from django.utils import timezone

from tests.factories import make_target
from tests.tools.services import gemini, portal, swift
from tom_grandma_facilities.actions import ask, cancel_request, polling, send_request, set_channel
from tom_grandma_facilities.choices import RequestState
from tom_grandma_facilities.registry import OBSERVATORIES

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _loopback(settings):
    settings.ICARE_TRANSPORT_PRIVATE_HOSTS = ["127.0.0.1"]
    settings.ICARE_TRANSPORT_S = 5.0


@pytest.fixture
def serve():
    """Start services and stop them."""
    running = []

    def start(kind):
        running.append(kind())
        return running[-1]

    yield start
    for service in running:
        service.close()


def asked(telescope, transport, line, filter_name, **changes):
    set_channel(telescope, transport=transport, by=None, settings=line.settings, secrets=line.secret)
    now = timezone.now()
    row = ask(
        telescope,
        by=None,
        target=make_target(permissions="PUBLIC", ra=150.25, dec=-20.5),
        window_start=now,
        window_end=now + timedelta(days=2),
        exposures=[{"filter": filter_name, "exposure_s": 120.0, "count": 2}],
        **changes,
    )
    return send_request(row.pk)


def test_lco_observes_and_takes_back(serve):
    service = serve(portal.Portal)
    row = asked("LCO", "ocs", portal.line(**portal.LCO)(service), "rp")
    assert (row.state, row.problem) == (RequestState.SENT, "")
    [group] = service.taken.values()
    assert group["requests"][0]["configurations"][0]["target"]["ra"] == 150.25
    service.advance(row.external_id, "SCHEDULED")
    row = polling.poll_status(row.pk)
    assert row.state == RequestState.ACCEPTED
    assert "Scheduled for 2026-11-20T21:30:00 UTC" in row.entries.last().note
    cancel_request(row, by=None)
    send_request(row.pk)
    assert service.cancelled == [row.external_id]


def test_the_portals_complaint_is_shown(serve):
    service = serve(portal.Portal)
    row = asked("LCO", "ocs", portal.line(**{**portal.LCO, "telescope_class": "2m0"})(service), "rp")
    assert row.state == RequestState.FAILED
    assert "requests.0.location: Instrument type is not available at this location." in row.reason


def test_swift_decides(serve):
    service = serve(swift.SwiftApi)
    row = asked("Swift", "swift-too", swift.line(service), "XRT and UVOT")
    assert row.state == RequestState.SENT
    service.advance(row.external_id, "Rejected: too faint")
    row = polling.poll_status(row.pk)
    assert (row.state, row.reason) == (RequestState.DECLINED, "Rejected: too faint")


def test_gemini_is_not_triggered_twice_when_its_answer_is_lost(serve, settings):
    service = serve(gemini.Trigger)
    service.fault, settings.ICARE_TRANSPORT_S = "lost", 0.6
    row = asked("Gemini-South", "gemini", gemini.line(service), "any")
    # "any" is no template: nothing was sent, and the fault still waits.
    assert (row.state, service.count()) == (RequestState.FAILED, 0)
    assert "no Gemini template for any" in row.reason
    line = gemini.line(service)
    row = asked("Gemini-South", "gemini", type(line)({**line.settings, "templates": "12"}, line.secret), "any")
    assert row.may_have_been_sent
    assert "nothing tells whether it did" in row.problem
    assert send_request(row.pk).may_have_been_sent
    assert service.count() == 1


@pytest.mark.parametrize("name", OBSERVATORIES)
def test_pages_of_observatories_open(name, administrator, browse):
    client, target = browse(administrator), make_target(permissions="PUBLIC")
    for path in (f"/telescopes/{name}/", f"/telescopes/{name}/channel/", f"/observations/{name}/create/"):
        assert client.get(path, {"target_id": target.pk}).status_code == 200, path
    assert name in client.get(f"/requests/ask/{target.pk}/").content.decode()
