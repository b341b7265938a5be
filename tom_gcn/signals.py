"""What happened here, told upward. Signals named *_stored, *_requested and *_changed are sent inside the transaction,
so that a receiver can put work on the queue together with the row; the others once the transaction is committed."""

from django.dispatch import Signal

# kwargs: message. Inside the transaction; only for messages that are to be read in the background.
message_stored = Signal()

# kwargs: plan. Inside the transaction.
plan_requested = Signal()

# kwargs: plan. Inside the transaction; a finished plan is to be made better.
refinement_requested = Signal()

# kwargs: event. Inside the transaction; what is known of an event changed: compare it with others.
relations_requested = Signal()

# No kwargs. Inside the transaction that changed a rule.
tag_rules_changed = Signal()

# kwargs: event. In the background, after an event was compared with others.
event_related = Signal()

# kwargs: notice, event, localization (or None). After commit.
notice_ingested = Signal()

# kwargs: event, notice. After commit.
event_retracted = Signal()

# kwargs: plan. After commit; it is done, failed or cancelled.
plan_finished = Signal()

# kwargs: plan. After commit; the longer look for a better plan is over.
plan_refined = Signal()

# kwargs: plan, telescope, orders, state, counted (those of the orders that were done or under way before). After
# commit; somebody reported on pointings.
pointings_reported = Signal()

# kwargs: refusal. After commit; a telescope cannot observe an event, or can again (`withdrawn_at`).
telescope_refused = Signal()
