"""What can go wrong in this app, with a code for scripts and a sentence for people."""

from collections.abc import Sequence

from tom_photvalidation.measurements import Problem


class PhotometryError(Exception):
    """Base of the family: `code` for scripts, the message says what is wrong, `fix` how to mend it."""

    code = "photometry-error"

    def __init__(self, message: str, fix: str = "") -> None:
        self.message = message
        self.fix = fix
        super().__init__(f"{message} {fix}".strip())


class NotAllowed(PhotometryError):
    """The person asking may not do this."""

    code = "not-allowed"


class Unreadable(PhotometryError):
    """The body as a whole cannot be read; `problems` say where."""

    code = "unreadable"

    def __init__(self, message: str, fix: str = "", problems: Sequence[Problem] = ()) -> None:
        super().__init__(message, fix)
        self.problems = tuple(problems)


class BadEpoch(PhotometryError):
    """A time from which no light curve can be counted."""

    code = "bad-epoch"


class KeyReused(PhotometryError):
    """An Idempotency-Key that stands for another body."""

    code = "idempotency-key-reused"


class TooMuchWaiting(PhotometryError):
    """Too many of one's uploads are still being read."""

    code = "too-much-waiting"


class Superseded(PhotometryError):
    """A point that has a later version, or was withdrawn, is not edited."""

    code = "superseded"
