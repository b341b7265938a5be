"""Wishes as they are asked for on the site: what is left out takes the site's defaults, not those of the planner."""

from collections.abc import Mapping
from typing import Any

from django.conf import settings

from tom_gcn.planning.options import PlanOptions
from tom_gcn.planning.wish import PlanWish


def site_options() -> PlanOptions:
    """The options of a plan of which nothing was chosen."""
    return site_wish({}).options


def site_wish(data: object) -> PlanWish:
    """Read a wish from JSON; of its options that are left out the site's defaults hold, null stands for them too.

    Raises
    ------
    WishError
    """
    return PlanWish.from_json(with_site_options(data))


def with_site_options(data: object) -> object:
    """Fill the site's defaults into a wish in JSON; what is no wish is left as it is, to be refused."""
    if not isinstance(data, Mapping):
        return data
    given: Any = data.get("options")
    if given is None:
        given = {}
    if not isinstance(given, Mapping):
        return data
    usual: dict[str, Any] = settings.ICARE_PLAN_OPTIONS
    missing = {name: value for name, value in usual.items() if given.get(name) is None}
    return {**data, "options": {**given, **missing}}
