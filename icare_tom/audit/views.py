"""The page that says who changed an object."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.generic import View

from icare_tom.audit.reading import KINDS, entries_about, page_of, shows_addresses, tell
from icare_tom.guards.access import one_or_404
from icare_tom.guards.mixins import SignedIn

PER_PAGE = 50


class ChangesView(SignedIn, View):
    """What changed about a target, event, request or group, the newest first."""

    def get(self, request: HttpRequest, kind: str, pk: int) -> HttpResponse:
        """Show a page of it to those who may change the object; others are led back to it."""
        if kind not in KINDS:
            raise Http404
        obj = one_or_404(KINDS[kind].seen(request.user), pk)
        name, argument = page_of(kind, obj)
        if not KINDS[kind].may_read(request.user, obj):
            messages.info(request, "Who changed it is shown to those who may change it.")
            return redirect(name, argument)
        page = Paginator(entries_about(obj, request.user), PER_PAGE).get_page(request.GET.get("page"))
        context = {
            "title": f"{KINDS[kind].title} {obj}",
            "address": reverse(name, args=[argument]),
            "page": page,
            "changes": tell(page.object_list, request.user),
            "shows_addresses": shows_addresses(request.user),
        }
        return render(request, "audit/changes.html", context)
