"""What happened here, told upward: facts in the past tense, sent once the transaction is committed."""

from django.dispatch import Signal

# kwargs: upload (PhotometryUpload), targets (tuple of primary keys), has_all_checks (bool: light curves were looked at
# too). Points are new. Never for a dry run.
photometry_stored = Signal()

# kwargs: points (tuple of primary keys), by (User). Their status was changed by a person.
photometry_reviewed = Signal()

# kwargs: upload (PhotometryUpload). In the transaction that queued it: its rows are to be read in the background.
upload_requested = Signal()

# kwargs: upload (PhotometryUpload), group (Group), by (User), let_in (bool). In a transaction: so much moves with it
# that a worker shares it.
sharing_requested = Signal()

# No kwargs. Other TOM apps have written photometry, and it is committed.
pull_requested = Signal()

# kwargs: targets (tuple of primary keys). Their points are to be checked again.
checks_requested = Signal()

# kwargs: target_id (primary key). In the transaction in which its T0, set by hand, was forgotten.
epoch_released = Signal()
