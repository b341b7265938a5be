"""Where the links lead that people without an account get: answer a request, upload observations, fetch a request.

Looking changes nothing, since scanners of mail and crawlers look at every link; what changes something is a POST.
Whoever holds a link may use it, so there is no sign-in, and no token against forged forms either: nobody can forge a
form for an address that only the holder knows, and the browsers inside mail programs often keep no cookies. The pages
are kept nowhere, and no address is told to where one goes from them.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.http import HttpRequest, HttpResponse, JsonResponse, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.views.decorators.csrf import csrf_exempt
from django.views.generic import View

from tom_grandma_facilities.actions.links import (
    answer_by_link,
    download_by_link,
    link_path,
    resolve_link,
    upload_by_link,
    upload_link_by_link,
)
from tom_grandma_facilities.actions.uploads import Received
from tom_grandma_facilities.asking_page import lines_of
from tom_grandma_facilities.choices import DeclineReason, LinkPurpose, RequestState, RowOutcome, Via
from tom_grandma_facilities.durations import duration_words
from tom_grandma_facilities.exceptions import FacilityError, LinkRefused
from tom_grandma_facilities.executed import COLUMNS, UnreadableSheet
from tom_grandma_facilities.executed_forms import EXAMPLE, LinkUploadForm
from tom_grandma_facilities.models import AnswerLink, Channel, FollowUpRequest, ObservationUpload
from tom_grandma_facilities.request_forms import place_of
from tom_grandma_facilities.request_words import constraint_words, exposure_words, place_of_request
from tom_grandma_facilities.states import possible_answers
from tom_grandma_facilities.typed_times import read_utc

GONE, NOT_FOUND, BAD = 410, 404, 400
SHOWN_UPLOADS = 10
SHOWN_PROBLEMS = 100
MOST_TEXT = 500


@method_decorator(csrf_exempt, name="dispatch")
class LinkView(View):
    """What the pages behind links have in common."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Answer; a link that is not good gets a page that says why, and nobody keeps any of it."""
        try:
            response = super().dispatch(request, *args, **kwargs)
        except LinkRefused as refused:
            response = self.refuse(refused)
        response["Cache-Control"] = "no-store, private"
        response["Referrer-Policy"] = "no-referrer"
        response["X-Robots-Tag"] = "noindex, nofollow"
        return response

    def refuse(self, refused: LinkRefused) -> HttpResponse:
        """Say in plain words why the link does not work."""
        status = NOT_FOUND if refused.code == "unknown" else GONE
        context = {"code": refused.code, "message": str(refused)}
        return render(self.request, "tom_grandma_facilities/answers/bad_link.html", context, status=status)


class AnswerView(LinkView):
    """One request for those who were asked: what is wished, and their answer."""

    def get(self, request: HttpRequest, token: str) -> HttpResponse:
        """Show it. Changes nothing."""
        return self._page(resolve_link(token, LinkPurpose.ANSWER))

    def post(self, request: HttpRequest, token: str) -> HttpResponse:
        """Write the answer down, then show the page anew."""
        told = request.POST
        if told.get("to") == LinkPurpose.UPLOAD:
            return redirect(link_path(upload_link_by_link(token)))
        try:
            answer_by_link(token, told.get("to", ""), **_told(told))
        except LinkRefused:
            raise
        except FacilityError as refusal:
            return self._page(resolve_link(token, LinkPurpose.ANSWER), str(refusal))
        return redirect("requests:answer", token=token)

    def _page(self, link: AnswerLink, problem: str = "") -> HttpResponse:
        asked = link.request
        if asked is None:
            raise LinkRefused("unknown", "This link is for no request.")
        now = timezone.now()
        by_people = asked.entries.filter(via__in=(Via.LINK, Via.PAGE)).exclude(old_state="")
        context = {
            "link": link,
            "asked": asked,
            "problem": problem,
            "answered": by_people.order_by("-at", "-pk").first(),
            "place": place_of_request(asked),
            "exposures": exposure_words(asked),
            "constraints": constraint_words(asked),
            "programme_words": duration_words(asked.programme_s),
            "local": Local.of(asked),
            "line": _line(asked, now),
            "possible": {state.value for state in possible_answers(asked.state)},
            "reasons": DeclineReason.choices,
            "is_over": asked.is_over_at(now),
        }
        status = BAD if problem else 200
        return render(self.request, "tom_grandma_facilities/answers/answer.html", context, status=status)


def _told(posted: QueryDict) -> dict[str, Any]:
    """What the form says, as the action takes it.

    Raises
    ------
    InvalidRequest
    """
    to = posted.get("to", "")
    words = posted.get("words", "").strip()[:MOST_TEXT]
    if to == RequestState.DECLINED:
        return {"reason_code": posted.get("reason_code", ""), "reason": words}
    if to == RequestState.ACCEPTED:
        return {"will_observe_at": read_utc(posted.get("at", ""), "will_observe_at"), "note": words}
    if to == RequestState.OBSERVING:
        return {"progress": posted.get("progress", "").strip()[:60], "note": words}
    return {"note": words}


def _line(asked: FollowUpRequest, now: datetime) -> Any:
    """When the target can be observed from there; None for a plan's part, whose pointings have their times."""
    place = place_of(asked.target)
    return None if place is None else lines_of(place, max(now, asked.window_start)).get(asked.telescope)


class Local:
    """Times on the clocks of those who observe; nothing where nobody said which clocks these are."""

    def __init__(self, zone: ZoneInfo | None, start: datetime, end: datetime) -> None:
        self.zone = zone
        self.start = start.astimezone(zone) if zone else None
        self.end = end.astimezone(zone) if zone else None

    @classmethod
    def of(cls, asked: FollowUpRequest) -> Local:
        """The window of a request in the time zone of its channel."""
        name = Channel.objects.filter(telescope=asked.telescope).values_list("timezone", flat=True).first()
        try:
            zone = ZoneInfo(name) if name else None
        except (ZoneInfoNotFoundError, ValueError):
            zone = None
        return cls(zone, asked.window_start, asked.window_end)

    @property
    def words(self) -> str:
        """ "20 Nov 21:10 to 21 Nov 05:40 in Paris"; empty where the clocks are not known."""
        if self.zone is None or self.start is None or self.end is None:
            return ""
        city = self.zone.key.rpartition("/")[2].replace("_", " ")
        return f"{self.start:%d %b %H:%M} to {self.end:%d %b %H:%M} in {city}"


class UploadView(LinkView):
    """Executed observations from a telescope's team."""

    def get(self, request: HttpRequest, token: str) -> HttpResponse:
        """The form, and what came by this link before. Changes nothing."""
        return self._page(resolve_link(token, LinkPurpose.UPLOAD), LinkUploadForm())

    def post(self, request: HttpRequest, token: str) -> HttpResponse:
        """Check or store, then say what became of every row."""
        link = resolve_link(token, LinkPurpose.UPLOAD)
        form = LinkUploadForm(request.POST, request.FILES)
        if not form.is_valid():
            return self._page(link, form, status=BAD)
        is_check = "check" in request.POST

        def do() -> Received:
            return upload_by_link(token, form.body, source=form.cleaned_data["source"], dry_run=is_check)

        received = _received(do, form)
        if received is None:
            return self._page(link, form, status=BAD)
        return self._page(link, LinkUploadForm(), received)

    def _page(
        self, link: AnswerLink, form: LinkUploadForm, received: Received | None = None, status: int = 200
    ) -> HttpResponse:
        uploads = ObservationUpload.objects.filter(link=link).defer("rejected").order_by("-created_at")[:SHOWN_UPLOADS]
        context: dict[str, Any] = {"link": link, "form": form, "uploads": uploads}
        context |= {"columns": COLUMNS, "example": EXAMPLE}
        if received is not None and received.recorded is not None:
            answers, counts = received.recorded.answers, received.recorded.counts
            rejected = [one for one in answers if one.problems]
            context |= {
                "recorded": received.recorded,
                "counts": [(number, outcome.label) for outcome in RowOutcome if (number := counts.get(outcome))],
                "rejected": rejected[:SHOWN_PROBLEMS],
                "n_more": max(0, len(rejected) - SHOWN_PROBLEMS),
            }
        elif received is not None:
            context["queued"] = received.upload
        return render(self.request, "tom_grandma_facilities/answers/upload.html", context, status=status)


def _received(do: Callable[[], Received], form: LinkUploadForm) -> Received | None:
    """Do it; put what is wrong with the file as a whole on the form."""
    try:
        return do()
    except UnreadableSheet as error:
        form.add_error(None, [str(problem) for problem in error.problems])
    except LinkRefused:
        raise
    except (FacilityError, LookupError) as error:
        form.add_error(None, str(error))
    return None


class DownloadView(LinkView):
    """A request for the telescope's own software, as JSON."""

    http_method_names = ["get", "head"]

    def get(self, request: HttpRequest, token: str) -> HttpResponse:
        """What is to be observed. Changes nothing."""
        return JsonResponse(dict(download_by_link(token)), json_dumps_params={"indent": 1})

    def refuse(self, refused: LinkRefused) -> HttpResponse:
        """The same for programs."""
        status = NOT_FOUND if refused.code == "unknown" else GONE
        return JsonResponse({"code": refused.code, "message": str(refused)}, status=status)
