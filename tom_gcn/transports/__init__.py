"""How files come in from other hosts. The only place of this app besides the listener that speaks HTTP."""

from tom_grandma_facilities.transports.guarded import Away, Policy, Refused, fetch, judge

__all__ = ["Away", "Policy", "Refused", "fetch", "judge"]
