"""What people type is understood as they mean it, in every format."""

import json
import tracemalloc

import numpy as np
import pytest
from astropy.time import Time

from tom_photvalidation.readers import read
from tom_photvalidation.readers.lines import lines_of
from tom_photvalidation.table import some_bytes

HEADER = "mjd,filter,mag,magerr,limiting_mag,magsys"


def only(body: str | bytes, **said):
    """Return the one measurement of a body, as a mapping."""
    reading = read(body.encode() if isinstance(body, str) else body, **said)
    assert not reading.problems, reading.problems
    assert len(reading.measurements) == 1
    return {name: getattr(reading.measurements, name)[0] for name in reading.measurements.__slots__}


@pytest.mark.parametrize(
    "body",
    [
        "\ufeffmjd;filter;mag;magerr\n60169,7306;r;20,35;0,12\n",
        "MJD\tBand\tMagnitude\tMag_err\n60169.7306\tr\t20.35\t0.12\n",
        "# mjd filter mag magerr\n60169.7306 r 20.35 0.12\n",
        "mjd | filter | mag | magerr\n60169.7306 | r | 20.35 | 0.12\n",
        "mjd,filter,mag\n60169.7306,r,20.35+/-0.12\n",
        'mjd,filter,mag,magerr\n"60169,7306",r,"20,35","0,12"\n',
        "Photometry of GRB 230812B\n\nmjd,filter,mag,magerr\n60169.7306,r,20.35,0.12\n",
        "date,time,filter,mag,magerr\n2023-08-13,17:32:03.84,r,20.35,0.12\n",
        "Date UTC,filter,mag,magerr,UT\n2023/08/13,r,20.35,0.12,17:32:03.84\n",
        "mjd,filter,mag\n60169.7306,r,20.35 ± 0.12\n",
        "mjd,filter,mag\n60169.7306,r,20.35 (0.12)\n",
        'mjd,filter,mag,magerr,note\n60169.7306,r,20.35,0.12,"two\nlines, and a comma"\n',
        "jd,filter,mag,magerr\n2460170.2306,r,20.35,0.12\n",
        "time,filter,mag,magerr\n2460170.2306,r,20.35,0.12\n",
        "date_utc,filter,mag,magerr\n2023-08-13T17:32:03.840Z,r,20.35,0.12\n",
        "date_utc,filter,mag,magerr\n2023-08-13 19:32:03.840+02:00,r,20.35,0.12\n",
        "date_utc,filter,mag,magerr\n2023-08-13.7306,r,20.35,0.12\n",
        "mjd_tai,filter,mag,magerr\n60169.73102824,r,20.35,0.12\n",
        "unix,filter,mag,magerr\n1691947923.84,r,20.35,0.12\n",
        "t-t0_h,t0,filter,mag,magerr\n17.5344,60169.0,r,20.35,0.12\n",
        "mjd,filter,mag,magerr\r60169.7306,r,20.35,0.12\r",
        "\n\nmjd,filter,mag,magerr,\n\n60169.7306,r,20.35,0.12,\n# end\n",
    ],
)
def test_one_measurement_however_it_is_written(body):
    row = only(body)
    assert row["t_mjd"] == pytest.approx(60169.7306, abs=2e-8)
    assert (row["filter"], row["kind"], row["magsys"], row["magsys_given"]) == ("sdssr", "detection", "AB", "")
    assert (row["mag"], row["magerr"]) == (20.35, 0.12)
    assert row["flux_ujy"] == pytest.approx(10 ** ((23.9 - 20.35) / 2.5))
    assert row["fluxerr_ujy"] / row["flux_ujy"] == pytest.approx(0.12 * np.log(10) / 2.5)


@pytest.mark.parametrize(
    "body",
    [
        "mjd,filter,mag\n60169.7,R,>19.1\n",
        "mjd,filter,mag,upper_limit\n60169.7,R,19.1,yes\n",
        "mjd,filter,mag,limit\n60169.7,R,19.1,1\n",
        "mjd,filter,mag,magerr,limiting_mag\n60169.7,R,,,19.1\n",
        "mjd,filter,mag,magerr,upper_limit\n60169.7,R,,,19.1\n",
        "mjd,filter,mag,magerr\n60169.7,R,19.1,inf\n",
        "mjd,filter,mag,magerr(0=upper limit)\n60169.7,R,19.1,0\n",
        "mjd,filter,mag,kind\n60169.7,R,19.1,limit\n",
    ],
)
def test_a_limit_is_never_a_detection(body):
    row = only(body)
    assert (row["kind"], row["limiting_mag"], row["magsys"]) == ("limit", 19.1, "Vega")
    assert np.isnan(row["mag"])
    assert np.isnan(row["flux_ujy"])


def test_a_unicode_minus_is_a_minus():
    assert only("mjd,filter,flux_ujy,fluxerr_ujy\n60169.7,r,−3.5,2.0\n")["flux_ujy"] == -3.5


def test_a_vega_magnitude_becomes_an_ab_flux():
    vega, ab = (only(f"{HEADER}\n60169.7,Ks,17.0,0.1,,{system}\n") for system in ("Vega", "AB"))
    assert vega["flux_ujy"] / ab["flux_ujy"] == pytest.approx(10 ** (-1.85 / 2.5))
    assert (vega["mag"], vega["magsys"]) == (17.0, "Vega")


def test_a_system_that_is_not_said_is_assumed_and_said():
    reading = read(b"mjd,filter,mag,magerr\n60169.7,V,20,0.1\n60169.7,g,20,0.1\n")
    assert reading.measurements.magsys.tolist() == ["Vega", "AB"]
    assert reading.measurements.magsys_given.tolist() == ["", ""]
    assert len(reading.notes) == 2


def test_the_letters_of_swift_are_those_of_its_own_filters():
    row = only("mjd,filter,mag,magerr,telescope\n60169.7,U,20,0.1,Swift/UVOT\n")
    assert row["filter"] == "uvot::u"
    assert row["flux_ujy"] == pytest.approx(10 ** ((23.9 - 20 - 1.02) / 2.5))


def test_start_and_middle_of_the_exposure():
    row = read(b"date_obs,filter,mag,magerr,exposure\n2023-08-13T17:32:00,r,20,0.1,46x60s\n").measurements
    assert row.time_reference.tolist() == ["start"]
    assert (row.exposure_s[0], row.n_exposures[0]) == (2760.0, 46.0)
    assert Time(row.mid_mjd[0], format="mjd").isot == "2023-08-13T17:55:00.000"
    assert row.end_us[0] - row.start_us[0] == 2760 * 10**6
    middle = read(b"mjd_mid,filter,mag,magerr,exposure_min\n60169.5,r,20,0.1,10\n").measurements
    assert middle.mid_mjd[0] == 60169.5
    assert middle.t_exact_us[0] - middle.start_us[0] == 300 * 10**6


def test_a_julian_date_is_refused_with_the_mjd_that_is_meant():
    problem = read(b"mjd,filter,mag,magerr\n2460170.2306,r,20,0.1\n").problems[0]
    assert "60169.73060" in problem.fix


def test_nothing_that_was_given_is_dropped():
    row = only("mjd,filter,mag,magerr,chi2,moon,\n60169.7,r,20,0.1,1.3,full,\n")
    assert row["extra"] == {"chi2": "1.3", "moon": "full"}
    assert row["submitted"] == "60169.7,r,20,0.1,1.3,full,"
    assert row["line"] == 2


def test_the_uploader_knows_better_than_we():
    body = b"datum,farbe,hell,fehler,mag\n60169.7,r,20.3,0.1,99\n"
    said = {"datum": "mjd:mid", "farbe": "filter", "hell": "mag", "fehler": "magerr"}
    reading = read(body, mapping=said, defaults={"target": "GRB 1", "magsys": "Vega", "observer": "A. N. Other"})
    m = reading.measurements
    assert (m.mag[0], m.time_reference[0], m.target[0], m.magsys[0]) == (20.3, "mid", "GRB 1", "Vega")
    assert m.extra[0] == {"mag": "99"}
    assert reading.columns_mapping == {"datum": "mjd", "farbe": "filter", "hell": "mag", "fehler": "magerr", "mag": ""}


def test_names_nobody_knows_can_be_mapped():
    body = b"Beobachtungen\n\ndatum,farbe,hell,fehler\n60169.7,r,20.3,0.1\n"
    unmapped = read(body)
    assert {problem.code for problem in unmapped.problems} >= {"no-time-column", "no-filter-column"}
    assert (unmapped.n_rows, set(unmapped.columns_mapping)) == (1, {"datum", "farbe", "hell", "fehler"})
    said = {"datum": "mjd", "farbe": "filter", "hell": "mag", "fehler": "magerr"}
    assert read(body, mapping=said).measurements.mag.tolist() == [20.3]


def test_a_default_does_not_overrule_a_cell():
    body = b"mjd,filter,mag,magerr,target\n60169.7,r,20,0.1,GRB 2\n60169.8,r,20,0.1,\n"
    reading = read(body, defaults={"target": "GRB 1"})
    assert reading.measurements.target.tolist() == ["GRB 2", "GRB 1"]


def test_measured_positions_stand_before_those_of_the_target():
    row = only("mjd,filter,mag,magerr,ra,dec,meas_ra,meas_dec\n60169.7,r,20,0.1,10,20,10.001,20.001\n")
    assert (row["ra_deg"], row["dec_deg"]) == (10.001, 20.001)
    assert row["extra"] == {"ra": "10", "dec": "20"}
    sexagesimal = only("mjd,filter,mag,magerr,ra,dec\n60169.7,r,20,0.1,16:36:31.2,-00:30:00\n")
    assert (sexagesimal["ra_deg"], sexagesimal["dec_deg"]) == (pytest.approx(249.13), -0.5)


# --- formats ----------------------------------------------------------------------------------------------------------
ROWS = [
    {"mjd": 60169.7, "filter": "r", "mag": 20.3, "magerr": 0.1, "target": "GRB 1", "instrument_id": 7, "flag": True},
    {"mjd": 60169.8, "filter": "r", "limiting_mag": 21.5, "limit_sigma": 5, "target": "GRB 1", "note": {"seeing": 1.2}},
]


@pytest.mark.parametrize(
    "body",
    [
        json.dumps(ROWS),
        json.dumps({"rows": ROWS}),
        "\n".join(json.dumps(row) for row in ROWS),
        json.dumps({"mjd": [60169.7, 60169.8], "filter": "r", "mag": [20.3, None], "magerr": [0.1, None],
                    "target": "GRB 1", "limiting_mag": [None, 21.5], "limit_sigma": [None, 5],
                    "instrument_id": [7, None]}),
    ],
    ids=["rows", "rows under a name", "lines", "columns"],
)  # fmt: skip
def test_the_shapes_of_json(body):
    reading = read(body.encode())
    m = reading.measurements
    assert not reading.problems
    assert m.kind.tolist() == ["detection", "limit"]
    assert m.limit_sigma[1] == 5
    assert m.instrument.tolist() == ["7", ""]
    assert m.line.tolist() == [1, 2]


BODY = {"obj_id": "ZTF1", "instrument_id": 3, "mjd": [60169.7, 60169.8, 60169.9], "filter": "ztfr", "magsys": "ab",
        "ra": 10.0, "dec": 20.0, "origin": "GCN", "altdata": {"note": "GCN 39380"}, "group_ids": "all"}  # fmt: skip


def test_the_body_of_skyportal_in_magnitudes():
    body = BODY | {"mag": [20.3, None, 20.5], "magerr": [0.1, None, 0.2], "limiting_mag": [21.0, 21.2, None]}
    reading = read(json.dumps(body).encode())
    m = reading.measurements
    assert (reading.format, not reading.problems) == ("skyportal", True)
    assert m.kind.tolist() == ["detection", "limit", "detection"]
    assert m.limit_sigma.tolist() == [3.0, 3.0, 3.0]
    assert set(m.target) == {"ZTF1"}
    assert set(m.origin) == {"GCN"}
    assert json.loads(m.extra[0]["altdata"]) == {"note": "GCN 39380"}


def test_the_body_of_skyportal_in_fluxes():
    body = BODY | {"flux": [100.0, -5.0, None], "fluxerr": [5.0, 5.0, 5.0], "zp": 25.0}
    m = read(json.dumps(body).encode()).measurements
    assert m.kind.tolist() == ["detection", "forced", "limit"]
    assert m.mag[0] == pytest.approx(20.0)
    assert m.magerr[0] == pytest.approx(0.05 * 2.5 / np.log(10))
    assert m.flux_ujy[1] == pytest.approx(-5.0 * 10 ** ((23.9 - 25.0) / 2.5))
    assert m.limiting_mag[2] == pytest.approx(25.0 - 2.5 * np.log10(15.0))
    assert m.limit_sigma[2] == 3.0


def test_a_report_to_aavso():
    body = (
        "#TYPE=EXTENDED\n#OBSCODE=TST01\n#SOFTWARE=AIP4WIN\n#DELIM=,\n#DATE=JD\n#OBSTYPE=CCD\n#NAME,DATE,MAG,MERR\n"
        "SS CYG,2460170.2306,11.135,0.003,V,NO,STD,105,10.593,110,11.090,1.561,1,070613,na\n"
        "SS CYG,2460170.2406,<15.1,na,B,NO,STD,na,na,na,na,na,1,070613,cloud\n"
    )
    reading = read(body.encode())
    m = reading.measurements
    assert not reading.problems
    assert (reading.format, m.target[0], m.observer[0], m.pipeline[0]) == ("aavso", "SS CYG", "TST01", "AIP4WIN")
    assert m.t_mjd[0] == pytest.approx(60169.7306)
    assert m.airmass[0] == 1.561
    assert m.kind.tolist() == ["detection", "limit"]
    assert m.limiting_mag[1] == 15.1
    assert m.extra[1]["notes"] == "cloud"


def test_forced_photometry_of_atlas():
    body = (
        "###MJD          m      dm   uJy   duJy F err chi/N   RA       Dec        x        y     maj  min   phi  apfit "
        "mag5sig Sky   Obs\n"
        "60169.331234  18.512  0.061   143      8 o  0  1.02 249.13000  47.86000  5125.1  3212.2 2.5 2.3 -30.2 -0.42 "
        "19.64 20.6 01a60169o0512o\n"
        "60170.331234 -19.811  0.781   -43     31 c  0  1.02 249.13000  47.86000  5125.1  3212.2 2.5 2.3 -30.2 -0.42 "
        "19.44 20.6 01a60170o0512c\n"
    )
    reading = read(body.encode())
    m = reading.measurements
    assert (reading.format, not reading.problems) == ("atlas-forced", True)
    assert m.filter.tolist() == ["atlaso", "atlasc"]
    assert m.kind.tolist() == ["detection", "forced"]
    assert m.mag[0] == pytest.approx(23.9 - 2.5 * np.log10(143))
    assert m.flux_ujy[1] == -43
    assert np.isnan(m.mag[1])
    assert m.limit_sigma.tolist() == [5, 5]
    assert np.isnan(m.ra_deg).all()


def test_forced_photometry_of_ztf():
    body = (
        "# Requested input R.A. = 249.13 degrees\n#\n"
        "index, field, filter, exptime, diffmaglim, zpdiff, programid, jd, rfid, forcediffimflux, forcediffimfluxunc\n"
        " 0 719 ZTF_g 30.0 20.5 26.2 1 2460170.2306 719120 125.0 12.0\n"
        " 1 719 ZTF_r 30.0 20.6 26.3 1 2460170.3306 719220 null null\n"
    )
    reading = read(body.encode())
    m = reading.measurements
    assert reading.format == "ztf-forced"
    assert (m.filter[0], m.subtracted[0], m.kind[0]) == ("ztfg", 1, "detection")
    assert m.mag[0] == pytest.approx(26.2 - 2.5 * np.log10(125.0))
    # jd is the start of the exposure
    assert (m.time_reference[0], m.exposure_s[0]) == ("start", 30.0)
    assert m.mid_mjd[0] == pytest.approx(60169.7306 + 15 / 86_400, abs=1e-8)
    assert len(m) + reading.n_refused == 2


def test_leap_seconds_and_dates_agree_with_astropy():
    texts = ["1999-01-01T00:00:00", "2016-12-30T23:59:59.5", "2017-01-01T00:00:00", "2024-02-29T12:34:56.789012"]
    body = "\n".join(["isot,filter,mag,magerr", *(f"{text},r,20,0.1" for text in texts)])
    assert read(body.encode()).measurements.t_mjd == pytest.approx(Time(texts, scale="utc").mjd, abs=2e-11)
    for scale in ("tai", "tt", "tdb"):
        typed = getattr(Time(texts[2:], scale="utc"), scale).mjd
        body = "\n".join([f"mjd_{scale},filter,mag,magerr", *(f"{value!r},r,20,0.1" for value in typed.tolist())])
        found = read(body.encode()).measurements.t_mjd
        assert found == pytest.approx(Time(texts[2:], scale="utc").mjd, abs=3e-8)


@pytest.mark.parametrize("size", [4, 5, 7, 1000])
@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r"])
def test_lines_do_not_depend_on_where_a_file_is_cut(size, ends):
    text = ends.join(["mjd,filter,observer", "", "60169.7,r,José", "60169.8,g,Åsa"])
    for body in (text.encode(), text.encode("cp1252"), text.encode("utf-16")):
        whole = list(lines_of(body))
        assert list(lines_of(some_bytes(body, size))) == whole
        assert whole[-1] == (4, "60169.8,g,Åsa")


def test_the_last_letter_of_an_old_spreadsheet_is_kept():
    assert list(lines_of("observer\nJosé".encode("cp1252"))) == [(1, "observer"), (2, "José")]


def test_a_long_text_is_never_whole_in_memory_again():
    body = (b"60169.7306,r,20.35,0.12," + b"x" * 200 + b"\n") * 80_000
    tracemalloc.start()
    try:
        assert sum(1 for _ in lines_of(body)) == 80_000
        assert tracemalloc.get_traced_memory()[1] < len(body) / 2
    finally:
        tracemalloc.stop()
