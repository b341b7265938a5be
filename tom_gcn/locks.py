"""What kinds of rows of alerts and plans are worked on under a lock (see `tom_grandma_facilities.locks`)."""

import enum

from tom_grandma_facilities.locks import is_worked_on, working_on

__all__ = ["LockSpace", "is_worked_on", "working_on"]


class LockSpace(enum.IntEnum):
    """First key of a two-key advisory lock: what kind of row is worked on."""

    MESSAGE = 7101
    PLAN = 7102
    LISTENER = 7103
    SKYMAP_FETCH = 7104
    REFINEMENT = 7105
