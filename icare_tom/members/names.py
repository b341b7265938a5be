"""User names that are refused: those that pose as the site, and those that look like somebody else's."""

import re
import unicodedata

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError

RESERVED = frozenset({
    "admin", "administrator", "anonymous", "anonymoususer", "api", "coordinator", "everyone", "grandma", "guest",
    "help", "icare", "info", "mail", "me", "moderator", "nobody", "none", "null", "operator", "postmaster", "root",
    "security", "staff", "super", "superuser", "support", "system", "test", "tom", "user", "webmaster",
})  # fmt: skip
ALLOWED = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{1,28})[A-Za-z0-9]")
# Characters that are taken for each other in the fonts of our pages.
ALIKE = str.maketrans({"0": "o", "1": "l", "i": "l", "5": "s", "8": "b", "-": "", "_": "", ".": ""})


def skeleton(name: str) -> str:
    """Return what a name looks like: two names with the same skeleton are taken for each other."""
    return unicodedata.normalize("NFKC", name).casefold().translate(ALIKE).replace("rn", "m").replace("vv", "w")


def check_user_name(name: str) -> None:
    """Refuse a name that is reserved, oddly written or looks like one that exists.

    Raises
    ------
    ValidationError
        With a sentence that says what to choose instead.
    """
    if not ALLOWED.fullmatch(name):
        raise ValidationError("Use 3 to 30 letters, digits, dots, hyphens and underscores, and begin with a letter.")
    if name.casefold() in RESERVED or skeleton(name) in {skeleton(word) for word in RESERVED}:
        raise ValidationError("This name is reserved. Choose another, such as your first and last name.")
    mine = skeleton(name)
    if any(skeleton(other) == mine for other in User.objects.values_list("username", flat=True).iterator()):
        raise ValidationError("This name is taken, or looks like one that is. Choose another.")
