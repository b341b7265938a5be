"""The one error of the embedded server: what happened and what to do."""


class EmbeddedServerError(RuntimeError):
    """The embedded PostgreSQL server cannot be started, reached or stopped."""

    def __init__(self, message: str, fix: str) -> None:
        super().__init__(f"{message} {fix}")
        self.message = message
        self.fix = fix
