"""Pages on which telescopes are asked for a target, and the advice they show while one fills them in."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.functional import cached_property
from django.views.generic import View
from tom_observations.facility import get_service_class
from tom_targets.models import Target

from tom_grandma_facilities.actions.requests import ask, may_ask
from tom_grandma_facilities.ask_forms import ManyForm, TelescopeLine, fresh_lines, posted_lines
from tom_grandma_facilities.asking import Verdict
from tom_grandma_facilities.asking_page import advice_for, lines_of
from tom_grandma_facilities.board import requests_of_target
from tom_grandma_facilities.durations import duration_words
from tom_grandma_facilities.exceptions import FacilityError
from tom_grandma_facilities.expected import Expected, expected_magnitude
from tom_grandma_facilities.models import FollowUpRequest
from tom_grandma_facilities.request_forms import place_of
from tom_grandma_facilities.targets_seen import visible_targets
from tom_grandma_facilities.views import telescope_or_404
from tom_grandma_facilities.wish_forms import as_row, default_window

Window = tuple[datetime, datetime]
NOT_ALLOWED = "You may not ask telescopes to observe. Ask a group admin for the right to."


def target_or_404(request: HttpRequest, pk: object) -> Target:
    """Return a target that the visitor may see; hidden, missing and malformed look the same."""
    text = str(pk)
    if not (text.isascii() and text.isdecimal() and len(text) < 16):
        raise Http404("There is no such target.")
    return get_object_or_404(visible_targets(request.user), pk=int(text))


class AdviceView(LoginRequiredMixin, View):
    """Would it work? Of the form of one telescope, while it is filled in. Changes nothing."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest, name: str) -> HttpResponse:
        """Weigh what can be read of the form; say what cannot."""
        telescope = telescope_or_404(name)
        target = target_or_404(request, request.POST.get("target_id", ""))
        facility = get_service_class(telescope.name)()
        facility.set_user(request.user)
        form = facility.get_form(None)(request.POST, facility=facility)
        form.is_valid()
        asked = form.asked()
        advice = None
        if asked is not None:
            advice = advice_for({telescope.name: asked}, place_of(target), request.user)[telescope.name]
        context = {
            "advice": advice,
            "problems": problems_of(form),
            "total_s": asked.total_s if asked else 0.0,
            "total_words": duration_words(asked.total_s) if asked else "",
        }
        return render(request, "tom_grandma_facilities/requests/advice.html", context)


def problems_of(form: Form) -> list[str]:
    """What is wrong with a form, each with the name of its field."""
    names = {name: str(form.fields[name].label) for name in form.errors if name in form.fields}
    found = [(names.get(name, ""), text) for name, texts in form.errors.items() for text in texts]
    return list(dict.fromkeys(f"{name}: {text}" if name else str(text) for name, text in found))


class OfTarget(LoginRequiredMixin, View):
    """What the page of many telescopes and its advice share."""

    @cached_property
    def target(self) -> Target:
        """The target of the address."""
        return target_or_404(self.request, self.kwargs["target_pk"])

    @cached_property
    def expected(self) -> Expected | None:
        """How bright it is expected to be."""
        return expected_magnitude(self.target, self.request.user)

    def weigh(self, lines: list[TelescopeLine], window: Window | None, magnitude: float | None) -> None:
        """Add the advice to every line; none while the window cannot be read."""
        if window is None:
            return
        wishes = {line.telescope.name: line.asked(window, magnitude) for line in lines}
        found = advice_for(wishes, place_of(self.target), self.request.user)
        for line in lines:
            line.advice = found[line.telescope.name]


class AdviceManyView(OfTarget):
    """The advice of all lines, while the form is filled in. Changes nothing."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest, target_pk: int) -> HttpResponse:
        """One fragment a telescope, each put where it belongs."""
        target_or_404(request, target_pk)
        form, lines = ManyForm(request.POST), posted_lines(request.POST)
        form.is_valid()
        self.weigh(lines, form.window, form.magnitude_given)
        return render(request, "tom_grandma_facilities/requests/advice_many.html", {"lines": lines})


class AskView(OfTarget):
    """Ask several telescopes for one target."""

    def get(self, request: HttpRequest, target_pk: int) -> HttpResponse:
        """The form, filled in from tonight's sky and what is known of the target."""
        now = timezone.now()
        magnitude = self.expected.magnitude if self.expected else None
        lines = fresh_lines(magnitude)
        windows = [window for line in lines_of(place_of(self.target), now).values() for window in line.windows]
        edges = [(min(begin for begin, _ in windows), max(end for _, end in windows))] if windows else []
        window = default_window(edges, now)
        form = ManyForm()
        form.begin_with(window, magnitude)
        self.weigh(lines, window, magnitude)
        return self._page(form, lines)

    def post(self, request: HttpRequest, target_pk: int) -> HttpResponse:
        """Ask those that are ticked; those that could not be asked stay, with the reason."""
        form, lines = ManyForm(request.POST), posted_lines(request.POST)
        ticked = [line for line in lines if line.is_ticked]
        if not may_ask(request.user):
            form.add_error(None, NOT_ALLOWED)
        elif form.is_valid() and not ticked:
            form.add_error(None, "No telescope is ticked. Tick at least one.")
        for line in ticked:
            line.check()
        if form.is_valid() and not any(line.problems for line in ticked):
            asked = [name for line in ticked if (name := self._ask(form, line))]
            if asked:
                messages.success(request, f"Asked {', '.join(asked)}.")
            if len(asked) == len(ticked):
                return redirect(f"{self.target.get_absolute_url()}#requests")
        self.weigh(lines, form.window, form.magnitude_given)
        return self._page(form, lines)

    def _ask(self, form: ManyForm, line: TelescopeLine) -> str:
        """Ask one of them; return its name, or nothing and leave the reason on its line."""
        wished = form.cleaned_data
        try:
            row: FollowUpRequest = ask(
                line.telescope.name,
                by=self.request.user,
                target=self.target,
                window_start=wished["window_start"],
                window_end=wished["window_end"],
                exposures=[as_row(one) for one in line.exposures],
                constraints=form.constraints,
                priority=wished["priority"],
                note=wished["note"],
                subject_url=self.target.get_absolute_url(),
            )
        except FacilityError as refusal:
            line.problems.append(str(refusal))
            return ""
        line.is_ticked = False
        return row.telescope

    def _page(self, form: ManyForm, lines: list[TelescopeLine]) -> HttpResponse:
        order = list(lines_of(place_of(self.target), timezone.now()))
        places = {name: place for place, name in enumerate(order)}
        open_ones = requests_of_target(self.target, self.request.user).open().order_by("created_at")
        already = {row.telescope: row for row in open_ones}
        for line in lines:
            line.already = already.get(line.telescope.name)
        lines = sorted(lines, key=lambda line: places.get(line.telescope.name, len(places)))
        impossible = [line for line in lines if line.advice is not None and line.advice.verdict is Verdict.NO]
        context: dict[str, Any] = {
            "target": self.target,
            "form": form,
            "expected": self.expected,
            "magnitude": self.expected.magnitude if self.expected else None,
            "possible": [line for line in lines if line not in impossible],
            "impossible": impossible,
            "opened": any(line.is_ticked or line.problems for line in impossible),
        }
        return render(self.request, "tom_grandma_facilities/requests/ask.html", context)
