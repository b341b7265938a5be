"""What happens to people, told to whoever sends mails and keeps records."""

from django.dispatch import Signal

# kwargs: subject, body, to (one address). After commit: a worker sends it.
mail_written = Signal()

# kwargs: user (User), by (User or None). After commit: the account was closed; sessions and tokens are ended already.
account_closed = Signal()
