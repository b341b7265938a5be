"""Conditions on the figures of events as people type them: `FAR < 1/yr, HasNS >= 0.5, class = BNS`. Pure."""

import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from tom_gcn.notices import SourceKind

_DAY_S = 86400.0
_PERIODS_S = {"s": 1.0, "h": 3600.0, "hour": 3600.0, "d": _DAY_S, "day": _DAY_S, "month": 365.25 * _DAY_S / 12}
_PERIODS_S |= {"yr": 365.25 * _DAY_S, "year": 365.25 * _DAY_S, "kyr": 365.25e3 * _DAY_S}
_ANGLES_DEG = {"": 1.0, "deg": 1.0, "°": 1.0, "arcmin": 1 / 60, "'": 1 / 60, "′": 1 / 60, "arcsec": 1 / 3600}
_ANGLES_DEG |= {'"': 1 / 3600, "″": 1 / 3600}
_AREAS = {"": 1.0, "deg2": 1.0, "deg²": 1.0}
_DISTANCES = {"": 1.0, "mpc": 1.0, "gpc": 1000.0}
_FRACTIONS = {"": 1.0, "%": 0.01}

# As people write a name, in small letters, and what it is called here.
FIGURES = {"far": "far", "area": "area", "area90": "area", "distance": "distance", "error": "error"}
PROBABILITIES = ("BNS", "NSBH", "BBH", "Terrestrial", "MassGap", "HasNS", "HasRemnant", "HasMassGap", "HasSSM")
_PROBABILITIES = {name.lower(): name for name in PROBABILITIES}
_UNITS = {"area": _AREAS, "distance": _DISTANCES, "error": _ANGLES_DEG}
# Columns of the summary of an event.
COLUMNS = {"far": "far_hz", "area": "area_90_deg2", "distance": "distance_mean_mpc", "error": "error_deg"}
# Compared with = only, as words.
WORDS = {"class": "best_class", "kind": "kind", "mission": "mission"}
_EXAMPLES = {"class": "class = BNS", "kind": "kind = grb", "mission": "mission = Einstein Probe"}
_WORD = {"class": re.compile(r"\w{1,40}"), "kind": re.compile(r"\w{1,10}"), "mission": re.compile(r"\w[\w -]{0,39}")}
_KINDS = [kind.value for kind in SourceKind]
_COMPARISONS: dict[str, Callable[[float, float], bool]] = {
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge, "=": operator.eq,
}  # fmt: skip

_CONDITION = re.compile(r"\s*([A-Za-z]\w*)\s*(<=|>=|<|>|=)\s*(.+?)\s*")
_NUMBER = re.compile(r"([0-9.]+(?:[eE][+-]?\d+)?)\s*(.*)")
_RATE = re.compile(r"(?:/|per)\s*(?:([0-9.]+)\s*)?([a-z]+)")
_SEPARATOR = re.compile(r"[,;&\n]|\band\b", re.IGNORECASE)
MOST_CONDITIONS = 12


class ConditionError(ValueError):
    """A condition that cannot be understood; the message says which and what would be."""


@dataclass(frozen=True, slots=True)
class Condition:
    """A figure compared with a value: far [Hz], area [deg2], distance [Mpc], error [deg], a probability, or a word."""

    name: str
    comparison: str
    value: float | str

    @property
    def is_probability(self) -> bool:
        """Whether the name is that of a source class or property."""
        return self.name in PROBABILITIES


def met_by(condition: Condition, figures: Mapping[str, Any]) -> bool:
    """Whether an event meets a condition; one without the figure does not.

    `figures` are columns of its summary, and its kind.
    """
    if condition.name in WORDS:
        return str(figures[WORDS[condition.name]]).lower() == str(condition.value).lower()
    by_name = figures["probabilities"] if condition.is_probability else figures
    figure = by_name.get(COLUMNS.get(condition.name, condition.name))
    return figure is not None and _COMPARISONS[condition.comparison](float(figure), float(condition.value))


def read_conditions(text: str) -> list[Condition]:
    """Return the conditions of a text, which must all hold.

    Raises
    ------
    ConditionError
        When one of them cannot be understood.
    """
    parts = [part for part in _SEPARATOR.split(text) if part.strip()]
    if len(parts) > MOST_CONDITIONS:
        raise ConditionError(f"These are {len(parts)} conditions; at most {MOST_CONDITIONS} are taken.")
    return [_condition(part) for part in parts]


def _condition(text: str) -> Condition:
    match = _CONDITION.fullmatch(text)
    if match is None:
        raise ConditionError(f"“{text.strip()[:40]}” is no condition. Write for instance FAR < 1/yr or HasNS >= 0.5.")
    name, comparison, value = match[1].lower(), match[2], match[3]
    if name in WORDS:
        return _word(name, comparison, value)
    if name in FIGURES:
        return Condition(FIGURES[name], comparison, _value(FIGURES[name], value))
    if name in _PROBABILITIES:
        return Condition(_PROBABILITIES[name], comparison, _scaled(value, _FRACTIONS, match[1]))
    known = ", ".join(["FAR", "area", "distance", "error", *WORDS, *PROBABILITIES])
    raise ConditionError(f"“{match[1][:40]}” is not known. Known are {known}.")


def _word(name: str, comparison: str, value: str) -> Condition:
    if comparison != "=" or not _WORD[name].fullmatch(value):
        raise ConditionError(f"A {name} is compared with =, for instance {_EXAMPLES[name]}.")
    if name == "kind" and value.lower() not in _KINDS:
        raise ConditionError(f"There is no kind “{value}”. Kinds are {', '.join(_KINDS)}.")
    return Condition(name, "=", _PROBABILITIES.get(value.lower(), value) if name == "class" else value)


def _value(name: str, text: str) -> float:
    return _rate_hz(text) if name == "far" else _scaled(text, _UNITS[name], name)


def _rate_hz(text: str) -> float:
    number, unit = _split(text, "FAR")
    if unit in {"", "hz"}:
        return number
    match = _RATE.fullmatch(unit)
    period = _PERIODS_S.get(match[2], _PERIODS_S.get(match[2].removesuffix("s"))) if match else None
    count = _number(match[1] or "1", "FAR") if match else 0.0
    if not period or not count:
        raise ConditionError(f"“{text[:40]}” is no rate. Write for instance 1/yr, 2/month, 1 per 10 yr or 1e-8 Hz.")
    return number / (count * period)


def _scaled(text: str, units: dict[str, float], name: str) -> float:
    number, unit = _split(text, name)
    if unit not in units:
        raise ConditionError(f"{name} has no unit “{unit[:20]}”. Units are {', '.join(filter(None, units))}.")
    return number * units[unit]


def _split(text: str, name: str) -> tuple[float, str]:
    match = _NUMBER.fullmatch(text.strip())
    if match is None:
        raise ConditionError(f"{name} is compared with a number, not with “{text[:40]}”.")
    return _number(match[1], name), match[2].strip().lower()


def _number(text: str, name: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise ConditionError(f"{name} is compared with a number, not with “{text[:40]}”.") from None
