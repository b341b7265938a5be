"""Answers that are files. The caller has made sure that the row may be seen; names are made safe here."""

import io
import re
from typing import TypeVar

from django.conf import settings
from django.db.models import Count, Max
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase

from tom_gcn.choices import PlanState
from tom_gcn.conditional import kept_by_browser
from tom_gcn.exporters import FORMATS
from tom_gcn.models import Localization, Message, ObservationPlan, PlannedPointing

Answer = TypeVar("Answer", bound=HttpResponseBase)
# To be raised with every change of how files are written: what browsers keep is then asked for anew.
WRITTEN = 1


def safe_name(*parts: object) -> str:
    """A file name of letters, digits, dots and dashes only, so that no header can be broken by it."""
    return "-".join(re.sub(r"[^A-Za-z0-9.]+", "-", str(part)).strip("-.") for part in parts if str(part))


def _attached(answer: Answer, name: str) -> Answer:
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    answer["X-Content-Type-Options"] = "nosniff"
    return answer


def _plan_name(plan: ObservationPlan, telescope: str, ending: str) -> str:
    if telescope and not plan.telescope_plans.filter(telescope=telescope).exists():
        raise Http404(f"{telescope} has no part in this plan.")
    if plan.state != PlanState.DONE:
        raise Http404(f"Plan {plan.version} is {plan.get_state_display()}: there is no file of it.")
    return safe_name(plan.event.name, "plan", plan.version, telescope) + ending


def plan_file(plan: ObservationPlan, form: str, telescope: str = "") -> HttpResponse:
    """A plan, or one telescope's part of it, in one of `tom_gcn.exporters.FORMATS`."""
    chosen = FORMATS[form]
    name = _plan_name(plan, telescope, chosen.ending)
    written = chosen.write(plan, telescope)
    body = written if isinstance(written, bytes) else "".join(written)
    return _attached(HttpResponse(body, content_type=chosen.content_type), name)


def kept_plan_file(request: HttpRequest, plan: ObservationPlan, form: str, telescope: str = "") -> HttpResponseBase:
    """The same, and 304 for who has it: a finished plan changes by reports, and by what becomes of its event."""
    _plan_name(plan, telescope, "")
    instruments = settings.ICARE_TREASURE_MAP_INSTRUMENTS if form == "treasure-map" else None
    about = (plan.is_of_record, plan.finished_at, plan.refined_at, plan.difference, plan.event.state)
    key = repr((WRITTEN, plan.pk, form, telescope, about, _states(plan), instruments))
    return kept_by_browser(request, key, lambda: plan_file(plan, form, telescope))


def _states(plan: ObservationPlan) -> list[object]:
    """What was reported of the pointings of a plan, in short."""
    rows = PlannedPointing.objects.filter(telescope_plan__plan=plan).order_by("state")
    return list(rows.values_list("state").annotate(n=Count("pk"), last=Max("reported_at")))


ENDINGS = {chosen.ending.removeprefix("."): form for form, chosen in FORMATS.items()}
"""Forms of a plan by the ending of their file, as addresses of pages have it."""


def skymap_fits(localization: Localization) -> FileResponse:
    """The FITS file of a localization, as it came."""
    name = safe_name(localization.event.name, localization.kind, localization.skymap.sha256[:8]) + ".fits"
    if bytes(localization.skymap.fits[:2]) == b"\x1f\x8b":
        name += ".gz"
    return FileResponse(
        io.BytesIO(bytes(localization.skymap.fits)),
        as_attachment=True,
        filename=name,
        content_type="application/octet-stream",
    )


def message_body(message: Message) -> FileResponse:
    """A raw message, byte for byte as it came."""
    return FileResponse(
        io.BytesIO(bytes(message.body)),
        as_attachment=True,
        filename=safe_name("message", message.sha256[:16]) + ".bin",
        content_type="application/octet-stream",
    )
