"""Targets, their names, extra values and lists over REST."""

from typing import Any

from django.db.models import QuerySet
from rest_framework import mixins, permissions, viewsets
from rest_framework.request import Request
from rest_framework.response import Response
from tom_targets.models import Target, TargetExtra, TargetList, TargetName
from tom_targets.serializers import TargetExtraSerializer, TargetListSerializer, TargetNameSerializer

from icare_tom.guards.access import (
    changeable_target_lists,
    changeable_targets,
    may_create_targets,
    visible_target_lists,
    visible_targets,
)
from icare_tom.guards.target_serializer import TargetSerializer, groups_of
from icare_tom.pagination import BoundedCountPagination
from icare_tom.target_filters import SkyTargetFilterSet
from tom_photvalidation.actions.targets import KEPT, has_points

SAFE = permissions.SAFE_METHODS


class CreateOnlyInAGroup(permissions.BasePermission):
    """New rows only from those whom somebody has let into a group."""

    message = "New targets need the right to create them in a group of yours; of a token, it must be ticked too."

    def has_permission(self, request: Request, view: Any) -> bool:
        """Whether the request may create."""
        return request.method != "POST" or may_create_targets(request.user)


def targets_for(request: Request) -> QuerySet[Target]:
    """Targets a request of this method may reach; hidden ones and those it may not change are not found."""
    if request.method in SAFE:
        return visible_targets(request.user)
    return changeable_targets(request.user, "delete_target" if request.method == "DELETE" else "change_target")


class TargetViewSet(viewsets.ModelViewSet):
    """Targets you may see; changed and deleted by those with the permission.

    `groups` names the groups (id or name) that share a new target; you must belong to them. `aliases` and
    `targetextra_set` add values, or change those whose `id` is given.
    """

    queryset = Target.objects.none()
    serializer_class = TargetSerializer
    permission_classes = [permissions.IsAuthenticated, CreateOnlyInAGroup]
    filterset_class = SkyTargetFilterSet
    pagination_class = BoundedCountPagination

    def get_queryset(self) -> QuerySet[Target]:
        """Reachable targets with what hangs on them."""
        targets = targets_for(self.request).order_by("-created", "-pk")
        return targets.prefetch_related("aliases", "targetextra_set")

    def paginate_queryset(self, queryset: Any) -> list[Target] | None:
        """Look up the groups of a whole page at once."""
        page = super().paginate_queryset(queryset)
        self.groups_of_page = groups_of(page or [], self.request.user)
        return page

    def get_serializer_context(self) -> dict[str, Any]:
        """Hand the groups of the page to the serializer."""
        return {**super().get_serializer_context(), "groups_of_targets": getattr(self, "groups_of_page", {})}

    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Create, with the message TOM's clients expect."""
        response = super().create(request, *args, **kwargs)
        response.data["message"] = "Target successfully uploaded."
        return response

    def destroy(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Delete, unless something was measured of it."""
        if has_points(self.get_object().pk):
            return Response({"detail": KEPT}, status=409)
        return super().destroy(request, *args, **kwargs)

    def update(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Change, with the message TOM's clients expect."""
        response = super().update(request, *args, **kwargs)
        response.data["message"] = "Target successfully updated."
        return response


class PartViewSet(mixins.RetrieveModelMixin, mixins.DestroyModelMixin, viewsets.GenericViewSet):
    """Something that hangs on a target: read and delete one."""

    def get_queryset(self) -> QuerySet[Any]:
        """Rows of reachable targets; taking a part away is a change of the target."""
        safe = self.request.method in SAFE
        targets = visible_targets(self.request.user) if safe else changeable_targets(self.request.user)
        return super().get_queryset().filter(target__in=targets)


class TargetNameViewSet(PartViewSet):
    """Aliases of targets."""

    queryset = TargetName.objects.all()
    serializer_class = TargetNameSerializer


class TargetExtraViewSet(PartViewSet):
    """Extra values of targets."""

    queryset = TargetExtra.objects.all()
    serializer_class = TargetExtraSerializer


class TargetListViewSet(mixins.RetrieveModelMixin, mixins.DestroyModelMixin, viewsets.GenericViewSet):
    """Target lists: read and delete one (TOM's own answered 500 to every request)."""

    queryset = TargetList.objects.none()
    serializer_class = TargetListSerializer

    def get_queryset(self) -> QuerySet[TargetList]:
        """Lists the user may see, or delete."""
        if self.request.method in SAFE:
            return visible_target_lists(self.request.user)
        return changeable_target_lists(self.request.user, "delete_targetlist")
