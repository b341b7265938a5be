"""What can be wrong with a sky map, and what to do about it."""


class SkyMapError(ValueError):
    """A sky map that cannot be used.

    Attributes
    ----------
    code : str
        Short, stable name of the fault, e.g. ``"truncated"``.
    message : str
        What is wrong with this map, in one sentence.
    fix : str
        What the reader can do about it, in one sentence.
    """

    def __init__(self, code: str, message: str, fix: str) -> None:
        super().__init__(f"{message} {fix}".strip())
        self.code = code
        self.message = message
        self.fix = fix
