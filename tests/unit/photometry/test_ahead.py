"""Parts made ahead: in order, the next one while the last is used, errors where they belong."""

import threading

import pytest

from tom_photvalidation.ahead import ahead


def nothing():
    """Nothing to give back."""


def test_parts_come_in_order_and_none_is_lost():
    assert list(ahead(iter(range(20)), in_thread=True, leave=nothing)) == list(range(20))
    assert list(ahead(iter([]), in_thread=True, leave=nothing)) == []
    assert list(ahead(iter([0, None, 2]), in_thread=True, leave=nothing)) == [0, None, 2]


def test_the_next_part_is_made_while_one_is_used():
    second_was_begun = threading.Event()

    def parts():
        yield 1
        second_was_begun.set()
        yield 2

    coming = ahead(parts(), in_thread=True, leave=nothing)
    assert next(coming) == 1
    assert second_was_begun.wait(10)
    assert list(coming) == [2]


def test_no_thread_is_begun_where_it_may_not():
    def parts():
        for _ in range(3):
            yield threading.get_ident()

    assert set(ahead(parts(), in_thread=False, leave=nothing)) == {threading.get_ident()}
    assert threading.get_ident() not in set(ahead(parts(), in_thread=True, leave=nothing))


def test_what_fails_ahead_fails_where_the_part_is_asked_for():
    def parts():
        yield 1
        raise ValueError("broken")

    coming = ahead(parts(), in_thread=True, leave=nothing)
    assert next(coming) == 1
    with pytest.raises(ValueError, match="broken"):
        next(coming)


@pytest.mark.parametrize("taken", [1, 3])
def test_a_thread_gives_back_what_it_opened_and_ends(taken):
    made, left = set(), []

    def parts():
        for number in range(3):
            made.add(threading.get_ident())
            yield number

    coming = ahead(parts(), in_thread=True, leave=lambda: left.append(threading.get_ident()))
    for _ in range(taken):
        next(coming)
    coming.close()
    assert left == list(made), "in the thread that made the parts, once"
    assert not any(thread.name.startswith("ahead") for thread in threading.enumerate())
