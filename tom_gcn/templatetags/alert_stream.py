"""``{% alerts_warning %}``: one line at the top of a page when alerts do not come in."""

from typing import Any

from django import template

from tom_gcn.listening import states

register = template.Library()


@register.inclusion_tag("tom_gcn/partials/alerts_warning.html")
def alerts_warning() -> dict[str, Any]:
    """The warnings of all clusters; nothing is shown when there are none. One query."""
    return {"warnings": states.warnings()}
