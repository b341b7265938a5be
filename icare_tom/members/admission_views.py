"""Pages on which requests for accounts are decided."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.generic import ListView, View

from icare_tom.members.admission import approve, ask_back, refuse
from icare_tom.members.admission_models import OPEN_STATES, AdmissionRequest, AdmissionState
from icare_tom.members.member_forms import ApproveForm, TextForm
from icare_tom.members.who import person

OPEN = "open"


class AdmissionListView(LoginRequiredMixin, ListView[AdmissionRequest]):
    """Requests for accounts that one may decide; the open ones first."""

    template_name = "members/admissions.html"
    paginate_by = 50
    context_object_name = "admissions"

    def get_queryset(self) -> QuerySet[AdmissionRequest]:
        """Those one may decide, in the state that is asked for."""
        rows = AdmissionRequest.objects.managed_by(person(self.request)).select_related("user")
        self.state = self.request.GET.get("state", OPEN)
        if self.state == OPEN:
            rows = rows.filter(state__in=OPEN_STATES)
        elif self.state in AdmissionState.values:
            rows = rows.filter(state=self.state)
        return rows.prefetch_related("groups_wanted")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add the states to choose from."""
        states = [(OPEN, "open"), *AdmissionState.choices, ("all", "all")]
        return super().get_context_data(**kwargs) | {"states": states, "state": self.state}


class AdmissionView(LoginRequiredMixin, View):
    """One request: what is known, its log, and the three decisions."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Show it."""
        return self._page(request, self._row(request, pk))

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Decide."""
        row = self._row(request, pk)
        decide = {"approve": self._approve, "ask": self._ask, "refuse": self._refuse}.get(request.POST.get("do", ""))
        if decide is None:
            raise Http404
        try:
            decide(request, row)
        except (PermissionDenied, ValidationError) as refused:
            return self._page(request, row, status=400, error=_words(refused))
        return redirect("members:admission", pk=pk)

    def _row(self, request: HttpRequest, pk: int) -> AdmissionRequest:
        return get_object_or_404(AdmissionRequest.objects.managed_by(person(request)).select_related("user"), pk=pk)

    def _page(self, request: HttpRequest, row: AdmissionRequest, status: int = 200, error: str = "") -> HttpResponse:
        wanted = row.groups_wanted.all()
        form = ApproveForm(by=person(request), initial={"group": wanted.first(), "role": "full"})
        context = {"admission": row, "form": form, "error": error, "wanted": wanted}
        context["entries"] = row.entries.select_related("by")
        return render(request, "members/admission.html", context, status=status)

    def _approve(self, request: HttpRequest, row: AdmissionRequest) -> None:
        form = ApproveForm(request.POST, by=person(request))
        if not form.is_valid():
            raise ValidationError([f"{name}: {' '.join(map(str, errors))}" for name, errors in form.errors.items()])
        wish = form.cleaned_data
        approve(row, wish["group"], wish["role"], by=person(request), rights=wish["rights"])
        messages.success(request, f"{row.user.username} is in {wish['group'].name} and was told by mail.")

    def _ask(self, request: HttpRequest, row: AdmissionRequest) -> None:
        ask_back(row, self._text(request), by=person(request))
        messages.success(request, f"{row.user.username} was asked by mail.")

    def _refuse(self, request: HttpRequest, row: AdmissionRequest) -> None:
        refuse(row, self._text(request), by=person(request))
        messages.success(request, f"{row.user.username} was refused and told why by mail.")

    def _text(self, request: HttpRequest) -> str:
        form = TextForm(request.POST)
        return str(form.cleaned_data["text"]) if form.is_valid() else ""


def _words(refused: Exception) -> str:
    return " ".join(refused.messages) if isinstance(refused, ValidationError) else str(refused)
