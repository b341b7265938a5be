"""Where the links in mails lead: confirm an e-mail, answer a question, use an invitation.

Looking changes nothing, since scanners of mail follow every link; a POST does. Wrong, old and used keys get one and the
same page.
"""

from typing import Any

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from django.views.generic import View

from icare_tom.members.admission import (
    accept_invitation,
    answer_back,
    confirm_email,
    find_invitation,
    read_confirmation,
)
from icare_tom.members.admission_models import AdmissionState
from icare_tom.members.sign_up import INVITATION


@method_decorator(never_cache, name="dispatch")
class KeyView(View):
    """What the pages behind keys have in common."""

    def page(self, request: HttpRequest, name: str, status: int = 200, **context: Any) -> HttpResponse:
        """Show a page that tells no other site where it is."""
        answer = render(request, f"members/keys/{name}.html", context, status=status)
        # Not "no-referrer": with it browsers hide where a form was, and it is refused as coming from elsewhere.
        answer["Referrer-Policy"] = "same-origin"
        return answer

    def gone(self, request: HttpRequest) -> HttpResponse:
        """Say that a link is not good, whatever is wrong with it."""
        return self.page(request, "gone", status=404)


class ConfirmView(KeyView):
    """Confirm an e-mail; afterwards, how the request stands."""

    def get(self, request: HttpRequest, key: str) -> HttpResponse:
        """Show the button, or how the request stands."""
        held = read_confirmation(key)
        return self.page(request, "confirm", admission=held, key=key) if held else self.gone(request)

    def post(self, request: HttpRequest, key: str) -> HttpResponse:
        """Confirm."""
        held = read_confirmation(key)
        if held is None:
            return self.gone(request)
        confirm_email(held)
        return redirect("members:confirm", key=key)


class AnswerView(KeyView):
    """Answer a question about one's request."""

    def get(self, request: HttpRequest, key: str) -> HttpResponse:
        """Show the question."""
        held = read_confirmation(key)
        if held is None:
            return self.gone(request)
        if held.state != AdmissionState.ASKED:
            return redirect("members:confirm", key=key)
        return self.page(request, "answer", admission=held)

    def post(self, request: HttpRequest, key: str) -> HttpResponse:
        """Take the answer."""
        held = read_confirmation(key)
        if held is None:
            return self.gone(request)
        try:
            answer_back(held, request.POST.get("answer", "")[:2000])
        except ValidationError as refused:
            return self.page(request, "answer", status=400, admission=held, error=" ".join(refused.messages))
        return redirect("members:confirm", key=key)


class InvitationView(KeyView):
    """Use an invitation: signed in at once, or after signing up or in."""

    def get(self, request: HttpRequest, key: str) -> HttpResponse:
        """Show who invites where."""
        invitation = find_invitation(key)
        return self.page(request, "invitation", invitation=invitation) if invitation else self.gone(request)

    def post(self, request: HttpRequest, key: str) -> HttpResponse:
        """Use it; who is not signed in keeps it in the session and signs up."""
        invitation = find_invitation(key)
        if invitation is None:
            return self.gone(request)
        if not request.user.is_authenticated:
            request.session[INVITATION] = key
            return redirect("account_signup" if "new" in request.POST else "account_login")
        try:
            accept_invitation(invitation, request.user)
        except ValidationError as refused:
            return self.page(request, "invitation", status=400, invitation=invitation, error=" ".join(refused.messages))
        return redirect("members:group", pk=invitation.group_id)
