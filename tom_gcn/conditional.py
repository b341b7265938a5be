"""Answers a browser may keep and ask again about: 304 as long as nothing changed."""

import hashlib
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import get_conditional_response, patch_cache_control, patch_vary_headers
from django.utils.http import quote_etag


def kept_by_browser(request: HttpRequest, key: str, make: Callable[[], HttpResponse]) -> HttpResponseBase:
    """Answer with what `make` returns, named by `key`, or with 304 to a browser that has it."""
    etag = quote_etag(hashlib.sha256(key.encode()).hexdigest()[:32])
    response = get_conditional_response(request, etag=etag)
    if response is None:
        response = make()
    response["ETag"] = etag
    patch_cache_control(response, private=True, no_cache=True)
    patch_vary_headers(response, ["Cookie"])
    return response
