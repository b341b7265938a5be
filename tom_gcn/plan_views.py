"""Pages of plans: asking for one, following it, its pointings and files, and what telescopes report."""

from typing import Any

from django.contrib import messages
from django.db.models import Max
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django_htmx.http import HttpResponseClientRedirect, reswap, retarget

from tom_gcn import downloads
from tom_gcn.actions import request_plan
from tom_gcn.choices import PlanState, RefusalReason
from tom_gcn.event_part import EventPart, PageRequest
from tom_gcn.exceptions import GcnError
from tom_gcn.models import ObservationPlan, PlanPreset, TelescopePlan
from tom_gcn.plan_comparison import compare_plans
from tom_gcn.plan_form import PlanWishForm
from tom_gcn.plan_page import DOWNLOAD_WORDS, live_of
from tom_gcn.plan_problem import wish_of
from tom_gcn.planning.wish import Objection, PlanWish, WishError
from tom_gcn.report_views import REPORTS
from tom_gcn.site_wishes import site_wish

NOT_ALLOWED = "You may not ask for a plan of this event. Ask a group admin for the right to plan."
ASKED_HERE = "asked for on the event page"


class PlanFormView(EventPart):
    """The form of a new plan, filled in as the plan shown was asked for: a fragment for htmx, else a page."""

    def get(self, request: PageRequest, name: str) -> HttpResponse:
        """`?plan=` names the plan to begin from, `?preset=` a standing rule."""
        return self.form_response(request, PlanWishForm.of_wish(self._beginning()))

    def form_response(self, request: PageRequest, form: PlanWishForm) -> HttpResponse:
        """The form in its frame."""
        context = {
            "event": self.event,
            "form": form,
            "shown_plan": self.plans.shown,
            "may_plan": self.may_plan,
            "presets": PlanPreset.objects.visible_to(request.user),
        }
        template = "tom_gcn/partials/plan_form.html" if request.htmx else "tom_gcn/plan_form.html"
        response = render(request, template, context)
        patch_vary_headers(response, ["HX-Request"])
        return response

    def _beginning(self) -> PlanWish:
        preset, plan = self.request.GET.get("preset", ""), self.plans.shown
        try:
            if preset:
                rows = PlanPreset.objects.visible_to(self.request.user)
                row = get_object_or_404(rows, pk=preset if preset.isdecimal() and len(preset) < 10 else 0)
                return site_wish({"telescopes": row.telescopes, **row.wish})
            return wish_of(plan) if plan else site_wish({})
        except WishError:
            # One of long ago names what there is no more.
            return site_wish({})


class RequestPlanView(PlanFormView):
    """Ask for a new plan."""

    http_method_names = ["post"]

    def post(self, request: PageRequest, name: str) -> HttpResponse:
        """Queue a plan and go where its progress is shown; or show the form with what is wrong."""
        form = PlanWishForm.of_post(request.POST)
        if not self.may_plan:
            messages.error(request, NOT_ALLOWED)
            return _go(request, self.event.get_absolute_url())
        try:
            plan = request_plan(
                self.event, by=request.user, why=ASKED_HERE, wish=form.wish(), previous=self._changed_plan()
            )
        except WishError as error:
            form.problems = list(error.problems)
            return self.form_response(request, form)
        except GcnError as error:
            form.problems = [Objection("", error.message, error.fix)]
            return self.form_response(request, form)
        messages.success(request, f"Plan {plan.version} is queued.")
        return _go(request, f"{self.event.get_absolute_url()}?plan={plan.version}#plan")

    def _changed_plan(self) -> ObservationPlan | None:
        """The finished plan the form began from: what changed against it is told."""
        version = self.request.POST.get("changes", "")
        rows = [plan for plan in self.plans.done if str(plan.version) == version]
        return rows[0] if rows else None


def _go(request: PageRequest, address: str) -> HttpResponse:
    return HttpResponseClientRedirect(address) if request.htmx else redirect(address)


class PlanStateView(EventPart):
    """How far the newest plan is; asked every second while it is being made."""

    def get(self, request: HttpRequest, name: str) -> HttpResponse:
        """A line of progress, or once it is finished the whole plan in place of the old one."""
        newest = self.plans.followed
        if newest is None:
            raise Http404("This event has no plan.")
        if newest.is_unfinished:
            return render(
                request,
                "tom_gcn/partials/plan_progress.html",
                {"event": self.event, "plans": self.plans, "newest_plan": newest},
            )
        if newest.state == PlanState.DONE:
            messages.success(request, f"Plan {newest.version} is done.")
        return whole_plan(request, self)


class PlanLiveView(EventPart):
    """What telescopes say and whether something is being planned; asked four times a minute."""

    def get(self, request: HttpRequest, name: str) -> HttpResponse:
        """Nothing while `?seen=` still holds; else that part alone, or with new plans the whole plan."""
        live, seen = live_of(self.event, self.plans), request.GET.get("seen", "")[:60]
        if seen == live.key:
            return HttpResponse(status=204)
        if live.has_new_plans(seen):
            return whole_plan(request, self)
        context = {"event": self.event, "plans": self.plans, "live": live, "may_plan": self.may_plan}
        return render(request, "tom_gcn/partials/plan_live.html", context)


def whole_plan(request: HttpRequest, part: EventPart) -> HttpResponse:
    """The plan in place of what the page shows of it, with what else on the page speaks of plans."""
    response = render(request, "tom_gcn/partials/plan.html", {**part.plan_context(), "replaces_facts": True})
    return reswap(retarget(response, "#plan"), "outerHTML")


class PlanDownloadView(EventPart):
    """A plan, or with `?telescope=` one telescope's part, as a file."""

    def get(self, request: HttpRequest, name: str, version: int, form: str) -> HttpResponseBase:
        """In the form the address names."""
        if form not in downloads.ENDINGS:
            raise Http404(f"A plan can be had as {', '.join(downloads.ENDINGS)}.")
        plan = self.plan_of_address(version)
        return downloads.kept_plan_file(request, plan, downloads.ENDINGS[form], request.GET.get("telescope", ""))


class PointingsView(EventPart):
    """The pointings of one telescope: a fragment in the plan, or a page of its own."""

    def get(self, request: PageRequest, name: str, version: int, telescope: str) -> HttpResponse:
        """In order of time."""
        plan = self.plan_of_address(version)
        part = get_object_or_404(TelescopePlan, plan=plan, telescope=telescope)
        pointings = part.pointings.select_related("reported_by").order_by("order")
        standing = self.event.refusals.standing(timezone.now()).filter(telescope=telescope)
        context = {
            "event": self.event,
            "plan": plan,
            "part": part,
            "pointings": pointings,
            "n_epochs": part.pointings.aggregate(last=Max("epoch"))["last"],
            "may_plan": self.may_plan,
            "reports": [] if self.event.is_retracted else list(REPORTS.items()),
            "reasons": RefusalReason.choices,
            "refusal": standing.first(),
            **self._of_record(telescope),
            "download_forms": DOWNLOAD_WORDS.items(),
        }
        template = "tom_gcn/partials/pointings.html" if request.htmx else "tom_gcn/pointings.html"
        response = render(request, template, context)
        patch_vary_headers(response, ["HX-Request"])
        return response

    def _of_record(self, telescope: str) -> dict[str, Any]:
        """The plan the network goes by, and whether it has something for the telescope."""
        record = self.event.plans.filter(is_of_record=True).first()
        has_part = record is not None and record.telescope_plans.filter(telescope=telescope, n_pointings__gt=0).exists()
        return {"record": record, "record_has_part": has_part}


class ComparePlansView(EventPart):
    """Two plans of the event side by side."""

    def get(self, request: HttpRequest, name: str) -> HttpResponse:
        """The older one first, whichever way they were asked for."""
        chosen = self._chosen()
        comparison = None
        if chosen:
            localizations = self.event.localizations.select_related("skymap").defer(
                "skymap__fits", "skymap__packed", "skymap__region_50", "skymap__region_90"
            )
            one, other = chosen
            comparison = compare_plans(one, other, localizations.filter(pk=other.localization_id).first())
        context = {"event": self.event, "plans": self.plans, "comparison": comparison}
        return render(request, "tom_gcn/compare_plans.html", context)

    def _chosen(self) -> list[ObservationPlan]:
        asked = {self.request.GET.get(name, "") for name in ("one", "other")} - {""}
        if len(asked) != 2:
            return []
        numbers = [int(version) for version in asked if version.isdecimal() and len(version) < 9]
        found = list(self.event.plans.filter(version__in=numbers, state=PlanState.DONE).order_by("version"))
        if len(found) != 2:
            raise Http404("Two finished plans of this event are compared.")
        return found
