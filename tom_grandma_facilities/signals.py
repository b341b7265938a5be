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

# kwargs: request (FollowUpRequest). In the transaction that queued it: it is to be sent, replaced or taken back.
request_queued = Signal()

# kwargs: request, by (User or None). After commit; a telescope is to be asked.
request_asked = Signal()

# kwargs: request. After commit; it left the site: the telescope's side took it.
request_sent = Signal()

# kwargs: request, entry (RequestEntry). After commit; whoever was asked answered, in whatever way.
request_answered = Signal()

# kwargs: request, entry (RequestEntry). After commit; any change of state or edit, for pages that follow it live.
request_changed = Signal()

# kwargs: request. After commit; nobody answered and it gets dark soon: those asked were reminded.
request_silent = Signal()

# kwargs: request. After commit; nobody answered and it is dark: somebody must call.
request_escalated = Signal()

# kwargs: request, target (BaseTarget or None), text (the light curve as the service wrote it), points (tuple of
# forced_photometry.ForcedPoint), service (name of the transport: atlas-fp, ztf-fp). In the transaction that notes the
# request as done: whoever keeps the light curve keeps it with that, or the request is asked after again.
forced_photometry_received = Signal()
