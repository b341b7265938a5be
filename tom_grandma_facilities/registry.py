"""Every declared telescope by name. Pure: importing it needs no Django."""

from __future__ import annotations

import difflib
import importlib
import pkgutil
from collections.abc import Mapping
from types import MappingProxyType, ModuleType

from tom_grandma_facilities import observatories, telescopes
from tom_grandma_facilities.telescope import Telescope


class UnknownTelescope(LookupError):
    """No telescope has this name; ``nearest`` holds names that look like it."""

    def __init__(self, name: str, nearest: tuple[str, ...]) -> None:
        self.name = name
        self.nearest = nearest
        suggestion = f" Did you mean {' or '.join(nearest)}?" if nearest else ""
        super().__init__(f"No telescope is called {name!r}.{suggestion}")


def _load(package: ModuleType) -> Mapping[str, Telescope]:
    """Import every module of a package and collect what it declares, ordered by name."""
    found: dict[str, Telescope] = {}
    for module in pkgutil.iter_modules(package.__path__):
        telescope = importlib.import_module(f"{package.__name__}.{module.name}").TELESCOPE
        if telescope.name in found:
            raise ValueError(f"Two modules declare a telescope called {telescope.name}.")
        found[telescope.name] = telescope
    return MappingProxyType(dict(sorted(found.items(), key=lambda item: item[0].casefold())))


# Those of the network, which plans and charts are made for; those beside it, which are only asked; and both.
TELESCOPES: Mapping[str, Telescope] = _load(telescopes)
OBSERVATORIES: Mapping[str, Telescope] = _load(observatories)
ASKABLE: Mapping[str, Telescope] = MappingProxyType({**TELESCOPES, **OBSERVATORIES})
_BY_ALIAS: Mapping[str, str] = {
    alias.casefold(): telescope.name
    for telescope in ASKABLE.values()
    for alias in (telescope.name, telescope.full_name, *telescope.aliases)
}


def get_telescope(name: str) -> Telescope:
    """Return the telescope called `name`, or known by it in gwemopt or grandma_data, whatever its case.

    Raises
    ------
    UnknownTelescope
        With the nearest names.
    """
    exact = ASKABLE.get(name) or ASKABLE.get(_BY_ALIAS.get(name.casefold(), ""))
    if exact is None:
        close = difflib.get_close_matches(name.casefold(), _BY_ALIAS, n=3, cutoff=0.5)
        raise UnknownTelescope(name, tuple(dict.fromkeys(_BY_ALIAS[alias] for alias in close)))
    return exact


def is_offered(telescope: Telescope) -> bool:
    """Say whether requests to it make sense: telescopes of the network on the ground, and observatories beside it."""
    if telescope.name in OBSERVATORIES:
        return True
    return not (telescope.retired or telescope.placeholder or telescope.space)
