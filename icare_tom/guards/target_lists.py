"""Target lists: who may see, fill, empty and delete them; merging two targets."""

from typing import Any

from django.contrib import messages
from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.views import View
from django.views.generic.edit import DeleteView
from tom_targets.models import Target, TargetList
from tom_targets.tables import TargetGroupTable
from tom_targets.views import TargetGroupingCreateView, TargetGroupingView, TargetMergeView

from icare_tom.guards.access import (
    changeable_target_lists,
    changeable_targets,
    one_or_404,
    visible_target_lists,
    visible_targets,
)
from icare_tom.guards.mixins import GroupMembersOnly, SignedIn
from icare_tom.target_filters import SkyTargetFilterSet
from tom_photvalidation.actions.targets import move_points


class QuietListTable(TargetGroupTable):
    """TOM's table without its inline event handler and without counting what the user may not see."""

    selection = None
    total_targets = None

    class Meta(TargetGroupTable.Meta):
        fields = ["name", "created"]


class GuardedGroupingView(SignedIn, TargetGroupingView):
    """Lists the user may see."""

    table_class = QuietListTable

    def get_queryset(self) -> QuerySet[TargetList]:
        """Visible lists."""
        return visible_target_lists(self.request.user)

    def get_context_data(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """Say nothing about whether others have lists."""
        context = super().get_context_data(*args, **kwargs)
        context["empty_database"] = not self.get_queryset().exists()
        return context


class GuardedGroupingCreateView(GroupMembersOnly, TargetGroupingCreateView):
    """A new list of one's own."""


class GuardedGroupingDeleteView(SignedIn, DeleteView):
    """Delete a list one may delete; others do not exist."""

    template_name = "tom_targets/targetlist_confirm_delete.html"

    def get_queryset(self) -> QuerySet[TargetList]:
        """Lists the user may delete."""
        return changeable_target_lists(self.request.user, "delete_targetlist")

    def get_success_url(self) -> str:
        """Back to the lists."""
        return reverse("targets:targetgrouping")


class GuardedMergeView(SignedIn, TargetMergeView):
    """Merge two targets the user may change and delete."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Check who asks before anything else."""
        if request.user.is_authenticated:
            pair = {kwargs["pk1"], kwargs["pk2"]}
            mine = changeable_targets(request.user, "delete_target").filter(pk__in=changeable_targets(request.user))
            if len(pair) != 2 or mine.filter(pk__in=pair).count() != 2:
                raise Http404
            # The htmx request names the primary target: it must be one of the two.
            chosen = request.GET.get("name_select")
            if request.headers.get("HX-Request") and chosen not in {str(pk) for pk in pair}:
                raise Http404
        return super().dispatch(request, *args, **kwargs)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Take the photometry along, which TOM does not know; all of it happens, or nothing."""
        pair = {kwargs["pk1"], kwargs["pk2"]}
        chosen = {pk for pk in pair if str(pk) == request.POST.get("name_select")}
        with transaction.atomic():
            if "confirm" in request.POST and len(chosen) == 1:
                (other,), (primary,) = pair - chosen, chosen
                move_points(other, primary)
            return super().post(request, *args, **kwargs)


class AddRemoveGroupingView(SignedIn, View):
    """Add targets to a list, remove them, or move them there; start a merge."""

    def post(self, request: HttpRequest) -> HttpResponse:
        """Act on the selected visible targets."""
        query = request.POST.get("query_string", "")
        back = redirect(f"{reverse('targets:list')}?{QueryDict(query).urlencode()}")
        if "merge" in request.POST:
            return self._merge(request) or back
        grouping = one_or_404(changeable_target_lists(request.user), request.POST.get("grouping"))
        targets = list(self._selected(request, QueryDict(query)))
        with transaction.atomic():
            if "remove" in request.POST:
                grouping.targets.remove(*targets)
            elif "add" in request.POST or "move" in request.POST:
                self._leave_other_lists(request, targets)
                grouping.targets.add(*targets)
        messages.success(request, f"{len(targets)} target(s) handled for list {grouping.name}.")
        return back

    def _merge(self, request: HttpRequest) -> HttpResponse | None:
        chosen = request.POST.getlist("selected-target")
        if len(chosen) == 2 and all(pk.isdecimal() for pk in chosen):
            return redirect("targets:merge", pk1=chosen[0], pk2=chosen[1])
        messages.warning(request, "Choose two targets to merge.")
        return None

    def _selected(self, request: HttpRequest, query: QueryDict) -> QuerySet[Target]:
        visible = visible_targets(request.user)
        if request.POST.get("isSelectAll") == "True":
            return SkyTargetFilterSet(request=request, data=query, queryset=visible).qs
        return visible.filter(pk__in=[pk for pk in request.POST.getlist("selected-target") if pk.isdecimal()])

    def _leave_other_lists(self, request: HttpRequest, targets: list[Target]) -> None:
        """Moving takes targets out of the lists the user may change, never out of somebody else's."""
        if "move" not in request.POST:
            return
        for other in changeable_target_lists(request.user).filter(targets__in=targets).distinct():
            other.targets.remove(*targets)
