"""The finding chart of a target on its pages, and the survey's image behind a service of others."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from django.core.cache import caches

from tests.factories import make_target
from tom_gcn.models import Galaxy, GalaxyCatalogue
from tom_gcn.skymaps import hpx29

pytestmark = pytest.mark.django_db
JPEG = b"\xff\xd8\xff\xe0 a picture"


@pytest.fixture
def target(grandma):
    return make_target("AT 2026abc", ra=150.0, dec=20.0, group=grandma)


@pytest.fixture
def survey(settings):
    """A service that cuts out pictures; it keeps what it was asked."""
    caches["drawings"].clear()

    class Cutter(BaseHTTPRequestHandler):
        def do_GET(self):
            self.server.asked.append(self.path)
            self.send_response(self.server.status)
            self.send_header("Content-Length", str(len(JPEG)))
            self.end_headers()
            self.wfile.write(JPEG)

        def log_message(self, *args):
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Cutter)
    server.asked, server.status = [], 200
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    settings.ICARE_SURVEY_URL = f"http://127.0.0.1:{server.server_port}/hips2fits"
    settings.ICARE_TRANSPORT_PRIVATE_HOSTS = ["127.0.0.1"]
    yield server
    server.shutdown()
    server.server_close()


def test_the_target_page_leads_to_the_chart(browse, member, target):
    client = browse(member)
    assert f"/targets/{target.pk}/chart/" in client.get(f"/targets/{target.pk}/").content.decode()
    page = client.get(f"/targets/{target.pk}/chart/").content.decode()
    assert "Finding chart of AT 2026abc" in page
    assert 'class="chart-star"' in page
    assert "<image" not in page
    assert "<style" not in page


def test_the_field_of_a_telescope_makes_the_chart_as_large(browse, member, target):
    page = browse(member).get(f"/targets/{target.pk}/chart/?telescope=TAROT-TCA").content.decode()
    assert "TAROT-TCA: 1.9° × 1.9°" in page
    assert "3° wide" in page


def test_galaxies_of_real_catalogues_are_marked(browse, member, target):
    for name, is_sample in (("Real", False), ("Invented", True)):
        catalogue = GalaxyCatalogue.objects.create(name=name, is_sample=is_sample, n_galaxies=1)
        Galaxy.objects.create(
            catalogue=catalogue,
            name=f"{name} 1",
            ra_deg=150.1,
            dec_deg=20.1,
            hpx29=int(hpx29(150.1, 20.1)),
            distance_mpc=40,
        )
    page = browse(member).get(f"/targets/{target.pk}/chart/").content.decode()
    assert "Real 1" in page
    assert "Invented 1" not in page


def test_it_is_saved_as_a_file_with_its_own_colours(browse, member, target):
    answer = browse(member).get(f"/targets/{target.pk}/chart.svg?size=30&telescope=TAROT-TCA")
    assert answer["Content-Type"] == "image/svg+xml"
    assert "attachment" in answer["Content-Disposition"]
    assert "<style>" in answer.content.decode()
    assert browse(member).get(f"/targets/{target.pk}/chart.svg?size=31").status_code == 404


def test_strangers_find_nothing(browse, stranger, target):
    for page in ("chart/", "chart.svg", "chart/survey.jpg?side=1.0"):
        assert browse(stranger).get(f"/targets/{target.pk}/{page}").status_code == 404


def test_targets_without_a_position_have_no_chart(browse, member, grandma):
    nowhere = make_target("Nowhere", ra=None, dec=None, group=grandma)
    assert browse(member).get(f"/targets/{nowhere.pk}/chart/").status_code == 404


def test_the_survey_is_asked_when_somebody_wants_it_and_once(browse, member, target, survey):
    client = browse(member)
    client.get(f"/targets/{target.pk}/chart/")
    assert survey.asked == []
    page = client.get(f"/targets/{target.pk}/chart/?survey=1").content.decode()
    assert f'<image href="/targets/{target.pk}/chart/survey.jpg?side=1.0"' in page
    for _ in range(2):
        answer = client.get(f"/targets/{target.pk}/chart/survey.jpg?side=1.0")
        assert answer.content == JPEG
    assert len(survey.asked) == 1
    assert "ra=150.000000" in survey.asked[0]


def test_a_survey_that_is_away_says_so_and_is_left_alone(browse, member, target, survey):
    survey.status = 500
    page = browse(member).get(f"/targets/{target.pk}/chart/?survey=1").content.decode()
    assert "cannot be reached now" in page
    assert "<image" not in page
    for _ in range(2):
        assert browse(member).get(f"/targets/{target.pk}/chart/survey.jpg?side=1.0").status_code == 503
    assert len(survey.asked) == 1
    assert browse(member).get(f"/targets/{target.pk}/chart/survey.jpg?side=0.9").status_code == 404
    assert browse(member).get(f"/targets/{target.pk}/chart/survey.jpg?side=nan").status_code == 404
