"""A facility class per declared telescope.

A telescope that behaves like all others needs no class of its own: it is made here from its value
(docs/decisions/0001-telescope-values-know-no-django.md).
"""

import re
import types

from tom_grandma_facilities.facility import GrandmaFacility
from tom_grandma_facilities.registry import ASKABLE
from tom_grandma_facilities.telescope import Telescope


def class_name(telescope: Telescope) -> str:
    """Return a Python name for a telescope's class: TAROT-TCA becomes TAROT_TCA_Facility, unique as its name is."""
    return re.sub(r"[.-]", "_", telescope.name) + "_Facility"


def make_facility(telescope: Telescope) -> type[GrandmaFacility]:
    """Return the facility class of a telescope."""
    body = {"__module__": __name__, "__doc__": f"{telescope.full_name}."}
    made: type[GrandmaFacility] = types.new_class(
        class_name(telescope), (GrandmaFacility,), {"telescope": telescope}, lambda namespace: namespace.update(body)
    )
    return made


FACILITIES: list[type[GrandmaFacility]] = [make_facility(telescope) for telescope in ASKABLE.values()]
# TOM imports a facility by its dotted path, so each must be an attribute of this module.
globals().update({facility.__name__: facility for facility in FACILITIES})
