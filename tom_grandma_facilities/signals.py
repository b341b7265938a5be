"""What happened here, told upward: facts in the past tense, sent once the transaction is committed."""

from django.dispatch import Signal

# kwargs: upload (ObservationUpload), observations (tuple of primary keys created or corrected), telescopes (tuple of
# names), start and end (aware UTC: first start and last start of those). After commit; never for a dry run, nor when
# nothing was new.
observations_recorded = Signal()

# kwargs: status (TelescopeStatus), was_closed (bool: whether it kept the telescope out of plans before). After commit.
telescope_status_changed = Signal()

# kwargs: upload (ObservationUpload). In the transaction that queued it: its rows are to be read in the background.
upload_requested = Signal()
