"""Pages of the roof, which see all apps: home and search."""

from dataclasses import dataclass
from typing import Any

from django.contrib.auth.mixins import LoginRequiredMixin
from django.db.models import F, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.templatetags.static import static
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.views.generic import TemplateView
from tom_targets.models import Target

from icare_tom.guards.access import visible_targets
from icare_tom.pagination import first_of
from icare_tom.sky import cone
from icare_tom.target_filters import named
from icare_tom.world_map import draw_world, grouped
from tom_gcn.filters import called, localizations_covering
from tom_gcn.models import Event
from tom_gcn.names import name_key
from tom_gcn.positions import position_problem, read_position
from tom_grandma_facilities.in_use import telescopes_in_use
from tom_grandma_facilities.tonight import network_now

RECENT = 8
FOUND = 25
CONE_DEG = 10 / 60
NEWEST_FIRST = (F("t0").desc(nulls_last=True), "-created_at")


class HomeView(LoginRequiredMixin, TemplateView):
    """Recent events, and where it is dark in the network now."""

    template_name = "tom_common/index.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Events the user may see; every telescope that may be asked."""
        telescopes = telescopes_in_use().values()
        active = [one for one in telescopes if not one.retired and not one.placeholder]
        moment = timezone.now()
        now = network_now(moment, active)
        link = reverse("telescopes:detail", args=["NAME"]).replace("NAME", "{}")
        asked = [here for here in now if here.telescope.in_network]
        world = draw_world(moment, now, static("icare_tom/img/land.svg"), link)
        return {
            **super().get_context_data(**kwargs),
            "events": recent_events(self.request.user),
            "asked": asked,
            "groups": grouped(asked),
            "on_request": [here for here in now if here not in asked and not here.telescope.why_not_plannable()],
            "unplanned": [here for here in now if here.telescope.why_not_plannable()],
            "n_dark": sum(here.is_dark for here in asked),
            "unplaced": [t for t in active if not t.site.known and not t.space],
            "in_space": [t for t in active if t.space],
            "now": moment,
            # Numbers and escaped names only.
            "world": SafeString(world),
        }


def recent_events(user: Any) -> QuerySet[Event]:
    """The newest events and drills; tests, of which there is one every hour, are left to the list."""
    rows = Event.objects.visible_to(user).filter(Q(is_test=False) | ~Q(drill_of=""))
    return rows.with_row().order_by(*NEWEST_FIRST)[:RECENT]


@dataclass(frozen=True)
class Found:
    """What a search led to."""

    events: list[Event]
    targets: list[Target]
    position: tuple[float, float] | None


def search(user: Any, text: str) -> Found:
    """Look by name, or by a position: for targets within 10 arcmin of it and events whose 90 % region holds it."""
    events, targets = Event.objects.visible_to(user), visible_targets(user)
    position = read_position(text)
    if position:
        events = events.filter(pk__in=localizations_covering(*position).values("event"))
        targets = cone(targets, *position, CONE_DEG)
    else:
        events = events.filter(called(text))
        targets = targets.filter(named(text))
    targets = targets.order_by("-created", "-pk")
    return Found(list(events.with_row().order_by(*NEWEST_FIRST)[:FOUND]), first_of(targets, FOUND), position)


class SearchView(LoginRequiredMixin, TemplateView):
    """The search box of the navigation bar; a single exact name goes straight to its page."""

    template_name = "icare_tom/search.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Search, and go there when there is one place to go."""
        text = request.GET.get("q", "").strip()[:100]
        found = search(request.user, text) if text else None
        rows = [*found.events, *found.targets] if found else []
        if len(rows) == 1 and name_key(text) in _names(rows[0]):
            return redirect(rows[0])
        context = self.get_context_data(search_query=text, found=found, problem=position_problem(text))
        return self.render_to_response(context)


def _names(row: Event | Target) -> set[str]:
    """By which a row is meant exactly."""
    own = {name_key(row.name)}
    return own | {*row.keys, name_key(str(row))} if isinstance(row, Event) else own
