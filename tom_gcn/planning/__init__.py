"""One joint plan for the whole network, from a sky map and telescopes. Plain numpy and scipy, no Django.

`plan` is the door: `solve` takes a `problem`; `wish` is what somebody asks for and refuses what cannot be, `options`
what can be chosen. `network` chooses fields for all telescopes together (`candidates` from `grids` and `targets`,
`schedule` the greedy choice, `pixels` what is counted, `sight` depth against distance), `limits`, `visits` and
`visibility` say when a field can be taken, `timing` orders each telescope's fields, `standing` what an earlier plan
leaves, `check` looks at them again with astropy, `measure` and `report` count probabilities on true footprints,
`reasons` finds the sentence for a telescope without a plan, `difference` tells what changed. `bound` and `refine` say
how good a plan is and better it. `engines` lists what can plan, `isolated` runs an engine in a process of its own and
`verify` looks at what it returns; `gwemopt` is the adapter to the other engine, imported only where it is asked for.
"""

from tom_gcn.planning.difference import Difference, describe
from tom_gcn.planning.errors import PlanCancelled
from tom_gcn.planning.options import PlanOptions
from tom_gcn.planning.plan import plan_network, solve
from tom_gcn.planning.problem import Done, GalaxyTargets, Problem
from tom_gcn.planning.result import Bound, NetworkPlan, Pointing, TelescopeResult
from tom_gcn.planning.telescopes import CannotPlan, PlanTelescope, plan_telescope
from tom_gcn.planning.wish import Objection, PlanWish, WishError

__all__ = [
    "Bound",
    "CannotPlan",
    "Difference",
    "Done",
    "GalaxyTargets",
    "NetworkPlan",
    "Objection",
    "PlanCancelled",
    "PlanOptions",
    "PlanTelescope",
    "PlanWish",
    "Pointing",
    "Problem",
    "TelescopeResult",
    "WishError",
    "describe",
    "plan_network",
    "plan_telescope",
    "solve",
]
