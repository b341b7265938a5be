"""What telescopes were asked for a target: a part of its page, and a page of its own."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.views.generic import View

from icare_tom.guards.access import one_or_404, visible_targets
from icare_tom.guards.mixins import SignedIn
from tom_grandma_facilities.actions.requests import may_ask
from tom_grandma_facilities.board import board_of_requests, requests_of_target


class TargetRequestsView(SignedIn, View):
    """The matrix of telescopes and states of one target; asked every few seconds while somebody looks."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Nothing while `?seen=` still holds; the part for htmx, else a page."""
        target = one_or_404(visible_targets(request.user), pk)
        board = board_of_requests(requests_of_target(target, request.user))
        htmx = getattr(request, "htmx", None)
        is_part = bool(htmx and not htmx.history_restore_request)
        if is_part and request.GET.get("seen") == board.key:
            return HttpResponse(status=204)
        context = {
            "target": target,
            "board": board,
            "board_id": "target-board",
            "board_url": reverse("target-requests", args=[target.pk]),
            "may_ask": may_ask(request.user),
            "nothing": "No telescope was asked for it yet.",
        }
        template = "tom_grandma_facilities/requests/board.html" if is_part else "icare_tom/target_requests.html"
        response = render(request, template, context)
        patch_vary_headers(response, ["HX-Request"])
        return response
