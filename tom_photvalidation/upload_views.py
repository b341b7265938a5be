"""Telling photometry on pages: checked first if one wishes, with the light curve it would make, then stored."""

import json
from collections import Counter
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import numpy as np
from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.safestring import SafeString
from django.views.generic import DetailView
from django.views.generic.base import View
from tom_targets.models import Target

from tom_photvalidation.actions.answers import Answer
from tom_photvalidation.actions.column_mappings import remember_what_was_said, with_recalled
from tom_photvalidation.actions.uploads import Received, Sent, receive_photometry
from tom_photvalidation.audiences import groups_to_tell, may_upload
from tom_photvalidation.choices import Channel, Mode, Outcome
from tom_photvalidation.columns import FIELDS
from tom_photvalidation.exceptions import PhotometryError, Unreadable
from tom_photvalidation.kept_files import kept_file
from tom_photvalidation.models import PhotometryPoint, PhotometryUpload
from tom_photvalidation.out_of_sight import MOST_TOLD, OutOfSight, of_upload, out_of_sight
from tom_photvalidation.preview import MOST_BYTES, Preview, preview_of, too_long_to_draw
from tom_photvalidation.readers import read
from tom_photvalidation.said_alike import doubted_alike, lead_to_points, refused_alike
from tom_photvalidation.surroundings import epochs_seen_by
from tom_photvalidation.upload_forms import EXAMPLE, POINT, PhotometryUploadForm
from tom_photvalidation.upload_titles import groups_told, title_of

SHOWN_ANSWERS = 200
SHOWN_UPLOADS = 8


class UploadView(LoginRequiredMixin, View):
    """The page on which photometry is told; for htmx what became of it."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Only for those who may send photometry."""
        if request.user.is_authenticated and not may_upload(request.user):
            if groups_to_tell(request.user).exists():
                reason = "You may not send photometry. A group admin gives the right."
            else:
                reason = "You may not send photometry yet: there is no group to see it. Join one, or make one."
            messages.error(request, reason)
            return redirect("photometry:telescopes")
        return super().dispatch(request, *args, **kwargs)  # type: ignore[return-value]

    def get(self, request: HttpRequest) -> HttpResponse:
        """The form; a link may name the target."""
        initial = {name: request.GET.get(name, "") for name in ("target", "telescope")}
        return self._page(PhotometryUploadForm(user=request.user, initial=initial))

    def post(self, request: HttpRequest) -> HttpResponse:
        """Check, or store."""
        form = PhotometryUploadForm(request.POST, request.FILES, user=request.user)
        if not form.is_valid():
            return self._answer(form, {"errors": [error for errors in form.errors.values() for error in errors]})
        is_trial = "check" in request.POST
        sent = Sent(
            body=form.body,
            source=form.source,
            content_type=form.content_type,
            channel=Channel.PAGE,
            mode=Mode.ATOMIC if form.cleaned_data["atomic"] else Mode.PARTIAL,
            is_dry_run=is_trial,
            mapping=form.mapping,
            defaults=form.defaults,
        )
        sent = with_recalled(sent, by=request.user)
        try:
            received = receive_photometry(sent, by=request.user, groups=list(form.cleaned_data["groups"]))
        except Unreadable as error:
            return self._answer(form, {"errors": [str(error)], "problems": error.problems[:SHOWN_ANSWERS]})
        except PhotometryError as error:
            return self._answer(form, {"errors": [str(error)]})
        remember_what_was_said(sent, by=request.user)
        return self._answer(form, self._outcome(received, sent))

    def _outcome(self, received: Received, sent: Sent) -> dict[str, Any]:
        """What became of the rows, and what the light curves would look like."""
        upload, answers = received.upload, received.answers or ()
        refused = [answer for answer in answers if answer.errors]
        wrong, doubted = refused_alike(refused), doubted_alike(answers)
        if received.is_kept and not sent.is_dry_run:
            lead_to_points(doubted[:SHOWN_ANSWERS], upload.uuid)
        preview = self._preview(sent, refused) if sent.is_dry_run and answers else Preview(())
        return {
            "upload": upload,
            "received": received,
            "is_trial": sent.is_dry_run,
            "is_waiting": received.answers is None,
            "refused": wrong[:SHOWN_ANSWERS],
            "doubted": doubted[:SHOWN_ANSWERS],
            "may_make_targets": self.request.user.has_perm("tom_targets.add_target"),
            "n_more_refused": max(len(wrong) - SHOWN_ANSWERS, 0),
            "n_more_doubted": max(len(doubted) - SHOWN_ANSWERS, 0),
            "counts": Counter(answer.outcome for answer in answers),
            "outcomes": Outcome,
            "columns": [
                (name, FIELDS[meaning].label if meaning in FIELDS else meaning, sent.mapping.get(name))
                for name, meaning in upload.mapping.items()
            ],
            "fields": FIELDS.values(),
            "documents": [
                {"target": document["target"], "json": SafeString(escaped_json(document))}
                for document in preview.documents
            ],
            "not_drawn": preview.not_shown,
            "targets": _targets(upload, self.request.user),
            **told_of(out_of_sight(received.targets, upload.groups, self.request.user)),
        }

    def _preview(self, sent: Sent, refused: Sequence[Answer]) -> Preview:
        if len(sent.body) > MOST_BYTES:
            return too_long_to_draw(len(sent.body))
        said = sent.meant or None, sent.defaults or None
        epochs = epochs_seen_by(self.request.user)
        reading = read(sent.body, sent.source, sent.content_type, *said, epochs=epochs)
        left_out = np.isin(reading.measurements.line, [answer.row for answer in refused])
        return preview_of(reading.measurements.take(np.flatnonzero(~left_out)), self.request.user)

    def _answer(self, form: PhotometryUploadForm, outcome: dict[str, Any]) -> HttpResponse:
        htmx = getattr(self.request, "htmx", None)
        if htmx:
            # The list below the form is swapped with the answer.
            context = {"form": form, "latest": self._latest(), "is_swapped": True, **outcome}
            return render(self.request, "tom_photvalidation/partials/upload_answer.html", context)
        return self._page(form, outcome)

    def _page(self, form: PhotometryUploadForm, outcome: dict[str, Any] | None = None) -> HttpResponse:
        context = {
            "form": form,
            "point_fields": [form[name] for name in POINT],
            "default_fields": [form[name] for name in ("target", "telescope", "filter", "magsys")],
            "example": EXAMPLE,
            "latest": self._latest(),
            "fields": FIELDS.values(),
        }
        return render(self.request, "tom_photvalidation/upload.html", {**context, **(outcome or {})})

    def _latest(self) -> list[tuple[PhotometryUpload, str]]:
        mine = PhotometryUpload.objects.of(self.request.user).filter(uploaded_by=self.request.user.pk)
        return [(upload, upload.source or title_of(upload, self.request.user)) for upload in mine[:SHOWN_UPLOADS]]


class UploadStateView(LoginRequiredMixin, DetailView[PhotometryUpload]):
    """One upload: how far it is, and what became of its rows."""

    context_object_name = "upload"
    slug_field = slug_url_kwarg = "uuid"

    def get_queryset(self) -> Any:
        """Those of groups one belongs to."""
        return PhotometryUpload.objects.visible_to(self.request.user).select_related("uploaded_by", "audience")

    def get_template_names(self) -> list[str]:
        """The part for htmx, else the page."""
        part = "partials/" if getattr(self.request, "htmx", None) else ""
        return [f"tom_photvalidation/{part}upload_state.html"]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Targets of its points, as far as one sees them."""
        user = self.request.user
        is_mine = PhotometryUpload.objects.of(user).filter(pk=self.object.pk).exists()
        targets = _targets(self.object, user)
        own, n_others = groups_told(self.object, user)
        return super().get_context_data(**kwargs) | {
            "title": title_of(self.object, user),
            "told": [*(group.name for group in own), *([f"{n_others} more"] if n_others else [])],
            "targets": targets,
            "is_mine": is_mine,
            **told_of(of_upload(self.object, user)),
            "percent": round(100 * self.object.progress),
        }


def told_of(found: list[OutOfSight]) -> dict[str, Any]:
    """What a page says of targets that some of the groups do not see."""
    return {"out_of_sight": found[:MOST_TOLD], "more_out_of_sight": len(found) > MOST_TOLD}


def escaped_json(document: dict[str, Any]) -> str:
    """JSON that may stand inside a script element, as Django's `json_script` writes it."""
    return json.dumps(document).translate({ord(sign): f"\\u{ord(sign):04X}" for sign in "<>&"})


def _targets(upload: PhotometryUpload, user: Any) -> list[Target]:
    """The targets of an upload's points that somebody sees."""
    if upload.pk is None:
        return []
    points = PhotometryPoint.objects.visible_to(user).filter(upload=upload)
    return list(Target.objects.filter(pk__in=points.values("target")).order_by("name")[:20])


class UploadFileView(LoginRequiredMixin, View):
    """Files of one's own uploads: as it came, or the answer to every row."""

    def get(self, request: HttpRequest, uuid: UUID, which: str) -> HttpResponse:
        """Not found for uploads of others, and while there are no answers yet."""
        return kept_file(get_object_or_404(PhotometryUpload.objects.of(request.user), uuid=uuid), which)
