"""The page, and the part of other pages, that says with whom something is shared and changes it."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.models import Group
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.views.generic import View

from icare_tom.guards.access import one_or_404
from icare_tom.guards.mixins import SignedIn
from icare_tom.members.group_views import visible_groups
from icare_tom.members.who import person
from icare_tom.sharing.kinds import KINDS, Kind
from tom_grandma_facilities.sharing import SharingRefused, groups_of

LET_IN, SHUT_OUT = "let-in", "shut-out"


class SharingView(SignedIn, View):
    """Who sees one thing: groups let in and shut out, one step at a time, each undone by its opposite."""

    def get(self, request: HttpRequest, kind: str, pk: int) -> HttpResponse:
        """Show it; for htmx the part that stands on the thing's own page."""
        of_kind, row = self._found(kind, pk)
        part = getattr(request, "htmx", None)
        answer = render(request, f"sharing/{'part' if part else 'page'}.html", self._context(kind, of_kind, row))
        patch_vary_headers(answer, ["HX-Request"])
        return answer

    def post(self, request: HttpRequest, kind: str, pk: int) -> HttpResponse:
        """Let a group in or shut it out."""
        of_kind, row = self._found(kind, pk)
        do, key = request.POST.get("do", ""), request.POST.get("group", "")
        group = groups_of(request.user).filter(pk=key if key.isdecimal() and len(key) < 10 else 0).first()
        if do not in (LET_IN, SHUT_OUT):
            raise Http404
        try:
            if group is None:
                raise SharingRefused("not-yours", "Choose among your own groups.")
            is_done = of_kind.share(row, group, by=request.user, let_in=do == LET_IN) is not False
        except SharingRefused as refused:
            context = self._context(kind, of_kind, row) | {"error": str(refused)}
            return render(request, "sharing/page.html", context, status=400)
        _say(request, group, do, is_done)
        return redirect(f"{reverse('sharing', args=[kind, pk])}?{do}={group.pk}")

    def _found(self, kind: str, pk: int) -> tuple[Kind, Any]:
        if kind not in KINDS:
            raise Http404
        return KINDS[kind], one_or_404(KINDS[kind].seen(self.request.user), pk)

    def _context(self, kind: str, of_kind: Kind, row: Any) -> dict[str, Any]:
        held = list(of_kind.groups(row))
        to_know = visible_groups(person(self.request)).filter(pk__in=[group.pk for group in held])
        known = set(to_know.values_list("pk", flat=True))
        may_share = of_kind.may_share(self.request.user, row)
        own = list(groups_of(self.request.user)) if may_share else []
        return {
            "kind": kind,
            "row": row,
            "name": of_kind.name(row, self.request.user),
            "title": of_kind.title,
            "goes_with": of_kind.goes_with,
            "address": of_kind.address(row),
            "held": [(group, group in own) for group in held if group.pk in known],
            "n_unknown": len(held) - len(known),
            "may_share": may_share,
            "others": [group for group in own if group not in held],
            "undo": self._undo(held, own),
        }

    def _undo(self, held: list[Group], own: list[Group]) -> tuple[str, Group] | None:
        """The opposite of the step that led here, while it can be taken."""
        for done, opposite, is_held in ((LET_IN, SHUT_OUT, True), (SHUT_OUT, LET_IN, False)):
            asked = self.request.GET.get(done, "")
            for group in own:
                if str(group.pk) == asked and (group in held) is is_held:
                    return opposite, group
        return None


def _say(request: HttpRequest, group: Group, do: str, is_done: bool) -> None:
    words = f"{group.name} sees it now." if do == LET_IN else f"{group.name} does not see it any more."
    if is_done:
        messages.success(request, words)
    else:
        messages.info(request, "It holds many points: a worker moves them. Look again in a minute.")
