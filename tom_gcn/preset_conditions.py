"""Conditions of standing rules: each line is an alternative, and all conditions of a line must hold. Pure.

The language of `tom_gcn.conditions`, and besides `area50` (area of the 50 % region), `latitude` (distance of the most
probable position from the Galactic plane) and `t90` (duration of a burst).
"""

import operator
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tom_gcn.conditions import Condition, ConditionError, read_conditions

__all__ = ["Alternative", "Check", "ConditionError", "check", "read_alternatives"]

_SEPARATOR = re.compile(r"[,;&]|\band\b", re.IGNORECASE)
_CONDITION = re.compile(r"\s*([A-Za-z]\w*)\s*(<=|>=|<|>)\s*([0-9.]+(?:[eE][+-]?\d+)?)\s*(.*?)\s*")
# What only standing rules know: the units of each, the first is taken where none is written.
_OWN = {"area50": ("deg2", "deg²"), "latitude": ("deg", "°"), "t90": ("s",)}
_COMPARE: Mapping[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge, "=": operator.eq,
}  # fmt: skip
MOST_ALTERNATIVES = 12
_WORDS = frozenset({"class", "mission", "kind"})
# In which figures are told.
_UNITS = {
    "far": "Hz",
    "area": "deg2",
    "area50": "deg2",
    "distance": "Mpc",
    "error": "deg",
    "latitude": "deg",
    "t90": "s",
}


@dataclass(frozen=True, slots=True)
class Written:
    """A condition as it was typed, and as it was understood."""

    text: str
    condition: Condition


Alternative = Sequence[Written]


@dataclass(frozen=True, slots=True)
class Check:
    """A condition held against an event: the event's figure in words, and whether the condition holds."""

    text: str
    value: str
    holds: bool


def read_alternatives(text: str) -> list[Alternative]:
    """Return the alternatives of a text; an empty one has a single alternative without any condition.

    Raises
    ------
    ConditionError
        When one cannot be understood.
    """
    lines = [line for line in text.splitlines() if line.strip()]
    if len(lines) > MOST_ALTERNATIVES:
        raise ConditionError(f"These are {len(lines)} alternatives; at most {MOST_ALTERNATIVES} are taken.")
    return [_line(line) for line in lines] or [()]


def _line(text: str) -> Alternative:
    parts = [part.strip() for part in _SEPARATOR.split(text) if part.strip()]
    return [Written(part, _own(part) or read_conditions(part)[0]) for part in parts]


def _own(text: str) -> Condition | None:
    """A condition that only standing rules know."""
    match = _CONDITION.fullmatch(text)
    name = match[1].lower() if match else text.split(maxsplit=1)[0].lower()
    if name not in _OWN:
        return None
    if match is None:
        raise ConditionError(f"“{text[:40]}” is no condition. Write for instance {name} < 200 {_OWN[name][0]}.")
    if match[4] and match[4].lower() not in _OWN[name]:
        raise ConditionError(f"{name} has no unit “{match[4][:20]}”. It is given in {_OWN[name][0]}.")
    try:
        return Condition(name, match[2], float(match[3]))
    except ValueError:
        raise ConditionError(f"{name} is compared with a number, not with “{match[3][:40]}”.") from None


def check(written: Written, figures: Mapping[str, Any]) -> Check:
    """Hold a condition against the figures of an event, by name; a figure that is not known meets none."""
    condition = written.condition
    value = figures.get(condition.name)
    if value is None:
        return Check(written.text, "not known", False)
    if condition.name in _WORDS:
        return Check(written.text, str(value), str(value).lower() == str(condition.value).lower())
    told = f"{value:.3g} {_UNITS.get(condition.name, '')}".strip()
    return Check(written.text, told, _COMPARE[condition.comparison](value, condition.value))
