"""Where a request came from, behind the proxies the site trusts."""

from django.conf import settings
from django.http import HttpRequest
from rest_framework.request import Request


def address_of(request: HttpRequest | Request) -> str:
    """Return the caller's address: what the outermost trusted proxy saw, or the peer when none is trusted.

    `ALLAUTH_TRUSTED_PROXY_COUNT` says how many proxies stand before the site, as it does for the limits of sign-in.
    """
    proxies = getattr(settings, "ALLAUTH_TRUSTED_PROXY_COUNT", 0) or 0
    named = [part.strip() for part in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",") if part.strip()]
    if proxies and len(named) >= proxies:
        return named[-proxies]
    return str(request.META.get("REMOTE_ADDR", ""))
