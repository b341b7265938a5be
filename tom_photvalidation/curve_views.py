"""The light curve of a target: the page, the points it draws, the table below it."""

import re
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django.utils.decorators import method_decorator
from django.views.decorators.gzip import gzip_page

from tom_photvalidation.accepted import last_accepted_magnitude
from tom_photvalidation.actions.epochs import may_set_epoch
from tom_photvalidation.actions.review_rights import may_review
from tom_photvalidation.audiences import may_upload
from tom_photvalidation.cells_of_target import COUNTS, cells, filter_label, totals, visible_points
from tom_photvalidation.choices import CURRENT, Kind, Status
from tom_photvalidation.curve import curve_document
from tom_photvalidation.curve_context import context_document, residuals_document
from tom_photvalidation.dust import ebv_at
from tom_photvalidation.epoch_forms import form_of
from tom_photvalidation.exporters import EXPORTERS
from tom_photvalidation.fading_page import fading_of
from tom_photvalidation.loading import load
from tom_photvalidation.models import PhotometryPoint, PointFinding, TargetEpoch
from tom_photvalidation.querysets import PointQuerySet
from tom_photvalidation.surroundings import t0_mjd_of
from tom_photvalidation.target_part import OfTarget

ROWS_ON_PAGE = 50
ROWS_IN_SHORT = 8
CHOSEN = ("telescope", "filter", "status", "kind", "upload", "check")
SORTS = ("t_mid", "telescope", "filter", "mag", "magerr", "limiting_mag", "exposure_s", "status", "severity")


class LightCurveView(OfTarget):
    """The page of a target's light curve."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Facts and counts; the points come by themselves."""
        found = cells(visible_points(self.target, request.user))
        sums = totals(found)
        last = last_accepted_magnitude(self.target, request.user)
        if last is not None:
            last.filter_label = filter_label(last.filter)  # type: ignore[attr-defined]
        epoch = TargetEpoch.objects.filter(target=self.target.pk).first()
        context = {
            "target": self.target,
            "cells": found,
            "n_points": sums["n"],
            "n_accepted": sums["n_accepted"],
            "n_quarantined": sums["n_quarantined"],
            "n_waiting": sums["n_waiting"],
            "epoch": epoch,
            "epoch_form": form_of(epoch) if may_set_epoch(request.user, self.target) else None,
            "last": last,
            "ebv": ebv_at(self.target.ra, self.target.dec),
            "export_formats": EXPORTERS.values(),
            "may_upload": may_upload(request.user),
            "may_review": may_review(request.user),
        }
        return render(request, "tom_photvalidation/lightcurve.html", context)


class SummaryView(OfTarget):
    """Photometry in short, for the page of the target."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Counts, the last accepted magnitude, the latest points."""
        points = visible_points(self.target, request.user)
        latest = list(points.order_by("-t_mid", "-pk")[:ROWS_IN_SHORT])
        for point in latest:
            point.filter_label = filter_label(point.filter)
        last = last_accepted_magnitude(self.target, request.user)
        context = {
            "target": self.target,
            "sums": points.aggregate(**COUNTS),
            "last": last,
            "filter_label": filter_label(last.filter) if last else "",
            "latest": latest,
            "may_upload": may_upload(request.user),
            "may_review": may_review(request.user),
        }
        return render(request, "tom_photvalidation/partials/summary.html", context)


@method_decorator(gzip_page, name="dispatch")
class PointsView(OfTarget):
    """The points of a target as packed columns."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Everything one may see of them, without versions that were replaced."""
        return JsonResponse(curve_document(self.target, request.user), json_dumps_params={"separators": (",", ":")})


@method_decorator(gzip_page, name="dispatch")
class ContextView(OfTarget):
    """Residuals and altitudes of a target's points."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        """By the key of the point; with `piece` the residuals of that piece without bins."""
        piece = request.GET.get("piece", "")
        if piece.isdecimal() and len(piece) < 7:
            found = residuals_document(self.target, request.user, int(piece))
        else:
            found = context_document(self.target, request.user)
        return JsonResponse(found, json_dumps_params={"separators": (",", ":")})


class FadingView(OfTarget):
    """How the target fades, and what to expect now and tonight."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        """A part of the page, with the lines that the light curve draws."""
        found = fading_of(self.target, request.user)
        lines = [{name: band[name] for name in ("filter", "days", "mag")} for band in found.get("bands", ())]
        return render(request, "tom_photvalidation/partials/fading.html", {"fading": found, "lines": lines})


class ExportView(OfTarget):
    """The points of a target as a file: the accepted ones, or those of the table.

    With `status=all` every one that was not rejected, with `status=any` those too, else those in that state; narrowed
    by telescope, filter, kind, upload and check.
    """

    def get(self, request: HttpRequest, pk: int, form: str) -> HttpResponseBase:
        """Not found for formats nobody knows."""
        exporter = EXPORTERS.get(form)
        if exporter is None:
            raise Http404(f"There is no export as {form}: {', '.join(EXPORTERS)}.")
        points = visible_points(self.target, request.user).order_by("t_mid", "pk")
        points = _filtered(points, request, ("telescope", "filter", "kind"))
        _, measurements = load(_of_status(points, request.GET.get("status", "")))
        file = exporter.write(measurements, t0_mjd_of(self.target.pk))
        answer = StreamingHttpResponse(file, content_type=exporter.content_type)
        name = re.sub(r"[^A-Za-z0-9.+-]+", "-", self.target.name).strip("-.") or f"target-{pk}"
        answer["Content-Disposition"] = f'attachment; filename="{name}-{form}.{exporter.extension}"'
        return answer


class PointTableView(OfTarget):
    """The table of a target's points: sorted, filtered, a page at a time."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The part for htmx, else a page of its own."""
        points = visible_points(self.target, request.user)
        telescopes, filters = _choices(points, "telescope"), _choices(points, "filter")
        sort = request.GET.get("sort", "")
        order = sort if sort.lstrip("-") in SORTS else "-t_mid"
        page = Paginator(_filtered(points, request).order_by(order, "-pk"), ROWS_ON_PAGE).get_page(
            request.GET.get("page")
        )
        for point in page.object_list:
            point.filter_label = filter_label(point.filter)
        chosen = {name: request.GET.get(name, "") for name in CHOSEN}
        status = chosen["status"] or "any"
        context = {
            "target": self.target,
            "page_obj": page,
            "order": order,
            "telescopes": telescopes,
            "filters": [(name, filter_label(name)) for name in filters],
            "statuses": [(status.value, status.label) for status in Status][:4],
            "kinds": Kind.choices,
            "chosen": chosen,
            "export_formats": EXPORTERS.values(),
            "export_query": urlencode({name: value for name, value in chosen.items() if value} | {"status": status}),
            "columns": _columns(order, request),
        }
        template = "partials/points_table" if self.is_part else "points"
        response = render(request, f"tom_photvalidation/{template}.html", context)
        patch_vary_headers(response, ["HX-Request"])
        return response


def _choices(points: QuerySet[PhotometryPoint], column: str) -> list[str]:
    return list(points.order_by(column).values_list(column, flat=True).distinct())


def _of_status(points: PointQuerySet, asked: str) -> PointQuerySet:
    if asked == "any":
        return points
    if asked == "all":
        return points.exclude(status=Status.REJECTED)
    return points.filter(status=asked if asked in CURRENT else Status.ACCEPTED)


def _filtered(
    points: PointQuerySet, request: HttpRequest, names: Sequence[str] = ("telescope", "filter", "status", "kind")
) -> PointQuerySet:
    for name in names:
        if value := request.GET.get(name, ""):
            points = points.filter(**{name: value})
    if upload := request.GET.get("upload", ""):
        points = points.filter(upload__uuid=_uuid(upload)) if _uuid(upload) else points.none()
    if check := request.GET.get("check", ""):
        doubted = PointFinding.objects.visible_to(request.user).standing().filter(check_id=check)
        points = points.filter(pk__in=doubted.values("point"))
    return points


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _columns(order: str, request: HttpRequest) -> list[dict[str, Any]]:
    """Headings with the address that sorts by them."""
    headings = ("Time (UTC)", "Telescope", "Filter", "Magnitude", "Error", "Limit", "Exposure", "State", "Checks")
    found = []
    for name, heading in zip(SORTS, headings, strict=True):
        asked = request.GET.copy()
        asked["sort"] = f"-{name}" if order == name else name
        asked.pop("page", None)
        sorted_by = {name: "ascending", f"-{name}": "descending"}.get(order, "")
        is_number = name in ("mag", "magerr", "limiting_mag", "exposure_s")
        found.append({"heading": heading, "query": asked.urlencode(), "sorted": sorted_by, "is_number": is_number})
    return found
