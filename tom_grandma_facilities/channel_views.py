"""Pages of operators and group admins: how telescopes are asked, and who has time on them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.generic import TemplateView, View

from tom_grandma_facilities.actions.allocations import (
    may_set_allocation,
    may_set_channels,
    set_allocation,
    set_channel,
    transports,
)
from tom_grandma_facilities.actions.trials import try_channel
from tom_grandma_facilities.channel_forms import ALLOCATED, AllocationForm, ChannelForm, groups_with_time
from tom_grandma_facilities.channel_words import usual_transport
from tom_grandma_facilities.exceptions import NotAllowed, RequestError
from tom_grandma_facilities.models import Allocation, Channel, FacilityTransaction
from tom_grandma_facilities.registry import ASKABLE
from tom_grandma_facilities.transports.base import Transport
from tom_grandma_facilities.views import telescope_or_404

ELSEWHERE = (
    "It leads elsewhere now. Credentials are sent only to the place they were entered for: those kept before, also of "
    "allocations, were forgotten. Enter them again."
)


@dataclass(frozen=True, slots=True)
class ChannelLine:
    """One telescope in the list of channels."""

    channel: Channel
    transport: Transport | None
    missing: tuple[str, ...]
    last: FacilityTransaction | None

    @property
    def is_ready(self) -> bool:
        """Whether a request could leave now."""
        return self.channel.is_active and self.transport is not None and not self.missing


class OperatorsOnly(LoginRequiredMixin, View):
    """A page for those who may say how telescopes are asked; for others it is not there."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """Hide it from members without the right; strangers are sent to sign in."""
        if request.user.is_authenticated and not may_set_channels(request.user):
            raise Http404("There is no such page.")
        return super().dispatch(request, *args, **kwargs)


class ChannelListView(OperatorsOnly, TemplateView):
    """Every telescope and how it is asked."""

    template_name = "tom_grandma_facilities/channels/list.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Those with a channel, with what is missing and the last call; then the names of the others."""
        lines = channel_lines(self.request.user)
        known = {line.channel.telescope for line in lines}
        return super().get_context_data(**kwargs) | {
            "lines": lines,
            "n_ready": sum(line.is_ready for line in lines),
            "others": [name for name in ASKABLE if name not in known],
        }


class ChannelView(OperatorsOnly):
    """How one telescope is asked: the transport, what it must know, its credentials (written, never shown)."""

    def get(self, request: HttpRequest, name: str) -> HttpResponse:
        """Show the settings of the transport in use, or of the one chosen in the address."""
        chosen = request.GET.get("transport", "")
        if chosen and chosen not in transports():
            raise Http404("There is no such transport.")
        return self._page(name, self._form(name, chosen) if self._transport(name, chosen) else None)

    def post(self, request: HttpRequest, name: str) -> HttpResponse:
        """Keep what was written; with “try”, send a test over it too."""
        chosen = request.POST.get("transport", "")
        if chosen not in transports():
            raise Http404("There is no such transport.")
        form = self._form(name, chosen, request.POST)
        if not form.is_valid():
            return self._page(name, form, status=422)
        try:
            channel = set_channel(
                telescope_or_404(name).name,
                transport=chosen,
                by=request.user,
                settings=form.settings(),
                secrets=_new_secrets(self._channel(name), chosen, form),
                **form.common(),
            )
        except (RequestError, NotAllowed, ValidationError) as refusal:
            form.add_error(None, " ".join(getattr(refusal, "messages", [str(refusal)])))
            return self._page(name, form, status=422)
        messages.success(request, f"{channel.telescope} is asked by {form.transport.label}.")
        if set(form.stored) - set(channel.secret_names) - set(form.forgotten()):
            messages.warning(request, ELSEWHERE)
        if "try" in request.POST:
            trial = try_channel(channel, by=request.user)
            (messages.success if trial.ok else messages.error)(request, _told(trial.ok, trial.words))
        return redirect("telescopes:channel", name=channel.telescope)

    def _channel(self, name: str) -> Channel | None:
        rows = Channel.objects.visible_to(self.request.user).defer(None)
        return rows.filter(telescope=telescope_or_404(name).name).first()

    def _transport(self, name: str, chosen: str) -> Transport | None:
        channel = self._channel(name)
        return transports().get(chosen or (channel.transport if channel else usual_transport(name)))

    def _form(self, name: str, chosen: str, data: Any = None) -> ChannelForm:
        transport = self._transport(name, chosen)
        if transport is None:
            raise Http404("There is no such transport.")
        return ChannelForm(data, transport=transport, channel=self._channel(name), auto_id="channel-%s")

    def _page(self, name: str, form: ChannelForm | None, status: int = 200) -> HttpResponse:
        telescope, channel = telescope_or_404(name), self._channel(name)
        calls = FacilityTransaction.objects.visible_to(self.request.user).filter(request__telescope=telescope.name)
        context = {
            "telescope": telescope,
            "channel": channel,
            "form": form,
            "transports": transports().values(),
            "chosen": form.transport if form else None,
            "is_other": bool(form and channel and channel.transport != form.transport.name),
            "missing": missing_of(channel) if channel else (),
            "calls": calls.select_related("request").order_by("-at")[:5],
        }
        return render(self.request, "tom_grandma_facilities/channels/channel.html", context, status=status)


class AllocationListView(LoginRequiredMixin, TemplateView):
    """Time of one's groups on telescopes, and how much of it is left."""

    template_name = "tom_grandma_facilities/channels/allocations.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Valid ones first, the soonest to end on top."""
        now = timezone.now()
        rows = Allocation.objects.visible_to(self.request.user).with_use().select_related("group").order_by("valid_to")
        lines = [_allocation_line(row, self.request.user) for row in rows]
        return super().get_context_data(**kwargs) | {
            "now": now,
            "valid": [line for line in lines if line["row"].is_valid_at(now)],
            "others": [line for line in lines if not line["row"].is_valid_at(now)][::-1],
            "may_add": _may_enter_time(self.request.user),
        }


class AllocationView(LoginRequiredMixin, View):
    """Enter time of a group, or change it."""

    def get(self, request: HttpRequest, pk: int | None = None) -> HttpResponse:
        """The form, empty or with what is known; credentials are never in it."""
        now = timezone.now().replace(second=0, microsecond=0)
        initial = {"telescope": request.GET.get("telescope", ""), "valid_from": now} if pk is None else {}
        return self._page(self._form(pk, initial=initial))

    def post(self, request: HttpRequest, pk: int | None = None) -> HttpResponse:
        """Keep it; a new one leads on to where its credentials are written."""
        form = self._form(pk, request.POST)
        if not form.is_valid():
            return self._page(form, status=422)
        row = self.row or Allocation()
        for name in ALLOCATED:
            setattr(row, name, form.cleaned_data[name])
        try:
            set_allocation(row, by=request.user, secrets=form.secrets())
        except (RequestError, NotAllowed, ValidationError) as refusal:
            form.add_error(None, " ".join(getattr(refusal, "messages", [str(refusal)])))
            return self._page(form, status=422)
        messages.success(request, f"{row}: {row.hours:g} h.")
        return redirect("telescopes:allocation", pk=row.pk) if pk is None else redirect("telescopes:allocations")

    def _form(self, pk: int | None, data: Any = None, **kwargs: Any) -> AllocationForm:
        self.row = None
        if pk is None and not _may_enter_time(self.request.user):
            raise Http404("There is no such page.")
        if pk is not None:
            self.row = get_object_or_404(Allocation.objects.visible_to(self.request.user), pk=pk)
            if not may_set_allocation(self.request.user, self.row.group):
                raise Http404("There is no such page.")
        return AllocationForm(data, user=self.request.user, allocation=self.row, auto_id="allocation-%s", **kwargs)

    def _page(self, form: AllocationForm, status: int = 200) -> HttpResponse:
        context = {"form": form, "row": self.row}
        return render(self.request, "tom_grandma_facilities/channels/allocation.html", context, status=status)


def channel_lines(user: Any) -> list[ChannelLine]:
    """Return every channel with what it lacks and the last call that `user` may see."""
    calls = FacilityTransaction.objects.visible_to(user).order_by("request__telescope", "-at", "-pk")
    latest = calls.distinct("request__telescope").select_related("request")
    last = {call.request.telescope: call for call in latest}
    rows = Channel.objects.visible_to(user).defer(None)
    return [ChannelLine(row, transports().get(row.transport), missing_of(row), last.get(row.telescope)) for row in rows]


def missing_of(channel: Channel) -> tuple[str, ...]:
    """Return the labels of what a channel's transport needs and has not; allocations may bring credentials."""
    transport = transports().get(channel.transport)
    have = {*(name for name, value in channel.settings.items() if value), *channel.secret_names}
    return tuple(
        one.label for one in (transport.settings if transport else ()) if one.required and one.name not in have
    )


def _new_secrets(channel: Channel | None, chosen: str, form: ChannelForm) -> dict[str, str | None]:
    """What changes; credentials of a transport that is left are forgotten with it."""
    if channel is None or channel.transport == chosen:
        return form.secrets()
    still = {one.name for one in form.transport.settings if one.secret}
    return {name: None for name in channel.secret_names if name in still} | form.secrets()


def _told(ok: bool, words: str) -> str:
    return words if ok else f"The test did not work: {words}"


def _may_enter_time(user: Any) -> bool:
    return bool(groups_with_time(user).exists())


def _allocation_line(row: Any, user: Any) -> dict[str, Any]:
    used = row.seconds_used / 3600
    query = urlencode({"telescope": row.telescope})
    return {
        "row": row,
        "used": used,
        "left": max(0.0, row.hours - used),
        "requests_url": f"{reverse('requests:list')}?{query}",
        "may_change": may_set_allocation(user, row.group),
    }
