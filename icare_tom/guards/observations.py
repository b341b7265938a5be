"""Pages of observations: list, page, request, change and cancel."""

from typing import Any
from urllib.parse import urlencode

import django_filters
from django import forms
from django.contrib import messages
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.views import View
from django.views.generic import ListView
from django.views.generic.detail import DetailView
from django.views.generic.edit import DeleteView, UpdateView
from django_filters.views import FilterView
from tom_observations.facility import BaseManualObservationFacility, get_service_classes
from tom_observations.models import ObservationGroup, ObservationRecord, ObservationTemplate
from tom_observations.views import (
    AddExistingObservationView,
    ObservationCreateView,
    ObservationGroupCreateView,
    ObservationTemplateCreateView,
    ObservationTemplateDeleteView,
    ObservationTemplateListView,
    ObservationTemplateUpdateView,
)
from tom_targets.models import Target

from icare_tom.guards.access import (
    OBSERVE,
    Visitor,
    changeable_observations,
    is_member,
    may_in_network,
    one_or_404,
    permitted,
    usable_targets,
    visible_observation_groups,
    visible_observations,
    visible_products,
    visible_targets,
)
from icare_tom.guards.mixins import GroupMembersOnly, MembersOnly, SignedIn
from tom_grandma_facilities.actions.requests import ask
from tom_grandma_facilities.exceptions import FacilityError
from tom_grandma_facilities.facility import GrandmaFacility


def facility_or_404(name: str) -> type[Any]:
    """The facility class of a name, or 404."""
    try:
        return get_service_classes()[name]
    except KeyError:
        raise Http404 from None


def observed_targets(request: HttpRequest | None) -> QuerySet[Target]:
    """Visible targets that have observations, as choices of the filter."""
    if request is None:
        return Target.objects.none()
    return visible_targets(request.user).filter(observationrecord__isnull=False).distinct().order_by("name")


def groups_of_visitor(request: HttpRequest | None) -> QuerySet[ObservationGroup]:
    """Observation groups offered as choices of the filter."""
    return visible_observation_groups(request.user) if request is not None else ObservationGroup.objects.none()


def facility_choices() -> list[tuple[str, str]]:
    """Facilities by name."""
    return [(name, name) for name in get_service_classes()]


class VisibleObservationFilter(django_filters.rest_framework.FilterSet):
    """TOM's filters of observations, with choices the visitor may see."""

    ordering = django_filters.OrderingFilter(
        fields=["scheduled_start", "scheduled_end", "status", "created", "modified"]
    )
    scheduled_start = django_filters.DateTimeFromToRangeFilter()
    scheduled_end = django_filters.DateTimeFromToRangeFilter()
    target_id = django_filters.ModelMultipleChoiceFilter(field_name="target", queryset=observed_targets)
    observationgroup = django_filters.ModelMultipleChoiceFilter(queryset=groups_of_visitor)
    facility = django_filters.MultipleChoiceFilter(choices=facility_choices)

    class Meta:
        model = ObservationRecord
        fields = ["observation_id", "status"]


class GuardedObservationListView(SignedIn, FilterView):
    """Observations of visible targets. TOM's group actions and status updates by GET are gone."""

    model = ObservationRecord
    filterset_class = VisibleObservationFilter
    template_name = "tom_observations/observation_list.html"
    paginate_by = 25
    strict = False

    def get_queryset(self) -> QuerySet[ObservationRecord]:
        """Visible observations with what the table shows."""
        rows = visible_observations(self.request.user).select_related("target")
        return rows.prefetch_related("dataproduct_set").order_by("-created")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add the groups whose names the user may see."""
        context = super().get_context_data(**kwargs)
        context["visible_groups"] = visible_observation_groups(self.request.user)
        return context


class GuardedObservationDetailView(SignedIn, DetailView):
    """One observation of a visible target."""

    model = ObservationRecord
    template_name = "tom_observations/observationrecord_detail.html"

    def get_queryset(self) -> QuerySet[ObservationRecord]:
        """Visible observations."""
        return visible_observations(self.request.user).select_related("target")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """What the page shows: the row, its data, and whether it may be changed."""
        context = super().get_context_data(**kwargs)
        facility = get_service_classes().get(self.object.facility)
        can_change = changeable_observations(self.request.user).filter(pk=self.object.pk).exists()
        context |= {
            "products": visible_products(self.request.user).filter(observation_record=self.object),
            "editable": can_change and facility is not None and issubclass(facility, BaseManualObservationFacility),
            "can_be_cancelled": can_change and facility is not None and not self._is_over(facility),
        }
        return context

    def _is_over(self, facility: type[Any]) -> bool:
        return self.object.status in facility().get_terminal_observing_states()


class GuardedObservationCreateView(SignedIn, ObservationCreateView):
    """A request for a target the user may use, to a facility that exists."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Check who asks before anything else."""
        if not request.user.is_authenticated:
            return self.handle_no_permission()
        facility_or_404(kwargs["facility"])
        asked = request.POST if request.method == "POST" else request.GET
        one_or_404(usable_targets(request.user, OBSERVE), asked.get("target_id"))
        return super().dispatch(request, *args, **kwargs)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add the templates of this telescope, for members who may make some."""
        context: dict[str, Any] = super().get_context_data(**kwargs)
        if may_use_templates(self.request.user):
            context["request_templates"] = templates_of(self.get_facility())
        return context

    def form_valid(self, form: Any) -> HttpResponseBase:
        """Ask one of our telescopes and go to the page of the request; other facilities of TOM as TOM does."""
        if not isinstance(self.facility_instance, GrandmaFacility):
            return super().form_valid(form)
        target = self.get_target()
        try:
            row = ask(
                self.facility_instance.name,
                by=self.request.user,
                target=target,
                subject_url=target.get_absolute_url(),
                **form.wish(),
            )
        except FacilityError as refusal:
            form.add_error(None, str(refusal))
            return self.form_invalid(form)
        messages.success(self.request, f"{row.telescope} is asked for {row.subject}.")
        return redirect(row)


class GuardedObservationUpdateView(SignedIn, UpdateView):
    """Change the facility's id of an observation one may change."""

    fields = ["observation_id"]
    template_name = "tom_observations/observationupdate_form.html"

    def get_queryset(self) -> QuerySet[ObservationRecord]:
        """Observations the user may change."""
        return changeable_observations(self.request.user)

    def get_success_url(self) -> str:
        """Back to the observation."""
        return reverse("observations:detail", kwargs={"pk": self.object.pk})


class CancelObservationView(SignedIn, View):
    """Cancel an observation: by POST, by those who may change it."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Ask the facility and tell the user its answer."""
        record = one_or_404(changeable_observations(request.user), pk)
        facility = facility_or_404(record.facility)()
        facility.set_user(request.user)
        try:
            cancelled = facility.cancel_observation(record.observation_id)
        except (forms.ValidationError, NotImplementedError) as error:
            messages.error(request, f"Unable to cancel the observation: {error}")
        else:
            self._tell(request, facility, record, cancelled)
        return redirect("observations:detail", pk=record.pk)

    def _tell(self, request: HttpRequest, facility: Any, record: ObservationRecord, cancelled: bool) -> None:
        if cancelled:
            facility.update_observation_status(record.observation_id)
            messages.success(request, f"Cancelled {record}.")
        else:
            messages.error(request, "The facility did not cancel the observation.")


class GuardedAddExistingView(SignedIn, AddExistingObservationView):
    """Attach an observation made elsewhere to a target the user may use."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Check who asks before anything else."""
        if not request.user.is_authenticated:
            return self.handle_no_permission()
        asked = request.POST if request.method == "POST" else request.GET
        one_or_404(usable_targets(request.user, OBSERVE), asked.get("target_id"))
        return super().dispatch(request, *args, **kwargs)


class GuardedObservationGroupListView(SignedIn, ListView):
    """Observation groups the user may see."""

    model = ObservationGroup
    paginate_by = 25

    def get_queryset(self) -> QuerySet[ObservationGroup]:
        """Visible groups."""
        return visible_observation_groups(self.request.user)


class GuardedObservationGroupCreateView(GroupMembersOnly, ObservationGroupCreateView):
    """A new observation group of one's own."""


class GuardedObservationGroupDeleteView(SignedIn, DeleteView):
    """Delete a group one may delete; others do not exist."""

    template_name = "tom_observations/observationgroup_confirm_delete.html"

    def get_queryset(self) -> QuerySet[ObservationGroup]:
        """Groups the user may delete."""
        return permitted(self.request.user, "delete_observationgroup", ObservationGroup)

    def get_success_url(self) -> str:
        """Back to the groups."""
        return reverse("observations:group-list")


def may_use_templates(user: Visitor) -> bool:
    """Whether somebody belongs to the network and may ask its telescopes."""
    return is_member(user) and may_in_network(user, OBSERVE)


def templates_of(facility: str) -> list[tuple[str, str]]:
    """Name, and what its form is filled in with as the query of an address, of each template of a facility."""
    rows = ObservationTemplate.objects.filter(facility=facility).order_by("name", "pk")
    named = {"facility", "template_name", "target_id"}
    return [
        (row.name, urlencode({name: value for name, value in row.parameters.items() if name not in named}))
        for row in rows
    ]


class FacilityOfTemplate:
    """A template form exists only for facilities that have one."""

    kwargs: dict[str, Any]

    def get_form_class(self) -> type[forms.Form]:
        """The facility's form; 404 when it has none."""
        try:
            return super().get_form_class()  # type: ignore[misc]
        except (ImportError, TypeError, NotImplementedError):
            raise Http404 from None


class GuardedTemplateListView(MembersOnly, ObservationTemplateListView):
    """Observation templates of the network."""

    def get_context_data(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """Add the facilities for which templates can be made, those in use only."""
        context: dict[str, Any] = super().get_context_data(*args, **kwargs)
        context["template_facilities"] = [
            name for name, facility in context["installed_facilities"].items() if getattr(facility, "is_offered", True)
        ]
        return context


class GuardedTemplateCreateView(FacilityOfTemplate, MembersOnly, ObservationTemplateCreateView):
    """A new template, for members who may observe."""

    needs = OBSERVE

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Check who asks before anything else."""
        facility_or_404(kwargs["facility"])
        return super().dispatch(request, *args, **kwargs)


class GuardedTemplateUpdateView(FacilityOfTemplate, MembersOnly, ObservationTemplateUpdateView):
    """Change a template, for members who may observe."""

    needs = OBSERVE

    def get_object(self) -> Model:
        """The template or 404."""
        return one_or_404(ObservationTemplateDeleteView.model.objects.all(), self.kwargs["pk"])


class GuardedTemplateDeleteView(MembersOnly, ObservationTemplateDeleteView):
    """Delete a template, for members who may observe."""

    needs = OBSERVE
