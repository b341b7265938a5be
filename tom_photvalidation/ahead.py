"""Work done ahead: the next part of something long is made in a thread while the one before it is being used."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")


def ahead(parts: Iterator[T], *, in_thread: bool, leave: Callable[[], None]) -> Iterator[T]:
    """Yield parts in order, one more of which is being made while the last one is used.

    Parts are made ready here, and stored by a database there: both are at work, for waiting for the database lets other
    threads run.

    Parameters
    ----------
    parts : what makes them; it runs in another thread than the caller's, in one at a time
    in_thread : whether a thread may be begun at all; otherwise each part is made when it is asked for
    leave : called in that thread when it ends, also after an error, to give back what it opened
    """
    if not in_thread:
        yield from parts
        return
    with ThreadPoolExecutor(1, "ahead") as thread:
        try:
            coming = thread.submit(_next, parts)
            while part := coming.result():
                coming = thread.submit(_next, parts)
                yield from part
        finally:
            thread.submit(leave).result()


def _next(parts: Iterator[T]) -> tuple[T] | tuple[()]:
    for part in parts:
        return (part,)
    return ()
