"""Query parameters of the API are checked by name; the check itself lives below, where all apps find it."""

from tom_grandma_facilities.known_parameters import EVERYWHERE, KnownParameters

__all__ = ["EVERYWHERE", "KnownParameters"]
