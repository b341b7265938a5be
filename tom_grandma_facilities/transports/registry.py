"""Every transport by name: what the protocol modules beside this one declare in `TRANSPORTS`."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator, Mapping
from types import MappingProxyType

from tom_grandma_facilities import transports
from tom_grandma_facilities.transports.base import Transport


def _declared() -> Iterator[Transport]:
    for module in pkgutil.iter_modules(transports.__path__):
        # This module itself is still being imported, and declares none of its own.
        path = f"{transports.__name__}.{module.name}"
        if path != __name__:
            yield from getattr(importlib.import_module(path), "TRANSPORTS", ())


def _load() -> Mapping[str, Transport]:
    """Collect them, ordered by what people read."""
    found: dict[str, Transport] = {}
    for transport in sorted(_declared(), key=lambda one: one.label.casefold()):
        if transport.name in found:
            raise ValueError(f"Two transports are called {transport.name}.")
        found[transport.name] = transport
    return MappingProxyType(found)


TRANSPORTS: Mapping[str, Transport] = _load()
