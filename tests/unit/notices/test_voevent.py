"""VOEvent packets: identity, places, errors, tests and retractions by mission, and the traps of each."""

import pytest

from tests.unit.notices.samples import ALERTS, notice_of, packet, read
from tom_gcn.notices import Cone, Notice, NoticeError, Point, SourceKind, Status, parse

GCN = "ivo://nasa.gsfc.gcn/"


def folder(name: str) -> list[str]:
    return sorted(str(path.relative_to(ALERTS)) for path in (ALERTS / "voevent" / name).glob("*.xml"))


def refused(raw: bytes) -> NoticeError:
    with pytest.raises(NoticeError) as caught:
        parse(raw)
    return caught.value


def test_notices_of_one_swift_trigger_share_their_event_and_not_their_key() -> None:
    notices = [notice_of(name) for name in folder("Swift") if "_1136936_" in name]
    assert len(notices) > 10
    assert {(notice.namespace, notice.event_id) for notice in notices} == {("swift", "1136936")}
    assert len({notice.key for notice in notices}) == len(notices)
    assert all(notice.key == notice.ivorn for notice in notices)


def test_gbm_trigger_and_subthreshold_event_of_one_number_are_one_event() -> None:
    notices = [notice_of(name) for name in folder("Fermi") if "_576241792_" in name]
    assert {notice.notice_type for notice in notices} >= {"FERMI_GBM_ALERT", "FERMI_GBM_SUBTHRESH"}
    assert {(notice.namespace, notice.event_id) for notice in notices} == {("fermi-gbm", "576241792")}


def test_voevent_and_json_of_one_gbm_trigger_share_their_namespace() -> None:
    assert notice_of("gcn_json/schema_examples/fermi__gbm__trigger.alert.example.json").namespace == "fermi-gbm"


def test_lvc_packet_belongs_to_the_superevent_of_the_json_alerts() -> None:
    notice = notice_of("voevent/LVC/LVC_EARLY_WARNING__S230524x__96033d.xml")
    assert (notice.namespace, notice.event_id, notice.kind) == ("lvk", "S230524x", SourceKind.GW)
    assert notice.status is Status.EARLYWARNING
    assert notice.is_significant is True
    assert notice.far_hz == pytest.approx(7.224443905955801e-08)
    assert notice.classification["BNS"] == pytest.approx(0.754, abs=1e-3)
    assert notice.properties == {"HasNS": 1.0, "HasRemnant": 1.0, "HasMassGap": 0.0}
    assert (notice.group, notice.pipeline, notice.search) == ("CBC", "pycbc", "EarlyWarning")
    assert notice.instruments == ("H1", "L1")
    assert notice.skymap_url.endswith("/S230524x/files/bayestar.multiorder.fits,0")


def test_path_on_the_senders_disk_is_no_address() -> None:
    assert notice_of("voevent/LVC/LVC_INITIAL__S190425z__d82583.xml").skymap_url == ""


def test_integral_revisions_are_taken_off_the_trigger_number() -> None:
    assert notice_of("voevent/INTEGRAL/INTEGRAL_REFINED__10042__afaee7.xml").event_id == "10042"


def test_number_that_says_none_identifies_nothing() -> None:
    zero = notice_of("voevent/INTEGRAL/INTEGRAL_WAKEUP__0__8c411c.xml")
    assert (zero.event_id, zero.namespace) == ("0", "")
    minus = notice_of("voevent/IPN/IPN_RAW__noid__1b2d67.xml")
    assert (minus.event_id, minus.namespace, minus.region) == ("", "", None)


@pytest.mark.parametrize(
    ("name", "containment"),
    [
        ("voevent/Fermi/FERMI_GBM_FLT_POS__537755817__ab3295.xml", 0.683),
        ("voevent/IceCube/ICECUBE_ASTROTRACK_GOLD__133609_37927131__ea094d.xml", 0.9),
        ("voevent/AMON/HAWC_BURST_MONITOR__10011037_4398__ec3366.xml", 0.9),
        ("voevent/SVOM/SVOM_eclairs-wakeup__sb26021801__a9e79c.xml", 0.9),
        ("voevent/GECAM/GECAM_FLT__185__844b39.xml", 0.683),
        ("voevent/COUNTERPART/GRB_CNTRPART__897653__864dd0.xml", None),
    ],
)
def test_radius_keeps_its_containment(name: str, containment: float | None) -> None:
    region = notice_of(name).region
    assert isinstance(region, Cone)
    assert region.containment == containment


def test_amon_coincidences_are_at_half_containment() -> None:
    ids = {"Packet_Type": "172", "run_id": "7", "event_id": "9"}
    notice = read(packet(GCN + "AMON#x", params=ids, place=("10", "10", "0.4")))
    assert notice.event_id == "7_9"
    assert notice.region == Cone(10.0, 10.0, 0.4, 0.5)


@pytest.mark.parametrize(
    ("place", "params"),
    [
        (("0.0000", "0.0000", "0.0000"), {}),
        (("-1.0000", "-1.0000", "-1.0000"), {}),
        (("62.9", "60.8", "-0.05"), {}),
        (("0.0", "0.0", "360.0"), {}),
        (("10", "20", "0.1"), {"Coords_String": "pointing_direction"}),
        (("10", "20", "0.1"), {"Coords_String": "unavailable/inappropriate"}),
        (("10", "20", "0.0"), {}),
        (None, {}),
    ],
)
def test_direction_that_is_no_localization(place: tuple[str, str, str] | None, params: dict[str, str]) -> None:
    ids = {"TrigID": "1", "Packet_Type": "61"}
    assert read(packet(place=place, params=ids | params)).localization == "none"


def test_what_integral_withdraws_as_no_burst_has_no_place() -> None:
    ids = {"TrigID": "10337", "Packet_Type": "55", "Def_NOT_a_GRB": "true"}
    assert read(packet(GCN + "INTEGRAL#x", params=ids)).region is None


def test_error_zero_of_others_is_a_point() -> None:
    notice = read(packet("ivo://example.org/survey#1", place=("10", "20", "0"), params={"name": "x"}))
    assert notice.region == Point(10.0, 20.0)
    assert (notice.source, notice.namespace, notice.kind) == ("EXAMPLE", "", SourceKind.OTHER)


def test_supernova_neutrinos_have_the_radius_of_their_parameter() -> None:
    assert notice_of("voevent/SK_SN/SK_SN__noid__016902.xml").region == Cone(270.8199, 31.46, 0.9, 0.9)


def test_map_stands_beside_the_picture_gbm_links() -> None:
    notice = notice_of("voevent/Fermi/FERMI_GBM_FIN_POS__537755817__847db0.xml")
    folder = "https://heasarc.gsfc.nasa.gov/FTP/fermi/data/gbm/triggers/2018/bn180116026/quicklook/"
    assert notice.skymap_url == folder + "glg_healpix_all_bn180116026.fit"


def test_contours_of_gbm_on_the_ground_are_no_map() -> None:
    assert notice_of("voevent/Fermi/FERMI_GBM_GND_POS__537755817__8bdae2.xml").localization == "cone"


@pytest.mark.parametrize(
    ("ivorn", "params", "role"),
    [
        (GCN + "SWIFT#x", {"TrigID": "1", "Packet_Type": "61"}, "test"),
        (GCN + "INTEGRAL#x", {"TrigID": "1", "Packet_Type": "53", "Test_Notice": "true"}, "observation"),
        (GCN + "GECAM#x", {"Trigger_Number": "100000000", "Packet_Type": "188"}, "observation"),
        (GCN + "Fermi#x", {"TrigID": "99999", "Packet_Type": "119"}, "observation"),
        (GCN + "AMON#TEST_Event2015", {"TrigID": "99999", "Packet_Type": "159"}, "observation"),
        ("ivo://gwnet/LVC#MS190401c-1", {"GraceID": "MS190401c", "Packet_Type": "150"}, "observation"),
        (
            "ivo://gwnet/LVC#S190401c-1",
            {"GraceID": "S190401c", "Packet_Type": "150", "HardwareInj": "1"},
            "observation",
        ),
    ],
)
def test_tests_are_tests(ivorn: str, params: dict[str, str], role: str) -> None:
    assert read(packet(ivorn, params=params, role=role)).is_test


def test_gecam_below_its_test_numbers_is_real() -> None:
    assert not read(packet(GCN + "GECAM#x", params={"Trigger_Number": "99999999", "Packet_Type": "188"})).is_test


def test_svom_retraction_names_what_it_withdraws_and_gives_no_place() -> None:
    notice = notice_of("voevent/SVOM/SVOM_retraction__sb26043009__655e65.xml")
    assert notice.is_retraction
    assert notice.status is Status.RETRACTION
    assert notice.region is None
    assert {citation.cite for citation in notice.citations} == {"retraction"}
    assert any("sb26043009_grm-trigger" in citation.ivorn for citation in notice.citations)


@pytest.mark.parametrize(
    "raw",
    [
        packet(params={"TrigID": "1", "Packet_Type": "61", "Retraction": "true"}),
        packet(citations='<Citations><EventIVORN cite="retraction">ivo://x/y#z</EventIVORN></Citations>'),
    ],
)
def test_retraction_by_flag_or_citation(raw: bytes) -> None:
    assert read(raw).is_retraction


def test_revision_of_icecube_is_an_update() -> None:
    notice = notice_of("voevent/IceCube/ICECUBE_ASTROTRACK_GOLD__133609_37927131__291bdf.xml")
    assert (notice.status, notice.record_number) == (Status.UPDATE, 1)


def test_rate_a_year_becomes_hertz_where_the_packet_says_so() -> None:
    raw = (ALERTS / "voevent/KM3NeT/docexample_KM3NET_VOEVENT_0.xml").read_bytes()
    assert read(raw).far_hz == pytest.approx(8.029e-08 / 31557600.0)


def test_version_one_of_the_standard_is_read() -> None:
    notice = read(packet(version="1.1"))
    assert notice.region == Cone(10.0, 340.0 - 360.0, 0.05, 0.9)


@pytest.mark.parametrize("ivorn", [GCN + "SWIFT#Point_Dir_x", GCN + "INTEGRAL#PointDir_x"])
def test_pointing_of_a_satellite_is_no_alert(ivorn: str) -> None:
    role = "utility" if "SWIFT" in ivorn else "test"
    assert refused(packet(ivorn, role=role, params={"Packet_Type": "51"})).code == "not-an-alert"


def test_packet_about_nothing_is_no_alert() -> None:
    raw = packet("ivo://example.org/x#y", params={"a": "b"}, time="", place=None)
    assert refused(raw).code == "not-an-alert"


def test_malformed_time_of_a_real_packet_is_named() -> None:
    raw = next((ALERTS / "voevent/malformed").glob("*.xml")).read_bytes()
    error = refused(raw)
    assert error.code == "bad-time"
    assert "2023-512--1077428344" in error.message


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (packet(time="9999-12-31T23:59:59"), "bad-time"),
        (packet(time="0001-01-01T00:00:00"), "bad-time"),
        (packet(time="soon"), "bad-time"),
        (packet(place=("10", "95", "1")), "bad-position"),
        (packet(place=("1e400", "5", "1")), "bad-position"),
        (packet(place=("nan", "5", "1")), "bad-position"),
        (packet(place=("10", "5", "wide")), "bad-position"),
        (packet(ivorn=""), "missing-field"),
        (packet(ivorn="http://x#y"), "bad-name"),
        (packet(params={"TrigID": "7" * 80, "Packet_Type": "61"}), "bad-text"),
    ],
)
def test_wrong_value_is_refused_with_its_code(raw: bytes, code: str) -> None:
    assert refused(raw).code == code


def test_parameters_keep_their_units() -> None:
    notice = notice_of("voevent/Swift/SWIFT_BAT_GRB_POS_ACK__1118357__cdfe6d.xml")
    assert (notice.parameters["Rate_Signif"].value, notice.parameters["Rate_Signif"].unit) == ("55.93", "sigma")


def test_every_bundled_packet_is_kept_whole() -> None:
    names = [
        str(path.relative_to(ALERTS)) for path in (ALERTS / "voevent").rglob("*.xml") if "malformed" not in str(path)
    ]
    notices: list[Notice] = [notice_of(name) for name in names]
    assert len(notices) > 380
    assert all(notice.parameters and notice.time_created and notice.source for notice in notices)
    assert len({notice.key for notice in notices}) == len({notice.ivorn for notice in notices})
