"""The rows of a table while they are being understood: columns by field, and what is wrong with which row."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

import numpy as np

from tom_photvalidation import cells
from tom_photvalidation.cells import Mask, as_texts
from tom_photvalidation.columns import FIELDS, Meaning
from tom_photvalidation.measurements import Flags, Floats, Problem, Texts
from tom_photvalidation.table import VALUE_LENGTH, Table

Fix = Callable[[str], str]
Epochs = Callable[[Collection[str]], Mapping[str, float]]


def no_epochs(targets: Collection[str]) -> Mapping[str, float]:
    """Know T0 (MJD UTC) of no target; what a reading without a database begins with."""
    return {}


class Rows:
    """Columns of a table by field. A row is refused once anything is wrong with it, and everything wrong is kept."""

    def __init__(
        self, table: Table, understood: Sequence[Meaning], defaults: Mapping[str, str], epochs: Epochs = no_epochs
    ) -> None:
        self.n = len(table)
        self.epochs = epochs
        self.lines = table.lines
        self.conventions = table.conventions
        self.defaults = defaults
        self.refused: Mask = np.zeros(self.n, dtype=bool)
        self.notes: list[str] = []
        self._found: list[tuple[int, Problem]] = []
        self._at: dict[str, tuple[str, Meaning, Any]] = {}
        self._kept: list[tuple[str, Any, Mask | None]] = []
        for header, one, column in zip(table.headers, understood, table.columns, strict=True):
            if one.field:
                self._at[one.field] = (header, one, column)
            elif header:
                self._kept.append((header, column, None))

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Return all problems in the order of the rows."""
        return tuple(problem for _, problem in sorted(self._found, key=lambda pair: pair[0]))

    def has(self, name: str) -> bool:
        """Tell whether a column or a default gives a field."""
        return name in self._at or name in self.defaults

    def has_column(self, name: str) -> bool:
        """Tell whether a column gives a field."""
        return name in self._at

    def meaning(self, name: str) -> Meaning:
        """Return what the column of a field holds; that of the plain field where a default stands for it."""
        return self._at[name][1] if name in self._at else Meaning(name, FIELDS[name].unit)

    def header(self, name: str) -> str:
        """Return the name of the column of a field as submitted."""
        return self._at[name][0] if name in self._at else name

    def column(self, name: str) -> Any:
        """Return the cells of a field, the default where a cell is empty; None when nothing gives the field."""
        if name not in self._at:
            if name not in self.defaults:
                return None
            return np.full(self.n, self.defaults[name].strip(), dtype=object)
        column = self._at[name][2]
        if name in self.defaults and column.dtype == object:
            return np.where(cells.not_given(column), self.defaults[name], column)
        return column

    def move(self, name: str, other: str) -> None:
        """Say that the column of one field really is that of another."""
        header, old, column = self._at.pop(name)
        self._at[other] = (header, Meaning(other, FIELDS[other].unit, old.reference, old.scale, old.rank), column)

    def keep(self, name: str, rows: Mask | None = None) -> None:
        """Keep the cells of a column under `extra`, because nothing else of the measurement holds them."""
        if name in self._at:
            header, _, column = self._at[name]
            self._kept.append((header, column, rows))

    def refuse(self, which: Mask, name: str, code: str, message: str, fix: str | Fix = "") -> None:
        """Refuse some rows, quoting what was typed in the column of a field; a fix may depend on that."""
        at = np.flatnonzero(which)
        if not len(at):
            return
        self.refused[at] = True
        column, header = self.column(name) if name in FIELDS else None, self.header(name) if name in FIELDS else name
        for row in at:
            value = "" if column is None else str(column[row])[:VALUE_LENGTH]
            mended = fix if isinstance(fix, str) else fix(value)
            self._found.append((int(row), Problem(int(self.lines[row]), header, code, value, message, mended)))

    def text(self, name: str) -> Texts:
        """Return a column of texts; "" where nothing is given."""
        column = self.column(name)
        if column is None:
            return np.full(self.n, "", dtype=object)
        texts = column if column.dtype == object else as_texts([_plain(one) for one in column.tolist()])
        silent = cells.not_given(texts)
        return np.where(silent, "", texts) if silent.any() else texts.copy()

    def number(self, name: str) -> Floats:
        """Return a column of numbers, refusing rows in which it cannot be read."""
        column = self.column(name)
        if column is None:
            return np.full(self.n, np.nan)
        read = cells.numbers(column, self.conventions.decimal_comma)
        self.refuse_number(read.bad, name)
        return read.values

    def refuse_number(self, bad: Mask, name: str) -> None:
        """Refuse rows whose cell should be a number and is none."""
        self.refuse(
            bad,
            name,
            "not-a-number",
            f"{FIELDS[name].label} must be a number.",
            "Write a plain number such as 20.35, or leave the cell empty.",
        )

    def refuse_thousands(self, name: str) -> None:
        """Refuse rows in which a comma may part thousands or decimals, where both could be meant."""
        column = self.column(name)
        if column is None or column.dtype != object or "," not in "".join(column):
            return
        doubtful = np.array([bool(cells.THOUSANDS.fullmatch(text)) for text in column], dtype=bool)
        self.refuse(
            doubtful, name, "number-ambiguous", "The comma may part thousands or decimals.", "Write 1234 or 1.234."
        )

    def flag(self, name: str) -> Flags:
        """Return a column of yes (1), no (0) and not said (-1), refusing rows that say something else."""
        column = self.column(name)
        if column is None:
            return np.full(self.n, -1, dtype=np.int8)
        read = cells.flags(column)
        self.refuse(read.bad, name, "not-yes-or-no", f"{FIELDS[name].label} is either yes or no.", "Write yes or no.")
        return read.values

    def exposures(self) -> tuple[Floats, Floats]:
        """Return the total exposure in seconds and the number of exposures."""
        count = self.number("n_exposures")
        column = self.column("exposure_s")
        if column is None:
            return np.full(self.n, np.nan), count
        read = cells.exposures(column, self.meaning("exposure_s").unit or "s", self.conventions.decimal_comma)
        self.refuse(
            read.bad,
            "exposure_s",
            "exposure-unreadable",
            "This is not an exposure.",
            "Write the total exposure in seconds, or for example 46x60s.",
        )
        with np.errstate(invalid="ignore"):
            self.refuse(
                read.seconds < 0,
                "exposure_s",
                "exposure-negative",
                "An exposure cannot be negative.",
                "Write the total exposure in seconds.",
            )
            self.refuse(
                read.seconds > 86400 * 10,
                "exposure_s",
                "exposure-too-long",
                "This exposure is longer than ten days.",
                "Write the total exposure in seconds.",
            )
            seconds = np.where(read.seconds == 0, np.nan, read.seconds)
        differ = ~np.isnan(count) & ~np.isnan(read.count) & (count != read.count)
        self.refuse(
            differ,
            "n_exposures",
            "exposures-disagree",
            "Two columns give different numbers of exposures.",
            "Correct one of the two.",
        )
        return seconds, np.where(np.isnan(count), read.count, count)

    def position(self) -> tuple[Floats, Floats]:
        """Return the measured position in degrees, ICRS."""
        (ra, bad_ra), (dec, bad_dec) = self._angle("ra_deg", 15.0), self._angle("dec_deg", 1.0)
        if self.has("ra_deg") and self.meaning("ra_deg").unit == "hour":
            ra = ra * 15.0
        with np.errstate(invalid="ignore"):
            self.refuse(
                (ra < 0) | (ra > 360),
                "ra_deg",
                "right-ascension-out-of-range",
                "A right ascension lies between 0 and 360 degrees.",
                "Write degrees, or hh:mm:ss.s.",
            )
            self.refuse(
                np.abs(dec) > 90,
                "dec_deg",
                "declination-out-of-range",
                "A declination lies between -90 and 90 degrees.",
                "Write degrees; are right ascension and declination swapped?",
            )
        half = (np.isnan(ra) != np.isnan(dec)) & ~bad_ra & ~bad_dec
        self.refuse(
            half & np.isnan(ra),
            "ra_deg",
            "half-a-position",
            "A declination is given without a right ascension.",
            "Give both or neither.",
        )
        self.refuse(
            half & np.isnan(dec),
            "dec_deg",
            "half-a-position",
            "A right ascension is given without a declination.",
            "Give both or neither.",
        )
        return ra, dec

    def _angle(self, name: str, per_hour: float) -> tuple[Floats, Mask]:
        column = self.column(name)
        if column is None:
            return np.full(self.n, np.nan), np.zeros(self.n, dtype=bool)
        read = cells.numbers(column, self.conventions.decimal_comma)
        values, bad = read.values, read.bad
        for row in np.flatnonzero(bad):
            angle = cells.sexagesimal(str(column[row]))
            if angle is not None:
                values[row], bad[row] = angle * per_hour, False
        self.refuse_number(bad, name)
        return values, bad

    def extra(self) -> Texts:
        """Return for each row the cells no field holds, by the name of their column."""
        kept: list[dict[str, Any]] = [{} for _ in range(self.n)]
        for header, column, rows in self._kept:
            texts = column.dtype == object
            say = ~cells.not_given(column) if texts else ~np.isnan(column.astype(np.float64))
            at = np.flatnonzero(say if rows is None else say & rows)
            for row, value in zip(at.tolist(), column[at].tolist(), strict=True):
                if header == "extra" and (inner := _object(value)) is not None:
                    kept[row].update(inner)
                else:
                    kept[row][header] = value
        made = np.empty(self.n, dtype=object)
        made[:] = kept
        return made


def _object(text: Any) -> dict[str, Any] | None:
    """Return what our own exports write under "extra"; None when it is something else."""
    if not isinstance(text, str) or not text.startswith("{"):
        return None
    try:
        inner = json.loads(text)
    except ValueError:
        return None
    return inner if isinstance(inner, dict) else None


def _plain(value: Any) -> str:
    """Return a number without the point that only its type added: instrument 2.0 is "2"."""
    if isinstance(value, float):
        return "" if np.isnan(value) else str(int(value)) if value.is_integer() else repr(value)
    return str(value)
