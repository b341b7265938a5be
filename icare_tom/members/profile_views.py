"""One's own page: what one may do, groups, tokens, preferences, sessions, personal data."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied, ValidationError
from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_variables
from django.views.generic import View

from icare_tom.members.knocks import knock
from icare_tom.members.models import Membership
from icare_tom.members.preference_models import Preferences
from icare_tom.members.preferences import KEPT, carried, save_preferences
from icare_tom.members.profile_forms import NameForm, PreferencesForm, TokenForm
from icare_tom.members.rights import holds_all, rights_in
from icare_tom.members.roles import RIGHTS, Right
from icare_tom.members.sessions import end_session, end_sessions, sessions_of
from icare_tom.members.token_models import ApiToken
from icare_tom.members.tokens import make_token, revoke_token
from icare_tom.members.who import person

SHOWN_ENDED = 10


@method_decorator(never_cache, name="dispatch")
class ProfileView(LoginRequiredMixin, View):
    """One's own page."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show it."""
        return self._page(request)

    def post(self, request: HttpRequest) -> HttpResponse:
        """Do one thing: a name, preferences, a token, a session."""
        do = getattr(self, f"_do_{request.POST.get('do', '')}", None)
        if do is None:
            raise Http404
        answer: HttpResponse = do(request)
        return answer

    def _page(self, request: HttpRequest, status: int = 200, **context: Any) -> HttpResponse:
        user = person(request)
        memberships = list(Membership.objects.live_at(timezone.now()).filter(user=user.pk).select_related("group"))
        held = Preferences.objects.filter(user=user.pk).first()
        tokens = ApiToken.objects.filter(owner=user.pk)
        live = tokens.live_at(timezone.now())
        forms = {
            "name_form": NameForm(instance=user),
            "preferences_form": PreferencesForm(user=user, held=held),
            "token_form": TokenForm(user=user),
        }
        shown = {
            "memberships": sorted(memberships, key=lambda row: row.group.name.casefold()),
            "table": rights_table(memberships),
            "holds_all": holds_all(user),
            "tokens": live,
            "ended_tokens": tokens.exclude(pk__in=live.values("pk"))[:SHOWN_ENDED],
            "sessions": sessions_of(user, request.session.session_key),
        }
        return render(request, "members/profile.html", shown | forms | context, status=status)

    def _done(self, request: HttpRequest, said: str, part: str) -> HttpResponse:
        messages.success(request, said)
        answer = redirect("members:profile")
        answer["Location"] += f"#{part}"
        return answer

    def _do_name(self, request: HttpRequest) -> HttpResponse:
        form = NameForm(request.POST, instance=User.objects.get(pk=person(request).pk))
        if not form.is_valid():
            return self._page(request, 400, name_form=form)
        form.save()
        return self._done(request, "Your name is kept.", "you")

    def _do_preferences(self, request: HttpRequest) -> HttpResponse:
        held = Preferences.objects.filter(user=person(request).pk).first()
        form = PreferencesForm(request.POST, user=person(request), held=held)
        if form.is_valid():
            wish = form.cleaned_data
            wish["share_groups"] = list(wish.get("share_groups", ()))
            if (row := _or_say(form, lambda: save_preferences(person(request), **wish))) is not None:
                request.session[KEPT] = carried(row)
                return self._done(request, "Your preferences are kept.", "preferences")
        return self._page(request, 400, preferences_form=form)

    @method_decorator(sensitive_variables())
    def _do_token(self, request: HttpRequest) -> HttpResponse:
        form = TokenForm(request.POST, user=person(request))
        if wait := knock("make-token", f"person {person(request).pk}"):
            form.add_error(None, f"You made many tokens just now. Try again in {wait / 60:.0f} min.")
            return self._page(request, 429, token_form=form)
        if form.is_valid():
            made = _or_say(form, lambda: make_token(person(request), **form.wish()))
            if made is not None:
                # Shown here and never again, so that this answer is no redirect.
                return self._page(request, new_token=made)
        return self._page(request, 400, token_form=form)

    def _do_revoke(self, request: HttpRequest) -> HttpResponse:
        key = request.POST.get("token", "")
        token = get_object_or_404(ApiToken, owner=person(request).pk, pk=key if key.isdecimal() else 0)
        revoke_token(token, by=person(request))
        return self._done(request, f"The token {token.name} opens nothing any more.", "tokens")

    def _do_end(self, request: HttpRequest) -> HttpResponse:
        if not end_session(person(request), request.POST.get("session", "")):
            raise Http404
        return self._done(request, "That session has ended.", "sessions")

    def _do_others(self, request: HttpRequest) -> HttpResponse:
        number = end_sessions(person(request), but=request.session.session_key)
        return self._done(request, f"Signed out elsewhere: {number}.", "sessions")


def rights_table(memberships: list[Membership]) -> list[tuple[Right, list[str]]]:
    """Return every right of the table, and the groups in which somebody holds it."""
    held = [(row.group.name, {right.key for right in rights_in(row)}) for row in memberships]
    return [(right, sorted(name for name, keys in held if key in keys)) for key, right in RIGHTS.items()]


def _or_say(form: Form, act: Any) -> Any:
    """Return what an action gives; None when it refuses, and the form says why at the field."""
    try:
        return act()
    except ValidationError as refused:
        for field, words in (
            refused.message_dict if hasattr(refused, "error_dict") else {None: refused.messages}
        ).items():
            form.add_error(field if field in form.fields else None, words)
    except PermissionDenied as refused:
        form.add_error(None, str(refused))
    return None
