"""Ticking off targets in the list of a night: by the page as a whole, or in place."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.generic import View

from icare_tom.guards.access import one_or_404, visible_targets
from icare_tom.guards.mixins import SignedIn
from icare_tom.observability_views import station_or_404
from tom_grandma_facilities.actions import mark_target, may_mark, undo_mark
from tom_grandma_facilities.exceptions import NotAllowed
from tom_grandma_facilities.models import NightMark


class MarkForm(forms.Form):
    """Which target of which night, and what became of it."""

    telescope = forms.CharField(max_length=64)
    night = forms.DateField()
    target = forms.IntegerField(min_value=1)
    observed = forms.TypedChoiceField(choices=[("yes", "observed"), ("no", "not observed")])
    note = forms.CharField(max_length=200, required=False)


class MarkView(SignedIn, View):
    """Mark a target of a night."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest) -> HttpResponse:
        """Not found for targets one may not see; 403 without the right to tell what was observed."""
        form = MarkForm(request.POST)
        if not form.is_valid():
            problems = "; ".join(f"{name}: {error}" for name, errors in form.errors.items() for error in errors)
            return HttpResponse(f"The mark cannot be read. {problems}", status=400, content_type="text/plain")
        asked = form.cleaned_data
        telescope = station_or_404(asked["telescope"])
        target = one_or_404(visible_targets(request.user), asked["target"])
        try:
            mark = mark_target(
                telescope.name,
                asked["night"],
                target,
                is_observed=asked["observed"] == "yes",
                by=request.user,
                note=asked["note"],
            )
        except NotAllowed as error:
            raise PermissionDenied(str(error)) from error
        return _answer(request, mark, mark)


class UndoMarkView(SignedIn, View):
    """Take a mark back."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Not found for marks one may not see; 403 without the right to tell what was observed."""
        mark = one_or_404(NightMark.objects.visible_to(request.user).select_related("target"), pk)
        try:
            before = undo_mark(mark, by=request.user)
        except NotAllowed as error:
            raise PermissionDenied(str(error)) from error
        standing = (
            before
            or NightMark.objects.visible_to(request.user)
            .filter(telescope=mark.telescope, night=mark.night, target=mark.target_id, is_current=True)
            .first()
        )
        return _answer(request, mark, standing)


def _answer(request: HttpRequest, asked: NightMark, standing: NightMark | None) -> HttpResponse:
    """The cell as it is now for htmx; else the page one came from."""
    if not getattr(request, "htmx", None):
        query = request.POST.get("query", "")
        return redirect(f"{reverse('night')}?{query}" if query else reverse("night"))
    context: dict[str, Any] = {
        "mark": standing,
        "target": asked.target,
        "telescope": asked.telescope,
        "day": asked.night,
        "may_mark": may_mark(request.user),
        "query": request.POST.get("query", ""),
    }
    return render(request, "icare_tom/partials/night_mark.html", context)
