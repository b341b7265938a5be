"""Every real file that holds rows is read with the right number of points, and what is refused is refused by name."""

import csv
import gzip
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from tom_photvalidation.exporters import EXPORTERS
from tom_photvalidation.fingerprint import fingerprints
from tom_photvalidation.readers import read, read_chunks

DATA = Path(__file__).parents[2] / "data/photometry"


def table(name: str) -> list[dict[str, str]]:
    with (DATA / name).open(newline="") as opened:
        return list(csv.DictReader(opened, delimiter="\t"))


EXPECTED = table("EXPECTED.tsv")
SMALL = [row for row in EXPECTED if int(row["rows"]) < 3000]


def defaults_of(row: dict[str, str]) -> dict[str, str]:
    """Return what an uploader would say beside the file."""
    return {"target": "GRB 1", "telescope": "TAROT-TCA"} | ({"t0": row["t0"]} if row["t0"] != "-" else {})


def numbers_of(m, *names):
    """Return a number for each combination of texts, as the store has for targets and instruments."""
    return np.array([hash(key) for key in zip(*(getattr(m, name) for name in names), strict=True)], dtype=np.int64)


def fingerprints_of(m) -> bytes:
    return fingerprints(m, numbers_of(m, "target"), numbers_of(m, "telescope", "instrument")).tobytes()


def test_the_table_covers_the_manifest():
    manifest = {row["file"]: row["N points"] for row in table("MANIFEST.tsv")}
    free_text = "gcn/circulars_with_magnitudes.json"
    counted = {row["file"].removesuffix(".gz"): row["rows"] for row in EXPECTED}
    assert counted == {name: n for name, n in manifest.items() if name != free_text}


@pytest.mark.parametrize("row", EXPECTED, ids=lambda row: row["file"])
def test_a_real_file_has_the_right_number_of_points(row):
    reading = read(DATA / row["file"], filename=row["file"], defaults=defaults_of(row))
    kinds = Counter(reading.measurements.kind)
    refused = Counter(problem.code for problem in reading.problems)
    assert reading.format == row["format"]
    assert reading.n_rows == int(row["rows"])
    assert (kinds["detection"], kinds["limit"], kinds["forced"]) == tuple(
        int(row[kind]) for kind in ("detections", "limits", "forced")
    )
    said = " ".join(f"{code}:{n}" for code, n in sorted(refused.items())) or "-"
    assert said == row["refused"]
    assert len({problem.line for problem in reading.problems}) == reading.n_refused


@pytest.mark.parametrize("row", SMALL, ids=lambda row: row["file"])
def test_exports_read_back_to_identical_fingerprints(row):
    before = read(DATA / row["file"], filename=row["file"], defaults=defaults_of(row)).measurements
    for exporter in EXPORTERS.values():
        written = b"".join(exporter.write(before))
        assert written
        if not exporter.reads_back:
            continue
        after = read(written, filename=f"points.{exporter.extension}")
        assert not after.problems, exporter.name
        assert fingerprints_of(after.measurements) == fingerprints_of(before), exporter.name


@pytest.fixture(scope="module")
def beginning() -> bytes:
    """Return the first rows of the largest file."""
    with gzip.open(DATA / "grblc/grblc_raw.csv.gz") as opened:
        return b"".join(line for line, _ in zip(opened, range(3000), strict=False))


def test_compressed_and_in_parts_is_the_same_as_whole(beginning):
    whole = read(beginning)
    packed = gzip.compress(beginning)
    parts = list(read_chunks((packed[at : at + 5000] for at in range(0, len(packed), 5000)), chunk=1000))
    assert [part.n_rows for part in parts] == [1000, 1000, 999]
    for name in ("mag", "line", "target"):
        together = np.concatenate([getattr(part.measurements, name) for part in parts])
        assert np.array_equal(together, getattr(whole.measurements, name), equal_nan=name == "mag")


def test_times_since_t0_count_from_the_epochs_of_targets(beginning):
    without = read(beginning)
    refused = {problem.line for problem in without.problems if problem.code == "t0-unknown"}
    epochs = {"000926A": 51813.993}
    reading = read(beginning, epochs=lambda targets: {name: epochs[name] for name in targets & epochs.keys()})
    gained = set(reading.measurements.line.tolist()) - set(without.measurements.line.tolist())
    assert gained
    assert gained <= refused
    at = int(np.flatnonzero(reading.measurements.line == 2)[0])
    assert reading.measurements.t_mjd[at] == pytest.approx(51813.993 + 887331.0 / 86400, abs=1e-9)


@pytest.mark.parametrize(
    ("file", "line", "expected"),
    [
        ("skyportal/16fil_phot.csv", 2, {"mag": 20.52, "limiting_mag": 21.23, "kind": "detection", "filter": "ztfr"}),
        ("skyportal/14gqr_phot.csv", 2, {"kind": "limit", "limit_sigma": 3.0, "limiting_mag": 21.6479}),
        ("nmma/AT2017gfo.dat", 2, {"filter": "ps1::r", "mag": 17.56, "magsys": "AB", "t_mjd": 57983.0}),
        ("gcn/GRANDMA_GCN34425.csv", 2, {"telescope": "Abastumani-T70", "exposure_s": 2760.0, "n_exposures": 46.0,
                                         "time_reference": "mid", "calibration_catalogue": "PS1 (JC to sloan)"}),
        ("gcn/GRANDMA_GCN34425.csv", 6, {"kind": "limit", "limiting_mag": 19.1, "magsys": "Vega",
                                         "filter": "bessellr"}),
        ("labels/grblc_not_observable_rows.csv", 2, {"kind": "limit", "limiting_mag": 26.0, "target": "050502B"}),
        ("grbsn/GRB980326_Optical_Master.txt", 20, {"kind": "limit", "limiting_mag": 24.9, "exposure_s": 5400.0,
                                                   "t_mjd": 50904.080}),
        ("grbsn/GRB020405_Optical_Master.txt", 20, {"filter": "bessellr", "magsys": "Vega", "exposure_s": 300.0}),
    ],
)  # fmt: skip
def test_rows_mean_what_their_authors_meant(file, line, expected):
    row = next(row for row in EXPECTED if row["file"] == file)
    m = read(DATA / file, filename=file, defaults=defaults_of(row)).measurements
    at = int(np.flatnonzero(m.line == line)[0])
    for name, value in expected.items():
        found = getattr(m, name)[at]
        assert found == (value if isinstance(value, str) else pytest.approx(value, abs=1e-4)), name
