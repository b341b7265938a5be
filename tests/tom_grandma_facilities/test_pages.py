"""Pages and API of telescopes: who sees them, what they show, how many queries they cost."""

import re
import xml.etree.ElementTree as ET

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tom_grandma_facilities.actions import set_telescope_status
from tom_grandma_facilities.models import TelescopeStatus
from tom_grandma_facilities.registry import TELESCOPES

pytestmark = pytest.mark.django_db


def names_shown(page):
    return re.findall(r'<th scope="row"><a href="/telescopes/([^/]+)/"', page.content.decode())


def get_counting(client, address):
    """Fetch a page; its own rows cost one query however many telescopes there are, the frame around it a handful."""
    with CaptureQueriesContext(connection) as queries:
        page = client.get(address)
    assert sum("tom_grandma_facilities_telescopestatus" in query["sql"] for query in queries) == 1
    assert len(queries) <= 10, [query["sql"] for query in queries]
    return page


class TestStrangers:
    @pytest.mark.parametrize("address", ["/telescopes/", "/telescopes/CFHT/", "/telescopes/observe/"])
    def test_pages_ask_for_a_login(self, client, network, address):
        answer = client.get(address)
        assert answer.status_code == 302
        assert "/login" in answer["Location"]

    @pytest.mark.parametrize("address", ["/api/telescopes/", "/api/telescopes/CFHT/"])
    def test_api_refuses(self, client, network, address):
        assert client.get(address).status_code in {401, 403}

    def test_inactive_member_is_a_stranger(self, client, member):
        User.objects.filter(pk=member.pk).update(is_active=False)
        client.force_login(member)
        assert client.get("/telescopes/").status_code == 302


class TestList:
    def test_shows_every_telescope_with_a_fixed_number_of_queries(self, client, member, network):
        client.force_login(member)
        client.get("/telescopes/")
        page = get_counting(client, "/telescopes/")
        assert names_shown(page) == list(TELESCOPES)
        assert len(page.content) < 120_000

    @pytest.mark.parametrize(
        ("query", "expected"),
        [
            ("q=tarot", {"TAROT-TCA", "TAROT-TCH", "TAROT-TNC", "TAROT-TRE"}),
            ("q=TAROT/TCA", {"TAROT-TCA"}),
            ("usage=VF", {"FRAM-Auger", "FRAM-CTA-N", "TAROT-TCA", "TAROT-TCH", "TAROT-TRE"}),
            ("q=nothing+like+it", set()),
        ],
    )
    def test_search_and_usage(self, client, member, network, query, expected):
        client.force_login(member)
        assert set(names_shown(client.get(f"/telescopes/?{query}"))) == expected

    def test_filters_combine(self, client, member, network):
        client.force_login(member)
        shown = names_shown(client.get("/telescopes/?plan=asked&hemisphere=south&mode=tiling"))
        assert shown == ["FRAM-Auger", "TAROT-TCH", "TAROT-TRE"]

    def test_telescopes_that_can_be_planned_contain_those_that_are_asked(self, client, member, network):
        client.force_login(member)
        can = set(names_shown(client.get("/telescopes/?plan=can")))
        assert set(names_shown(client.get("/telescopes/?plan=asked"))) < can
        assert can.isdisjoint(names_shown(client.get("/telescopes/?plan=cannot")))

    def test_dark_and_light_share_the_located_ones(self, client, member, network):
        client.force_login(member)
        dark, light = (set(names_shown(client.get(f"/telescopes/?dark={when}"))) for when in ("now", "not"))
        assert dark and light
        assert dark | light == {name for name, telescope in TELESCOPES.items() if telescope.site.known}

    @pytest.mark.parametrize(
        "sort", ["aperture", "-aperture", "latitude", "-field", "limit", "usage", "dark", "-longitude"]
    )
    def test_sorting_keeps_all_and_puts_unknown_last(self, client, member, network, sort):
        client.force_login(member)
        page = client.get(f"/telescopes/?sort={sort}")
        assert sorted(names_shown(page)) == sorted(TELESCOPES)
        if sort == "-aperture":
            assert names_shown(page)[0] == "GTC"
            assert not TELESCOPES[names_shown(page)[-1]].aperture.known
        assert 'aria-sort="' in page.content.decode()

    @pytest.mark.parametrize("query", ["usage=nonsense", "sort=nonsense", "plan=%01", "q=" + "x" * 500])
    def test_nonsense_in_the_address_does_not_break_the_page(self, client, member, network, query):
        client.force_login(member)
        assert client.get(f"/telescopes/?{query}").status_code == 200

    def test_a_nul_in_the_address_is_refused(self, client, member, network):
        client.force_login(member)
        assert client.get("/telescopes/?plan=%00").status_code == 400


class TestDetail:
    @pytest.mark.parametrize("name", TELESCOPES)
    def test_every_telescope_has_its_page(self, client, member, network, name):
        client.force_login(member)
        page = client.get(f"/telescopes/{name}/")
        text = page.content.decode()
        assert page.status_code == 200
        assert " style=" not in text
        assert "<style" not in text
        reason = TELESCOPES[name].why_not_plannable()
        assert ("It cannot be planned." in text) == bool(reason)

    def test_costs_a_fixed_number_of_queries(self, client, member, network):
        client.force_login(member)
        client.get("/telescopes/CFHT/")
        get_counting(client, "/telescopes/CFHT/")

    def test_shows_numbers_with_sources_and_tonight(self, client, member, network):
        client.force_login(member)
        text = client.get("/telescopes/TAROT-TCA/").content.decode()
        for words in ("1.9 deg", "gwemopt/data/config/TCA.config", "0.25 m", "sdssg", "very frequent", "UTC", "Moon"):
            assert words in text
        assert re.search(r"dark (now until|from) \d\d:\d\d UTC|no darkness|dark for the next", text)

    def test_rejected_numbers_are_told(self, client, member, network):
        client.force_login(member)
        assert "12157 km away: rejected" in client.get("/telescopes/TRT-SBO/").content.decode()

    def test_strip_is_a_drawing_inside_its_frame(self, client, member, network):
        client.force_login(member)
        text = client.get("/telescopes/TAROT-TCA/").content.decode()
        svg = ET.fromstring(re.search(r"<svg class=\"strip\".*?</svg>", text, re.DOTALL).group())
        classes = {rect.get("class") for rect in svg.iter("rect")}
        assert {"strip-day", "strip-twilight", "strip-night"} <= classes
        for rect in svg.iter("rect"):
            assert 0 <= float(rect.get("x")) <= float(rect.get("x")) + float(rect.get("width")) <= 480.2

    def test_unknown_name_is_not_found(self, client, member):
        client.force_login(member)
        assert client.get("/telescopes/Hale/").status_code == 404


class TestReporting:
    def test_reporter_sees_the_form_and_reports(self, client, reporter, network):
        client.force_login(reporter)
        assert "Report its state" in client.get("/telescopes/CFHT/").content.decode()
        answer = client.post("/telescopes/CFHT/status/", {"state": "closed", "reason": "snow <b>"})
        assert answer["Location"] == "/telescopes/CFHT/"
        page = client.get("/telescopes/CFHT/").content.decode()
        assert "Reported closed: snow &lt;b&gt;." in page
        assert "reported by reporter" in page

    def test_member_neither_sees_the_form_nor_may_post(self, client, member, network):
        client.force_login(member)
        assert "Report its state" not in client.get("/telescopes/CFHT/").content.decode()
        answer = client.post("/telescopes/CFHT/status/", {"state": "closed"}, follow=True)
        assert "You may not change the state of a telescope." in answer.content.decode()
        assert TelescopeStatus.objects.get(telescope="CFHT").state == "not-reported"

    @pytest.mark.parametrize("data", [{"state": "asleep"}, {"state": "closed", "until": "2020-01-01T00:00"}, {}])
    def test_wrong_report_changes_nothing_and_says_so(self, client, reporter, network, data):
        client.force_login(reporter)
        answer = client.post("/telescopes/CFHT/status/", data, follow=True)
        assert "The state was not changed." in answer.content.decode()
        assert TelescopeStatus.objects.get(telescope="CFHT").state == "not-reported"


class TestApi:
    def test_list(self, client, member, network):
        client.force_login(member)
        client.get("/api/telescopes/")
        answer = get_counting(client, "/api/telescopes/")
        assert [row["name"] for row in answer.json()] == list(TELESCOPES)

    def test_list_of_those_asked(self, client, member, network):
        client.force_login(member)
        rows = client.get("/api/telescopes/?in_network=true").json()
        assert rows
        assert all(row["in_network"] and row["why_not_in_network"] == "" for row in rows)

    def test_detail_has_every_number_with_its_source(self, client, member, reporter, network):
        set_telescope_status("TAROT-TCA", "closed", by=reporter, reason="storm")
        client.force_login(member)
        answer = client.get("/api/telescopes/TAROT-TCA/").json()
        facts = {fact["key"]: fact for fact in answer["facts"]}
        assert facts["field_width_deg"]["value"] == 1.9
        assert facts["field_width_deg"]["source"] == "gwemopt/data/config/TCA.config"
        assert facts["slew_rate_deg_per_s"]["unit"] == "deg/s"
        assert all(fact["source"] for fact in answer["facts"])
        assert answer["status"]["reason"] == "storm"
        assert answer["tonight"]["night"]

    def test_unknown_is_null(self, client, member, network):
        client.force_login(member)
        answer = client.get("/api/telescopes/KAIT/").json()
        assert answer["darkness"] is None
        assert answer["tonight"] is None
        assert next(fact["value"] for fact in answer["facts"] if fact["key"] == "latitude") is None

    def test_nothing_can_be_written(self, client, member, network):
        client.force_login(member)
        for method in (client.post, client.put, client.patch, client.delete):
            assert method("/api/telescopes/CFHT/").status_code in {403, 405}

    def test_unknown_name_is_not_found(self, client, member):
        client.force_login(member)
        assert client.get("/api/telescopes/Hale/").status_code == 404
