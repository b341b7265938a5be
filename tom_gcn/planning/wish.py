"""What somebody asks a plan for, and the one place that refuses what cannot be: for page, API, command and presets.

A wish holds no sky map and no time of making; it can be written as JSON and read back. All that is wrong with it is
told at once.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, fields
from datetime import datetime
from typing import Any

from tom_gcn.planning.engines import ENGINES
from tom_gcn.planning.options import PlanOptions
from tom_gcn.planning.problem import LONGEST_HOURS
from tom_gcn.planning.telescopes import RANGES
from tom_gcn.printable import escaped, is_text
from tom_grandma_facilities.registry import UnknownTelescope, get_telescope

ALL = ("all",)
"""In place of names: every telescope that can be planned, whether GRANDMA asks it by default or not."""
NUMBERS = {"exposure_s": float, "n_exposures": int, "min_altitude_deg": float, "moon_separation_deg": float}
SETTINGS = (*NUMBERS, "max_pointings", "filter")
"""What can be changed for one telescope."""
MOST_POINTINGS = 100_000
LARGEST = 1e15


@dataclass(frozen=True, slots=True)
class Objection:
    """One thing that is wrong with a wish: ``where`` (dotted field), ``what`` is wrong, and how to ``mend`` it."""

    where: str
    what: str
    mend: str

    def __post_init__(self) -> None:
        for one in fields(self):
            object.__setattr__(self, one.name, escaped(getattr(self, one.name)))

    def __str__(self) -> str:
        return f"{self.where}: {self.what} {self.mend}".strip()


class WishError(ValueError):
    """A wish that cannot be granted; ``problems`` holds everything that is wrong with it."""

    def __init__(self, problems: tuple[Objection, ...]) -> None:
        self.problems = problems
        super().__init__(" ".join(str(problem) for problem in problems))


@dataclass(frozen=True)
class PlanWish:
    """What is asked for.

    Attributes
    ----------
    telescopes : tuple of str
        Names; empty for those that GRANDMA asks by default, ``("all",)`` for every one that can be planned.
    without : tuple of str
        Switched off.
    settings : mapping of str to mapping
        Changes per telescope, of `SETTINGS`.
    start : datetime or None
        Aware; None: when the plan is made.
    hours : float
        Length, above 0 and at most 240.
    engine : str
    engine_options : mapping
        The engine's own.
    options : PlanOptions

    Raises
    ------
    WishError
    """

    telescopes: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    settings: Mapping[str, Mapping[str, float | int | str]] = field(default_factory=dict)
    start: datetime | None = None
    hours: float = 24.0
    engine: str = "network"
    engine_options: Mapping[str, Any] = field(default_factory=dict)
    options: PlanOptions = field(default_factory=PlanOptions)

    def __post_init__(self) -> None:
        if problems := tuple(self._objections()):
            raise WishError(problems)
        object.__setattr__(self, "telescopes", _own_names(self.telescopes))
        object.__setattr__(self, "without", _own_names(self.without))
        settings = {get_telescope(name).name: dict(values) for name, values in self.settings.items()}
        object.__setattr__(self, "settings", dict(sorted(settings.items())))

    def _objections(self) -> Iterator[Objection]:
        for place, names in (("telescopes", self.telescopes), ("without", self.without)):
            if names != ALL or place == "without":
                yield from _unknown_names(place, names)
        if self.start is not None and self.start.tzinfo is None:
            yield Objection("start", f"{self.start.isoformat()} has no time zone.", "Write it in UTC with a Z.")
        if not 0.0 < self.hours <= LONGEST_HOURS:
            what = f"A plan cannot span {self.hours:g} hours."
            yield Objection("hours", what, f"Give more than 0 and at most {LONGEST_HOURS:g}.")
        for name, values in self.settings.items():
            yield from _setting_objections(name, values)
        yield from _engine_objections(self.engine, self.engine_options)

    def to_json(self) -> dict[str, Any]:
        """Return plain values for JSON; `from_json` brings the same wish back."""
        options = asdict(self.options) | {"epoch_filters": list(self.options.epoch_filters)}
        return {
            "telescopes": list(self.telescopes),
            "without": list(self.without),
            "settings": {name: dict(values) for name, values in self.settings.items()},
            "start": None if self.start is None else self.start.isoformat(),
            "hours": self.hours,
            "engine": self.engine,
            "engine_options": dict(self.engine_options),
            "options": options,
        }

    @classmethod
    def from_json(cls, data: object) -> PlanWish:
        """Read a wish; what is left out takes its default.

        Raises
        ------
        WishError
            With everything that is wrong, unknown fields too.
        """
        if not isinstance(data, Mapping):
            raise WishError((Objection("", "A wish is an object with named fields.", "See the documentation."),))
        reader = _Reader()
        values = reader.wish(data)
        try:
            wish = cls(**values)
        except WishError as error:
            raise WishError((*reader.problems, *error.problems)) from error
        if reader.problems:
            raise WishError(tuple(reader.problems))
        return wish


def _own_names(names: tuple[str, ...]) -> tuple[str, ...]:
    return ALL if names == ALL else tuple(dict.fromkeys(get_telescope(name).name for name in names))


def _unknown_names(place: str, names: tuple[str, ...]) -> Iterator[Objection]:
    for name in names:
        try:
            get_telescope(name)
        except UnknownTelescope as error:
            yield _unknown(place, error)


def _unknown(place: str, error: UnknownTelescope) -> Objection:
    nearest = f"Did you mean {' or '.join(error.nearest)}?" if error.nearest else "See the list of telescopes."
    return Objection(place, f"No telescope is called {error.name!r}.", nearest)


def _engine_objections(name: str, options: Mapping[str, Any]) -> Iterator[Objection]:
    engine = ENGINES.get(name)
    if engine is None:
        yield Objection("engine", f"There is no engine {name!r}.", f"Choose among {', '.join(ENGINES)}.")
        return
    for option, what, mend in engine.faults(options):
        yield Objection(f"engine_options.{option}", what, mend)


def _setting_objections(name: str, values: Mapping[str, Any]) -> Iterator[Objection]:
    """What is wrong with the changes for one telescope."""
    place = f"settings.{name}"
    try:
        telescope = get_telescope(name)
    except UnknownTelescope as error:
        yield _unknown(place, error)
        return
    for key, value in values.items():
        if key not in SETTINGS:
            yield Objection(f"{place}.{key}", f"{key} cannot be changed.", f"Choose among {', '.join(SETTINGS)}.")
        elif key == "filter":
            allowed = {*telescope.filters, telescope.default_filter.value or ""}
            if allowed - {""} and value not in allowed:
                what = f"{telescope.name} has no filter {value!r}."
                yield Objection(f"{place}.{key}", what, f"It has {', '.join(sorted(allowed - {''}))}.")
        else:
            low, high = (0, MOST_POINTINGS) if key == "max_pointings" else RANGES[key]
            if not low <= value <= high:
                yield Objection(f"{place}.{key}", f"{value:g} is impossible.", f"Give {low:g} to {high:g}.")


class _Reader:
    """Turns JSON values into the fields of a wish; what has the wrong kind is told and left out."""

    def __init__(self) -> None:
        self.problems: list[Objection] = []

    def _object(self, where: str, what: str, mend: str) -> None:
        self.problems.append(Objection(where, what, mend))

    def wish(self, data: Mapping[str, Any]) -> dict[str, Any]:
        readers = {
            "telescopes": self._names,
            "without": self._names,
            "settings": self._settings,
            "start": self._moment,
            "hours": self._number,
            "engine": self._word,
            "engine_options": self._mapping,
            "options": self._options,
        }
        return self._fields("", data, readers)

    def _fields(self, place: str, data: Mapping[str, Any], readers: Mapping[str, Any]) -> dict[str, Any]:
        """Read the fields that are given; null stands for the default."""
        values: dict[str, Any] = {}
        for name, given in data.items():
            where = f"{place}.{name}" if place else str(name)
            if name not in readers:
                self._object(where, f"There is no field {name!r}.", f"Choose among {', '.join(readers)}.")
            elif given is not None:
                value = readers[name](where, given)
                if value is not None:
                    values[name] = value
        return values

    def _options(self, where: str, given: Any) -> PlanOptions | None:
        if self._mapping(where, given) is None:
            return None
        kinds = {"int": self._whole, "float": self._number, "bool": self._truth, "str": self._word}
        readers = {
            one.name: self._names if "tuple" in str(one.type) else kinds[str(one.type).split(" ")[0]]
            for one in fields(PlanOptions)
        }
        values = self._fields(where, given, readers)
        # here null is a value: no limit
        values |= {name: None for name, value in given.items() if value is None and name in _MAY_BE_NONE}
        unchecked = object.__new__(PlanOptions)
        for one in fields(PlanOptions):
            object.__setattr__(unchecked, one.name, values.get(one.name, one.default))
        faults = list(unchecked.faults())
        for name, what in faults:
            self._object(f"{where}.{name}", f"It {what}.", "")
        return None if faults else unchecked

    def _settings(self, where: str, given: Any) -> dict[str, dict[str, Any]] | None:
        if self._mapping(where, given) is None:
            return None
        readers: dict[str, Any] = {key: self._whole if kind is int else self._number for key, kind in NUMBERS.items()}
        readers |= {"max_pointings": self._whole, "filter": self._word}
        return {
            str(name): self._fields(f"{where}.{name}", values, readers)
            for name, values in given.items()
            if self._mapping(f"{where}.{name}", values) is not None
        }

    def _mapping(self, where: str, given: Any) -> Mapping[str, Any] | None:
        if isinstance(given, Mapping):
            return given
        self._object(where, f"{given!r} has no named fields.", "Give an object.")
        return None

    def _names(self, where: str, given: Any) -> tuple[str, ...] | None:
        if not (isinstance(given, list | tuple) and all(isinstance(name, str) for name in given)):
            self._object(where, f"{given!r} is not a list of names.", "Give a list of texts.")
            return None
        return tuple(given) if all(self._word(where, name) is not None for name in given) else None

    def _word(self, where: str, given: Any) -> str | None:
        if isinstance(given, str) and is_text(given):
            return given
        what = "holds characters that cannot be printed" if isinstance(given, str) else "is not a text"
        self._object(where, f"{given!r} {what}.", "Give a text.")
        return None

    def _truth(self, where: str, given: Any) -> bool | None:
        if isinstance(given, bool):
            return given
        self._object(where, f"{given!r} is neither true nor false.", "Give true or false.")
        return None

    def _number(self, where: str, given: Any) -> float | None:
        if _is_number(given):
            return float(given)
        self._object(where, f"{given!r} is not a number.", "Give a number.")
        return None

    def _whole(self, where: str, given: Any) -> int | None:
        if _is_number(given) and given == int(given):
            return int(given)
        self._object(where, f"{given!r} is not a whole number.", "Give a whole number.")
        return None

    def _moment(self, where: str, given: Any) -> datetime | None:
        try:
            return datetime.fromisoformat(given)
        except (TypeError, ValueError):
            self._object(where, f"{given!r} is not a time.", "Write it like 2026-11-20T21:00:00Z.")
            return None


def _is_number(given: Any) -> bool:
    """Whether JSON gave a number that fits; true and false are none, NaN and what overflows neither."""
    return isinstance(given, int | float) and not isinstance(given, bool) and abs(given) < LARGEST


_MAY_BE_NONE = ("max_pointings", "airmass_max", "hour_angle_max_h", "depth_min_mag")
