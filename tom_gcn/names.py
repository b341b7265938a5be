"""Names of events as people write them: found in texts, and compared without spaces, hyphens and case. Pure."""

import re

# What stands in the place of an event's name in the addresses of other pages.
RESERVED_NAMES = frozenset({"new"})

_SPACING = re.compile(r"[\s_\-]+")
_NAMES = re.compile(
    r"""\b(?:
        [MT]?S\d{6}[a-z]{1,4}
      | GW\s?\d{6}(?:_\d{6})?
      | (?:GRB|XRF|SGR)\s?\d{6}[A-Za-z]?(?!\.\d)
      | (?:IceCube|KM3|HAWC|ANTARES)[-\s]?\d{6}[A-Z]
      | EP\s?\d{6}[a-z]{0,2}
      | FRB\s?\d{8}[a-zA-Z]{1,3}
      | (?:AT|SN)\s?\d{4}[A-Za-z]{1,5}
      | sb\d{8}
      | bn\d{9}
    )\b""",
    re.VERBOSE,
)
_TRIGGER = re.compile(
    r"\btriggers?(?:\s*(?:numbers?|no\.?|id|\#|=|:|\s)){0,3}\s*\(?(\d{5,10})(?:\.\d+)?\b(?:\s+and\s+(\d{5,10})\b)?",
    re.IGNORECASE,
)
_SVOM_BURST = re.compile(r"\bsb\d{8}\b")
_BURST = re.compile(r"GRB\s?\d{6}[A-Z]?")
# Missions whose circulars give the number their notices carry, and the namespace of those.
_NUMBERED = {"swift": "swift", "fermi": "fermi-gbm", "gbm": "fermi-gbm", "integral": "integral", "ibas": "integral"}
_LONGEST_SEARCHED = 200_000
MOST_NAMES = 50


def name_key(name: str) -> str:
    """What is equal for `GRB 230802A`, `GRB230802A` and `grb-230802a`."""
    return _SPACING.sub("", name).upper()[:100]


def is_name(text: str) -> bool:
    """Whether a text can tell one event from others: neither a bare number nor a word such as UNKNOWN."""
    return not text.isdigit() and any(map(str.isdigit, text)) and any(map(str.isalpha, text))


def trigger_key(namespace: str, event_id: str) -> str:
    """The key of a sender's own id, which alone may be a bare number."""
    return f"{namespace}:{event_id}"[:100]


def names_in(text: str) -> list[str]:
    """Names of events in a text, in order and once each."""
    found = (" ".join(match[0].split()) for match in _NAMES.finditer(text[:_LONGEST_SEARCHED]))
    return list(dict.fromkeys(found))[:MOST_NAMES]


def triggers_in(subject: str, body: str) -> list[str]:
    """Keys of the triggers a circular of a mission reports; numbers in the text of others are left alone."""
    text = f"{subject}\n{body[:_LONGEST_SEARCHED]}"
    spaces = dict.fromkeys(space for word, space in _NUMBERED.items() if re.search(rf"\b{word}\b", subject, re.I))
    numbers = dict.fromkeys(number for match in _TRIGGER.finditer(text) for number in match.groups() if number)
    svom = dict.fromkeys(_SVOM_BURST.findall(text))
    keys = [trigger_key(space, number) for space in spaces for number in list(numbers)[:3]]
    return keys + [trigger_key("svom", name) for name in list(svom)[:3]]


def burst_named(subject: str) -> str:
    """The one gamma-ray burst a subject is about; empty when it names none or several."""
    found = dict.fromkeys(name for name in names_in(subject) if _BURST.fullmatch(name))
    return next(iter(found)) if len(found) == 1 else ""
