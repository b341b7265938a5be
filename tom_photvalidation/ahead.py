"""Work done ahead: the next part of something long is made in a thread while the one before it is being used."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")


def ahead(parts: Iterator[T], *, may_begin: Callable[[], bool]) -> Iterator[T]:
    """Yield parts in order, one more of which is being made while the last one is used.

    Parts are read from text here, and stored by a database there: both are at work, for waiting for the database lets
    other threads run. The first part is made by the caller itself. After it `may_begin` is asked whether the others may
    be made in a thread.
    """
    part = _next(parts)
    if not may_begin():
        yield from part
        yield from parts
        return
    with ThreadPoolExecutor(1, "ahead") as thread:
        while part:
            coming = thread.submit(_next, parts)
            yield from part
            part = coming.result()


def _next(parts: Iterator[T]) -> tuple[T] | tuple[()]:
    for part in parts:
        return (part,)
    return ()
