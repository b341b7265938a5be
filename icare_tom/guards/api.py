"""Guarded viewsets under TOM's prefixes. TOM keeps the first viewset registered under a prefix: ours."""

from rest_framework.routers import BaseRouter


def register(router: BaseRouter) -> None:
    """Register every guarded viewset; call before `tom_common.urls` is imported."""
