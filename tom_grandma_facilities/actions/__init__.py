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
from tom_grandma_facilities.actions.uploads import (
    Received,
    abandoned_uploads,
    read_upload,
    receive_observations,
    requeue_upload,
)

__all__ = [
    "CHANGE_PERMISSION",
    "NOT_DECLARED",
    "Answer",
    "Received",
    "Recorded",
    "SyncResult",
    "abandoned_uploads",
    "closed_telescopes",
    "groups_to_tell",
    "may_change_status",
    "may_record_observations",
    "read_upload",
    "receive_observations",
    "record_observations",
    "requeue_upload",
    "set_telescope_status",
    "sync_telescopes",
]
