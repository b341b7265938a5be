"""What all pages below an event share: the event, its plans, its sky."""

from typing import Any

from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import Http404, HttpRequest
from django.shortcuts import get_object_or_404
from django.utils.functional import cached_property
from django.views.generic import View
from django_htmx.middleware import HtmxDetails

from tom_gcn.actions.plans import may_request_plan
from tom_gcn.event_page import EventPlans
from tom_gcn.models import Event, ObservationPlan
from tom_gcn.plan_page import plan_context
from tom_gcn.sky_document import Sky


class PageRequest(HttpRequest):
    """A request that knows whether htmx sent it."""

    htmx: HtmxDetails


class EventPart(LoginRequiredMixin, View):
    """Everything below an event: the event is found only if the user may see it."""

    @cached_property
    def event(self) -> Event:
        """The event of the address."""
        rows = Event.objects.visible_to(self.request.user).select_related("summary")
        return get_object_or_404(rows, name=self.kwargs["name"])

    def plan_of_address(self, version: int) -> ObservationPlan:
        """One plan of the event."""
        return get_object_or_404(self.event.plans.select_related("event"), version=version)

    @cached_property
    def plans(self) -> EventPlans:
        """The plans of the event; `?plan=` asks for one of them."""
        rows = list(self.event.plans.select_related("requested_by").defer("curve"))
        asked = self.request.GET.get("plan", "")
        if asked and asked not in {str(plan.version) for plan in rows}:
            raise Http404("This event has no such plan.")
        return EventPlans(rows, int(asked) if asked else None)

    @cached_property
    def sky(self) -> Sky:
        """What the sky map shows."""
        plan = self.plans.shown
        localizations = self.event.localizations.select_related("skymap").defer(
            "skymap__fits", "skymap__packed", "skymap__region_50", "skymap__region_90"
        )
        chosen = localizations.filter(pk=plan.localization_id) if plan else localizations.filter(is_current=True)
        return Sky(self.event, chosen.first(), plan)

    @cached_property
    def may_plan(self) -> bool:
        """Whether the one who looks may ask for plans and say what became of them."""
        return may_request_plan(self.request.user, self.event)

    def plan_context(self) -> dict[str, Any]:
        """What the plan part of the page needs."""
        return {"may_plan": self.may_plan, **plan_context(self.event, self.plans, self.sky)}
