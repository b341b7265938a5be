"""What people decide about plans and what telescopes report: each a POST that leads back to where it was asked."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse

from tom_gcn.actions.plans import cancel_plan, keep_plan
from tom_gcn.actions.pointings import LONGEST_NOTE, refuse, report_pointings, withdraw_refusal
from tom_gcn.choices import PointingState, RefusalReason
from tom_gcn.event_part import EventPart
from tom_gcn.exceptions import GcnError
from tom_gcn.models import ObservationPlan, TelescopePlan
from tom_gcn.notices import NoticeError
from tom_gcn.notices.fields import read_time
from tom_gcn.printable import is_text
from tom_grandma_facilities.registry import UnknownTelescope

# What a telescope may report of its pointings, with the words of the buttons; "planned" takes a report back.
REPORTS = {
    PointingState.SENT: "Sent",
    PointingState.STARTED: "Started",
    PointingState.DONE: "Done",
    PointingState.CANNOT: "Cannot",
    PointingState.PLANNED: "Undo",
}


class Deed(EventPart):
    """Something done by POST; what goes wrong is told on the page one comes back to."""

    http_method_names = ["post"]

    def attempt(self, do: Callable[[], str]) -> None:
        """Do it, and say how it went."""
        try:
            messages.success(self.request, do())
        except (GcnError, UnknownTelescope) as error:
            messages.error(self.request, str(error))

    def typed(self, field: str) -> str:
        """A text somebody typed, at most as long as notes may be.

        Raises
        ------
        GcnError
            When it holds what is no character.
        """
        text = str(self.request.POST.get(field, "")).strip()[:LONGEST_NOTE]
        if not is_text(text):
            raise GcnError(f"The {field} holds characters that cannot be printed.", "Type it again.")
        return text


class CancelPlanView(Deed):
    """Cancel a plan that is being made."""

    def post(self, request: HttpRequest, name: str, version: int) -> HttpResponse:
        """The worker stops at its next step."""
        plan = self.plan_of_address(version)

        def do() -> str:
            cancel_plan(plan, by=request.user)
            return f"Plan {plan.version} is being cancelled."

        self.attempt(do)
        return redirect(f"{self.event.get_absolute_url()}?plan={version}#plan" if plan.is_unfinished else self.event)


class KeepPlanView(Deed):
    """Keep a plan as the plan of record."""

    def post(self, request: HttpRequest, name: str, version: int) -> HttpResponse:
        """Newer plans no longer take its place."""
        plan = self.plan_of_address(version)

        def do() -> str:
            keep_plan(plan, by=request.user)
            return f"Plan {plan.version} is the plan of record."

        self.attempt(do)
        return redirect(f"{self.event.get_absolute_url()}?plan={version}#plan")


class TelescopeDeed(Deed):
    """Something said of one telescope of a plan."""

    def part_of_address(self) -> TelescopePlan:
        """The telescope's part of the plan."""
        plan: ObservationPlan = self.plan_of_address(self.kwargs["version"])
        return get_object_or_404(TelescopePlan.objects.select_related("plan__event"), plan=plan, **self._telescope())

    def back(self) -> HttpResponse:
        """To the pointings of the telescope."""
        return redirect(reverse("events:pointings", kwargs=self.kwargs))

    def _telescope(self) -> dict[str, Any]:
        return {"telescope": self.kwargs["telescope"]}


class ReportView(TelescopeDeed):
    """Report what became of pointings, or take a report back."""

    def post(self, request: HttpRequest, name: str, version: int, telescope: str) -> HttpResponse:
        """`orders` are the numbers of the pointings, `state` what they are now."""
        part = self.part_of_address()
        state = request.POST.get("state", "")
        numbers = request.POST.getlist("orders")
        orders = sorted({int(number) for number in numbers if number.isdecimal() and len(number) < 7})

        def do() -> str:
            note = self.typed("note")
            if state not in set(REPORTS):
                raise GcnError("A pointing is started, done, cannot be taken, or is planned again.")
            if not orders:
                raise GcnError("No pointing was chosen.", "Tick at least one.")
            report_pointings(part.plan, telescope, orders, PointingState(state), by=request.user, note=note)
            count = f"{len(orders)} pointing{'s' if len(orders) != 1 else ''}"
            return f"{telescope}: {count} {PointingState(state).label}."

        self.attempt(do)
        return self.back()


class RefuseView(TelescopeDeed):
    """A telescope cannot observe the event for a time, or not at all."""

    def post(self, request: HttpRequest, name: str, version: int, telescope: str) -> HttpResponse:
        """The rest of the network is planned again."""
        self.part_of_address()
        code = request.POST.get("reason_code", "")

        def do() -> str:
            reason = self.typed("reason")
            if code not in set(RefusalReason):
                raise GcnError("Say why it cannot.", f"One of {', '.join(RefusalReason.values)}.")
            until = _until(request.POST.get("until", "").strip()[:40])
            refusal = refuse(self.event, telescope, code, reason=reason, until=until, by=request.user)
            return f"{refusal}"

        self.attempt(do)
        return self.back()


class WithdrawView(Deed):
    """A telescope that could not can again."""

    def post(self, request: HttpRequest, name: str, pk: int) -> HttpResponse:
        """The network is planned again with it."""
        refusal = get_object_or_404(self.event.refusals, pk=pk)

        def do() -> str:
            withdraw_refusal(refusal, by=request.user)
            return f"{refusal.telescope} can observe again."

        self.attempt(do)
        plan = request.POST.get("plan", "")
        if plan.isdecimal() and len(plan) < 9 and self.event.plans.filter(version=int(plan)).exists():
            # It was taken back on the telescope's own page.
            return redirect("events:pointings", name, int(plan), refusal.telescope)
        return redirect(f"{self.event.get_absolute_url()}#plan")


def _until(text: str) -> datetime | None:
    """A time somebody typed.

    Raises
    ------
    GcnError
        When it is none.
    """
    try:
        return read_time(text, "Until") if text else None
    except NoticeError as error:
        raise GcnError(error.message, error.fix) from error
