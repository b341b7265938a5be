"""Pages on which telescopes are asked for their parts of a plan, and follow what they answer."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django_htmx.http import trigger_client_event

from tom_gcn.actions.requests import ask_plan_part
from tom_gcn.asked import PartLine, newest_upload, part_lines, requests_of_event
from tom_gcn.event_part import EventPart, PageRequest
from tom_gcn.exceptions import GcnError
from tom_gcn.models import ObservationPlan
from tom_gcn.printable import is_text
from tom_grandma_facilities.actions.requests import may_ask
from tom_grandma_facilities.board import board_of_requests
from tom_grandma_facilities.exceptions import FacilityError
from tom_grandma_facilities.wish_forms import LONGEST_NOTE, PRIORITIES

OBSERVED = "observed"
"""Told to the page when executed observations came: the part that shows what was covered asks anew."""
NOT_ALLOWED = "You may not ask telescopes to observe. Ask a group admin for the right to."


class EventRequestsView(EventPart):
    """The matrix of telescopes and states of an event; asked every few seconds while somebody looks."""

    def get(self, request: PageRequest, name: str) -> HttpResponse:
        """Nothing while `?seen=` still holds; the part for htmx, else a page."""
        board = board_of_requests(requests_of_event(self.event, request.user))
        observed = newest_upload(request.user)
        seen_board, _, seen_observed = request.GET.get("seen", "").partition(".")
        is_part = bool(request.htmx and not request.htmx.history_restore_request)
        if is_part and (seen_board, seen_observed) == (board.key, observed):
            return HttpResponse(status=204)
        context = {
            "event": self.event,
            "board": board,
            "board_id": "event-board",
            "board_url": reverse("events:requests", args=[self.event.name]),
            "board_seen": f"{board.key}.{observed}",
            "nothing": "No telescope was asked for this event yet.",
            "shows_targets": True,
            "plan": self.plans.usual,
            "may_ask": may_ask(request.user),
        }
        template = "tom_grandma_facilities/requests/board.html" if is_part else "tom_gcn/requests.html"
        response = render(request, template, context)
        if is_part and seen_observed and seen_observed != observed:
            trigger_client_event(response, OBSERVED)
        patch_vary_headers(response, ["HX-Request"])
        return response


class AskPlanView(EventPart):
    """Ask telescopes for their parts of a plan."""

    def get(self, request: HttpRequest, name: str, version: int) -> HttpResponse:
        """The telescopes of the plan; nobody is asked who is not ticked."""
        plan = self.plan_of_address(version)
        return self._page(plan, part_lines(plan, request.user))

    def post(self, request: HttpRequest, name: str, version: int) -> HttpResponse:
        """Ask those that are ticked; those that could not be asked stay, with the reason."""
        plan = self.plan_of_address(version)
        lines = part_lines(plan, request.user)
        chosen = set(request.POST.getlist("telescopes"))
        for line in lines:
            line.is_ticked = line.part.telescope in chosen
        ticked = [line for line in lines if line.is_ticked]
        problem = self._problem(ticked)
        if problem:
            return self._page(plan, lines, problem)
        asked = [line.part.telescope for line in ticked if self._ask(plan, line)]
        if asked:
            messages.success(request, f"Asked {', '.join(asked)}.")
        if len(asked) == len(ticked):
            return redirect(f"{self.event.get_absolute_url()}#requests")
        return self._page(plan, lines)

    def _problem(self, ticked: list[PartLine]) -> str:
        if not may_ask(self.request.user):
            return NOT_ALLOWED
        if not ticked:
            return "No telescope is ticked. Tick at least one."
        return "" if is_text(self.request.POST.get("note", "")) else "The note holds characters that cannot be printed."

    def _ask(self, plan: ObservationPlan, line: PartLine) -> bool:
        """Ask one; when it cannot be asked leave the reason on its line."""
        posted = self.request.POST
        priority = posted.get("priority", "3")
        try:
            ask_plan_part(
                plan,
                line.part.telescope,
                by=self.request.user,
                priority=int(priority) if priority in {"1", "2", "3", "4", "5"} else 3,
                note=posted.get("note", "").strip()[:LONGEST_NOTE],
            )
        except (FacilityError, GcnError) as refusal:
            line.problems.append(str(refusal))
            return False
        line.is_ticked = False
        return True

    def _page(self, plan: ObservationPlan, lines: list[PartLine], problem: str = "") -> HttpResponse:
        context = {
            "event": self.event,
            "plan": plan,
            "record": self.plans.usual,
            "can": [line for line in lines if line.can_be_asked],
            "cannot": [line for line in lines if not line.can_be_asked],
            "problem": problem,
            "priorities": PRIORITIES,
            "priority": self.request.POST.get("priority", "3"),
            "note": self.request.POST.get("note", ""),
        }
        return render(self.request, "tom_gcn/ask_plan.html", context, status=400 if problem else 200)
