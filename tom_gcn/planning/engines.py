"""The engines that can make a plan. A new one is one module with a function and one entry here.

An engine takes a `Problem`, its own options and a progress callable, and returns a `NetworkPlan`. Engines of others are
isolated: `tom_gcn.planning.isolated` runs them in a process of their own and has `tom_gcn.planning.verify` look at what
they return. Nothing of an engine is imported before it is used.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

from tom_gcn.planning.problem import Problem
from tom_gcn.planning.result import NetworkPlan

Progress = Callable[[float, str], None]
Solve = Callable[[Problem, Mapping[str, Any], Progress | None], NetworkPlan]


@dataclass(frozen=True, slots=True)
class EngineOption:
    """Something that can be chosen for one engine only.

    Attributes
    ----------
    name, label, help : str
    choices : mapping of str to str
        Value and the words for it; the first is the default.
    refused : mapping of str to str
        Values that the engine knows but that do not work, each with the sentence that says why.
    """

    name: str
    label: str
    choices: Mapping[str, str]
    help: str = ""
    refused: Mapping[str, str] = field(default_factory=dict)

    @property
    def default(self) -> str:
        """The value that is taken when nothing is chosen."""
        return next(iter(self.choices))


@dataclass(frozen=True, slots=True)
class Engine:
    """A planner: `solve` must be a function of a module, so that a child process finds it."""

    name: str
    label: str
    solve: Solve
    options: tuple[EngineOption, ...] = ()
    isolated: bool = True
    about: str = ""

    def complete(self, options: Mapping[str, Any]) -> dict[str, Any]:
        """Return the options with the defaults of those not chosen.

        Raises
        ------
        ValueError
            For the first of `faults`.
        """
        for where, what, mend in self.faults(options):
            raise ValueError(f"{where}: {what} {mend}".strip())
        return {option.name: options.get(option.name, option.default) for option in self.options}

    def faults(self, options: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
        """Yield what is wrong with some options: the option's name, the sentence, and how to mend it."""
        known = {option.name: option for option in self.options}
        for name, value in options.items():
            option = known.get(name)
            if option is None:
                mend = f"It has {', '.join(known)}." if known else "It has no options of its own."
                yield str(name), f"The engine {self.name} has no option {name}.", mend
            elif not isinstance(value, str) or value not in option.choices:
                what = option.refused.get(str(value), f"{option.label} cannot be {value!r}.")
                yield name, what, f"Choose one of {', '.join(option.choices)}."


def find_engine(name: str) -> Engine:
    """Return an engine by its name.

    Raises
    ------
    ValueError
        When there is none; the sentence names those there are.
    """
    if name in ENGINES:
        return ENGINES[name]
    near = get_close_matches(name, ENGINES, 1)
    meant = f" Did you mean {near[0]}?" if near else ""
    raise ValueError(f"There is no engine {name}.{meant} There are {', '.join(ENGINES)}.")


def _network(problem: Problem, options: Mapping[str, Any], progress: Progress | None = None) -> NetworkPlan:
    from tom_gcn.planning.plan import solve

    return solve(problem, progress)


def _gwemopt(problem: Problem, options: Mapping[str, Any], progress: Progress | None = None) -> NetworkPlan:
    from tom_gcn.planning.gwemopt import solve

    return solve(problem, options, progress)


_SCHEDULE = EngineOption(
    "schedule",
    "Schedule type",
    {
        "greedy": "greedy: the most probable field that is up",
        "greedy_slew": "greedy with slews: near fields first",
        "sear": "sear: what sets soon first",
    },
    "How gwemopt orders the fields of each telescope.",
    {
        "sear_slew": "gwemopt 0.4.2 names sear_slew but stops with an error when asked for it.",
        "weighted": "gwemopt 0.4.2 takes fields twice or stops with an error in its weighted schedule.",
        "weighted_slew": "gwemopt 0.4.2 names weighted_slew but stops with an error when asked for it.",
        "airmass_weighted": "gwemopt 0.4.2 ignores the Moon in its airmass_weighted schedule.",
        "airmass_weighted_slew": "gwemopt 0.4.2 names airmass_weighted_slew but stops with an error when asked for it.",
        "milp": "The solver MILP of gwemopt 0.4.2 fails.",
    },
)
_TARGETS = EngineOption(
    "targets",
    "What it points at",
    {"tiling": "fields of the telescopes' grids", "galaxy": "galaxies in the localization"},
    "Galaxies need a catalogue with galaxies in the localization; they are ranked by us, since gwemopt 0.4.2 looks "
    "them up in the wrong pixels.",
)

ENGINES: dict[str, Engine] = {
    engine.name: engine
    for engine in (
        Engine("network", "Joint plan of the network", _network, isolated=False, about="Probability counts once."),
        Engine(
            "gwemopt",
            "gwemopt 0.4.2",
            _gwemopt,
            (_SCHEDULE, _TARGETS),
            about="Plans every telescope by itself; telescopes may look at the same sky.",
        ),
    )
}
"""By name; the first is the default."""
