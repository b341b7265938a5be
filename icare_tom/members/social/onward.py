"""The page between a button here and a provider.

Chromium holds the `form-action` of our Content-Security-Policy against every redirect that follows a form, and identity
services send people on to hosts nobody could list. A page in between ends the form.
"""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def onward(request: HttpRequest, answer: HttpResponse, name: str) -> HttpResponse:
    """Turn a redirect away from this site into a page that goes there by itself, where a page's form asked for it."""
    if answer.status_code != 302 or "by-page" not in request.POST:
        return answer
    return render(request, "socialaccount/onward.html", {"address": answer["Location"], "name": name})
