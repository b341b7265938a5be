"""What happens to people, told to whoever sends mails and keeps records."""

from django.dispatch import Signal

# kwargs: subject, body, to (one address). After commit: a worker sends it.
mail_written = Signal()
