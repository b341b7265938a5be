"""The form of a plan: every setting as it was typed, and what is wrong with it told at its field."""

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from functools import cached_property
from typing import Any, Self

from django.http import QueryDict

from tom_gcn.notices import NoticeError
from tom_gcn.notices.fields import read_time
from tom_gcn.plan_fields import OPTIONS, SETTINGS, Entry, Option, TelescopeEntries, known_options
from tom_gcn.planning import plan_telescope
from tom_gcn.planning.engines import ENGINES, EngineOption
from tom_gcn.planning.options import PlanOptions
from tom_gcn.planning.wish import Objection, PlanWish, WishError
from tom_gcn.site_wishes import site_options, site_wish
from tom_grandma_facilities.in_use import telescopes_in_use
from tom_grandma_facilities.telescope import Telescope

LONGEST_TYPED = 200
EVERY = "every"
ENGINE_OPTION = "engine_options."


class PlanWishForm:
    """A wish being written: texts by the name of their field, and the telescopes that are ticked."""

    def __init__(self, typed: Mapping[str, str], on: Iterable[str]) -> None:
        self.typed = dict(typed)
        self.on = set(on)
        self.problems: list[Objection] = []

    @classmethod
    def of_wish(cls, wish: PlanWish) -> Self:
        """The form that shows a wish."""
        data = wish.to_json()
        typed = {"hours": _text(wish.hours), "engine": wish.engine, "start": _moment(wish.start)}
        typed |= {f"options.{name}": _text(value) for name, value in data["options"].items()}
        typed |= {f"{ENGINE_OPTION}{wish.engine}.{name}": _text(value) for name, value in wish.engine_options.items()}
        for telescope, settings in wish.settings.items():
            typed |= {f"settings.{telescope}.{name}": _text(value) for name, value in settings.items()}
        return cls(typed, _taking_part(wish))

    @classmethod
    def of_post(cls, data: QueryDict) -> Self:
        """The form as somebody sent it; texts too long for any field are cut."""
        typed = {name: str(data[name]).strip()[:LONGEST_TYPED] for name in data if name != "telescopes"}
        return cls(typed, data.getlist("telescopes"))

    def wish(self) -> PlanWish:
        """Return what is asked for.

        Raises
        ------
        WishError
            With everything that is wrong; it is also kept, to be shown at the fields.
        """
        data, wrong = self._as_json()
        try:
            wish = site_wish(data)
        except WishError as error:
            known = {problem.where for problem in wrong}
            wrong += [problem for problem in error.problems if problem.where not in known]
        if not self.on:
            wrong.append(Objection("telescopes", "No telescope is ticked.", "Tick at least one."))
        self.problems = wrong
        if wrong:
            raise WishError(tuple(wrong))
        return wish

    def _as_json(self) -> tuple[dict[str, Any], list[Objection]]:
        """The wish as JSON, with the problems of texts that are not what their field takes."""
        wrong: list[Objection] = []
        data: dict[str, Any] = {"engine": self.typed.get("engine") or "network", **_chosen(self.on)}
        for where, kind in (("hours", float), ("start", datetime)):
            value = _read(where, self.typed.get(where, ""), kind, wrong)
            if value is not None:
                data[where] = value
        data["options"] = self._options(wrong)
        data["engine_options"] = self._engine_options()
        data["settings"] = self._settings(wrong)
        return data, wrong

    def _options(self, wrong: list[Objection]) -> dict[str, Any]:
        options: dict[str, Any] = {}
        for option in known_options():
            where = f"options.{option.name}"
            if option.kind is bool:
                # A box that is not ticked sends the empty text that stands before it.
                if where in self.typed:
                    options[option.name] = self.typed[where] not in {"", "false"}
            elif self.typed.get(where):
                options[option.name] = _read(where, self.typed[where], option.kind, wrong)
            elif option.name == "max_pointings" and where in self.typed:
                options[option.name] = None
        return {name: value for name, value in options.items() if value is not None or name == "max_pointings"}

    def _engine_options(self) -> dict[str, str]:
        prefix = f"{ENGINE_OPTION}{self.typed.get('engine', '')}."
        given = ((name, text) for name, text in self.typed.items() if name.startswith(prefix) and text)
        return {name.removeprefix(prefix): text for name, text in given}

    def _settings(self, wrong: list[Objection]) -> dict[str, dict[str, Any]]:
        """Settings of the telescopes that take part; what is typed for every telescope fills what is empty."""
        settings: dict[str, dict[str, Any]] = {}
        for telescope in sorted(self.on):
            for name, _, _, kind in SETTINGS:
                where = f"settings.{telescope}.{name}"
                text, place = self.typed.get(where, ""), where
                if not text:
                    place = f"settings.{EVERY}.{name}"
                    text = self.typed.get(place, "")
                value = _read(place, text, kind, wrong) if text else None
                if value is not None:
                    settings.setdefault(telescope, {})[name] = value
        return settings

    # --- what the page shows --------------------------------------------------------------------------------------

    @property
    def hours(self) -> Entry:
        """How long the plan is to reach."""
        return self._entry("hours", "Hours", help="at most 240")

    @property
    def start(self) -> Entry:
        """When it begins."""
        return self._entry("start", "Begins, UTC", help="empty: when it is made", is_number=False)

    @property
    def engine(self) -> Entry:
        """What makes it."""
        choices = [(name, engine.label) for name, engine in ENGINES.items()]
        entry = self._entry("engine", "Planner", choices=choices, is_number=False)
        entry.value = entry.value or "network"
        return entry

    @cached_property
    def engine_options(self) -> list[tuple[str, str, list[Entry]]]:
        """Engines with options of their own: name, label, inputs."""
        found = []
        for name, engine in ENGINES.items():
            entries = [self._engine_entry(name, option) for option in engine.options]
            if entries:
                found.append((name, engine.label, entries))
        return found

    def _engine_entry(self, engine: str, option: EngineOption) -> Entry:
        where = f"{ENGINE_OPTION}{engine}.{option.name}"
        choices = tuple(option.choices.items())
        entry = self._entry(where, option.label, choices=choices, is_number=False, help=option.help)
        entry.value = entry.value or option.default
        if self.typed.get("engine") == engine:
            entry.errors += self._errors(f"engine_options.{option.name}")
        return entry

    @cached_property
    def options(self) -> list[tuple[str, list[Entry]]]:
        """The choices for the plan as a whole, by group."""
        usual = site_options()
        groups = []
        for title, options in OPTIONS:
            entries = [self._option(option, usual) for option in options if option in known_options()]
            groups.append((title, entries))
        return groups

    def _option(self, option: Option, usual: PlanOptions) -> Entry:
        entry = self._entry(
            f"options.{option.name}",
            option.label,
            unit=option.unit,
            help=option.help,
            choices=option.choices,
            is_check=option.kind is bool,
            is_number=option.kind in {int, float},
        )
        entry.usual = _text(getattr(usual, option.name))
        return entry

    @cached_property
    def telescopes(self) -> list[tuple[str, list[TelescopeEntries]]]:
        """Telescopes in two groups: those a plan asks by default, and those it asks only when told to."""
        rows = [self._telescope(telescope) for telescope in plannable()]
        usual = {telescope.name for telescope in telescopes_in_use().values() if telescope.in_network}
        return [
            ("Asked by default", [row for row in rows if row.name in usual]),
            ("Only on request", [row for row in rows if row.name not in usual]),
        ]

    @cached_property
    def every(self) -> list[Entry]:
        """Settings for all telescopes that have none of their own."""
        return [self._setting(EVERY, *setting) for setting in SETTINGS if setting[-1] is not str]

    @property
    def n_on(self) -> int:
        """How many telescopes are ticked."""
        return len(self.on)

    @property
    def n_set(self) -> int:
        """How many telescopes have settings of their own."""
        return sum(row.is_set for _, rows in self.telescopes for row in rows)

    @property
    def settings_are_wrong(self) -> bool:
        """Whether something is wrong with the settings of a telescope."""
        return any(problem.where.startswith("settings") for problem in self.problems)

    @property
    def options_are_wrong(self) -> bool:
        """Whether something is wrong with the choices for the plan as a whole."""
        return any(problem.where.startswith(("options", "engine_options")) for problem in self.problems)

    @cached_property
    def others(self) -> list[Objection]:
        """Problems that belong to no field shown."""
        shown = {"hours", "start", "engine", "telescopes"} | {row.name for row in plannable()}
        shown |= {entry.name for _, entries in self.options for entry in entries} | {entry.name for entry in self.every}
        for _, rows in self.telescopes:
            shown |= {f"settings.{row.name}" for row in rows}
            shown |= {entry.name for row in rows for entry in row.entries}
        engine = self.typed.get("engine", "")
        shown |= {
            f"engine_options.{entry.name.removeprefix(f'{ENGINE_OPTION}{engine}.')}"
            for name, _, entries in self.engine_options
            if name == engine
            for entry in entries
        }
        return [problem for problem in self.problems if problem.where not in shown]

    @property
    def telescope_errors(self) -> list[str]:
        """What is wrong with the choice of telescopes."""
        return self._errors("telescopes") + self._errors("without")

    def _telescope(self, telescope: Telescope) -> TelescopeEntries:
        declared = plan_telescope(telescope)
        entries = [self._setting(telescope.name, *setting) for setting in SETTINGS]
        for entry, (name, *_) in zip(entries, SETTINGS, strict=True):
            entry.usual = _text(getattr(declared, name))
            if name == "filter" and telescope.filters:
                names = dict.fromkeys([*telescope.filters, *filter(None, [entry.value])])
                entry.choices = [
                    ("", f"usual: {entry.usual}" if entry.usual else "usual"),
                    *((name, name) for name in names),
                ]
        errors = self._errors(f"settings.{telescope.name}") + self._errors(telescope.name)
        return TelescopeEntries(telescope.name, telescope.name in self.on, entries, errors)

    def _setting(self, telescope: str, name: str, label: str, unit: str, kind: type) -> Entry:
        return self._entry(f"settings.{telescope}.{name}", label, unit=unit, is_number=kind is not str)

    def _entry(self, name: str, label: str, **more: Any) -> Entry:
        return Entry(name, label, self.typed.get(name, ""), errors=self._errors(name), **more)

    def _errors(self, where: str) -> list[str]:
        return [f"{problem.what} {problem.mend}".strip() for problem in self.problems if problem.where == where]


def plannable() -> list[Telescope]:
    """Telescopes that can be planned."""
    return [telescope for telescope in telescopes_in_use().values() if not telescope.why_not_plannable()]


def _taking_part(wish: PlanWish) -> set[str]:
    """Names of the telescopes a wish asks."""
    if wish.telescopes == ("all",):
        asked = {telescope.name for telescope in plannable()}
    else:
        asked = set(wish.telescopes) or _usual()
    return asked - set(wish.without)


def _usual() -> set[str]:
    return {telescope.name for telescope in telescopes_in_use().values() if telescope.in_network}


def _chosen(on: set[str]) -> dict[str, list[str]]:
    """Ticked telescopes as a wish says them: the network without some of it, or a list of their own."""
    usual = _usual()
    missing = usual - on
    if on <= usual and len(missing) < len(on):
        return {"telescopes": [], "without": sorted(missing)}
    return {"telescopes": sorted(on), "without": []}


def _read(where: str, text: str, kind: type, wrong: list[Objection]) -> Any:
    """What a text means, or None with the problem noted once."""
    if not text:
        return None
    try:
        return _READERS[kind](text)
    except (ValueError, NoticeError):
        problem = Objection(where, f"“{text[:40]}” is {_WRONG[kind]}.", _MEND[kind])
        if problem not in wrong:
            wrong.append(problem)
        return None


def _whole(text: str) -> int:
    number = float(text)
    if not number.is_integer():
        raise ValueError(text)
    return int(number)


def _number(text: str) -> float:
    number = float(text)
    if not abs(number) < 1e15:
        raise ValueError(text)
    return number


_READERS: dict[type, Callable[[str], Any]] = {
    float: _number,
    int: lambda text: _whole(text) if len(text) < 15 else _raise(text),
    str: str,
    tuple: lambda text: [part.strip() for part in text.replace(";", ",").split(",") if part.strip()],
    datetime: lambda text: read_time(text, "The start").isoformat(),
}
_WRONG = {float: "not a number", int: "not a whole number", datetime: "not a time"}
_MEND = {
    float: "Write it with digits and a point, such as 1.5.",
    int: "Write it with digits only, such as 20.",
    datetime: "Write UTC as 2026-11-20 18:30.",
}


def _raise(text: str) -> int:
    raise ValueError(text)


def _moment(moment: datetime | None) -> str:
    return "" if moment is None else f"{moment.astimezone(UTC):%Y-%m-%d %H:%M}"


def _text(value: Any) -> str:
    """A value as somebody would type it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return f"{value:.10g}"
    return ", ".join(map(str, value)) if isinstance(value, tuple | list) else str(value)
