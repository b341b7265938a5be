"""Guarded viewsets under TOM's prefixes. TOM keeps the first viewset registered under a name: ours."""

from django.core.exceptions import ImproperlyConfigured
from rest_framework.viewsets import ViewSetMixin
from tom_common.api_router import SharedAPIRootRouter

from icare_tom.guards.api_data import DataProductViewSet, ReducedDatumViewSet
from icare_tom.guards.api_observations import GroupViewSet, ObservationViewSet
from icare_tom.guards.api_targets import TargetExtraViewSet, TargetListViewSet, TargetNameViewSet, TargetViewSet

GUARDED: dict[str, type[ViewSetMixin]] = {
    "targets": TargetViewSet,
    "targetextra": TargetExtraViewSet,
    "targetname": TargetNameViewSet,
    "targetlist": TargetListViewSet,
    "observations": ObservationViewSet,
    "dataproducts": DataProductViewSet,
    "reduceddatums": ReducedDatumViewSet,
    "groups": GroupViewSet,
}


def register(router: SharedAPIRootRouter) -> None:
    """Register every guarded viewset.

    Raises
    ------
    ImproperlyConfigured
        When TOM's own viewsets were there first, because its urls were imported before ours: the router would keep
        them with a warning, and the API would be open.
    """
    taken = [name for name, _, _ in router.shared_router.registry if name in GUARDED]
    if taken:
        raise ImproperlyConfigured(f"Import the root URLconf before TOM's urls: {', '.join(taken)} are not guarded.")
    # One address per thing: no second set of routes ending in .json.
    router.shared_router.include_format_suffixes = False
    for name, viewset in GUARDED.items():
        router.register(name, viewset, name)
