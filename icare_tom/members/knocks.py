"""How often one may knock: requests of a token, of an address, uploads, wrong tokens, new tokens.

Counted in windows of fixed length in the shared cache, so that all processes count together. `settings.ICARE_RATES`
says how many and in how many seconds; what it does not name is not counted. Sign-in has allauth's own limits
(`ACCOUNT_RATE_LIMITS`).
"""

import time

from django.conf import settings
from django.core.cache import cache

from icare_tom.members.keys import fingerprint


def knock(action: str, who: str) -> float:
    """Count one try of somebody; return how many seconds to wait, 0 when it is among those allowed."""
    if action not in settings.ICARE_RATES:
        return 0.0
    most, seconds = settings.ICARE_RATES[action]
    now = time.time()
    window = int(now // seconds)
    key = f"knock:{action}:{fingerprint(who)}:{window}"
    # Another process may have counted in between, or the window may have been thrown out of the cache.
    if cache.add(key, 1, timeout=seconds + 1):
        return 0.0
    try:
        number = cache.incr(key)
    except ValueError:
        return 0.0
    return (window + 1) * seconds - now if number > most else 0.0
