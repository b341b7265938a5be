"""The finding chart of a target: a page, a file to save, and beside them a picture of a survey when one wants it."""

from __future__ import annotations

import hashlib
import math
from typing import Any
from urllib.parse import urlencode, urlsplit

from django import forms
from django.conf import settings
from django.core.cache import caches
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.safestring import SafeString
from django.views.generic import View
from tom_targets.models import Target

from icare_tom.guards.access import Visitor, one_or_404, visible_targets
from icare_tom.guards.mixins import SignedIn
from tom_gcn.models import Galaxy
from tom_gcn.skymaps import cone_ranges
from tom_gcn.transports import Away, Policy, Refused, fetch
from tom_grandma_facilities.finding import Field, Mark, finding_chart, stars_around
from tom_grandma_facilities.registry import TELESCOPES
from tom_grandma_facilities.telescope import Shape, Telescope

SIZES_ARCMIN = (15, 30, 60, 120, 180, 300)
USUAL_ARCMIN = 60
MOST_GALAXIES = 30
PICTURE_PIXELS = 600
KEPT_S = 30 * 24 * 3600
AWAY_S = 300


def _field_of(telescope: Telescope) -> Field | None:
    """The field of the first camera of which one is known."""
    for camera in telescope.cameras:
        if camera.width.value is not None and camera.shape is not Shape.UNKNOWN:
            width = float(camera.width.value.to_value("deg"))
            height = width if camera.height.value is None else float(camera.height.value.to_value("deg"))
            return Field(telescope.name, camera.shape, width, height)
    return None


FIELDS = {name: field for name, telescope in TELESCOPES.items() if (field := _field_of(telescope))}


class ChartForm(forms.Form):
    """How much of the sky, and through which telescope."""

    size = forms.TypedChoiceField(
        label="Size",
        coerce=int,
        required=False,
        empty_value=None,
        choices=[
            ("", "as the field, or 1°"),
            *((one, f"{one}′" if one < 60 else f"{one // 60}°") for one in SIZES_ARCMIN),
        ],
    )
    telescope = forms.ChoiceField(
        label="Field of", required=False, choices=[("", "no telescope"), *((name, name) for name in FIELDS)]
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.widget.attrs["class"] = "form-select form-select-sm"

    @property
    def field(self) -> Field | None:
        """The field to draw."""
        return FIELDS.get(self.cleaned_data["telescope"])

    @property
    def side_deg(self) -> float:
        """The chart's side: as asked, or so that the field fits."""
        if self.cleaned_data["size"]:
            return float(self.cleaned_data["size"]) / 60
        if self.field is None:
            return USUAL_ARCMIN / 60
        wanted = max(self.field.width_deg, self.field.height_deg) * 60 * 1.2
        return next((one for one in SIZES_ARCMIN if one >= wanted), SIZES_ARCMIN[-1]) / 60


class ChartView(SignedIn, View):
    """The chart as a page; as a drawing to save when `form` says svg."""

    def get(self, request: HttpRequest, pk: int, form: str = "") -> HttpResponse:
        """Not found for targets one may not see, or without a position."""
        target = _placed_or_404(request.user, pk)
        asked = ChartForm(request.GET)
        if not asked.is_valid():
            if form:
                raise Http404("There is no chart of this size, or of this telescope.")
            return render(request, "icare_tom/chart.html", {"target": target, "form": asked}, status=400)
        wants_survey = bool(request.GET.get("survey")) and not form
        picture = _picture(target, asked.side_deg) if wants_survey else ""
        drawing = _drawing(target, asked, request.user, picture, alone=bool(form))
        if form:
            response = HttpResponse(drawing, content_type="image/svg+xml")
            response["Content-Disposition"] = f'attachment; filename="chart-{target.pk}.svg"'
            return response
        query = {name: value for name, value in asked.data.items() if name in asked.fields and value}
        context = {
            "target": target,
            "form": asked,
            "drawing": SafeString(drawing),
            "query": urlencode(query),
            "wants_survey": wants_survey,
            "picture": picture,
            "survey": settings.ICARE_SURVEY,
        }
        return render(request, "icare_tom/chart.html", context)


class SurveyView(SignedIn, View):
    """A picture of a survey around a target, fetched once from the service that cuts it out."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Not found for targets one may not see; 503 while the service cannot be reached."""
        target = _placed_or_404(request.user, pk)
        try:
            side_deg = float(request.GET.get("side", ""))
        except ValueError as error:
            raise Http404("Say how wide the picture is.") from error
        if not math.isfinite(side_deg) or round(side_deg * 60) not in SIZES_ARCMIN:
            raise Http404("There is no picture of this size.")
        picture = survey_picture(float(target.ra) % 360.0, float(target.dec), side_deg)
        if not picture:
            return HttpResponse("The survey's service cannot be reached now.", status=503, content_type="text/plain")
        response = HttpResponse(picture, content_type="image/jpeg")
        response["Cache-Control"] = "private, max-age=86400"
        return response


def survey_picture(ra_deg: float, dec_deg: float, side_deg: float) -> bytes:
    """Return a JPEG of the survey, kept for a month; empty when its service cannot be reached.

    The service is hips2fits of CDS (https://alasky.cds.unistra.fr/hips-image-services/hips2fits), tangential projection
    with north up and east left, as the chart.
    """
    arguments = {
        "hips": settings.ICARE_SURVEY,
        "width": PICTURE_PIXELS,
        "height": PICTURE_PIXELS,
        "projection": "TAN",
        "coordsys": "icrs",
        "ra": f"{ra_deg:.6f}",
        "dec": f"{dec_deg:.6f}",
        "fov": f"{side_deg:.6f}",
        "format": "jpg",
    }
    url = f"{settings.ICARE_SURVEY_URL}?{urlencode(arguments)}"
    kept, key = caches["drawings"], f"survey:{hashlib.sha256(url.encode()).hexdigest()}"
    picture: bytes | None = kept.get(key)
    if picture is None:
        picture = _fetched(url)
        kept.set(key, picture, KEPT_S if picture else AWAY_S)
    return picture


def _fetched(url: str) -> bytes:
    host = urlsplit(url).hostname or ""
    policy = Policy(
        [host], 4 * 1024 * 1024, 10.0, ports=None, private_addresses=host in settings.ICARE_TRANSPORT_PRIVATE_HOSTS
    )
    try:
        picture = fetch(url, policy)
    except (Away, Refused):
        return b""
    return picture if picture.startswith(b"\xff\xd8") else b""


def _picture(target: Target, side_deg: float) -> str:
    """The address of the survey's picture; empty when its service cannot be reached."""
    if not survey_picture(float(target.ra) % 360.0, float(target.dec), side_deg):
        return ""
    return f"{reverse('target-survey', args=[target.pk])}?{urlencode({'side': side_deg})}"


def _placed_or_404(user: Visitor, pk: int) -> Target:
    target = one_or_404(visible_targets(user), pk)
    if target.ra is None or target.dec is None:
        raise Http404("The target has no position, so there is no chart.")
    return target


def _drawing(target: Target, asked: ChartForm, user: Visitor, picture: str, *, alone: bool) -> str:
    ra_deg, dec_deg, side_deg = float(target.ra) % 360.0, float(target.dec), asked.side_deg
    radius_deg = side_deg / math.sqrt(2)
    return finding_chart(
        target.name,
        ra_deg,
        dec_deg,
        side_deg,
        stars_around(ra_deg, dec_deg, radius_deg),
        galaxies=_galaxies(ra_deg, dec_deg, radius_deg, user),
        field=asked.field,
        image=picture,
        alone=alone,
    )


def _galaxies(ra_deg: float, dec_deg: float, radius_deg: float, user: Visitor) -> list[Mark]:
    """The most luminous galaxies of the catalogues there; invented ones are left out."""
    places = Q()
    for first, end in cone_ranges(ra_deg, dec_deg, radius_deg).tolist():
        places |= Q(hpx29__gte=first, hpx29__lt=end)
    rows = Galaxy.objects.visible_to(user).filter(places, catalogue__is_sample=False)
    found = rows.order_by("distance_mpc").values_list("name", "ra_deg", "dec_deg")[:MOST_GALAXIES]
    # The same galaxy stands in several catalogues.
    return list({name: Mark(name, ra, dec) for name, ra, dec in found}.values())
