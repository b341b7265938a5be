"""A better plan than the greedy one, from the linear program of the wide fields.

The program is solved in shares, rounded to whole fields, and searched from there by HiGHS; the plan itself is the warm
start. What is found is only a choice of fields: times, checks and probabilities come from the same code as for every
plan, and the new plan is kept only if it is worth more.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from time import perf_counter

import numpy as np

from tom_gcn.planning.bound import fields_of
from tom_gcn.planning.geometry import FloatArray, IntArray
from tom_gcn.planning.highs import Model, Relaxed, by_columns
from tom_gcn.planning.network import Network, Progress
from tom_gcn.planning.plan import network_of, solve
from tom_gcn.planning.problem import Problem
from tom_gcn.planning.program import Cut, Program, program_of
from tom_gcn.planning.result import NetworkPlan
from tom_gcn.planning.schedule import Candidates

SECONDS = 60.0
COLUMNS_SHARE = 0.3
"""Part of the time in which the fields that matter are found."""
RELAXED_SHARE = 0.3
DIVE_SHARE = 0.3
"""Parts of the rest for the solution in shares and for rounding it; what remains is for the search."""
SEARCHED = 4.0
FEWEST_SEARCHED = 400
"""Fields in the search, in units of those in the plan and at least: the ones with the best reduced costs."""

Tell = Callable[[], None]


def refine(
    problem: Problem, plan: NetworkPlan, seconds: float = SECONDS, progress: Progress | None = None
) -> NetworkPlan:
    """Look for a better plan of the same problem.

    Where a plan stood already (``problem.previous``), the better one must gain more than ``options.stability``.

    Parameters
    ----------
    problem : Problem
    plan : NetworkPlan
        The plan to begin with.
    seconds : float
        Time for the search; timing and checking what is found comes on top.
    progress : callable, optional
        Called with the fraction of the time spent and a word; may raise `PlanCancelled`.

    Returns
    -------
    NetworkPlan
        The better plan, or the given one, with ``greedy_probability`` that of the given one.
    """
    began = perf_counter()
    tell = progress or (lambda fraction, text: None)

    def spent() -> None:
        tell(min(0.9 * (perf_counter() - began) / max(seconds, 1e-9), 0.9), "looking for better fields")

    spent()
    fields = _better_fields(problem, plan, began + seconds, spent)
    least = problem.options.stability if problem.previous else 0.0
    better = None if fields is None else solve(replace(problem, previous=()), begin=fields)
    tell(1.0, "done")
    greedy = min(plan.covered_probability, 1.0)
    if better is None or worth(problem, better) <= worth(problem, plan) + least:
        return replace(plan, greedy_probability=greedy)
    seconds_in_all = plan.seconds + perf_counter() - began
    return replace(better, greedy_probability=greedy, notes=plan.notes, seconds=seconds_in_all)


def worth(problem: Problem, plan: NetworkPlan) -> float:
    """Return what a plan is worth: the map's probability, and the galaxies' weight where there are any."""
    if problem.targets is None or plan.covered_galaxy_weight is None:
        return plan.covered_probability
    complete = problem.targets.completeness
    return (1.0 - complete) * plan.covered_probability + complete * plan.covered_galaxy_weight


def _better_fields(problem: Problem, plan: NetworkPlan, ends: float, spent: Tell) -> Callable[[Network], None] | None:
    """Search fields worth more than the plan's; what comes back takes them for a network."""
    network = network_of(problem)
    candidates = [None if centred else one for one, centred in zip(fields_of(network), network.centred, strict=True)]
    program = program_of(candidates, [slots.limit for slots in network.slots], network.base.weight)
    beyond = problem.options.epochs > 1 or problem.options.weigh != "probability"
    if beyond or not program.n_fields:
        return None
    start = _fields_of_plan(program, candidates, network, plan)
    prices = np.where(program.inside @ np.isin(np.arange(program.n_fields), start) > 0.0, 0.0, program.weight)
    solved = by_columns(program, (), prices, COLUMNS_SHARE * (ends - perf_counter()))
    fields = np.union1d(solved.fields, start)
    program, start = program.only(fields), np.searchsorted(fields, start)
    spent()
    time = ends - perf_counter()
    model = Model(program)
    relaxed = model.relax(RELAXED_SHARE * time)
    spent()
    best = max((start, model.dive(relaxed.share, DIVE_SHARE * time)), key=program.covered)
    spent()
    if not relaxed.finished or program.covered(best) < relaxed.value:
        best = _searched(program, relaxed, best, ends - perf_counter(), spent)
    if program.covered(best) <= program.covered(start):
        return None
    return lambda network: _take(network, program, candidates, best)


def _searched(program: Program, relaxed: Relaxed, best: IntArray, seconds: float, spent: Tell) -> IntArray:
    """Let HiGHS search among the fields with the best reduced costs, from the best choice so far."""
    cost = _reduced_costs(program, relaxed)
    number = min(max(int(SEARCHED * len(best)), FEWEST_SEARCHED), program.n_fields)
    fields = np.union1d(np.argsort(cost, kind="stable")[:number], best)
    smaller, place = program.only(fields), np.full(program.n_fields, -1)
    place[fields] = np.arange(len(fields))
    model = Model(smaller)
    for cut in relaxed.cuts:
        model.add(Cut(place[cut.fields][place[cut.fields] >= 0], cut.slots))
    found = model.choose(place[best], seconds, spent)
    return max((best, fields[found]), key=program.covered)


def _reduced_costs(program: Program, relaxed: Relaxed) -> FloatArray:
    """How much each field is worth less than the least useful one its telescope takes."""
    value = np.asarray(program.inside.T @ np.minimum(relaxed.price, program.weight))
    cost = np.zeros(program.n_fields)
    for number in set(program.telescope.tolist()):
        fields = program.fields_of(number)
        rank = -np.sort(-value[fields])
        cost[fields] = rank[min(program.limit[number], len(rank)) - 1] - value[fields] if program.limit[number] else 1.0
    return np.where(relaxed.share > 0.0, -1.0, cost)


def _fields_of_plan(
    program: Program, candidates: Sequence[Candidates | None], network: Network, plan: NetworkPlan
) -> IntArray:
    """The program's fields that a plan takes anew."""
    numbers = {telescope.name: n for n, telescope in enumerate(network.telescopes)}
    first = {number: fields[0] for number in numbers.values() if len(fields := program.fields_of(number))}
    taken = {(numbers.get(one.telescope, -1), one.field_id) for one in plan.pointings if not one.kept}
    found = [
        first[number] + index
        for number, one in enumerate(candidates)
        if one is not None
        for index, name in enumerate(one.names)
        if (number, name) in taken
    ]
    return np.array(found, dtype=np.int64)


def _take(network: Network, program: Program, candidates: Sequence[Candidates | None], fields: IntArray) -> None:
    """Take fields for a network, those with most probability first; what does not fit after all is left out."""
    weight, least = network.base.weight, network.options.min_new_probability
    wanted = []
    for one in fields:
        number, index = int(program.telescope[one]), int(program.candidate[one])
        taken = candidates[number]
        assert taken is not None
        wanted.append((-float(weight[taken.pixels(index)].sum()), number, index, taken))
    for _, number, index, taken in sorted(wanted, key=lambda one: one[:3]):
        gain = float(weight[taken.pixels(index)].sum())
        if gain >= least and (visits := network.slots[number].add_visits(taken.feasible[index])):
            network.chosen[number].append(taken, index, gain, visits)
            weight[taken.pixels(index)] = 0.0
