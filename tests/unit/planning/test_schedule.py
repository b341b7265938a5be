"""The greedy choice and its exact matching of fields to slots."""

from itertools import permutations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from tom_gcn.planning.schedule import Candidates, Chosen, Slots, choose


def can_match(rows: list[np.ndarray], slots: int) -> bool:
    """Whether every row can have a slot of its own, by trying all orders."""
    return any(all(row[slot] for row, slot in zip(rows, order, strict=False)) for order in permutations(range(slots)))


@given(arrays(bool, (5, 4)))
def test_matching_accepts_a_field_exactly_when_it_fits(feasible: np.ndarray) -> None:
    slots, accepted = Slots(4, limit=4), []
    for row in feasible:
        fits = can_match([*accepted, row], 4) and len(accepted) < 4
        assert slots.add(row) == fits
        if fits:
            accepted.append(row)


def test_matching_keeps_to_the_limit() -> None:
    slots = Slots(5, limit=2)
    assert [slots.add(np.ones(5, dtype=bool)) for _ in range(3)] == [True, True, False]


def fields(members: list[list[int]], feasible: np.ndarray) -> Candidates:
    count = len(members)
    indptr = np.concatenate([[0], np.cumsum([len(pixels) for pixels in members])])
    return Candidates(
        np.arange(count, dtype=float),
        np.zeros(count),
        [str(index) for index in range(count)],
        feasible,
        np.ones(count),
        indptr.astype(np.int64),
        np.array([pixel for pixels in members for pixel in pixels], dtype=np.int64),
    )


def test_overlapping_fields_of_two_telescopes_count_once() -> None:
    weight = np.array([0.4, 0.3, 0.2, 0.1])
    both = [fields([[0, 1], [2], [0]], np.ones((3, 2), dtype=bool)) for _ in range(2)]
    chosen = [Chosen(), Chosen()]
    choose(both, [Slots(2, 2), Slots(2, 2)], chosen, weight, 1e-3)
    taken = sorted(name for one in chosen for name in one.names)
    assert taken == ["0", "1"]
    assert np.isclose(sum(sum(one.gain) for one in chosen), 0.9)
    assert weight.tolist() == [0.0, 0.0, 0.0, 0.1]


@given(arrays(float, 12, elements=st.floats(0.0, 1.0)), st.integers(0, 2**32 - 1))
def test_every_choice_is_the_best_at_its_turn(values: np.ndarray, seed: int) -> None:
    """Counting again only what comes to the top misses nothing that counting everything would find."""
    random = np.random.default_rng(seed)
    sets = [sorted(random.choice(12, size=4, replace=False).tolist()) for _ in range(8)]
    weight = values / max(values.sum(), 1e-9)
    left, chosen = weight.copy(), [Chosen()]
    choose([fields(sets, np.ones((8, 5), dtype=bool))], [Slots(5, 5)], chosen, weight, 1e-6)
    for name, gain in zip(chosen[0].names, chosen[0].gain, strict=True):
        assert np.isclose(gain, max(left[pixels].sum() for pixels in sets))
        left[sets[int(name)]] = 0.0
    assert len(chosen[0]) == 5 or max(left[pixels].sum() for pixels in sets) < 1e-6 + 1e-12
    assert np.array_equal(left, weight)
