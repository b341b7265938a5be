"""Numbers, flags and exposures out of what people type into cells, a whole column at a time.

A cell that says nothing ("", nan, null, -) is "not given"; a cell that says something nobody can read is bad, never
"not given".
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product
from types import MappingProxyType
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from tom_photvalidation.columns import SECONDS, UNITS
from tom_photvalidation.measurements import NO, NOT_SAID, YES, Flags, Floats, Texts

Mask = NDArray[np.bool_]

NOT_GIVEN = frozenset({"", "nan", "none", "null", "na", "n/a", "-", "--", "---", "...", "\\n", "<na>", "nat"})
# The same in every mixture of small and capital letters: looked up instead of lowering every cell.
_NOT_GIVEN_AS_TYPED = frozenset(
    "".join(letters) for word in NOT_GIVEN for letters in product(*((one, one.upper()) for one in word))
)
MINUS = str.maketrans({"−": "-", "–": "-", "﹣": "-", "－": "-", "\u00a0": " ", "\u202f": " "})
NUMBER = r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?"
PLAIN = re.compile(NUMBER, re.ASCII)
DECIMAL_COMMA = re.compile(r"[+-]?\d+,\d+(?:[eE][+-]?\d+)?", re.ASCII)
THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2},\d{3}", re.ASCII)
INFINITE = re.compile(r"[+-]?inf(inity)?", re.IGNORECASE)
WITH_ERROR = re.compile(rf"({NUMBER})\s*(?:\+/-|\+-|±|\\pm)\s*({NUMBER})", re.ASCII)
IN_BRACKETS = re.compile(rf"({NUMBER})\s*\(\s*(0?\.\d+)\s*\)", re.ASCII)
N_TIMES = re.compile(rf"(\d+)\s*(?:[xX×*]|\\times)\s*({NUMBER})\s*([a-zA-Z]*)", re.ASCII)
TIMES_N = re.compile(rf"({NUMBER})\s*([a-zA-Z]+)\s*(?:[xX×*]|\\times)\s*(\d+)", re.ASCII)
WITH_UNIT = re.compile(rf"({NUMBER})\s*([a-zA-Z]+)", re.ASCII)
SEXAGESIMAL = re.compile(
    r"([+-]?)(\d{1,3})\s*[:\shd°]\s*(\d{1,2})\s*[:\sm'′]\s*(\d{1,2}(?:\.\d*)?)\s*[s\"″]?", re.ASCII
)
FLAGS: Mapping[str, int] = MappingProxyType(
    dict.fromkeys(("1", "1.0", "true", "t", "yes", "y", "limit", "ul", ">"), YES)
    | dict.fromkeys(("0", "0.0", "false", "f", "no", "n", "detection", "det"), NO)
)


@dataclass(frozen=True, eq=False, slots=True)
class Numbers:
    """A column of numbers: NaN where nothing is given, and where a cell cannot be read `bad` says so."""

    values: Floats
    bad: Mask


def as_texts(values: Any) -> Texts:
    """Return a column of stripped texts; None becomes ""."""
    column = np.empty(len(values), dtype=object)
    if set(map(type, values)) <= {str}:
        column[:] = list(map(str.strip, values))
    else:
        column[:] = [one.strip() if isinstance(one, str) else "" if one is None else str(one) for one in values]
    return column


def not_given(texts: Texts) -> Mask:
    """Tell which cells say nothing."""
    return np.fromiter(map(_NOT_GIVEN_AS_TYPED.__contains__, texts), dtype=bool, count=len(texts))


def parse_number(text: str, decimal_comma: bool = False) -> float | None:
    """Return one number as people type it, or None. Infinity is not a number here, and neither is 1_000."""
    text = text.strip().translate(MINUS)
    if decimal_comma and DECIMAL_COMMA.fullmatch(text):
        text = text.replace(",", ".")
    if not PLAIN.fullmatch(text):
        return None
    value = float(text)
    return value if np.isfinite(value) else None


def numbers(column: Any, decimal_comma: bool = False) -> Numbers:
    """Return a column of numbers; what is infinite or cannot be read is bad."""
    if isinstance(column, np.ndarray) and column.dtype.kind in "fiu":
        values = column.astype(np.float64)
        return Numbers(np.where(np.isinf(values), np.nan, values), np.isinf(values))
    fast = _fast(column)
    if fast is not None:
        return fast
    values = np.full(len(column), np.nan)
    bad = np.zeros(len(column), dtype=bool)
    for at, text in enumerate(column):
        if text.lower() in NOT_GIVEN:
            continue
        value = parse_number(text, decimal_comma)
        if value is None:
            bad[at] = True
        else:
            values[at] = value
    return Numbers(values, bad)


def _fast(texts: Texts) -> Numbers | None:
    """Read a column in which every cell is plain number or says nothing; None when a cell needs a closer look.

    Arrow reads neither 1_000 nor digits of other scripts, which nobody means; it does read infinity and nan(1).
    """
    silent = not_given(texts)
    try:
        values = pa.array(texts, type=pa.string(), mask=silent).cast(pa.float64()).to_numpy(zero_copy_only=False)
    except (pa.ArrowInvalid, UnicodeEncodeError):
        return None
    if not np.array_equal(~np.isfinite(values), silent):
        return None
    return Numbers(np.array(values), np.zeros(len(values), dtype=bool))


def infinite(column: Any) -> Mask:
    """Tell which cells say infinity, which NMMA writes as the error of a limit."""
    if isinstance(column, np.ndarray) and column.dtype.kind in "fiu":
        return np.isinf(column.astype(np.float64))
    return np.fromiter((bool(INFINITE.fullmatch(text)) for text in column), dtype=bool, count=len(column))


@dataclass(frozen=True, eq=False, slots=True)
class Magnitudes:
    """A column of magnitudes, with what people add to them."""

    values: Floats
    errors: Floats  # of "20.35+/-0.12"
    fainter: Mask  # of ">19.1": a limit
    brighter: Mask  # of "<19.1": which of two things is meant cannot be told
    bad: Mask


def magnitudes(column: Any, decimal_comma: bool = False) -> Magnitudes:
    """Read ">19.1", "20.35+/-0.12", "20.35 ± 0.12", "20.35(0.12)" and plain numbers."""
    read = numbers(column, decimal_comma)
    n = len(read.values)
    result = Magnitudes(read.values, np.full(n, np.nan), np.zeros(n, bool), np.zeros(n, bool), read.bad)
    for at in np.flatnonzero(read.bad):
        if isinstance(column[at], str):
            _magnitude(column[at].translate(MINUS), int(at), result, decimal_comma)
    return result


def _magnitude(text: str, at: int, into: Magnitudes, decimal_comma: bool) -> None:
    if text[:1] in (">", "<", "≥", "≤"):
        value = parse_number(text[1:].lstrip("= "), decimal_comma)
        if value is None:
            return
        into.values[at] = value
        (into.fainter if text[0] in ">≥" else into.brighter)[at] = True
        into.bad[at] = False
        return
    pointed = re.sub(r"(\d),(\d)", r"\1.\2", text) if decimal_comma else text
    found = WITH_ERROR.fullmatch(pointed) or IN_BRACKETS.fullmatch(pointed)
    if found:
        into.values[at], into.errors[at] = float(found[1]), float(found[2])
        into.bad[at] = False


@dataclass(frozen=True, eq=False, slots=True)
class Flagged:
    """A column of yes and no."""

    values: Flags
    bad: Mask


def flags(column: Any) -> Flagged:
    """Read yes/no, true/false, y/n, 1/0; an empty cell is "not said"."""
    texts = column if column.dtype == object else as_texts(column.tolist())
    known = {text: _flag(text) for text in set(texts)}
    values = np.fromiter((known[text] for text in texts), dtype=np.int64, count=len(texts))
    bad = values == BAD_FLAG
    return Flagged(np.where(bad, NOT_SAID, values).astype(np.int8), bad)


BAD_FLAG = -2


def _flag(text: str) -> int:
    lowered = text.lower()
    return NOT_SAID if lowered in NOT_GIVEN else FLAGS.get(lowered, BAD_FLAG)


def is_flags(column: Any) -> bool:
    """Tell whether every cell that says something says yes or no, and not a magnitude."""
    return not flags(column).bad.any()


@dataclass(frozen=True, eq=False, slots=True)
class Exposures:
    """A column of exposures: all together in seconds, and how many; NaN where that is not said."""

    seconds: Floats
    count: Floats
    bad: Mask


def exposures(column: Any, unit: str, decimal_comma: bool = False) -> Exposures:
    """Read "46X60s", "3x300", "300 s x 1", "10 min" and plain numbers in the unit of the column."""
    read = numbers(column, decimal_comma)
    result = Exposures(read.values * SECONDS[unit], np.full(len(read.values), np.nan), read.bad)
    for at in np.flatnonzero(read.bad):
        parsed = _exposure(str(column[at]).strip(), unit)
        if parsed is not None:
            result.seconds[at], result.count[at] = parsed
            result.bad[at] = False
    return result


def _sum(text: str, unit: str) -> tuple[float, float] | None:
    """Read "5x60+3x300": the exposures together, and how many where each part says it."""
    parts = [_exposure(part.strip(), unit) for part in text.split("+")]
    read = [part for part in parts if part is not None]
    if len(read) < len(parts) or not read:
        return None
    return sum(part[0] for part in read), sum(part[1] for part in read)


def _exposure(text: str, unit: str) -> tuple[float, float] | None:
    if "+" in text:
        return _sum(text, unit)
    if found := N_TIMES.fullmatch(text):
        count, each, said = float(found[1]), float(found[2]), found[3]
    elif found := TIMES_N.fullmatch(text):
        each, said, count = float(found[1]), found[2], float(found[3])
    elif found := WITH_UNIT.fullmatch(text):
        each, said, count = float(found[1]), found[2], np.nan
    elif PLAIN.fullmatch(text):
        each, said, count = float(text), "", 1.0
    else:
        return None
    seconds = SECONDS.get(UNITS.get(said.lower(), said) if said else unit)
    if seconds is None:
        return None
    return each * seconds * (1.0 if np.isnan(count) else count), count


def sexagesimal(text: str) -> float | None:
    """Return "12:34:56.7" as a number in the unit of its first part, or None."""
    found = SEXAGESIMAL.fullmatch(text.strip().translate(MINUS))
    if found is None or int(found[3]) >= 60 or float(found[4]) >= 60:
        return None
    size = int(found[2]) + int(found[3]) / 60 + float(found[4]) / 3600
    return -size if found[1] == "-" else size
