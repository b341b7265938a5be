"""A request for forced photometry, from asking to the light curve that is handed up."""

from datetime import timedelta

import pytest
from django.utils import timezone

from tests.factories import make_target
from tests.tools.services import atlas
from tom_grandma_facilities.actions import ask, polling, send_request, set_channel
from tom_grandma_facilities.choices import RequestState
from tom_grandma_facilities.signals import forced_photometry_received

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _loopback(settings):
    settings.ICARE_TRANSPORT_PRIVATE_HOSTS = ["127.0.0.1"]
    settings.ICARE_TRANSPORT_S = 5.0


@pytest.fixture
def queue():
    running = atlas.AtlasQueue()
    yield running
    running.close()


@pytest.fixture
def handed_up():
    """What the signal brought, and whether its receiver fails."""
    got = []

    def keep(sender, **told):
        got.append(told)
        if got[0] == "fail":
            raise RuntimeError("The disk is full.")

    forced_photometry_received.connect(keep)
    yield got
    forced_photometry_received.disconnect(keep)


@pytest.fixture
def request_sent(queue):
    line = atlas.line(queue)
    set_channel("ATLAS", transport="atlas-fp", by=None, settings=line.settings, secrets=line.secret)
    now = timezone.now()
    target = make_target("AT 2026abc", permissions="PUBLIC")
    exposures = [{"filter": "atlaso", "exposure_s": 30.0, "count": 1}]
    window = {"window_start": now, "window_end": now + timedelta(days=1)}
    row = ask("ATLAS", by=None, target=target, exposures=exposures, **window)
    return send_request(row.pk)


def test_the_light_curve_comes_with_done(queue, request_sent, handed_up):
    assert request_sent.state == RequestState.SENT
    queue.advance(request_sent.external_id, "started")
    assert polling.poll_status(request_sent.pk).state == RequestState.OBSERVING
    queue.advance(request_sent.external_id, "finished")
    done = polling.poll_status(request_sent.pk)
    assert done.state == RequestState.DONE
    [told] = handed_up
    assert (told["request"], told["target"], told["service"]) == (done, done.target, "atlas-fp")
    assert told["text"] == atlas.RESULT
    assert [one.band for one in told["points"]] == ["atlasc", "atlaso"]
    assert "2 epochs, 1 above 3 sigma" in done.entries.last().note
    assert polling.poll_status(request_sent.pk) == done
    assert len(handed_up) == 1


def test_a_light_curve_nobody_could_keep_is_fetched_again(queue, request_sent, handed_up):
    queue.advance(request_sent.external_id, "finished")
    handed_up.append("fail")
    with pytest.raises(RuntimeError, match="disk is full"):
        polling.poll_status(request_sent.pk)
    request_sent.refresh_from_db()
    assert request_sent.state == RequestState.SENT
    handed_up.clear()
    assert polling.poll_status(request_sent.pk).state == RequestState.DONE


def test_an_unreadable_light_curve_is_told(queue, request_sent, handed_up, monkeypatch):
    monkeypatch.setattr(atlas, "RESULT", "<html>Moved</html>")
    queue.advance(request_sent.external_id, "finished")
    failed = polling.poll_status(request_sent.pk)
    assert failed.state == RequestState.FAILED
    assert "cannot be read: ATLAS sent no table" in failed.reason
    assert not handed_up


def test_a_failed_measurement_says_why(queue, request_sent, handed_up):
    queue.advance(request_sent.external_id, "error")
    failed = polling.poll_status(request_sent.pk)
    assert (failed.state, failed.reason) == (RequestState.FAILED, "No data returned")
