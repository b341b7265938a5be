"""Parts of pages about membership: targets in an event's localization, events that may hold a target."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django.views.generic import View

from icare_tom.auto_targets import EventTarget
from icare_tom.guards.access import one_or_404, visible_targets
from icare_tom.guards.mixins import SignedIn
from icare_tom.membership import DEFAULT_LEVEL, MOST_ROWS, candidates, events_of
from tom_gcn.relation_views import PartOfEvent

LEVELS = (0.5, 0.9, 0.99)
DAYS = (3, 30, 365, 0)


class CandidatesView(PartOfEvent):
    """Targets inside the current localization of an event."""

    template = "icare_tom/partials/candidates.html"
    title = "Candidates"

    def context(self) -> dict[str, Any]:
        """The innermost first, up to the level of the address."""
        asked = self.request.GET.get("level", str(DEFAULT_LEVEL))
        level = next((level for level in LEVELS if str(level) == asked), None)
        if level is None:
            raise Http404("Levels are 0.5, 0.9 and 0.99.")
        user, localization = self.request.user, self.localization
        return {
            "localization": localization,
            "found": candidates(localization, user, level) if localization else None,
            "own": EventTarget.objects.visible_to(user).filter(event=self.event).select_related("target"),
            "level": level,
            "levels": LEVELS,
            "most": MOST_ROWS,
        }


class EventsOfTargetView(SignedIn, View):
    """Events whose current localization holds a target."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        """A fragment for htmx, a page otherwise."""
        target = one_or_404(visible_targets(request.user), pk)
        asked = request.GET.get("days", "")
        if asked and asked not in map(str, DAYS):
            raise Http404("A window is 3, 30 or 365 days, or 0 for all times.")
        window, found = events_of(target, request.user, int(asked) if asked else None)
        own = EventTarget.objects.visible_to(request.user).filter(target=target.pk)
        context = {
            "target": target,
            "window": window,
            "found": found,
            "own": own.select_related("event").prefetch_related("positions__localization__notice"),
            "days": DAYS,
        }
        htmx = getattr(request, "htmx", None)
        template = (
            "partials/events_of_target.html" if htmx and not htmx.history_restore_request else "target_events.html"
        )
        response = render(request, f"icare_tom/{template}", context)
        patch_vary_headers(response, ["HX-Request"])
        return response
