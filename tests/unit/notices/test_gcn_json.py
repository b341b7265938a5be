"""GCN's unified JSON: names, regions, keys, and what is none of it."""

import json

import pytest

from tests.unit.notices.samples import gcn_json, notice_of, read
from tom_gcn.notices import Cone, Ellipse, NoticeError, Point, Polygon, SourceKind, Status, parse

EXAMPLES = "gcn_json/schema_examples/"


def test_einstein_probe_alert() -> None:
    notice = notice_of("gcn_json/einstein_probe/01709002661-WXT.json")
    assert (notice.source, notice.kind, notice.namespace) == ("Einstein Probe", SourceKind.XRAY, "einstein-probe")
    assert notice.notice_type == "gcn.notices.einstein_probe.wxt.alert"
    assert notice.region == Cone(330.538, 37.965, 0.05107808, 0.9)
    assert notice.time_created is None
    assert notice.instruments == ("WXT",)


def test_list_of_names_gives_the_id_and_the_aliases() -> None:
    notice = notice_of(EXAMPLES + "fermi__gbm__trigger.final.example.json")
    assert (notice.event_id, notice.aliases) == ("745121685", ("bn240812094",))
    assert notice.region == Cone(29.24, -63.62, 1.0, 0.68)
    assert notice.localization == "cone+skymap"


def test_name_of_the_event_is_an_alias() -> None:
    assert notice_of(EXAMPLES + "km3net__alert.multiplet.example.json").aliases == ("KM3-240901B",)


def test_ellipse_and_corners() -> None:
    ellipse = notice_of(EXAMPLES + "maxi__gsc.unknown.ellipse.example.json").region
    assert ellipse == Ellipse(346.56, 18.61, 0.22, 0.19, 153.0, 0.9)
    polygon = notice_of(EXAMPLES + "maxi__gsc.unknown.rectangle.example.json").region
    assert isinstance(polygon, Polygon)
    assert polygon.corners[0] == (345.72, 19.547)
    assert (polygon.ra_deg, polygon.dec_deg, len(polygon.corners)) == (346.56, 18.61, 4)


@pytest.mark.parametrize(
    ("printed", "region"),
    [
        ([0.5, 0.6, 0], Ellipse(184.664, -6.146, 0.6, 0.5, 90.0, 0.9)),
        ([0.016, 0.02], Ellipse(184.664, -6.146, 0.02, 0.016, 90.0, 0.9)),
        ([0.6, 0.5, 190], Ellipse(184.664, -6.146, 0.6, 0.5, 10.0, 0.9)),
        ([0.4], Cone(184.664, -6.146, 0.4, 0.9)),
    ],
)
def test_list_of_errors_as_the_schema_has_it(printed: list[float], region: object) -> None:
    notice = read(gcn_json(ra_dec_error=printed))
    assert notice.region == region
    if isinstance(notice.region, Ellipse):
        assert list(notice.region.printed) == printed


def test_answer_to_another_event_names_it() -> None:
    assert notice_of(EXAMPLES + "swift__bat__Guano.example.json").related == ("Fermi 694215970",)
    assert read(gcn_json(ref_ID="S230914ak")).related == ("S230914ak",)


def test_map_inside_the_message() -> None:
    notice = read(gcn_json(healpix_file="U0lNUExF", ra=None, dec=None))
    assert (notice.skymap, notice.localization) == (b"SIMPLE", "skymap")


@pytest.mark.parametrize("link", ["javascript:alert(1)", "file:///etc/passwd", "x" * 900, 5, "https://a/\u0000"])
def test_address_of_a_map_that_is_none_is_left_out(link: object) -> None:
    assert read(gcn_json(healpix_url=link)).skymap_url == ""


def test_error_zero_and_no_error_are_points() -> None:
    assert read(gcn_json(ra_dec_error=0)).region == Point(184.664, -6.146)
    assert read(gcn_json(ra_dec_error=None)).region == Point(184.664, -6.146)
    assert read(gcn_json(ra=None)).region is None


def test_retraction_has_no_place() -> None:
    notice = read(gcn_json(alert_type="retraction"))
    assert (notice.status, notice.is_retraction, notice.region) == (Status.RETRACTION, True, None)


@pytest.mark.parametrize(
    ("tense", "is_test"), [("test", True), ("injection", True), ("commanded", True), ("current", False)]
)
def test_tenses_that_are_tests(tense: str, is_test: bool) -> None:
    assert read(gcn_json(alert_tense=tense)).is_test is is_test


def test_key_is_the_record_number_else_the_content() -> None:
    dated = "2026-04-09T12:00:00Z"
    assert read(gcn_json(record_number=3, alert_datetime=dated)).key.endswith("|01709259773|3|initial")
    plain = gcn_json(alert_datetime=dated)
    assert read(plain).key == read(json.dumps(json.loads(plain), indent=4, sort_keys=True).encode()).key
    assert read(plain).key != read(gcn_json(alert_datetime=dated, ra=184.7)).key


def test_retraction_of_the_same_number_is_no_duplicate() -> None:
    assert read(gcn_json(record_number=1, alert_type="retraction")).key != read(gcn_json(record_number=1)).key


def test_test_does_not_make_the_real_notice_a_duplicate() -> None:
    assert read(gcn_json(record_number=1, alert_tense="test")).key != read(gcn_json(record_number=1)).key


def test_key_is_the_same_by_file_and_by_topic() -> None:
    assert read(gcn_json(), "gcn.notices.einstein_probe.wxt.alert").key == read(gcn_json()).key


def test_topic_settles_what_a_message_without_schema_is() -> None:
    raw = gcn_json(**{"$schema": None})
    with pytest.raises(NoticeError):
        parse(raw)
    assert read(raw, "gcn.notices.einstein_probe.wxt.alert").source == "Einstein Probe"


def test_unknown_mission_is_read_by_the_core_of_the_schema() -> None:
    schema = "https://gcn.nasa.gov/schema/main/gcn/notices/newmission/alert.schema.json"
    notice = read(gcn_json(**{"$schema": schema}, mission="New Mission", messenger="Neutrino"))
    assert (notice.source, notice.namespace, notice.kind) == ("New Mission", "json:newmission", SourceKind.NEUTRINO)


def test_words_beside_probabilities_are_left_out() -> None:
    notice = read(gcn_json(classification={"GRB": 0.9, "note": "high", "x": None}))
    assert notice.classification == {"GRB": 0.9}


def test_what_else_is_said_is_kept_with_its_unit() -> None:
    notice = read(gcn_json(flux=1.5, flux_unit="ph/cm2/s", image_energy_range=[0.5, 4.0]))
    assert (notice.parameters["flux"].value, notice.parameters["flux"].unit) == (1.5, "ph/cm2/s")
    assert notice.parameters["image_energy_range"].value == "[0.5, 4.0]"


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"ra": 400}, "bad-position"),
        ({"dec": -91}, "bad-position"),
        ({"ra": "10"}, "wrong-type"),
        ({"ra_dec_error": -1}, "bad-position"),
        ({"ra_dec_error": [1, 10**400, 1]}, "bad-position"),
        ({"ra_dec_error": [0.1, "b", 3]}, "bad-position"),
        ({"ra_dec_error": [1, 1, 1, 1]}, "bad-position"),
        ({"ra_dec_error": [1, 1, 10**400]}, "bad-position"),
        ({"ra_dec_error": None, "rectangular_error_corners": [[1, 2], [3, 4], [5]]}, "bad-position"),
        ({"ra_dec_error": None, "rectangular_error_corners": "all"}, "bad-position"),
        ({"containment_probability": 0}, "bad-position"),
        ({"containment_probability": 1.5}, "bad-position"),
        ({"alert_type": "rumour"}, "unknown-type"),
        ({"id": ["x" * 100]}, "bad-text"),
        ({"id": ["a\u0000"]}, "bad-text"),
        ({"id": {"a": 1}}, "wrong-type"),
        ({"id": ["a"] * 1000}, "too-large"),
        ({"trigger_time": "9999-12-31T23:59:59Z"}, "bad-time"),
        ({"far": "1e-3"}, "wrong-type"),
        ({"record_number": 1 << 80}, "bad-number"),
    ],
)
def test_wrong_field_is_refused_with_its_code(fields: dict[str, object], code: str) -> None:
    with pytest.raises(NoticeError) as caught:
        parse(gcn_json(**fields))
    assert caught.value.code == code
