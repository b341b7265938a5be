"""Bad rows and files: the named error for the named row and column, and no row lost in silence."""

import base64
import tomllib
from pathlib import Path

import pytest

from tom_photvalidation.readers import read

TABLE = tomllib.loads((Path(__file__).parents[2] / "data/photometry/bad_input.toml").read_text())
CASES = TABLE["case"]


def body_of(case: dict[str, object]) -> bytes:
    if "base64" in case:
        return base64.b64decode(str(case["base64"]))
    if "row" in case:
        return "\n".join([TABLE["header"], TABLE["good_row"], str(case["row"])]).encode()
    return str(case["body"]).encode()


def test_the_table_is_long_enough_and_names_each_case_once():
    names = [case["name"] for case in CASES]
    assert len(names) >= 60
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case["name"]))
def test_the_named_error_for_the_named_row_and_column(case):
    reading = read(body_of(case), filename=case.get("filename", ""))
    line = case.get("line", 3 if "row" in case else 0)
    found = [(problem.line, problem.column, problem.code) for problem in reading.problems]
    assert (line, case.get("column", ""), case["code"]) in found
    assert all(problem.message and problem.fix for problem in reading.problems)
    good = case.get("good", 1 if "row" in case else 0)
    assert len(reading.measurements) == good
    named = {problem.line for problem in reading.problems}
    assert not named & set(reading.measurements.line.tolist())
    if line and case["code"] not in ("no-header", "not-json") and not case["code"].startswith("no-"):
        assert len(named) == reading.n_refused


def test_all_problems_of_all_rows_are_named_and_not_only_the_first():
    body = f"{TABLE['header']}\nX,T,2460170.2,banana,99,-0.1,,ST,long,400,95\n{TABLE['good_row']}\nX,T,,r,,,,AB,,,\n"
    reading = read(body.encode())
    codes = {(problem.line, problem.code) for problem in reading.problems}
    assert codes >= {
        (2, "time-is-jd"), (2, "unknown-filter"), (2, "magnitude-placeholder"), (2, "error-negative"),
        (2, "unknown-magnitude-system"), (2, "exposure-unreadable"), (2, "right-ascension-out-of-range"),
        (2, "declination-out-of-range"), (4, "time-missing"), (4, "brightness-missing"),
    }  # fmt: skip
    assert reading.measurements.line.tolist() == [3]
    assert [problem.line for problem in reading.problems] == sorted(problem.line for problem in reading.problems)


def test_a_problem_quotes_what_was_typed():
    reading = read(f"{TABLE['header']}\nX,T,60169.7,r,faint,0.12,,AB,,,\n".encode())
    assert reading.problems[0].value == "faint"


def test_mappings_and_defaults_that_do_not_exist_are_refused():
    body = b"mjd,filter,helligkeit,magerr\n60169.7,r,20.3,0.1\n"
    assert read(body, mapping={"helligkeit": "mag"}).measurements.mag.tolist() == [20.3]
    assert read(body, mapping={"helligkeit": "magnitudo"}).problems[0].code == "bad-mapping"
    assert read(body, mapping={"helligkeit": "mag:parsec"}).problems[0].code == "bad-mapping"
    assert read(body, defaults={"observatory": "X"}).problems[0].code == "bad-default"


def test_an_unreadable_byte_late_in_a_long_file_is_named(tmp_path):
    lines = [b"mjd,filter,mag,magerr"] + [b"60169.7,r,20.3,0.1"] * 20_000
    lines[19_000] = b"60169.7,r,20.3,\xff"
    (tmp_path / "long.csv").write_bytes(b"\n".join(lines))
    reading = read(tmp_path / "long.csv")
    assert [(one.line, one.column, one.code) for one in reading.problems] == [(19_001, "magerr", "not-a-number")]
    assert len(reading.measurements) == 19_999
