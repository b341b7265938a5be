"""Read-only API of telescopes: `/api/telescopes/` and `/api/telescopes/<name>/`."""

from collections.abc import Sequence
from typing import Any

from django.http import Http404
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import viewsets
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from tom_grandma_facilities.in_use import in_use
from tom_grandma_facilities.models import TelescopeStatus
from tom_grandma_facilities.registry import TELESCOPES, UnknownTelescope, get_telescope
from tom_grandma_facilities.serializers import TelescopeDetailSerializer, TelescopeSerializer
from tom_grandma_facilities.telescope import Telescope
from tom_grandma_facilities.tonight import network_now, tonight


class TelescopeViewSet(viewsets.ViewSet):
    """Telescopes of the registry: what they are, with the source of every number, and where they stand now."""

    permission_classes = [IsAuthenticated]
    lookup_field = "name"
    lookup_value_regex = r"[A-Za-z0-9.-]+"

    @extend_schema(
        responses=TelescopeSerializer(many=True),
        parameters=[OpenApiParameter("in_network", bool, description="Only those asked by default (or only others).")],
    )
    def list(self, request: Request) -> Response:
        """All telescopes, ordered by name."""
        telescopes = list(TELESCOPES.values())
        context = self._context(request, telescopes)
        telescopes = [in_use(telescope, context["statuses"].get(telescope.name)) for telescope in telescopes]
        wanted = request.query_params.get("in_network", "").lower()
        if wanted in {"true", "false"}:
            telescopes = [telescope for telescope in telescopes if telescope.in_network == (wanted == "true")]
        return Response(TelescopeSerializer(telescopes, many=True, context=context).data)

    @extend_schema(
        responses=TelescopeDetailSerializer,
        parameters=[OpenApiParameter("name", str, OpenApiParameter.PATH, description="Such as TAROT-TCA.")],
    )
    def retrieve(self, request: Request, name: str) -> Response:
        """One telescope with all its facts."""
        try:
            telescope = get_telescope(name)
        except UnknownTelescope as unknown:
            raise Http404(str(unknown)) from unknown
        context = self._context(request, [telescope])
        telescope = in_use(telescope, context["statuses"].get(telescope.name))
        return Response(TelescopeDetailSerializer(telescope, context=context).data)

    def _context(self, request: Request, telescopes: Sequence[Telescope]) -> dict[str, Any]:
        now = timezone.now()
        statuses = TelescopeStatus.objects.visible_to(request.user).filter(telescope__in=[t.name for t in telescopes])
        return {
            "request": request,
            "statuses": {status.telescope: status for status in statuses},
            "moments": {moment.telescope.name: moment for moment in network_now(now, telescopes)},
            "tonight": lambda telescope: tonight(telescope, now) if telescope.site.known else None,
        }
