"""Pages of follow-up requests: the list, one of them with its log, and what is done to it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.functional import cached_property
from django.views.generic import ListView, View

from tom_grandma_facilities.actions.answers import answer, undo_answer
from tom_grandma_facilities.actions.links import link_url, make_link, revoke_link, token_fits
from tom_grandma_facilities.actions.requests import (
    cancel_request,
    changeable_by,
    edit_request,
    may_change,
    retry_now,
    settle_doubt,
)
from tom_grandma_facilities.choices import DeclineReason, LinkPurpose, RequestState, Via
from tom_grandma_facilities.durations import duration_words
from tom_grandma_facilities.edit_form import EditForm
from tom_grandma_facilities.exceptions import FacilityError, InvalidRequest
from tom_grandma_facilities.models import AnswerLink, FacilityTransaction, FollowUpRequest, RequestEntry
from tom_grandma_facilities.request_filters import NEWEST_FIRST, RequestFilterForm
from tom_grandma_facilities.request_words import RequestLine, constraint_words, exposure_words, place_of_request
from tom_grandma_facilities.states import CANCELLABLE, EDITABLE, possible_answers
from tom_grandma_facilities.typed_times import read_utc

COLUMNS = (
    ("telescope", "Telescope"),
    ("subject", "For"),
    ("state", "State"),
    ("priority", "Priority"),
    ("", "Exposures"),
    ("window", "Window UTC"),
    ("asked", "Asked"),
)
PRIORITIES = tuple((number, str(number)) for number in range(1, 6))
MOST_CALLS = 50


class RequestListView(LoginRequiredMixin, ListView[FollowUpRequest]):
    """What was asked of telescopes, newest first, with filters and order in the address."""

    template_name = "tom_grandma_facilities/requests/list.html"
    paginate_by = 50

    def get_queryset(self) -> QuerySet[FollowUpRequest]:
        """What the user may see, narrowed."""
        rows = FollowUpRequest.objects.visible_to(self.request.user).select_related("created_by")
        self.form = RequestFilterForm(self.request.GET)
        return self.form.chosen(rows.defer("pointings"), self.request.user)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Headings that sort, and how many wait for an answer."""
        context = super().get_context_data(**kwargs)
        visible = FollowUpRequest.objects.visible_to(self.request.user)
        filters = {name: value for name, value in self.form.cleaned_data.items() if value}
        order = filters.pop("sort", NEWEST_FIRST)
        shown = [row.pk for row in context["object_list"]]
        changeable = set(changeable_by(self.request.user).filter(pk__in=shown).values_list("pk", flat=True))
        return context | {
            "form": self.form,
            "asked": filters,
            "rows": [RequestLine(row, row.pk in changeable) for row in context["object_list"]],
            "columns": [_column(key, label, order, filters) for key, label in COLUMNS],
            "n_open": visible.open().count(),
            "n_silent": visible.silent().count(),
            "priorities": PRIORITIES,
        }


def _column(key: str, label: str, order: str, filters: dict[str, str]) -> dict[str, str]:
    """A heading that sorts: once upwards, again downwards."""
    if not key:
        return {"label": label, "query": "", "direction": ""}
    direction = ("descending" if order.startswith("-") else "ascending") if order.lstrip("-") == key else ""
    query = filters | {"sort": f"-{key}" if direction == "ascending" else key}
    return {"label": label, "query": urlencode(query), "direction": direction}


class OfRequest(LoginRequiredMixin, View):
    """A view of one request that the user may see."""

    @cached_property
    def row(self) -> FollowUpRequest:
        """The request of the address; hidden and missing look the same."""
        rows = FollowUpRequest.objects.visible_to(self.request.user)
        return get_object_or_404(rows.select_related("created_by", "allocation__group"), pk=self.kwargs["pk"])

    def story(self) -> dict[str, Any]:
        """What happens to it while somebody looks."""
        row = self.row
        entries = list(RequestEntry.objects.filter(request=row).select_related("by").order_by("-at", "-pk"))
        calls = list(FacilityTransaction.objects.filter(request=row).order_by("-at", "-pk")[:MOST_CALLS])
        told = (row.modified_at, len(entries), [(call.pk, call.ok) for call in calls])
        return {
            "asked": row,
            "entries": entries,
            "calls": calls,
            "story_key": hashlib.sha256(repr(told).encode()).hexdigest()[:12],
            "may_change": may_change(self.request.user, row),
            "may_retry": row.state in (RequestState.QUEUED, RequestState.FAILED) and not row.may_have_been_sent,
            "may_undo": row.state in (RequestState.DONE, RequestState.DECLINED),
        }

    def page(self, edit_form: EditForm | None = None) -> HttpResponse:
        """The whole page."""
        row, now = self.row, timezone.now()
        links = AnswerLink.objects.visible_to(self.request.user).filter(request=row)
        context = self.story()
        context |= {
            "exposures": exposure_words(row),
            "programme_words": duration_words(row.programme_s),
            "place": place_of_request(row),
            "constraints": constraint_words(row),
            "is_editable": row.state in EDITABLE and not row.may_have_been_sent,
            "is_cancellable": row.state in CANCELLABLE,
            "edit_form": edit_form or EditForm.of(row),
            "answers": [(state.value, state.label) for state in possible_answers(row.state)],
            "reasons": DeclineReason.choices,
            "links": [_shown(link, now, context["may_change"]) for link in links],
            "purposes": LinkPurpose.choices,
        }
        status = 400 if edit_form is not None else 200
        return render(self.request, "tom_grandma_facilities/requests/detail.html", context, status=status)


def _shown(link: AnswerLink, now: Any, with_address: bool) -> dict[str, Any]:
    """A link as the page lists it; its address for those who may give it out."""
    is_good = link.is_good_at(now)
    url = link_url(link) if is_good and with_address and token_fits(link) else ""
    return {"link": link, "is_good": is_good, "url": url}


class RequestDetailView(OfRequest):
    """One request: what was asked, where it stands, and what happened."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The page."""
        return self.page()


class RequestStoryView(OfRequest):
    """The part of the page that changes by itself; asked every few seconds."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Nothing while `?seen=` still holds."""
        context = self.story()
        if request.GET.get("seen") == context["story_key"]:
            return HttpResponse(status=204)
        return render(request, "tom_grandma_facilities/requests/story.html", context)


class Deed(OfRequest):
    """Something done to a request by POST; afterwards its page, with what came of it."""

    http_method_names = ["post"]

    def attempt(self, do: Callable[[], str]) -> HttpResponse:
        """Do it; tell what was done, or why it was not."""
        try:
            messages.success(self.request, do())
        except FacilityError as refusal:
            messages.error(self.request, str(refusal))
        return redirect(self.row)


class EditView(Deed):
    """Change what was asked."""

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Hand the form to the action; with what is wrong, the page again."""
        form = EditForm.of(self.row, request.POST)
        if not form.is_valid():
            return self.page(form)
        changes = form.changes()
        if not changes:
            messages.info(request, "Nothing was changed.")
            return redirect(self.row)
        try:
            edit_request(self.row, by=request.user, **changes)
        except FacilityError as refusal:
            form.add_error(None, str(refusal))
            return self.page(form)
        messages.success(request, "Changed.")
        return redirect(self.row)


class PriorityView(Deed):
    """Change the priority where it is shown."""

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        """For htmx the control again with what came of it; else the page."""
        asked = request.POST.get("priority", "")
        htmx = getattr(request, "htmx", None)
        if not htmx:
            return self.attempt(lambda: self._change(asked))
        try:
            said, failed = self._change(asked), False
        except FacilityError as refusal:
            said, failed = str(refusal), True
        self.row.refresh_from_db(fields=["priority"])
        context = {"request_row": self.row, "priorities": PRIORITIES, "said": said, "failed": failed}
        return render(request, "tom_grandma_facilities/requests/priority.html", context)

    def _change(self, asked: str) -> str:
        if asked not in {text for _, text in PRIORITIES}:
            raise InvalidRequest("A priority is 1 (highest) to 5.", field="priority")
        edit_request(self.row, by=self.request.user, priority=int(asked))
        return "Changed."


class CancelView(Deed):
    """Take a request back."""

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        """With the reason, for those who were asked."""
        reason = request.POST.get("reason", "")[:300]

        def do() -> str:
            cancel_request(self.row, by=request.user, reason=reason)
            return "Cancelled."

        return self.attempt(do)


class RetryView(Deed):
    """Send again at once."""

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        """What waits for its next attempt, or could not be sent."""

        def do() -> str:
            retry_now(self.row, by=request.user)
            return "It is sent again."

        return self.attempt(do)


class SettleView(Deed):
    """Say whether a request that may have been sent is there."""

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        """After a look at the telescope's side."""
        was_sent = request.POST.get("was_sent") == "yes"

        def do() -> str:
            settle_doubt(self.row, was_sent=was_sent, by=request.user)
            return "Written down: it had arrived." if was_sent else "It had not arrived, and is sent again."

        return self.attempt(do)


class AnswerForThemView(Deed):
    """Write down what those who were asked told somebody here."""

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        """With the time it will be observed at, or why not."""
        told = request.POST

        def do() -> str:
            row = answer(
                self.row,
                told.get("to", ""),
                by=request.user,
                via=Via.PAGE,
                reason_code=told.get("reason_code", ""),
                reason=told.get("note", "")[:500] if told.get("to") == RequestState.DECLINED else "",
                will_observe_at=read_utc(told.get("at", ""), "will_observe_at"),
                note=told.get("note", "")[:500] if told.get("to") != RequestState.DECLINED else "",
            )
            return f"Written down: {row.get_state_display()}."

        return self.attempt(do)


class UndoView(Deed):
    """Take the last "done" or "cannot" back."""

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The request is as it was before."""

        def do() -> str:
            return f"Taken back: {undo_answer(self.row, by=request.user).get_state_display()}."

        return self.attempt(do)


class MakeLinkView(Deed):
    """Give a link out."""

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        """For one purpose."""
        purpose = request.POST.get("purpose", "")

        def do() -> str:
            if purpose not in LinkPurpose.values:
                raise InvalidRequest("That is no purpose of a link.", f"One of {', '.join(LinkPurpose.values)}.")
            make_link(self.row, purpose, by=request.user)
            return "The link is in the list of links."

        return self.attempt(do)


class RevokeLinkView(Deed):
    """Make a link useless."""

    def post(self, request: HttpRequest, pk: int, link: int) -> HttpResponse:
        """From this moment on."""
        row = get_object_or_404(AnswerLink.objects.visible_to(request.user), pk=link, request=self.row)

        def do() -> str:
            revoke_link(row, by=request.user)
            return "The link is revoked."

        return self.attempt(do)
