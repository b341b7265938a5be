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


class RequestError(FacilityError):
    """A request that cannot be: `field` says where, `mend` how to put it right."""

    code = "invalid-request"

    def __init__(self, message: str, mend: str = "", field: str = "", code: str | None = None) -> None:
        super().__init__(f"{message} {mend}".strip())
        self.message, self.mend, self.field = message, mend, field
        self.code = code or self.code


class InvalidRequest(RequestError):
    """What is asked for cannot be observed or cannot be understood."""


class NoChannel(RequestError):
    """Nobody has said yet how this telescope is asked."""

    code = "no-channel"


class NoAllocation(RequestError):
    """Nobody who asks has time on this telescope, or not enough of it."""

    code = "no-allocation"


class WrongState(RequestError):
    """The request is in a state from which this cannot be done."""

    code = "wrong-state"


class LinkRefused(FacilityError):
    """A signed link that is not, or no longer, good: `code` is unknown, expired or revoked."""

    code = "unknown"

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
