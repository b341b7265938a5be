"""Guarded viewsets under TOM's prefixes. TOM keeps the first viewset registered under a name: ours."""

from rest_framework.routers import BaseRouter

from icare_tom.guards.api_data import DataProductViewSet, ReducedDatumViewSet
from icare_tom.guards.api_observations import GroupViewSet, ObservationViewSet
from icare_tom.guards.api_targets import TargetExtraViewSet, TargetListViewSet, TargetNameViewSet, TargetViewSet


def register(router: BaseRouter) -> None:
    """Register every guarded viewset; call before `tom_common.urls` is imported."""
    router.register("targets", TargetViewSet, "targets")
    router.register("targetextra", TargetExtraViewSet, "targetextra")
    router.register("targetname", TargetNameViewSet, "targetname")
    router.register("targetlist", TargetListViewSet, "targetlist")
    router.register("observations", ObservationViewSet, "observations")
    router.register("dataproducts", DataProductViewSet, "dataproducts")
    router.register("reduceddatums", ReducedDatumViewSet, "reduceddatums")
    router.register("groups", GroupViewSet, "groups")
