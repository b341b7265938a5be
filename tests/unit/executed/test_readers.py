"""Tables of executed observations read: lines, columns, reasons."""

import json
import tracemalloc
from datetime import UTC, datetime

import pytest

from tom_grandma_facilities.executed import UnreadableSheet, check, read_csv, read_json, read_sheet, readers
from tom_grandma_facilities.executed.columns import known_as

NOW = datetime(2026, 11, 20, tzinfo=UTC)
HEAD = "observation_id,RA,Dec,obstime,filter,exposure_time"
ROW = "a1,30.1,45.5,2024-11-02T13:00:01,r,60"


def test_names_of_columns_are_known_in_any_case():
    assert known_as("RA") == known_as("ra_deg") == "ra"
    assert known_as("\ufeff#Observation-ID") == "observation_id"
    assert known_as("telescopeName") == "telescope"
    assert known_as("flux") is None


@pytest.mark.parametrize("separator", [",", ";", "\t", "|", "  "])
def test_separators_are_told_from_the_header(separator):
    sheet = read_csv("\n".join(line.replace(",", separator) for line in (HEAD, ROW)))
    [row] = sheet.rows
    assert row.line == 2
    assert row.cells["obstime"] == "2024-11-02T13:00:01"
    assert row.cells["exposure_time"] == "60"


def test_comments_blank_lines_quotes_and_windows_ends_of_lines():
    text = f'# a night\r\n\r\n#{HEAD},note\r\n\r\n# more\r\n{ROW},"two\r\nlines, one cell"\r\n{ROW},x\r\n'
    sheet = read_sheet(b"\xef\xbb\xbf" + text.encode())
    assert [row.line for row in sheet.rows] == [6, 8]
    assert sheet.unknown == ("note",)
    assert "one cell" in sheet.rows[0].raw["note"]
    assert sheet.rows[0].problem is None


def test_empty_words_say_nothing():
    for word in ("", " ", "null", "None", "nan", "N/A", "-"):
        [row] = read_csv(f"{HEAD},seeing\n{ROW},{word}").rows
        assert "seeing" not in row.cells


def test_a_line_with_too_few_or_too_many_cells_is_said_and_kept():
    rows = read_csv(f"{HEAD}\n{ROW},7\na2,30.1\n{ROW}").rows
    assert [row.problem is None for row in rows] == [False, False, True]
    assert "7 cells" in rows[0].problem.reason
    assert rows[0].raw["column 7"] == "7"


def test_json_in_four_forms():
    row = {"observation_id": 5, "RA": 1.0, "Dec": 2.0, "obstime": 60616.5, "filter": "r", "exposure_time": 30}
    columns = {name: [value] for name, value in row.items()}
    pandas = {name: {"0": value} for name, value in row.items()}
    for body in (
        [row],
        {"observations": [row]},
        {"observationData": columns},
        {"observationData": pandas},
        columns,
        row,
    ):
        [read] = read_json(json.dumps(body)).rows
        assert (read.cells["observation_id"], read.cells["ra"]) == (5, 1.0), body
    assert read_json(json.dumps({"telescope": "CFHT", "observations": [row]})).telescope == "CFHT"


UNREADABLE = [
    (b"", "No line names"),
    (b"\x00\x01", "not text"),
    (b"SIMPLE  =                    T", "does not end"),
    (HEAD.encode() + b"\na1,\xff\xfe,1", "not UTF-8"),
    (b"observation_id,obstime,filter,exposure_time\n", "No column says where"),
    (b"RA,Dec,obstime,filter\n1,2,3,r", "column is missing"),
    ((HEAD + ",ra_deg\n" + ROW + ",1").encode(), "Two columns"),
    (b"{", "not JSON"),
    (b'{"observations": 5}', "no list"),
    (b"[]", "empty"),
    (b"{}", "empty"),
    (b'{"observationData": {"RA": [1], "Dec": [1, 2]}}', "differ in length"),
    (b"[" * 100_000, "not JSON"),
]


@pytest.mark.parametrize(("data", "words"), UNREADABLE, ids=range(len(UNREADABLE)))
def test_files_that_cannot_be_read(data, words):
    with pytest.raises(UnreadableSheet, match=words) as caught:
        read_sheet(data)
    assert all(problem.mend and problem.line for problem in caught.value.problems)


def test_the_line_of_a_broken_encoding_and_of_broken_json_is_told():
    with pytest.raises(UnreadableSheet) as caught:
        read_sheet(f"{HEAD}\n{ROW}\n".encode() + b"a\xff")
    assert caught.value.problems[0].line == 3
    with pytest.raises(UnreadableSheet) as caught:
        read_sheet(b'[\n{"a": 1},\n{"b" 2}]')
    assert caught.value.problems[0].line == 3


# Cell of a good row -> what it is replaced by -> column blamed.
BAD_CELLS = [
    ("RA", "400", "ra"),
    ("RA", "-1", "ra"),
    ("RA", "12:30:00", "ra"),
    ("RA", "", "ra"),
    ("RA", "inf", "ra"),
    ("Dec", "90.01", "dec"),
    ("Dec", "", "dec"),
    ("obstime", "yesterday", "obstime"),
    ("obstime", "", "obstime"),
    ("obstime", "2027-01-01", "obstime"),
    ("obstime", "1889-01-01", "obstime"),
    ("obstime", "20241102", "obstime"),
    ("obstime", "2024-13-40", "obstime"),
    ("obstime", "1e300", "obstime"),
    ("filter", "", "filter"),
    ("filter", "r" * 41, "filter"),
    ("exposure_time", "0", "exposure_time"),
    ("exposure_time", "-5", "exposure_time"),
    ("exposure_time", "1e9", "exposure_time"),
    ("exposure_time", "one minute", "exposure_time"),
    ("observation_id", "", "observation_id"),
    ("observation_id", "x" * 101, "observation_id"),
    ("observation_id", "a\u200b\u0007", "observation_id"),
    ("limmag", "99", "limmag"),
    ("airmass", "0.2", "airmass"),
    ("seeing", "-1", "seeing"),
    ("processed_fraction", "1.2", "processed_fraction"),
]


@pytest.mark.parametrize(("column", "cell", "blamed"), BAD_CELLS)
def test_bad_cells_are_blamed_with_line_column_and_what_to_do(column, cell, blamed):
    names = [*HEAD.split(","), "limmag", "airmass", "seeing", "processed_fraction"]
    cells = dict(zip(names, [*ROW.split(","), "", "", "", ""], strict=True)) | {column: cell}
    [row] = read_csv(f"{','.join(names)}\n{','.join(cells.values())}").rows
    problems = check(row, NOW)
    assert isinstance(problems, list)
    assert [(problem.line, problem.column) for problem in problems] == [(2, blamed)]
    assert problems[0].reason
    assert problems[0].mend


def test_all_problems_of_a_row_are_told_at_once():
    [row] = read_csv(f"{HEAD}\na1,400,95,never,r,0").rows
    assert {problem.column for problem in check(row, NOW)} == {"ra", "dec", "obstime", "exposure_time"}


@pytest.mark.parametrize("value", [True, {"a": 1}, [1]])
def test_json_values_that_are_no_words_and_no_numbers(value):
    good = {"observation_id": "a", "RA": 1, "Dec": 2, "obstime": 60616.5, "filter": "r", "exposure_time": 30}
    for name in good:
        [row] = read_json(json.dumps([good | {name: value}])).rows
        assert check(row, NOW), name
    [row] = read_json(json.dumps([5])).rows
    assert "not an object" in check(row, NOW)[0].reason


def test_whole_numbers_of_json_are_names_without_a_point():
    [row] = read_json('[{"observation_id": 84434604.0, "ra": 360, "dec": 2, "obstime": 60616.5, "filter": 3, '
                      '"exposure_time": "30"}]').rows  # fmt: skip
    checked = check(row, NOW)
    assert (checked.observation_id, checked.filter, checked.ra_deg, checked.exposure_s) == ("84434604", "3", 0.0, 30.0)


def test_millions_of_empty_lines_take_no_memory_and_are_refused():
    text = f"{HEAD}\n{ROW}\n" + "\n" * 2_000_000
    tracemalloc.start()
    try:
        with pytest.raises(UnreadableSheet, match="1,000,000 lines"):
            read_csv(text)
        assert tracemalloc.get_traced_memory()[1] < 2_000_000
    finally:
        tracemalloc.stop()


def test_the_header_is_looked_for_in_the_first_lines_only():
    assert len(read_csv("# a night\n" * 90 + f"{HEAD}\n{ROW}").rows) == 1
    with pytest.raises(UnreadableSheet, match="No line names"):
        read_csv(",\n" * 100 + f"{HEAD}\n{ROW}")


def test_a_table_of_too_many_cells_or_values_is_refused(monkeypatch):
    monkeypatch.setattr(readers, "MOST_CELLS", 20)
    with pytest.raises(UnreadableSheet, match="more than 20 cells") as caught:
        read_csv("\n".join([HEAD, *[ROW] * 5]))
    assert caught.value.problems[0].line == 5
    with pytest.raises(UnreadableSheet, match="more than 20 cells"):
        read_sheet(b"[" + b"{}," * 30 + b"{}]")
    with pytest.raises(UnreadableSheet, match="more than 20 cells"):
        read_sheet(b"[[" + b"[]," * 30 + b"1]]")


@pytest.mark.parametrize(
    "line", ["a1," + "1" * 200_000 + ",2,2026-01-01,r,60", "," * 200_000, 'a1,"' + "1" * 200_000 + '",2,3,r,60']
)
def test_a_line_longer_than_any_row_is_named(line):
    with pytest.raises(UnreadableSheet, match="longer than") as caught:
        read_csv(f"{HEAD}\n{ROW}\n{line}\n")
    assert caught.value.problems[0].line == 3


def test_a_quote_in_the_middle_of_a_cell_that_is_closed_lines_later_is_named():
    with pytest.raises(UnreadableSheet, match="cannot be split") as caught:
        read_csv(f'{HEAD}\n{ROW}\na2,3"0,1\r\na"3,30,1,2024-11-02,r,60\n')
    assert caught.value.problems[0].line == 3
