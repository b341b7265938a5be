"""What an earlier plan leaves behind: pointings that are kept as they are, and fields that may stand."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from tom_gcn.planning.clock import to_mjd
from tom_gcn.planning.difference import Place, place_of, visits_of
from tom_gcn.planning.geometry import unit_vectors
from tom_gcn.planning.measure import footprints_of
from tom_gcn.planning.pixels import Worth
from tom_gcn.planning.problem import Problem
from tom_gcn.planning.result import Pointing
from tom_gcn.planning.telescopes import PlanTelescope
from tom_gcn.planning.timing import Draft, in_time
from tom_gcn.planning.visibility import Sky

SAME_TIME_S = 1.0


def kept_drafts(problem: Problem) -> list[Draft]:
    """Return the pointings that stay whatever happens; their telescopes may take no part any more."""
    numbers = {telescope.name: number for number, telescope in enumerate(problem.asked)}
    return [_draft(pointing, numbers.get(pointing.telescope, -1), pointing) for pointing in problem.kept]


def standing_drafts(problem: Problem, worth: Worth, skies: Sequence[Sky], kept: Sequence[Draft]) -> list[Draft]:
    """Return the pointings of the standing plan that can stay as they are and still add enough.

    They must lie in the new span, keep all limits of the new problem, have the telescope's present exposures, and not
    meet a kept pointing; no telescope keeps more of them than it may have pointings.
    """
    numbers = {telescope.name: number for number, telescope in enumerate(problem.asked)}
    blocked = {(pointing.telescope, pointing.ra_deg, pointing.dec_deg, pointing.epoch) for pointing in problem.kept}
    observed = visits_done(problem)
    possible: list[Draft] = []
    for pointing in sorted(problem.previous, key=lambda one: (one.end, one.telescope)):
        number = numbers.get(pointing.telescope, -1)
        place = (pointing.telescope, pointing.ra_deg, pointing.dec_deg, pointing.epoch)
        if number < 0 or place in blocked or not _is_same(pointing, problem.asked[number]):
            continue
        if pointing.epoch <= observed[place_of(*place[:3])]:
            continue
        draft = _draft(pointing, number, None)
        if _has_room(draft, [*kept, *possible], skies[number], problem) and _is_allowed(draft, skies[number]):
            possible.append(draft)
    return _useful(possible, kept, problem, worth)


def visits_done(problem: Problem) -> Counter[Place]:
    """Return how often each telescope has observed each of its places."""
    return visits_of(problem.done)


def is_owed(draft: Draft, observed: Mapping[Place, int], problem: Problem) -> bool:
    """Whether a draft is a later visit of a field of which the earlier ones were observed, so that it is still due."""
    if draft.epoch == 1 or draft.telescope < 0:
        return False
    place = place_of(problem.asked[draft.telescope].name, draft.ra_deg, draft.dec_deg)
    return 0 < observed.get(place, 0) < draft.epoch


def _draft(pointing: Pointing, number: int, original: Pointing | None) -> Draft:
    return Draft(
        number,
        pointing.field_id,
        pointing.ra_deg,
        pointing.dec_deg,
        to_mjd(pointing.start),
        to_mjd(pointing.end),
        pointing.new_probability,
        pointing.epoch,
        pointing.filter,
        original,
    )


def _is_same(pointing: Pointing, telescope: PlanTelescope) -> bool:
    """Whether the telescope would still take the pointing with the same exposures."""
    length = (pointing.end - pointing.start).total_seconds()
    return abs(length - telescope.duration_s) < SAME_TIME_S and pointing.n_exposures == telescope.n_exposures


def _has_room(draft: Draft, others: Sequence[Draft], sky: Sky, problem: Problem) -> bool:
    """Whether a telescope may have one more pointing, and gets to it and away from it in time."""
    mine = [other for other in others if other.telescope == draft.telescope]
    own, common = sky.telescope.max_pointings, problem.options.max_pointings
    limit = own if own is not None else common
    if limit is not None and len(mine) >= limit:
        return False
    return all(in_time(draft, other, sky.telescope) for other in mine)


def _is_allowed(draft: Draft, sky: Sky) -> bool:
    return sky.allowed_at(unit_vectors(draft.ra_deg, draft.dec_deg), draft.start_mjd)


def _useful(possible: list[Draft], kept: Sequence[Draft], problem: Problem, worth: Worth) -> list[Draft]:
    """Leave out what adds too little in the new map, and the later visits of what is left out."""
    together = sorted([*kept, *possible], key=lambda draft: (draft.end_mjd, draft.telescope))
    measured = footprints_of(worth, together, problem.asked, problem.executed)
    spared = {n for n, draft in enumerate(together) if draft.original is not None or draft.epoch > 1}
    order = measured.worth_keeping(range(len(together)), problem.options.min_new_probability, spared)
    stays = {(together[n].telescope, together[n].field_id) for n in order if together[n].epoch == 1}
    observed = visits_done(problem)
    return [
        together[n]
        for n in order
        if together[n].original is None
        and ((together[n].telescope, together[n].field_id) in stays or is_owed(together[n], observed, problem))
    ]
