"""Frames between an engine's process and ours: eight bytes of length, then a pickled pair of kind and content.

Both ends are our own code in one installation; nothing from outside is ever unpickled here.
"""

from __future__ import annotations

import pickle
from typing import IO, Any

_LENGTH = 8


def write_frame(pipe: IO[bytes], kind: str, content: Any) -> None:
    """Write one frame whole."""
    body = pickle.dumps((kind, content), protocol=pickle.HIGHEST_PROTOCOL)
    pipe.write(len(body).to_bytes(_LENGTH, "big") + body)
    pipe.flush()


def read_frame(pipe: IO[bytes]) -> tuple[str, Any] | None:
    """Return the next frame; None when the other end is gone, also in the middle of one."""
    head = pipe.read(_LENGTH)
    if len(head) < _LENGTH:
        return None
    size = int.from_bytes(head, "big")
    body = pipe.read(size)
    if len(body) < size:
        return None
    kind, content = pickle.loads(body)  # noqa: S301  written by our own child process
    return str(kind), content
