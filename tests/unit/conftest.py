"""Pure tests know nothing of the conftest above: `./test unit` leaves it, and Django, out."""

import tests.properties  # noqa: F401  sets up hypothesis
