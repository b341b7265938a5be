"""What the forced-photometry services do beyond the contract: busy hours, long lists, light curves."""

from dataclasses import replace

import pytest

from tests.tools.services import atlas, ztf
from tests.tools.services.base import make_outgoing
from tom_grandma_facilities.transports.atlas_fp import AtlasForced
from tom_grandma_facilities.transports.base import Down, Refused, RemoteState
from tom_grandma_facilities.transports.ztf_fp import ZtfForced, job_of

OUTGOING = make_outgoing()


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
def pages():
    running = ztf.ZtfPages()
    yield running
    running.close()


def test_atlas_says_when_to_come_again(queue):
    queue.busy = 1
    with pytest.raises(Down, match="available in 17 seconds") as caught:
        AtlasForced().submit(OUTGOING, atlas.line(queue))
    assert not caught.value.maybe_sent


def test_a_full_queue_of_atlas_is_waited_for(queue, monkeypatch):
    monkeypatch.setattr(atlas, "MOST_TASKS", 1)
    AtlasForced().submit(OUTGOING, atlas.line(queue))
    with pytest.raises(Down, match="too many queued tasks"):
        AtlasForced().submit(replace(OUTGOING, key="42-1"), atlas.line(queue))


def test_atlas_is_searched_page_by_page(queue):
    line = atlas.line(queue)
    first = AtlasForced().submit(OUTGOING, line)
    for number in range(100, 115):
        AtlasForced().submit(replace(OUTGOING, key=f"{number}-1"), line)
    assert AtlasForced().find(OUTGOING.key, line) == first.external_id
    assert sum("ordering" in one for one in queue.log) == 3


def test_light_curve_of_atlas(queue):
    line = atlas.line(queue)
    sent = AtlasForced().submit(OUTGOING, line)
    queue.advance(sent.external_id, "finished")
    text = AtlasForced().results(sent.external_id, line)
    assert len(AtlasForced().read(text)) == 2


def test_atlas_has_no_light_curve_after_an_error(queue):
    line = atlas.line(queue)
    sent = AtlasForced().submit(OUTGOING, line)
    queue.advance(sent.external_id, "error")
    with pytest.raises(Refused, match="No data returned"):
        AtlasForced().results(sent.external_id, line)


def test_the_token_of_atlas_goes_to_no_other_host(queue):
    line = atlas.line(queue)
    sent = AtlasForced().submit(OUTGOING, line)
    queue.result_host = "http://collector.example.org"
    queue.advance(sent.external_id, "finished")
    with pytest.raises(Refused, match="the token is not sent"):
        AtlasForced().results(sent.external_id, line)


def test_days_back_begin_before_the_window(queue):
    line = atlas.line(queue)
    AtlasForced().submit(OUTGOING, replace(line, settings={**line.settings, "days_back": "10"}))
    [task] = queue.taken.values()
    assert float(task["mjd_max"]) - float(task["mjd_min"]) == pytest.approx(10.25)
    with pytest.raises(Refused, match="days back is 'ten'"):
        AtlasForced().submit(OUTGOING, replace(line, settings={**line.settings, "days_back": "ten"}))


def test_ztf_is_tried_again_while_its_database_is_busy(pages):
    pages.busy = 1
    with pytest.raises(Down, match="a minute later") as caught:
        ZtfForced().submit(OUTGOING, ztf.line(pages))
    assert not caught.value.maybe_sent
    assert ZtfForced().submit(OUTGOING, ztf.line(pages)).external_id


def test_ztf_finds_a_job_by_position_and_time(pages):
    line = ztf.line(pages)
    job = job_of(OUTGOING, line)
    assert ZtfForced().find(job, line) is None
    sent = ZtfForced().submit(OUTGOING, line)
    assert ZtfForced().find(job, line) == sent.external_id == job
    assert ZtfForced().find(job_of(replace(OUTGOING, ra_deg=150.26), line), line) is None
    with pytest.raises(Refused, match="by its position and times only"):
        ZtfForced().find(OUTGOING.key, line)


def test_an_unlisted_job_of_ztf_is_waited_for(pages):
    remote = ZtfForced().status(job_of(OUTGOING, ztf.line(pages)), ztf.line(pages))
    assert remote.state == RemoteState.RECEIVED
    assert "once an hour" in remote.note


def test_light_curve_of_ztf(pages):
    line = ztf.line(pages)
    sent = ZtfForced().submit(OUTGOING, line)
    with pytest.raises(Refused, match="no light curve"):
        ZtfForced().results(sent.external_id, line)
    pages.advance(sent.external_id, "ended")
    assert len(ZtfForced().read(ZtfForced().results(sent.external_id, line))) == 2


def test_the_passwords_of_ztf_are_not_kept(pages):
    sent = ZtfForced().submit(OUTGOING, ztf.line(pages))
    assert ztf.PASSWORD not in sent.sent
    assert "jdstart" in sent.sent
