"""Parts made ahead: in order, the next one while the last is used, errors where they belong."""

import threading

import pytest

from tom_photvalidation.ahead import ahead


def test_parts_come_in_order_and_none_is_lost():
    assert list(ahead(iter(range(20)), may_begin=lambda: True)) == list(range(20))
    assert list(ahead(iter([]), may_begin=lambda: True)) == []
    assert list(ahead(iter([0, None, 2]), may_begin=lambda: True)) == [0, None, 2]


def test_the_next_part_is_made_while_one_is_used():
    second_was_begun = threading.Event()

    def parts():
        yield 1
        second_was_begun.set()
        yield 2

    coming = ahead(parts(), may_begin=lambda: True)
    assert next(coming) == 1
    assert second_was_begun.wait(10)
    assert list(coming) == [2]


def test_no_thread_is_begun_where_it_may_not():
    def parts():
        for _ in range(3):
            yield threading.get_ident()

    assert set(ahead(parts(), may_begin=lambda: False)) == {threading.get_ident()}


def test_what_fails_ahead_fails_where_the_part_is_asked_for():
    def parts():
        yield 1
        raise ValueError("broken")

    coming = ahead(parts(), may_begin=lambda: True)
    assert next(coming) == 1
    with pytest.raises(ValueError, match="broken"):
        next(coming)


def test_stopping_early_leaves_no_thread_behind():
    coming = ahead(iter(range(100)), may_begin=lambda: True)
    next(coming)
    coming.close()
    assert not any(thread.name.startswith("ahead") for thread in threading.enumerate())
