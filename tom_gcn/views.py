"""Pages of events. Rows come from `visible_to`: what one may not see is not found."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.db.models import QuerySet
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.cache import get_conditional_response, patch_vary_headers
from django.utils.functional import cached_property
from django.utils.http import quote_etag
from django.utils.safestring import SafeString
from django.views.generic import TemplateView, View
from django_filters.views import FilterView
from django_htmx.http import reswap, retarget
from django_htmx.middleware import HtmxDetails
from django_tables2 import SingleTableMixin

from tom_gcn import downloads
from tom_gcn.actions import request_plan
from tom_gcn.actions.plans import may_request_plan
from tom_gcn.choices import PlanState
from tom_gcn.event_page import view_plan, window_end
from tom_gcn.exceptions import GcnError
from tom_gcn.filters import EventFilter
from tom_gcn.forms import PlanRequestForm
from tom_gcn.models import Event, Localization, Notice, ObservationPlan, TelescopePlan
from tom_gcn.raw_content import readable
from tom_gcn.sky_document import Sky
from tom_gcn.tables import EventTable

DOWNLOADS = {"csv": downloads.plan_as_csv, "json": downloads.plan_as_json, "txt": downloads.plan_as_text}


class PageRequest(HttpRequest):
    """A request that knows whether htmx sent it."""

    htmx: HtmxDetails


class EventListView(LoginRequiredMixin, SingleTableMixin, FilterView):
    """Events, newest first: search, filter, sort, page; a table fragment for htmx, a whole page otherwise."""

    model = Event
    table_class = EventTable
    filterset_class = EventFilter
    template_name = "tom_gcn/event_list.html"
    table_pagination = {"per_page": 25}

    def get_queryset(self) -> QuerySet[Event]:
        """What the user may see."""
        return Event.objects.visible_to(self.request.user).with_summary()

    def get_filterset_kwargs(self, filterset_class: type[EventFilter]) -> dict[str, Any]:
        """Bind the filter even to an empty address: tests stay hidden without being asked to."""
        return {**super().get_filterset_kwargs(filterset_class), "data": self.request.GET}

    def get_template_names(self) -> list[str]:
        """Only the table when htmx asks for it."""
        wants_table = self.request.htmx and not self.request.htmx.history_restore_request
        return ["tom_gcn/partials/event_table_block.html"] if wants_table else [self.template_name]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Say how many tests are hidden when nothing else is there to show."""
        context = super().get_context_data(**kwargs)
        if not context["table"].paginator.count:
            context["n_hidden"] = Event.objects.visible_to(self.request.user).filter(is_test=True).count()
        return context

    def render_to_response(self, context: dict[str, Any], **kwargs: Any) -> HttpResponse:
        """The same address answers with a page or a fragment: caches must know."""
        response = super().render_to_response(context, **kwargs)
        patch_vary_headers(response, ["HX-Request"])
        return response


class EventPart(LoginRequiredMixin, View):
    """Everything below an event: the event is found only if the user may see it."""

    @cached_property
    def event(self) -> Event:
        """The event of the address."""
        return get_object_or_404(Event.objects.visible_to(self.request.user), name=self.kwargs["name"])

    def plan_of_address(self, version: int) -> ObservationPlan:
        """One plan of the event."""
        return get_object_or_404(self.event.plans.select_related("event"), version=version)

    @cached_property
    def shown_plan(self) -> ObservationPlan | None:
        """The finished plan to show: the one asked for by `?plan=`, or the newest."""
        done = self.event.plans.filter(state=PlanState.DONE).select_related("requested_by")
        asked = self.request.GET.get("plan", "")
        if asked:
            return get_object_or_404(done, version=asked if asked.isdecimal() else -1)
        return done.first()

    @cached_property
    def sky(self) -> Sky:
        """What the sky map shows."""
        plan = self.shown_plan
        localizations = self.event.localizations.select_related("skymap").defer(
            "skymap__fits", "skymap__packed", "skymap__region_50", "skymap__region_90"
        )
        chosen = localizations.filter(pk=plan.localization_id) if plan else localizations.filter(is_current=True)
        return Sky(self.event, chosen.first(), plan)

    def plan_context(self) -> dict[str, Any]:
        """What the plan part of the page needs."""
        plan, newest = self.shown_plan, self.event.plans.select_related("requested_by").first()
        return {
            "event": self.event,
            "newest_plan": newest,
            "shown": view_plan(plan, self.sky.telescopes) if plan else None,
            "window_end": window_end(plan) if plan else None,
        }


class EventDetailView(EventPart, TemplateView):
    """One event: what it is, where it may be, what is planned."""

    template_name = "tom_gcn/event_detail.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Notices, localizations and plans of the event."""
        notices = list(self.event.notices.select_related("message").defer("message__body", "message__headers"))
        localizations = list(
            self.event.localizations.select_related("skymap", "notice").defer(
                "skymap__fits", "skymap__packed", "skymap__region_50", "skymap__region_90", "skymap__contours"
            )
        )
        may_plan = may_request_plan(self.request.user, self.event)
        return {
            **super().get_context_data(**kwargs),
            **self.plan_context(),
            "notices": notices,
            "newest_notice": notices[-1] if notices else None,
            "described": next((notice for notice in reversed(notices) if notice.far_hz is not None), None),
            "localizations": localizations,
            "localization": next((row for row in localizations if row.is_current), None),
            "plans": self.event.plans.select_related("requested_by"),
            "sky_picture": SafeString(self.sky.as_svg()),
            "plan_form": PlanRequestForm() if may_plan and not self.event.is_retracted else None,
        }


class SkyJsonView(EventPart):
    """What the interactive sky map draws."""

    def get(self, request: HttpRequest, name: str) -> HttpResponseBase:
        """Answer 304 as long as map and plan are the same."""
        return _kept_by_browser(request, self.sky.key, "application/json", self.sky.as_json)


class SkySvgView(EventPart):
    """The sky map as a picture."""

    def get(self, request: HttpRequest, name: str) -> HttpResponseBase:
        """Answer 304 as long as map and plan are the same."""
        return _kept_by_browser(request, self.sky.key, "image/svg+xml", self.sky.as_svg)


def _kept_by_browser(request: HttpRequest, key: str, content_type: str, make: Any) -> HttpResponseBase:
    etag = quote_etag(key)
    response = get_conditional_response(request, etag=etag)
    if response is None:
        response = HttpResponse(make(), content_type=content_type)
    response["ETag"] = etag
    return response


class RequestPlanView(EventPart):
    """Ask for a new plan."""

    def post(self, request: HttpRequest, name: str) -> HttpResponseRedirect:
        """Queue a plan and go back to the event, where its progress is shown."""
        form = PlanRequestForm(request.POST)
        if not form.is_valid():
            reasons = " ".join(f"{form.fields[field].label}: {errors[0]}" for field, errors in form.errors.items())
            messages.error(request, f"No plan was asked for. {reasons}")
            return redirect(self.event)
        try:
            plan = request_plan(self.event, by=request.user, why="asked for on the event page", **form.cleaned_data)
        except GcnError as error:
            messages.error(request, str(error))
        else:
            messages.success(request, f"Plan {plan.version} is queued.")
        return redirect(self.event)


class PlanStateView(EventPart):
    """How far the newest plan is; asked every two seconds while it is being made."""

    def get(self, request: HttpRequest, name: str) -> HttpResponse:
        """A line of progress, or once it is finished the whole plan in place of the old one."""
        context = self.plan_context()
        if context["newest_plan"] is None:
            raise Http404("This event has no plan.")
        if context["newest_plan"].is_unfinished:
            return render(request, "tom_gcn/partials/plan_state.html", context)
        response = render(request, "tom_gcn/partials/plan.html", {**context, "replaces_facts": True})
        return reswap(retarget(response, "#plan"), "outerHTML")


class PlanDownloadView(EventPart):
    """A plan, or with `?telescope=` one telescope's part, as a file."""

    def get(self, request: HttpRequest, name: str, version: int, form: str) -> HttpResponseBase:
        """CSV, JSON or text."""
        if form not in DOWNLOADS:
            raise Http404("A plan can be had as csv, json or txt.")
        return DOWNLOADS[form](self.plan_of_address(version), request.GET.get("telescope", ""))


class PointingsView(EventPart):
    """The pointings of one telescope: a fragment in the plan, or a page of its own."""

    def get(self, request: PageRequest, name: str, version: int, telescope: str) -> HttpResponse:
        """In order of time."""
        plan = self.plan_of_address(version)
        part = get_object_or_404(TelescopePlan, plan=plan, telescope=telescope)
        context = {"event": self.event, "plan": plan, "part": part, "pointings": part.pointings.order_by("order")}
        template = "tom_gcn/partials/pointings.html" if request.htmx else "tom_gcn/pointings.html"
        response = render(request, template, context)
        patch_vary_headers(response, ["HX-Request"])
        return response


class NoticeContentView(EventPart):
    """The content of a notice to read."""

    def get(self, request: PageRequest, name: str, pk: int) -> HttpResponse:
        """Bounded, with sky maps shortened."""
        notice = get_object_or_404(Notice.objects.select_related("message"), event=self.event, pk=pk)
        context = {"event": self.event, "notice": notice, "content": readable(notice.message)}
        template = "tom_gcn/partials/notice_content.html" if request.htmx else "tom_gcn/notice_content.html"
        response = render(request, template, context)
        patch_vary_headers(response, ["HX-Request"])
        return response


class NoticeOriginalView(EventPart):
    """The bytes of a notice as they came."""

    def get(self, request: HttpRequest, name: str, pk: int) -> FileResponse:
        """As a file."""
        notice = get_object_or_404(Notice.objects.select_related("message"), event=self.event, pk=pk)
        return downloads.message_body(notice.message)


class LocalizationFitsView(EventPart):
    """The sky map of a localization as it came."""

    def get(self, request: HttpRequest, name: str, pk: int) -> FileResponse:
        """As a FITS file."""
        rows = Localization.objects.select_related("skymap", "event").defer("skymap__packed", "skymap__contours")
        return downloads.skymap_fits(get_object_or_404(rows, event=self.event, pk=pk))
