"""What was observed of an event's localization, and what would have been seen: fragments for htmx, else pages."""

from datetime import timedelta
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.utils.functional import cached_property
from django.utils.safestring import SafeString
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from tom_gcn.choices import PlanState
from tom_gcn.downloads import safe_name
from tom_gcn.drawings.curve import probability_curve
from tom_gcn.efficiency_form import GRID, Answered, EfficiencyForm, NoDistance, answer
from tom_gcn.executed import DEFAULT_DAYS, ExecutedOfEvent, executed_of
from tom_gcn.models import Event, Localization, ObservationPlan
from tom_gcn.plan_formats.region import moc_fits
from tom_gcn.relation_views import PartOfEvent
from tom_gcn.reported import without_observation
from tom_gcn.sky_formats import moc_json
from tom_grandma_facilities.known_parameters import KnownParameters

DAYS = (1, 3, 7, 30, 0)
SHORTEST_AXIS = timedelta(hours=3)


def days_of(text: str) -> int:
    """Read how many days after the event count; 0 means until now.

    Raises
    ------
    Http404
    """
    if text and text not in map(str, DAYS):
        raise Http404("A window is 1, 3, 7 or 30 days, or 0 for all times.")
    return int(text) if text else DEFAULT_DAYS


class ExecutedPart(PartOfEvent):
    """What the page, the file and the API of executed observations share."""

    @cached_property
    def days(self) -> int:
        """The window of the address."""
        return days_of(self.request.GET.get("days", ""))

    @cached_property
    def executed(self) -> ExecutedOfEvent | None:
        """What was observed; None without a map."""
        if self.localization is None:
            return None
        return executed_of(self.event, self.localization, self.request.user, self.days)


class ExecutedView(ExecutedPart):
    """What was observed of the current localization, by telescope and filter, and what is left."""

    template = "tom_gcn/partials/executed.html"
    title = "Observed"

    def context(self) -> dict[str, Any]:
        """Figures and the curve against time."""
        executed = self.executed
        total = executed.coverage.total if executed else None
        drawing = ""
        if executed and total:
            end = max(total.last, executed.since + SHORTEST_AXIS)
            drawing = probability_curve(executed.coverage.curve, executed.since, end, what="Observed")
        # Numbers and escaped words only.
        return {
            "executed": executed,
            "days": self.days,
            "all_days": DAYS,
            "drawing": SafeString(drawing),
            "n_reported_only": without_observation(self.event, self.request.user),
        }


class ExecutedMocView(ExecutedPart):
    """The sky that was observed, as a MOC in FITS."""

    def get(self, request: HttpRequest, name: str) -> HttpResponse:
        """Not found without a map."""
        if self.executed is None:
            raise Http404("There is no map.")
        about = {"OBJECT": self.event.name.encode("ascii", "replace").decode()[:60]}
        answered = HttpResponse(moc_fits(self.executed.coverage.ranges, about), content_type="application/fits")
        answered["Content-Disposition"] = f'attachment; filename="{safe_name(self.event.name, "observed")}.moc.fits"'
        return answered


class EfficiencyView(PartOfEvent):
    """Whether a source would have been seen by what was observed, by a plan, or by both."""

    template = "tom_gcn/partials/seen.html"
    title = "Chance to see a source"

    def context(self) -> dict[str, Any]:
        """A form with an answer below; the address holds all that is asked."""
        plan = plan_of(self.event, self.request.GET.get("plan", ""))
        localization = plan_localization(plan) or self.localization
        form = EfficiencyForm(self.request.GET, has_plan=plan is not None)
        answered: Answered | None = None
        if localization is not None and form.is_valid():
            try:
                answered = answer(self.event, localization, plan, self.request.user, form.cleaned_data)
            except NoDistance as error:
                form.add_error("distance", str(error))
        values = {name: form.cleaned_data.get(name) for name in form.fields} if form.is_valid() else {}
        shown = EfficiencyForm(initial=values, has_plan=plan is not None) if answered else form
        drawing = SafeString(answered.drawing) if answered else ""
        return {"form": shown, "answered": answered, "plan": plan, "localization": localization, "drawing": drawing}


def plan_of(event: Event, version: str) -> ObservationPlan | None:
    """The plan of a version; without one that of record, else the newest that is done.

    Raises
    ------
    Http404
    """
    done = event.plans.filter(state=PlanState.DONE)
    if not version:
        return done.order_by("-is_of_record", "-version").first()
    if not (version.isdecimal() and len(version) < 9):
        raise Http404("A plan is named by its number.")
    plan = done.filter(version=int(version)).first()
    if plan is None:
        raise Http404("There is no such finished plan.")
    return plan


def plan_localization(plan: ObservationPlan | None) -> Localization | None:
    """The localization a plan was made for."""
    if plan is None:
        return None
    rows = Localization.objects.filter(pk=plan.localization_id).select_related("skymap", "event")
    return rows.defer("skymap__fits", "skymap__region_50", "skymap__region_90", "skymap__contours").first()


def _event(request: Request, name: str) -> Event:
    event = Event.objects.visible_to(request.user).filter(name=name).first()
    if event is None:
        raise Http404
    return event


def _current(event: Event) -> Localization | None:
    rows = event.localizations.filter(is_current=True).select_related("skymap", "event")
    return rows.defer("skymap__fits", "skymap__region_50", "skymap__region_90", "skymap__contours").first()


class ExecutedApiView(KnownParameters, APIView):
    """What was observed of an event's current localization."""

    also_known = frozenset({"days", "moc"})

    @extend_schema(
        operation_id="events_executed_retrieve",
        parameters=[
            OpenApiParameter("days", int, description="After the event: 1, 3, 7, 30, or 0 for all."),
            OpenApiParameter("moc", bool, description="Add the observed sky as MOC in JSON."),
        ],
        responses=OpenApiTypes.OBJECT,
    )
    def get(self, request: Request, name: str) -> Response:
        """Probability and area of the union, by telescope and filter, against time, and what is left."""
        event = _event(request, name)
        localization = _current(event)
        if localization is None:
            raise Http404
        days = days_of(request.query_params.get("days", ""))
        executed = executed_of(event, localization, request.user, days)
        coverage = executed.coverage
        body = {
            "event": event.name,
            "localization": localization.pk,
            "since": executed.since,
            "days": executed.days,
            "is_cut": executed.is_cut,
            "reported_without_observation": without_observation(event, request.user),
            "total": vars(coverage.total) if coverage.total else None,
            "by_telescope": [vars(line) for line in coverage.by_telescope],
            "by_telescope_and_filter": [vars(line) for line in coverage.by_filter],
            "curve": coverage.curve,
            "left_probability": coverage.left_probability,
            "left_90_deg2": coverage.left_90_deg2,
            "area_90_deg2": coverage.area_90_deg2,
        }
        if request.query_params.get("moc", "").lower() in ("1", "true", "yes"):
            body["moc"] = moc_json(coverage.ranges)
        return Response(body)


class EfficiencyApiView(KnownParameters, APIView):
    """Probability that a source would have been seen."""

    also_known = frozenset({"plan", *EfficiencyForm.base_fields})

    @extend_schema(
        operation_id="events_efficiency_retrieve",
        parameters=[
            OpenApiParameter("plan", int, description="Version; the plan of record, or the newest, if not given."),
            OpenApiParameter("what", str, enum=["plan", "executed", "both"]),
            OpenApiParameter("magnitude", float, description="Absolute, AB."),
            OpenApiParameter("law", str, enum=["linear", "power"]),
            OpenApiParameter("rate", float, description="mag per day, or index of the flux."),
            OpenApiParameter("times", int, description="Seen at least so often."),
            OpenApiParameter("distance", float, description="Mpc, instead of the map's."),
            OpenApiParameter("distance_error", float, description="Mpc"),
        ],
        responses=OpenApiTypes.OBJECT,
    )
    def get(self, request: Request, name: str) -> Response:
        """One number at the magnitude asked for, and the curve against absolute magnitude."""
        event = _event(request, name)
        plan = plan_of(event, request.query_params.get("plan", ""))
        localization = plan_localization(plan) or _current(event)
        if localization is None:
            raise Http404
        form = EfficiencyForm(request.query_params, has_plan=plan is not None)
        if not form.is_valid():
            raise ValidationError({name: list(map(str, errors)) for name, errors in form.errors.items()})
        try:
            answered = answer(event, localization, plan, request.user, form.cleaned_data)
        except NoDistance as error:
            raise ValidationError({"distance": str(error)}) from error
        return Response(
            {
                "event": event.name,
                "plan": plan.version if plan and answered.what != "executed" else None,
                "what": answered.what,
                "source": {"law": answered.source.law.value, "rate": answered.source.rate},
                "times": answered.times,
                "distance_mpc": answered.distance_mpc,
                "absolute_mag": answered.magnitude,
                "probability": answered.probability,
                "standard_error": answered.error,
                "covered": answered.found.covered,
                "magnitude_seen_half_the_time": answered.half,
                "n_exposures": answered.found.n_looks,
                "n_depths_assumed": answered.depths.n_assumed,
                "n_without_depth": answered.depths.n_unknown,
                "n_injections": len(answered.found.faintest),
                "curve": [list(pair) for pair in zip(GRID, answered.curve, strict=True)],
            }
        )
