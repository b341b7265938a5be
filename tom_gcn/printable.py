"""What may be kept of a text that somebody typed or a script sent."""

import unicodedata

_LINES = "\t\n\r"
_NO_CHARACTERS = ("Cc", "Cs")


def is_text(text: str) -> bool:
    """Whether a text holds characters and line ends only.

    Control characters (the database takes no NUL) and lone surrogates (no file takes them) are none.
    """
    return all(c in _LINES or unicodedata.category(c) not in _NO_CHARACTERS for c in text)


def escaped(text: str) -> str:
    """Return the text with every lone surrogate written out, so that it can be sent back."""
    return text.encode("utf-8", "backslashreplace").decode()
