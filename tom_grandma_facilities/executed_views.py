"""Pages of executed observations: the list, one of them, and telling of more."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin, UserPassesTestMixin
from django.db.models import QuerySet
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.urls import reverse
from django.views.generic import DetailView, FormView
from django_filters.views import FilterView

from tom_grandma_facilities.actions import Recorded, may_record_observations, record_observations
from tom_grandma_facilities.choices import RowOutcome
from tom_grandma_facilities.exceptions import NotAllowed
from tom_grandma_facilities.executed import COLUMNS
from tom_grandma_facilities.executed_filters import ExecutedObservationFilter
from tom_grandma_facilities.executed_forms import EXAMPLE, ObservationUploadForm
from tom_grandma_facilities.models import ExecutedObservation, ObservationUpload

SHOWN_ANSWERS = 200


class ExecutedListView(LoginRequiredMixin, FilterView):
    """What telescopes did, newest first, by telescope, filter, target and time."""

    model = ExecutedObservation
    filterset_class = ExecutedObservationFilter
    template_name = "tom_grandma_facilities/executed/list.html"
    paginate_by = 50

    def get_queryset(self) -> QuerySet[ExecutedObservation]:
        """What the user may see."""
        rows = ExecutedObservation.objects.visible_to(self.request.user)
        return rows.select_related("upload__uploaded_by").defer("raw", "earlier", "upload__rejected")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """The upload one came from, and whether one may tell more."""
        asked = self.request.GET.get("upload", "")
        uploads = ObservationUpload.objects.visible_to(self.request.user).select_related("uploaded_by")
        upload = uploads.filter(pk=asked).first() if asked.isdecimal() and len(asked) < 18 else None
        return super().get_context_data(**kwargs) | {
            "upload": upload,
            "may_record": may_record_observations(self.request.user),
            "asked": {name: value for name, value in self.request.GET.items() if value and name != "page"},
        }


class ExecutedDetailView(LoginRequiredMixin, DetailView[ExecutedObservation]):
    """One executed observation with the row as it came and what was corrected."""

    template_name = "tom_grandma_facilities/executed/detail.html"
    context_object_name = "observation"

    def get_queryset(self) -> QuerySet[ExecutedObservation]:
        """What the user may see."""
        rows = ExecutedObservation.objects.visible_to(self.request.user)
        return rows.select_related("upload__uploaded_by", "changed_by__uploaded_by")


class ObservationUploadView(LoginRequiredMixin, UserPassesTestMixin, FormView[ObservationUploadForm]):
    """A table of executed observations: checked first if one wishes, then stored; every row is answered."""

    form_class = ObservationUploadForm
    template_name = "tom_grandma_facilities/executed/upload.html"

    def test_func(self) -> bool:
        """Only for those who may record observations."""
        return may_record_observations(self.request.user)

    def handle_no_permission(self) -> HttpResponseRedirect:
        """Strangers are sent to sign in; members without the permission go back and are told so."""
        if not self.request.user.is_authenticated:
            return super().handle_no_permission()
        messages.error(self.request, "You may not record executed observations. Ask an administrator for it.")
        return redirect("executed:list")

    def get_form_kwargs(self) -> dict[str, Any]:
        """The form offers one's own groups."""
        return {**super().get_form_kwargs(), "user": self.request.user}

    def get_initial(self) -> dict[str, Any]:
        """A link may name the telescope."""
        return {"telescope": self.request.GET.get("telescope", "")}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """The columns, for those who write a table."""
        return super().get_context_data(**kwargs) | {"columns": COLUMNS, "example": EXAMPLE}

    def form_valid(self, form: ObservationUploadForm) -> HttpResponse:
        """Check or store, then show what became of every row."""
        is_dry = "check" in self.request.POST
        given = form.cleaned_data
        telescope = given["telescope"] or form.sheet.telescope
        try:
            recorded = record_observations(
                form.sheet.rows,
                by=self.request.user,
                telescope=telescope,
                groups=list(given["groups"]),
                source=given["source"],
                dry_run=is_dry,
            )
        except (NotAllowed, LookupError) as error:
            form.add_error(None, str(error))
            return self.form_invalid(form)
        if recorded.upload and not recorded.counts[RowOutcome.REJECTED]:
            messages.success(self.request, _words(recorded))
            return redirect(f"{reverse('executed:list')}?upload={recorded.upload.pk}")
        return self.render_to_response(self._with_answers(form, recorded))

    def _with_answers(self, form: ObservationUploadForm, recorded: Recorded) -> dict[str, Any]:
        """The page again, with the answers and the table as it was sent, to be mended or stored."""
        rejected = [answer for answer in recorded.answers if answer.outcome is RowOutcome.REJECTED]
        notes = list(dict.fromkeys(answer.note for answer in recorded.answers if answer.note))
        values = {**form.cleaned_data, "text": form.as_pasted, "groups": [g.pk for g in form.cleaned_data["groups"]]}
        again = ObservationUploadForm(initial=values, user=self.request.user)
        return self.get_context_data(form=again) | {
            "recorded": recorded,
            "words": _words(recorded),
            "rejected": rejected[:SHOWN_ANSWERS],
            "n_more": max(len(rejected) - SHOWN_ANSWERS, 0),
            "notes": notes[:SHOWN_ANSWERS],
            "unknown": form.sheet.unknown,
            "is_too_long": not values["text"],
        }


def _words(recorded: Recorded) -> str:
    """Say "3 created, 1 rejected"; what would be, for a dry run."""
    parts = [f"{recorded.counts[outcome]} {outcome.label}" for outcome in RowOutcome if recorded.counts[outcome]]
    said = ", ".join(parts)
    return f"Nothing was stored yet. It would be: {said}." if recorded.is_dry_run else f"{said[:1].upper()}{said[1:]}."
