"""What no plan of a problem can exceed, from the linear program of its fields and slots.

docs/science/planning.md, "Bound and refinement", says what exactly is bounded.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from time import perf_counter

import numpy as np

from tom_gcn.coverage import Footprint
from tom_gcn.planning.candidates import candidates_of, centred_of
from tom_gcn.planning.geometry import BoolArray, FloatArray, IntArray
from tom_gcn.planning.highs import by_columns
from tom_gcn.planning.network import Network, octave
from tom_gcn.planning.pixels import PIXEL_SIDE_DEG, PixelTable, pixel_deg2
from tom_gcn.planning.plan import network_of
from tom_gcn.planning.problem import Problem
from tom_gcn.planning.program import Program, Roaming, ceiling, program_of
from tom_gcn.planning.result import Bound, NetworkPlan
from tom_gcn.planning.schedule import Candidates
from tom_gcn.planning.visibility import Sky
from tom_gcn.skymaps import tile_ranges

TIME_LIMIT_S = 60.0
CELL_ORDERS = 2
"""Roaming telescopes are offered cells so many orders above the pixels."""
OFFERED = 4.0
"""How much more than it can cover is offered to a roaming telescope."""
FEWEST_OFFERED = 12

EXACT = "linear program"
UNFINISHED = "linear program, stopped by the time limit"
QUICK = "certificate: covered plus the best gains that fit"


@dataclass(frozen=True, eq=False)
class Setup:
    """The program of a problem, and what of its pixels a plan covers.

    Attributes
    ----------
    network : Network
        Nothing is chosen in it.
    candidates : tuple, one per telescope
        None for roaming telescopes and those that never see a field.
    program : Program
    roaming : tuple of Roaming
    """

    network: Network
    candidates: tuple[Candidates | None, ...]
    program: Program
    roaming: tuple[Roaming, ...]


def bound(problem: Problem, plan: NetworkPlan, time_limit_s: float = TIME_LIMIT_S) -> Bound:
    """Bound the covered probability of every plan of a problem.

    Parameters
    ----------
    problem : Problem
    plan : NetworkPlan
        A plan of the problem: the certificate begins with it, and the gap is measured from it.
    time_limit_s : float
        Where the program takes longer, the prices it has found so far give the bound, or the plan itself does.

    Returns
    -------
    Bound
        Never below the plan's covered probability.
    """
    began = perf_counter()
    setup = setup_of(problem)
    covered = _covered_pixels(setup.network.base, plan, problem)
    on_pixels = float(setup.program.pixel_weight[covered].sum())
    most, how = _most(setup, covered, began + time_limit_s)
    # what the pixels round off is the same for the plan and for the bound
    executed = plan.executed_probability
    covered_now = min(plan.covered_probability, 1.0)
    value = min(covered_now + max(most - on_pixels, 0.0), max(1.0 - executed, covered_now))
    gap = 0.0 if value <= 0.0 else 1.0 - covered_now / value
    return Bound(value, gap, perf_counter() - began, how, exact_windows=True)


def setup_of(problem: Problem) -> Setup:
    """Write down the program of a problem; the weights are the probability that nobody has covered yet."""
    network = network_of(problem)
    table = network.base
    free = network.worth.skymap.probability_of_each(tile_ranges(table.order, table.ipix))
    free = np.concatenate([np.where(table.open_pixels > 0.0, free, 0.0), np.zeros(len(table.open_points))])
    candidates = fields_of(network)
    limits = [_limit(network, number) for number in range(len(network.skies))]
    free_pointing = [number for number in range(len(network.skies)) if roams(network, number) and limits[number]]
    cell = _cells(table)
    roaming = tuple(_roaming(network, number, cell, free) for number in free_pointing)
    offered = np.unique(np.concatenate([np.empty(0, np.int64), *(one.cells for one in roaming)]))
    # only cells that are offered to somebody have a number
    renumbered = np.full(int(cell.max(initial=0)) + 2, -1, dtype=np.int64)
    renumbered[offered] = np.arange(len(offered))
    roaming = tuple(replace(one, cells=renumbered[one.cells]) for one in roaming)
    program = program_of(candidates, limits, free, renumbered[cell])
    return Setup(network, candidates, program, roaming)


def fields_of(network: Network) -> tuple[Candidates | None, ...]:
    """Return the fields of every telescope; None for those that roam and those that never see a field."""
    return tuple(_fields(network, number) for number in range(len(network.skies)))


def roams(network: Network, number: int) -> bool:
    """Tell whether a telescope is bounded by the area it can cover: it points freely, or its fields are small."""
    telescope = network.telescopes[number]
    return not network.centred[number] and (telescope.narrow or octave(telescope) > 0)


def _limit(network: Network, number: int) -> int:
    limit = network.slots[number].limit
    return min(limit, 1) if network.centred[number] else limit


def _fields(network: Network, number: int) -> Candidates | None:
    """The fields of a telescope's grid, or the one about the centre."""
    sky = network.skies[number]
    if roams(network, number):
        return None
    if network.centred[number]:
        return centred_of(network.base, sky, network.centre, network.options) if sky.slots else None
    return candidates_of(network.base, sky, network.options)


def _cells(table: PixelTable) -> IntArray:
    """The cell of each pixel, counted from 0; -1 for galaxies."""
    _, cell = np.unique(table.ipix >> (2 * CELL_ORDERS), return_inverse=True)
    return np.append(cell, np.full(len(table.open_points), -1)).astype(np.int64)


def _roaming(network: Network, number: int, cell: IntArray, free: FloatArray) -> Roaming:
    """The area a telescope can cover, what it sees, and the cells with most probability among that."""
    table, sky = network.base, network.skies[number]
    pixels = network.slots[number].limit * sky.telescope.field_deg2 / pixel_deg2(table.order)
    seen = _ever_in_field(sky, table)
    in_cells = cell >= 0
    visible = np.zeros(len(free), dtype=bool)
    visible[in_cells] = seen[cell[in_cells]]
    held = np.bincount(cell[in_cells], weights=np.where(visible, free, 0.0)[in_cells], minlength=len(seen))
    most = FEWEST_OFFERED + int(OFFERED * pixels / 4.0**CELL_ORDERS)
    best = np.argsort(-held, kind="stable")[:most]
    return Roaming(visible, float(pixels), np.sort(best[held[best] > 0.0]))


def _ever_in_field(sky: Sky, table: PixelTable) -> BoolArray:
    """Cells of which a part can ever lie in a field: the limits hold at centres, so that they are widened."""
    order = table.order - CELL_ORDERS
    centres = PixelTable.centres(order, np.unique(table.ipix >> (2 * CELL_ORDERS)))
    # the farthest corner of a HEALPix cell is less than its side away from its centre
    reach = sky.telescope.reach_deg + PIXEL_SIDE_DEG / 2.0**order
    telescope = replace(
        sky.telescope,
        dec_min_deg=max(sky.telescope.dec_min_deg - reach, -90.0),
        dec_max_deg=min(sky.telescope.dec_max_deg + reach, 90.0),
        galactic_latitude_min_deg=max(sky.telescope.galactic_latitude_min_deg - reach, 0.0),
        hour_angle_max_h=12.0,
    )
    return replace(sky, telescope=telescope, extra_margin_deg=-reach).ever_visible(centres)


def _covered_pixels(table: PixelTable, plan: NetworkPlan, problem: Problem) -> BoolArray:
    """Pixels inside the plan's footprints."""
    cameras = {telescope.name: telescope for telescope in problem.telescopes}
    copy = PixelTable(table.order, table.ipix, np.ones(len(table.weight)), table.points)
    outlines = (
        Footprint(camera.shape, camera.width_deg, camera.height_deg, pointing.ra_deg, pointing.dec_deg)
        for pointing in plan.pointings
        if (camera := cameras.get(pointing.telescope)) is not None
    )
    copy.cover(outlines)
    return np.asarray(copy.weight == 0.0)


def _most(setup: Setup, covered: BoolArray, ends: float) -> tuple[float, str]:
    """The most that can be covered, on the pixels, and how that was found."""
    program, roaming = setup.program, setup.roaming
    prices = _prices_of(program, covered)
    quick = ceiling(program, prices, roaming)
    left = ends - perf_counter()
    if left <= 0.0 or not program.n_fields + len(roaming):
        return quick, QUICK
    solved = by_columns(program, roaming, prices, left)
    if quick <= solved.bound:
        return quick, QUICK
    return solved.bound, EXACT if solved.relaxed.finished else UNFINISHED


def _prices_of(program: Program, covered: BoolArray) -> FloatArray:
    """Prices of a plan: nothing for what it covers, everything for the rest."""
    held = (program.pixel_class >= 0) & ~covered
    free = np.bincount(program.pixel_class[held], weights=program.pixel_weight[held], minlength=len(program.weight))
    return free.astype(np.float64)
