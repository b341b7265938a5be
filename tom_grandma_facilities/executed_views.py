"""Pages of executed observations: the list, one of them, and telling of more."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin, UserPassesTestMixin
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.views.generic import DetailView, FormView, View
from django_filters.views import FilterView

from tom_grandma_facilities.actions import Recorded, may_record_observations, receive_observations
from tom_grandma_facilities.choices import RowOutcome
from tom_grandma_facilities.exceptions import NotAllowed
from tom_grandma_facilities.executed import COLUMNS, Sheet, UnreadableSheet
from tom_grandma_facilities.executed.columns import known_as
from tom_grandma_facilities.executed_filters import ExecutedObservationFilter
from tom_grandma_facilities.executed_forms import EXAMPLE, ObservationUploadForm
from tom_grandma_facilities.models import ExecutedObservation, ObservationUpload, UploadedFile
from tom_grandma_facilities.upload_files import upload_file

SHOWN_ANSWERS = 200
SHOWN_UPLOADS = 8


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


class UploadStateView(LoginRequiredMixin, DetailView[ObservationUpload]):
    """One upload: how far it is, what became of its rows, the file as it came. For htmx the part that changes."""

    context_object_name = "upload"

    def get_queryset(self) -> QuerySet[ObservationUpload]:
        """What the user may see."""
        rows = ObservationUpload.objects.visible_to(self.request.user).select_related("uploaded_by")
        return rows.annotate(has_file=Exists(UploadedFile.objects.filter(upload=OuterRef("pk"))))

    def get_template_names(self) -> list[str]:
        """The part for htmx, else the page."""
        htmx = getattr(self.request, "htmx", None)
        is_part = htmx and not htmx.history_restore_request
        return [f"tom_grandma_facilities/executed/upload_state{'_part' if is_part else ''}.html"]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """The first of the rejected rows."""
        upload = self.object
        problems = [
            {**problem, "observation_id": _id_of(entry.get("row"))}
            for entry in upload.rejected[:SHOWN_ANSWERS]
            for problem in entry["problems"]
        ]
        return super().get_context_data(**kwargs) | {
            "problems": problems,
            "n_more": max(upload.n_rejected - SHOWN_ANSWERS, 0),
            "percent": round(100 * upload.progress),
        }

    def render_to_response(self, context: dict[str, Any], **kwargs: Any) -> HttpResponse:
        """A page and its part have one address."""
        response = super().render_to_response(context, **kwargs)
        patch_vary_headers(response, ["HX-Request"])
        return response


class UploadFileView(LoginRequiredMixin, View):
    """Files of an upload: as it came, or the answer to every row."""

    def get(self, request: HttpRequest, pk: int, which: str) -> HttpResponseBase:
        """Not found for uploads one may not see, and while there are no answers yet."""
        return upload_file(get_object_or_404(ObservationUpload.objects.visible_to(request.user), pk=pk), which)


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
        """The columns, for those who write a table, and one's latest uploads."""
        mine = ObservationUpload.objects.visible_to(self.request.user).filter(uploaded_by=self.request.user.pk)
        latest = mine.defer("rejected")[:SHOWN_UPLOADS]
        return super().get_context_data(**kwargs) | {"columns": COLUMNS, "example": EXAMPLE, "latest": latest}

    def form_valid(self, form: ObservationUploadForm) -> HttpResponse:
        """Check or store, then show what became of every row; of a long file, how far it is."""
        given = form.cleaned_data
        try:
            received = receive_observations(
                form.body,
                by=self.request.user,
                telescope=given["telescope"],
                groups=list(given["groups"]),
                source=given["source"],
                dry_run="check" in self.request.POST,
            )
        except UnreadableSheet as error:
            form.add_error(None, [str(problem) for problem in error.problems])
            return self.form_invalid(form)
        except (NotAllowed, LookupError) as error:
            form.add_error(None, str(error))
            return self.form_invalid(form)
        if received.recorded is None or received.sheet is None:
            return redirect(reverse("executed:upload-state", args=[received.upload.pk if received.upload else 0]))
        recorded = received.recorded
        if recorded.upload and not recorded.counts[RowOutcome.REJECTED]:
            messages.success(self.request, _words(recorded))
            return redirect(f"{reverse('executed:list')}?upload={recorded.upload.pk}")
        return self.render_to_response(self._with_answers(form, recorded, received.sheet))

    def _with_answers(self, form: ObservationUploadForm, recorded: Recorded, sheet: Sheet) -> dict[str, Any]:
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
            "unknown": sheet.unknown,
            "is_too_long": not values["text"],
        }


def _id_of(row: Any) -> str:
    """The observation_id of a rejected row as far as it can be told."""
    names = {str(name): value for name, value in row.items()} if isinstance(row, dict) else {}
    return next((str(value)[:100] for name, value in names.items() if known_as(name) == "observation_id"), "")


def _words(recorded: Recorded) -> str:
    """Say "3 created, 1 rejected"; what would be, for a dry run."""
    parts = [f"{recorded.counts[outcome]} {outcome.label}" for outcome in RowOutcome if recorded.counts[outcome]]
    said = ", ".join(parts)
    return f"Nothing was stored yet. It would be: {said}." if recorded.is_dry_run else f"{said[:1].upper()}{said[1:]}."
