"""Files we write are what their standards and their readers ask for."""

import io
import json

import numpy as np
import pyarrow.parquet
import pytest
from astropy.io.votable import parse, validate

from tom_photvalidation.exporters import EXPORTERS, circular, hermes, nmma, tns
from tom_photvalidation.measurements import Measurements
from tom_photvalidation.readers import read

BODY = """target,telescope,mjd_mid,filter,mag,magerr,limit,limit_sigma,magsys,exp,calib,observer,dereddened
GRB 1,TAROT-TCA,60169.73056,r,20.35,0.12,21.3,5,AB,46x60s,PS1,=cmd(),no
GRB 1,KAO,60169.75013,Ks,17.00,0.05,18.0,3,Vega,10x180s,2MASS,,no
GRB 1,FRAM,60169.90563,R,,,19.1,,Vega,50x60s,APASS,,no
GRB 1,KAO,60169.60000,CR,20.10,,,,Vega,,,,no
"""


@pytest.fixture
def points() -> Measurements:
    reading = read(BODY.encode())
    assert not reading.problems
    return reading.measurements


def written(points: Measurements, name: str) -> bytes:
    return b"".join(EXPORTERS[name].write(points))


def test_a_votable_is_valid_and_tells_its_times(points):
    data = written(points, "votable")
    document = parse(io.BytesIO(data), verify="exception")
    assert document.version == "1.4"
    table = document.get_first_table()
    field = table.get_field_by_id_or_name("mjd")
    assert (field.ucd, field.ref, str(field.unit)) == ("time.epoch", "utc", "d")
    assert table.array["mjd"].tolist() == points.t_mjd.tolist()
    assert all(one.ucd for one in table.fields)
    assert "timeorigin" in data.decode()
    system = next(iter(document.resources[0].time_systems))
    assert (system.timescale, system.timeorigin) == ("UTC", 2400000.5)
    assert validate(io.BytesIO(data), output=None)


def test_a_votable_of_another_origin_and_scale_is_understood():
    data = b"""<?xml version="1.0"?><VOTABLE version="1.4" xmlns="http://www.ivoa.net/xml/VOTable/v1.3"><RESOURCE>
    <TIMESYS ID="t" timescale="TT" refposition="TOPOCENTER" timeorigin="2455197.5"/><TABLE>
    <FIELD name="obs_time" datatype="double" unit="d" ref="t" ucd="time.epoch"/>
    <FIELD name="band" datatype="char" arraysize="*"/><FIELD name="mag" datatype="float"/>
    <DATA><TABLEDATA><TR><TD>4972.5</TD><TD>r</TD><TD>20.25</TD></TR></TABLEDATA></DATA></TABLE></RESOURCE></VOTABLE>"""
    m = read(data).measurements
    assert m.t_mjd[0] == pytest.approx(2455197.5 + 4972.5 - 2400000.5 - 69.184 / 86400, abs=1e-9)
    barycentric = data.replace(b"TOPOCENTER", b"BARYCENTER")
    assert read(barycentric).problems[0].code == "time-scale-unusable"


def test_parquet_carries_units(points):
    schema = pyarrow.parquet.read_schema(io.BytesIO(written(points, "parquet")))
    assert schema.field("flux_ujy").metadata[b"unit"] == b"uJy"


def test_csv_holds_no_formulas(points):
    text = written(points, "csv").decode()
    assert ",'=cmd()" in text
    assert read(text.encode()).measurements.observer[0] == "=cmd()"


def test_nmma_gets_ab_magnitudes_and_infinite_errors_of_limits(points):
    lines = written(points, "nmma").decode().splitlines()
    words = [line.split()[:4] for line in lines if not line.startswith("#")]
    assert words[0] == ["2023-08-13T17:32:00.384000", "sdssr", "20.35", "0.12"]
    assert words[1][1:] == ["2massks", "18.85", "0.05"]
    assert words[2][1:] == ["bessellr", "19.310000000000002", "inf"]
    assert len(words) == 3
    mag, error = nmma.ab_points(points)
    assert (mag[1], error[2]) == (18.85, np.inf)


def test_rows_for_hermes(points):
    rows = hermes.rows(points)
    assert rows[0]["brightness"] == 20.35
    assert rows[0]["brightness_unit"] == "AB mag"
    assert rows[1]["brightness_unit"] == "Vega mag"
    assert "brightness" not in rows[2]
    assert (rows[2]["limiting_brightness"], rows[2]["limiting_brightness_unit"]) == (19.1, "Vega mag")
    forced = read(b"mjd,filter,flux_ujy,fluxerr_ujy\n60169.7,r,-3,2\n").measurements
    assert hermes.rows(forced)[0]["brightness"] == pytest.approx(-0.003)
    assert hermes.rows(forced)[0]["brightness_unit"] == "mJy"


def test_rows_for_tns_begin_with_the_exposure(points):
    rows = tns.rows(points)
    assert rows[0]["obsdate"] == "2023-08-13 17:09:00"
    assert (rows[0]["filter_value"], rows[0]["flux_units"], rows[0]["flux"]) == ("r-Sloan", "ABMag", 20.35)
    assert (rows[2]["flux"], rows[2]["limiting_flux"], rows[2]["flux_units"]) == ("", 19.1, "VegaMag")
    assert rows[3]["filter_value"] == "Clear-"
    assert json.loads(written(points, "tns"))["photometry"] == rows


def test_the_table_of_a_circular(points):
    text = circular.table(points, t0_mjd=60168.79042)
    lines = text.splitlines()
    assert lines[0].split(" | ")[0].strip() == "T-T0 [day]"
    assert [line.split("|")[0].strip() for line in lines[2:6]] == ["0.810", "0.940", "0.960", "1.115"]
    assert "46 x 60 s" in lines[3]
    assert "20.35 +/- 0.12" in lines[3]
    assert "21.3 (5 sigma)" in lines[3]
    assert lines[5].rstrip().endswith("Vega")
    assert "calibrated against the 2MASS, APASS and PS1 catalogues; 1 measurements do not say theirs." in text
    assert "Magnitudes are not corrected for Galactic extinction." in text


def test_exports_of_nothing_are_files_without_rows(points):
    nothing = points.take(np.zeros(len(points), dtype=bool))
    for exporter in EXPORTERS.values():
        assert b"".join(exporter.write(nothing))
