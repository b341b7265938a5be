"""Wait for what comes sooner or later, on a machine that may be busy with other things."""

import time
from collections.abc import Callable

PATIENCE_S = 150.0
"""After this it will not come any more. Nothing that is promised: tests of a promised time state their own."""


def wait_until(
    condition: Callable[[], object], what: str, *, within_s: float = PATIENCE_S, every_s: float = 0.05
) -> float:
    """Seconds it took until the condition held; `what` is told when it never does."""
    began = time.monotonic()
    while not condition():
        assert time.monotonic() - began < within_s, f"after {within_s:.0f} s: {what}"
        time.sleep(every_s)
    return time.monotonic() - began
