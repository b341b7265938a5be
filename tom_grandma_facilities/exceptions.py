"""What can go wrong in this app, with a code for scripts and a sentence for people."""


class FacilityError(Exception):
    """Base of the family: `code` for scripts, the message for people."""

    code = "facility-error"


class NotAllowed(FacilityError):
    """The person asking may not do this."""

    code = "not-allowed"


class InvalidStatus(FacilityError):
    """A reported state that cannot be."""

    code = "invalid-status"
