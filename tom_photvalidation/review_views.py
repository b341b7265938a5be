"""Reviewing points: the queue, one target with its points in turn, and what is decided."""

import json
import uuid
from collections.abc import Callable
from datetime import date
from typing import Any

from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.core.paginator import Paginator
from django.db.models import Q
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.cache import patch_vary_headers
from django.views.generic.base import View

from tom_photvalidation.actions.cells import SignOff, sign_cell
from tom_photvalidation.actions.fixing import apply_fix, undo_fix
from tom_photvalidation.actions.review import BadDecision, Decided, decide, last_batch, undo
from tom_photvalidation.actions.review_rights import may_review
from tom_photvalidation.cells_of_target import cells, filter_label, visible_points
from tom_photvalidation.choices import Extinction, ReviewReason, ReviewStep
from tom_photvalidation.dust import ebv_at
from tom_photvalidation.exceptions import PhotometryError
from tom_photvalidation.models import PhotometryPoint, PhotometryReview, ReviewCell, TargetEpoch
from tom_photvalidation.point_page import facts_of, history_of
from tom_photvalidation.review_queue import (
    BY,
    USUAL,
    QueueForm,
    address_of,
    next_line,
    of_night,
    queue,
    telescopes_waiting,
    waiting_points,
)
from tom_photvalidation.target_part import OfTarget
from tom_photvalidation.upload_titles import title_of

MOST_IN_TURN = 30_000
MOST_AT_ONCE = 100_000
LINES_ON_PAGE = 50
# Under this name a session keeps what one line of the queue is.
LINES = "photometry_queue_by"
_SAID = {"yes": True, "no": False}


class OfReviewers(LoginRequiredMixin, View):
    """Pages for those who may review."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Members without the right go back and are told whom to ask."""
        if request.user.is_authenticated and not may_review(request.user):
            messages.error(request, "You may not review photometry. Ask a group admin for the right.")
            return redirect("photometry:telescopes")
        return super().dispatch(request, *args, **kwargs)  # type: ignore[return-value]


class QueueView(OfReviewers):
    """What waits for a decision."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """By telescope and night, by cell or by target; a page at a time."""
        points = waiting_points(request.user)
        form = QueueForm(request.GET, telescopes_waiting(points))
        chosen = self._remembered(form.chosen)
        page = Paginator(queue(points, request.user, chosen), LINES_ON_PAGE).get_page(request.GET.get("page"))
        for row in page.object_list:
            row["filter_label"] = filter_label(row.get("filter", ""))
        context = {
            "by": chosen["by"],
            "form": form,
            "page_obj": page,
            "is_narrowed": bool({"target", "telescope", "only"} & set(chosen)),
            "n_waiting": points.count(),
        }
        return render(request, "tom_photvalidation/queue.html", context)

    def _remembered(self, chosen: dict[str, str]) -> dict[str, str]:
        """What was chosen, where it is not said by what one line is as somebody last chose it while signed in."""
        kept = _kept_lines(self.request)
        by = chosen.get("by", kept)
        if by != kept:
            self.request.session[LINES] = by
        return {**chosen, "by": by}


class ReviewTargetView(OfReviewers, OfTarget):
    """The points of a target that wait, one after the other, beside its whole light curve."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The keys of the points in turn; the points themselves come with the light curve."""
        points = waiting_points(request.user).filter(target=self.target.pk)
        asked = {name: request.GET[name] for name in ("telescope", "filter") if name in request.GET}
        points = points.filter(**asked)
        if night := _date(request.GET.get("night", "")):
            points = of_night(points, night)
        keys = list(points.order_by("t_mid", "pk").values_list("pk", flat=True)[:MOST_IN_TURN])
        context = {
            "target": self.target,
            "keys": keys,
            "asked": asked | ({"night": night} if night else {}),
            "asked_filter": filter_label(asked.get("filter", "")),
            "reasons": [(digit, code, words) for digit, (code, words) in enumerate(ReviewReason.choices, 1)],
            "cells": self._cells(),
            "extinctions": Extinction.choices,
            "epoch": TargetEpoch.objects.filter(target=self.target.pk).first(),
            "ebv": ebv_at(self.target.ra, self.target.dec),
        }
        return render(request, "tom_photvalidation/review.html", context)

    def _cells(self) -> list[dict[str, Any]]:
        found = cells(visible_points(self.target, self.request.user))
        signed = {
            (one.telescope, one.filter): one
            for one in ReviewCell.objects.visible_to(self.request.user).filter(target=self.target.pk)
        }
        return [{**cell, "signed": signed.get((cell["telescope"], cell["filter"]))} for cell in found]


class PointView(LoginRequiredMixin, View):
    """One point: as it came, as it was understood, what the checks say, and everything that was decided."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The part for the review page, else a page."""
        points = PhotometryPoint.objects.visible_to(request.user)
        point = get_object_or_404(points.select_related("upload__uploaded_by", "target"), pk=pk)
        htmx = getattr(request, "htmx", None)
        context = {
            "point": point,
            "filter_label": filter_label(point.filter),
            "facts": facts_of(point),
            "upload_title": title_of(point.upload, request.user),
            "findings": point.findings.standing(),
            "history": history_of(point, request.user),
            "may_review": may_review(request.user),
        }
        template = "partials/point" if htmx else "point"
        response = render(request, f"tom_photvalidation/{template}.html", context)
        patch_vary_headers(response, ["HX-Request"])
        return response


class LogView(LoginRequiredMixin, View):
    """The log of reviews, newest first."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """What one may see of it, a page at a time; of one point, one target or one reviewer where that is asked."""
        entries = PhotometryReview.objects.visible_to(request.user).select_related("point__target", "cell__target")
        if (point := request.GET.get("point", "")).isdecimal() and len(point) < 18:
            entries = entries.filter(point=int(point))
        chosen = {name: request.GET.get(name, "").strip() for name in ("target", "who")}
        if chosen["target"]:
            named = Q(point__target__name__icontains=chosen["target"])
            entries = entries.filter(named | Q(cell__target__name__icontains=chosen["target"]))
        if chosen["who"]:
            entries = entries.filter(reviewer_name__icontains=chosen["who"])
        page = Paginator(entries, LINES_ON_PAGE).get_page(request.GET.get("page"))
        return render(request, "tom_photvalidation/log.html", {"page_obj": page, "chosen": chosen})


def _kept_lines(request: HttpRequest) -> str:
    """What somebody last wanted one line of the queue to be."""
    kept = request.session.get(LINES, USUAL)
    return kept if kept in BY else USUAL


class Deed(LoginRequiredMixin, View):
    """Something done by POST from the review page, answered in JSON."""

    http_method_names = ["post"]

    def answer(self, do: Callable[[dict[str, Any]], dict[str, Any]]) -> HttpResponse:
        """Do it; what goes wrong is told with its code and how to mend it."""
        try:
            return JsonResponse(do(self._body()))
        except PhotometryError as error:
            return _refusal(error)

    def _body(self) -> dict[str, Any]:
        try:
            body = json.loads(self.request.body)
        except ValueError as error:
            raise BadDecision("The body is no JSON.", "Send an object.") from error
        if not isinstance(body, dict):
            raise BadDecision("The body is no JSON object.", "Send an object.")
        return body


class DecideView(Deed):
    """Accept, reject or make undecided."""

    def post(self, request: HttpRequest) -> HttpResponse:
        """The points that changed with their status before and after; with `next_after` what waits next."""
        return self.answer(self._decided)

    def _decided(self, said: dict[str, Any]) -> dict[str, Any]:
        made = decide(
            _keys(said.get("points")),
            str(said.get("to", "")),
            by=self.request.user,
            reason=str(said.get("reason", "")),
            note=_text(said.get("note", "")),
        )
        target = said.get("next_after")
        return _told(made) | ({"next": self._next(target)} if type(target) is int and 0 < target < 2**63 else {})

    def _next(self, target: int) -> dict[str, str] | None:
        """What to go on with when all of a target, or what was shown of it, is decided."""
        line = next_line(self.request.user, _kept_lines(self.request), target)
        if line is None:
            return None
        named = [line["target__name"], line.get("telescope"), filter_label(line.get("filter", ""))]
        named += [f"night of {line['night']}"] if "night" in line else []
        n = line["n"]
        words = f"{', '.join(filter(None, named))}: {n} point{'' if n == 1 else 's'}"
        return {"address": address_of(line), "words": words}


class UndoView(Deed):
    """Take the last decision back, or a named one."""

    def post(self, request: HttpRequest) -> HttpResponse:
        """The points that changed."""
        return self.answer(lambda said: _told(self._undone(_batch(said.get("batch"), request))))

    def _undone(self, batch: uuid.UUID) -> Decided:
        fix = PhotometryReview.objects.filter(
            batch=batch, reviewer=self.request.user.pk, step=ReviewStep.FIX, undone_by=None
        ).first()
        return undo_fix(fix, by=self.request.user) if fix else undo(batch, by=self.request.user)


class FixView(Deed):
    """Apply what the checks propose: a later version of the point."""

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The key of the version."""
        point = get_object_or_404(PhotometryPoint.objects.visible_to(request.user), pk=pk)
        return self.answer(lambda said: {"point": apply_fix(point, by=request.user).pk, "replaced": point.pk})


class SignView(OfTarget):
    """Sign a cell off."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Back to the page, which says what became of it."""
        said = SignOff(
            _SAID.get(request.POST.get("is_consistent", "")),
            _SAID.get(request.POST.get("keep", "")),
            request.POST.get("extinction", ""),
            _text(request.POST.get("comment", "")),
        )
        telescope, filter_ = _text(request.POST.get("telescope", "")), _text(request.POST.get("filter", ""))
        try:
            sign_cell(self.target, telescope, filter_, said, by=request.user)
            messages.success(request, f"{telescope}, {filter_label(filter_)} is signed off.")
        except PhotometryError as error:
            messages.error(request, str(error))
        if not may_review(request.user):
            return redirect("photometry:target", pk)
        return redirect("photometry:review-target", pk)


def _told(made: Decided) -> dict[str, Any]:
    return {
        "batch": str(made.batch),
        "sentence": made.sentence,
        "changed": [[one.pk, one.before, one.after] for one in made.changed],
        "own": list(made.own),
        "not_allowed": list(made.not_allowed),
    }


def _refusal(error: PhotometryError) -> HttpResponse:
    """Never 403: TOM would send the script to the page for signing in."""
    return JsonResponse({"code": error.code, "message": error.message, "fix": error.fix}, status=400)


def _keys(value: Any) -> list[int]:
    """Keys of points.

    Raises
    ------
    BadDecision
    """
    is_list = isinstance(value, list) and all(type(key) is int and 0 < key < 2**63 for key in value)
    if not is_list or not value or len(value) > MOST_AT_ONCE:
        raise BadDecision("`points` is no list of keys.", f"Send 1 to {MOST_AT_ONCE:,} numbers.")
    return list(value)


def _batch(value: Any, request: HttpRequest) -> uuid.UUID:
    try:
        found = uuid.UUID(str(value)) if value else last_batch(request.user)
    except ValueError as error:
        raise BadDecision("`batch` names no decision.", "Send what the decision answered.") from error
    if found is None:
        raise BadDecision("There is nothing to undo.", "Undo takes back your own decisions only.")
    return found


def _text(value: Any) -> str:
    """A text without what PostgreSQL cannot hold."""
    return str(value).replace("\x00", "")


def _date(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
