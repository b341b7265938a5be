"""What can go wrong in this app, with a code for scripts and a sentence for people."""


class GcnError(Exception):
    """Base of the family: `code` for scripts, `message` for people, `fix` how to mend it."""

    code = "gcn-error"

    def __init__(self, message: str, fix: str = "", code: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.fix = fix
        self.code = code or self.code

    def __str__(self) -> str:
        return f"{self.message} {self.fix}".strip()


class NotAllowed(GcnError):
    """The person asking may not do this."""

    code = "not-allowed"


class NothingToPlan(GcnError):
    """A plan was asked for something that cannot be planned."""

    code = "nothing-to-plan"
