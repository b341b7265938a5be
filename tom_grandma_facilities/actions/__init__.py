"""Every change of state of this app. Pages, API, admin and commands are doors to these functions."""

from tom_grandma_facilities.actions.executed import (
    Answer,
    Recorded,
    groups_to_tell,
    may_record_observations,
    record_observations,
)
from tom_grandma_facilities.actions.status import (
    CHANGE_PERMISSION,
    NOT_DECLARED,
    SyncResult,
    closed_telescopes,
    may_change_status,
    set_telescope_status,
    sync_telescopes,
)

__all__ = [
    "CHANGE_PERMISSION",
    "NOT_DECLARED",
    "Answer",
    "Recorded",
    "SyncResult",
    "closed_telescopes",
    "groups_to_tell",
    "may_change_status",
    "may_record_observations",
    "record_observations",
    "set_telescope_status",
    "sync_telescopes",
]
