"""Every declared telescope by name. Pure: importing it needs no Django."""

from __future__ import annotations

import difflib
import importlib
import pkgutil
from collections.abc import Mapping
from types import MappingProxyType

from tom_grandma_facilities import telescopes
from tom_grandma_facilities.telescope import Telescope


class UnknownTelescope(LookupError):
    """No telescope has this name; ``nearest`` holds names that look like it."""

    def __init__(self, name: str, nearest: tuple[str, ...]) -> None:
        self.name = name
        self.nearest = nearest
        suggestion = f" Did you mean {' or '.join(nearest)}?" if nearest else ""
        super().__init__(f"No telescope is called {name!r}.{suggestion}")


def _load() -> Mapping[str, Telescope]:
    """Import every module of the package ``telescopes`` and collect what it declares, ordered by name."""
    found: dict[str, Telescope] = {}
    for module in pkgutil.iter_modules(telescopes.__path__):
        telescope = importlib.import_module(f"{telescopes.__name__}.{module.name}").TELESCOPE
        if telescope.name in found:
            raise ValueError(f"Two modules declare a telescope called {telescope.name}.")
        found[telescope.name] = telescope
    return MappingProxyType(dict(sorted(found.items(), key=lambda item: item[0].casefold())))


TELESCOPES: Mapping[str, Telescope] = _load()
_BY_ALIAS: Mapping[str, str] = {
    alias.casefold(): telescope.name
    for telescope in TELESCOPES.values()
    for alias in (telescope.name, telescope.full_name, *telescope.aliases)
}


def get_telescope(name: str) -> Telescope:
    """Return the telescope called `name`, or known by it in gwemopt or grandma_data, whatever its case.

    Raises
    ------
    UnknownTelescope
        With the nearest names.
    """
    exact = TELESCOPES.get(name) or TELESCOPES.get(_BY_ALIAS.get(name.casefold(), ""))
    if exact is None:
        close = difflib.get_close_matches(name.casefold(), _BY_ALIAS, n=3, cutoff=0.5)
        raise UnknownTelescope(name, tuple(dict.fromkeys(_BY_ALIAS[alias] for alias in close)))
    return exact
