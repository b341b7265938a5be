"""The same maps and telescopes as in the unit tests of the planner."""

from tests.unit.planning.conftest import make_blob, make_telescope

__all__ = ["make_blob", "make_telescope"]
