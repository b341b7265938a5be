"""Was this position observed? As a page, as a part of a target's page, and over the API."""

from dataclasses import dataclass
from typing import Any

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django.views.generic import View
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView
from tom_targets.models import Target

from icare_tom.guards.access import Visitor, one_or_404, visible_targets
from icare_tom.guards.mixins import SignedIn
from tom_gcn.positions import position_problem, read_position
from tom_grandma_facilities.executed_api import ExecutedObservationSerializer
from tom_grandma_facilities.forms import UtcDateTimeField
from tom_grandma_facilities.known_parameters import KnownParameters
from tom_grandma_facilities.observed import MOST_LISTED, Observed, observed_at
from tom_grandma_facilities.registry import TELESCOPES

TYPE_ONE = "Type a position, such as 197.45 -23.38 or 13:09:48 -23:22:53, or the name of a target."


@dataclass(frozen=True)
class Place:
    """A position somebody asks about, and the target there when a target was named."""

    ra_deg: float
    dec_deg: float
    target: Target | None = None


class NoSuchPlace(ValueError):
    """What was asked for is neither a position nor a target; the message says so."""


def place_of(text: str, user: Visitor) -> Place:
    """Read a position, or find the target of that name among those `user` may see.

    Raises
    ------
    NoSuchPlace
    """
    if position := read_position(text):
        return Place(*position)
    if problem := position_problem(text):
        raise NoSuchPlace(problem)
    target = visible_targets(user).filter(name__iexact=text.strip(), ra__isnull=False, dec__isnull=False).first()
    if target is None:
        raise NoSuchPlace("There is no position and no target of this name that you may see.")
    return Place(float(target.ra), float(target.dec), target)


class ObservedForm(forms.Form):
    """Where, and if one likes when and by which telescope."""

    q = forms.CharField(label="Position or target", max_length=120, strip=True)
    telescope = forms.ChoiceField(required=False, choices=[("", "all"), *((name, name) for name in TELESCOPES)])
    after = UtcDateTimeField(label="From [UTC]", required=False)
    before = UtcDateTimeField(label="Before [UTC]", required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            is_list = isinstance(field.widget, forms.Select)
            field.widget.attrs["class"] = "form-select form-select-sm" if is_list else "form-control form-control-sm"


class ObservedAtView(SignedIn, View):
    """The page: a position or a target, and every executed pointing that held it."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Ask, then answer below the question."""
        form = ObservedForm(request.GET if "q" in request.GET else None)
        context: dict[str, Any] = {"form": form, "hint": TYPE_ONE, "most": MOST_LISTED}
        if form.is_bound and form.is_valid():
            asked = form.cleaned_data
            try:
                place = place_of(asked["q"], request.user)
            except NoSuchPlace as problem:
                form.add_error("q", str(problem))
            else:
                bounds = {name: asked[name] for name in ("after", "before", "telescope")}
                found = observed_at(place.ra_deg, place.dec_deg, request.user, **bounds)
                context |= {"place": place, "found": found}
        return render(request, "icare_tom/observed_at.html", context)


class ObservedTargetView(SignedIn, View):
    """The same of one target: a part of its page for htmx, a page otherwise."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Not found for targets one may not see; targets without a position have no answer."""
        target = one_or_404(visible_targets(request.user), pk)
        found: Observed | None = None
        if target.ra is not None and target.dec is not None:
            found = observed_at(float(target.ra), float(target.dec), request.user, most=50)
        htmx = getattr(request, "htmx", None)
        is_part = htmx and not htmx.history_restore_request
        template = "icare_tom/partials/observed.html" if is_part else "icare_tom/target_observed.html"
        response = render(request, template, {"target": target, "found": found})
        patch_vary_headers(response, ["HX-Request"])
        return response


class ObservedQuery(serializers.Serializer[Any]):
    """Query parameters: a position or a target, and bounds."""

    ra = serializers.FloatField(required=False, min_value=0, max_value=360, help_text="deg, ICRS")
    dec = serializers.FloatField(required=False, min_value=-90, max_value=90, help_text="deg, ICRS")
    target = serializers.CharField(required=False, max_length=120, help_text="Name or id, instead of a position.")
    telescope = serializers.ChoiceField(required=False, choices=list(TELESCOPES))
    after = serializers.DateTimeField(required=False, help_text="Start of the exposure at or after this.")
    before = serializers.DateTimeField(required=False, help_text="Start of the exposure before this.")
    limit = serializers.IntegerField(required=False, default=MOST_LISTED, min_value=0, max_value=5000)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """One of the two ways to say where."""
        has_position = "ra" in attrs and "dec" in attrs
        if has_position == ("target" in attrs) or ("ra" in attrs) != ("dec" in attrs):
            raise serializers.ValidationError("Give ra and dec, or target.")
        return attrs


class ObservedApiView(KnownParameters, APIView):
    """Every executed pointing that held a position."""

    also_known = frozenset({"ra", "dec", "target", "telescope", "after", "before"})

    @extend_schema(operation_id="observed_at_retrieve", parameters=[ObservedQuery], responses=OpenApiTypes.OBJECT)
    def get(self, request: Request) -> Response:
        """The newest first, and what each telescope did with each filter there."""
        asked = ObservedQuery(data=request.query_params)
        asked.is_valid(raise_exception=True)
        values = asked.validated_data
        place = place_from_query(request, values)
        bounds: dict[str, Any] = {name: values[name] for name in ("after", "before", "telescope") if name in values}
        found = observed_at(place.ra_deg, place.dec_deg, request.user, most=values["limit"], **bounds)
        return Response(
            {
                "ra_deg": place.ra_deg,
                "dec_deg": place.dec_deg,
                "target": place.target.pk if place.target else None,
                "count": found.count,
                "by_telescope_and_filter": [vars(depth) for depth in found.depths],
                "results": ExecutedObservationSerializer(found.rows, many=True).data,
            }
        )


def place_from_query(request: Request, values: dict[str, Any]) -> Place:
    """The position of an API query, or of the target it names or numbers.

    Raises
    ------
    Http404
        When there is no such target, or the user may not see it.
    """
    if "target" not in values:
        return Place(values["ra"] % 360.0, values["dec"])
    name = values["target"].strip()
    visible = visible_targets(request.user).filter(ra__isnull=False, dec__isnull=False)
    is_number = name.isdecimal() and len(name) < 18
    target = (visible.filter(pk=name) if is_number else visible.filter(name__iexact=name)).first()
    if target is None:
        raise Http404
    return Place(float(target.ra), float(target.dec), target)
