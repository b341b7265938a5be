"""The errors of this package."""

from __future__ import annotations


class NoticeError(ValueError):
    """A message that cannot be read.

    Attributes
    ----------
    code : str
        Short, stable name of the fault, e.g. ``"missing-field"``.
    message : str
        What is wrong with this message, in one sentence.
    fix : str
        What the reader can do about it, in one sentence.
    """

    def __init__(self, code: str, message: str, fix: str) -> None:
        super().__init__(f"{message} {fix}".strip())
        self.code = code
        self.message = message
        self.fix = fix


class NotAnAlert(NoticeError):
    """A message that can be read and is about no event: pointings of satellites, packets of service, broker tests."""

    def __init__(self, message: str) -> None:
        super().__init__("not-an-alert", message, "Nothing is to be done.")
