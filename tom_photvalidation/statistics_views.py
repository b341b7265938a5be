"""Pages a coordinator looks at before calling an observer."""

from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django.views.generic.base import View

from tom_grandma_facilities.registry import TELESCOPES
from tom_photvalidation.models import PhotometryPoint
from tom_photvalidation.offsets import offsets_by_month
from tom_photvalidation.statistics import telescope_by_filter, telescope_by_month, telescopes


class TelescopesView(LoginRequiredMixin, View):
    """What each telescope sends."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Those whose points one sees."""
        return render(request, "tom_photvalidation/telescopes.html", {"rows": telescopes(request.user)})


class TelescopeView(LoginRequiredMixin, View):
    """What one telescope sends, by filter and month."""

    def get(self, request: HttpRequest, name: str) -> HttpResponse:
        """Not found where one sees no point of it."""
        by_filter = telescope_by_filter(name, request.user)
        if not by_filter:
            raise Http404("No point of this telescope is known.")
        context = {
            "name": name,
            "is_of_network": name in TELESCOPES,
            "by_filter": by_filter,
            "by_month": telescope_by_month(name, request.user),
        }
        return render(request, "tom_photvalidation/telescope.html", context)


class OffsetsView(LoginRequiredMixin, View):
    """How far one telescope is off from the others, per filter and month: light curves are fitted for it."""

    def get(self, request: HttpRequest, name: str) -> HttpResponse:
        """A part of the telescope's page, and for browsers without scripts a page of its own."""
        if not PhotometryPoint.objects.visible_to(request.user).filter(telescope=name).exists():
            raise Http404("No point of this telescope is known.")
        context = {"name": name, "offsets": offsets_by_month(name, request.user)}
        part = "partials/" if getattr(request, "htmx", None) else ""
        response = render(request, f"tom_photvalidation/{part}offsets.html", context)
        patch_vary_headers(response, ["HX-Request"])
        return response
