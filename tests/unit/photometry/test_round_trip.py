"""Whatever is measured: written and read back it is the same; whatever is sent: every row is read or named."""

import csv
import io
import json

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tom_photvalidation.bandpasses import BANDS
from tom_photvalidation.exporters import EXPORTERS
from tom_photvalidation.fingerprint import fingerprints
from tom_photvalidation.measurements import COLUMNS, Measurements, measurements
from tom_photvalidation.readers import read

QUICK = settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
OPTICAL = sorted(name for name, band in BANDS.items() if not np.isnan(band.ab_minus_vega))
NAMES = st.text(st.characters(categories=("L", "N", "P", "S"), include_characters=" "), max_size=20)
NOT_KEPT = {"line", "submitted", "filter_given", "magsys_given", "t_mjd"}


def clean(text: str) -> str:
    """Return a name as the readers keep it: without blanks around it, and not a word for "nothing"."""
    stripped = text.strip()
    return f"name {stripped}".strip() if len(stripped) < 6 else stripped


@st.composite
def one_row(draw):
    kind = draw(st.sampled_from(["detection", "limit", "forced"]))
    row = {
        "target": clean(draw(NAMES)),
        "telescope": clean(draw(NAMES)),
        "observer": clean(draw(NAMES)),
        "pipeline": draw(st.sampled_from(["", "STDPipe 0.4", "=SUM(A1)", "a,b;c\"d'e"])),
        "filter": draw(st.sampled_from(OPTICAL)),
        "t_exact_us": draw(st.integers(45_000 * 86_400_000_000, 65_000 * 86_400_000_000)),
        "time_reference": draw(st.sampled_from(["mid", "start", "unknown"])),
        "exposure_s": draw(st.sampled_from([np.nan, 60.0, 0.04, 2760.0])),
        "kind": kind,
        "magsys": draw(st.sampled_from(["AB", "Vega"])),
        "extra": draw(st.dictionaries(st.sampled_from(["note", "chi2"]), st.sampled_from(["fine", "1.3", "a=b; c"]))),
    }
    mags, errors = st.floats(-5, 28), st.floats(0.001, 2)
    if kind == "limit":
        row |= {"limiting_mag": draw(mags), "limit_sigma": draw(st.sampled_from([np.nan, 3.0, 5.0]))}
    elif kind == "forced" and draw(st.booleans()):
        row |= {"flux_ujy": draw(st.floats(-1e3, 1e3)), "fluxerr_ujy": draw(st.floats(0.01, 100)), "limiting_mag": 20.0}
    else:
        row |= {"mag": draw(mags), "magerr": draw(errors)}
        if draw(st.booleans()):
            row["limiting_mag"] = draw(mags)
    return row


def as_measurements(rows: list[dict[str, object]]) -> Measurements:
    names = {name for row in rows for name in row}
    blank = measurements(1)
    columns = {name: [row.get(name, getattr(blank, name)[0]) for row in rows] for name in names}
    made = measurements(len(rows), line=np.arange(len(rows)), **columns)
    return made.replaced(t_mjd=made.t_exact_us / 86_400_000_000)


def keys(m: Measurements) -> bytes:
    ids = np.array([hash(pair) for pair in zip(m.target, m.telescope, strict=True)], dtype=np.int64)
    return fingerprints(m, ids, ids).tobytes()


@QUICK
@given(
    st.lists(one_row(), min_size=1, max_size=5), st.sampled_from([one for one in EXPORTERS.values() if one.reads_back])
)
def test_written_and_read_back_is_the_same(rows, exporter):
    before = as_measurements(rows)
    reading = read(b"".join(exporter.write(before)), filename=f"points.{exporter.extension}")
    assert not reading.problems
    after = reading.measurements
    assert keys(after) == keys(before)
    for name in set(COLUMNS) - NOT_KEPT - {"flux_ujy", "fluxerr_ujy"}:
        old, new = getattr(before, name), getattr(after, name)
        if old.dtype == np.float64:
            np.testing.assert_allclose(new, old, rtol=1e-12, err_msg=name)
        else:
            assert new.tolist() == old.tolist(), name


CELLS = st.one_of(
    st.sampled_from(["", "60169.73", "2460170.2", "2023-08-13T17:32:00", "r", "V", "banana", "20.35", "-1", "99", "inf",
                     "nan", ">19.1", "<19", "20.3+/-0.1", "20,35", "AB", "Vega", "ST", "0", "1e400", "\"", "=x", "#"]),
    st.text(max_size=8),
)  # fmt: skip
VALUES = st.one_of(CELLS, st.none(), st.floats(), st.integers(), st.booleans())
HEADER = ["target", "mjd", "filter", "mag", "magerr", "limiting_mag", "magsys", "exposure", "flux_ujy", "fluxerr_ujy"]


@QUICK
@given(st.lists(st.lists(CELLS, min_size=len(HEADER), max_size=len(HEADER)), max_size=6), st.sampled_from(",;\t|"))
def test_every_row_of_a_table_is_read_or_named(rows, delimiter):
    kept = [[cell.replace("\n", " ").replace("\r", " ").replace("\0", "") for cell in row] for row in rows]
    buffer = io.StringIO()
    csv.writer(buffer, delimiter=delimiter).writerows([HEADER, *kept])
    reading = read(buffer.getvalue().encode("utf-8", "replace"))
    good = set(reading.measurements.line.tolist())
    named = {problem.line for problem in reading.problems}
    assert not good & named
    assert len(good) + len(named) >= reading.n_rows
    check_sound(reading.measurements)


@QUICK
@given(
    st.lists(
        st.dictionaries(st.sampled_from(HEADER), st.one_of(CELLS, st.none(), st.floats(), st.integers(), st.booleans()))
    )
)
def test_every_row_of_json_is_read_or_named(rows):
    reading = read(json.dumps(rows).encode())
    check_sound(reading.measurements)
    if any(problem.line == 0 for problem in reading.problems):
        assert not len(reading.measurements)
        return
    assert len({problem.line for problem in reading.problems}) == reading.n_refused
    assert reading.n_rows == len(rows)


@QUICK
@given(st.binary(max_size=400))
def test_any_bytes_end_in_an_answer(data):
    reading = read(data)
    assert reading.problems or reading.n_rows == len(reading.measurements)
    check_sound(reading.measurements)


@QUICK
@given(st.text(max_size=200).map(lambda text: "mjd,filter,mag,magerr\n" + text))
def test_any_text_below_a_header_ends_in_an_answer(text):
    check_sound(read(text.encode("utf-8", "replace")).measurements)


def check_sound(m: Measurements) -> None:
    """What is read can be stored: a time, a filter, a brightness, and never a limit with a magnitude."""
    assert np.isfinite(m.t_mjd).all()
    assert all(name in BANDS for name in m.filter)
    assert set(m.magsys) <= {"AB", "Vega"}
    assert set(m.kind) <= {"detection", "limit", "forced"}
    limit = m.kind == "limit"
    assert np.isnan(m.mag[limit]).all()
    assert not np.isnan(m.limiting_mag[limit]).any()
    seen = m.kind == "detection"
    assert np.isfinite(m.mag[seen]).all()
    assert (m.flux_ujy[seen] > 0).all()
    for name in ("mag", "magerr", "flux_ujy", "fluxerr_ujy", "limiting_mag", "exposure_s"):
        assert not np.isinf(getattr(m, name)).any(), name
    assert not (m.magerr <= 0).any()


@pytest.mark.parametrize("name", ["#00000", "'", "''x", "'#x", "'=1", "=1", "@x", "'plain"])
def test_a_name_that_begins_oddly_comes_back_from_csv(name):
    row = {"telescope": "CFHT", "filter": "2massh", "t_exact_us": 3_888_000_000_000_000, "time_reference": "mid"}
    row |= {"kind": "detection", "magsys": "AB", "mag": 18.0, "magerr": 0.1}
    before = as_measurements([row | {"target": name}, row | {"target": "plain"}])
    reading = read(b"".join(EXPORTERS["csv"].write(before)), filename="points.csv")
    assert not reading.problems
    assert reading.measurements.target.tolist() == [name, "plain"]
