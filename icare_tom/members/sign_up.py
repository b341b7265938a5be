"""Signing up: the account is made closed, and its request filed; an invitation opens it at once."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.models import EmailAddress
from allauth.core import context as current
from django import forms
from django.conf import settings
from django.contrib.auth.models import Group, User
from django.http import HttpRequest, HttpResponse
from tom_common.accounts.adapters import TomAccountAdapter
from tom_common.accounts.forms import TomSignupForm

from icare_tom.members.admission import (
    accept_invitation,
    file_admission,
    find_invitation,
    groups_to_ask_for,
    send_link,
)
from icare_tom.members.admission_models import AdmissionRequest, Invitation
from icare_tom.members.mails import write
from icare_tom.members.names import check_user_name

INVITATION = "invitation-key"
ADMISSION = "admission"


def invitation_of(request: HttpRequest | None) -> Invitation | None:
    """Return the open invitation that somebody brought along."""
    key = request.session.get(INVITATION) if request is not None and hasattr(request, "session") else None
    return find_invitation(key) if key else None


class SignUpForm(TomSignupForm):
    """What we want to know of an applicant, beside name and password."""

    affiliation = forms.CharField(
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
        label="Where you work or observe, and what you want to do here",
        help_text="People decide by this.",
    )
    groups_wanted = forms.ModelMultipleChoiceField(
        queryset=Group.objects.none(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        label="Groups you want to join",
    )
    phone_number = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        groups = groups_to_ask_for()
        invitation = invitation_of(current.request)
        if invitation is not None:
            self.initial["email"] = invitation.email
            self.fields["email"].help_text = (
                f"{invitation.email} was invited. With another e-mail this is a request like any other: somebody"
                " decides it."
            )
        if invitation is not None or not groups:
            del self.fields["groups_wanted"]
        else:
            self.fields["groups_wanted"].queryset = Group.objects.filter(pk__in=[group.pk for group in groups])

    def signup(self, request: HttpRequest, user: User) -> None:
        """Store the name, file the request, use an invitation that was brought along."""
        wanted, note = self.cleaned_data.get("groups_wanted", ()), self.cleaned_data["affiliation"]
        self.cleaned_data["affiliation"] = note[:100]
        super().signup(request, user)
        login = getattr(self, "sociallogin", None)
        invitation = invitation_of(request)
        invited = invitation is not None and invitation.email.casefold() == user.email.casefold()
        verified = EmailAddress.objects.filter(user=user, email__iexact=user.email, verified=True).exists()
        file_admission(
            user,
            affiliation=note,
            groups_wanted=wanted if invitation is None else [invitation.group],
            email=user.email,
            email_verified=verified or invited,
            came_by=login.account.provider if login is not None else "local",
        )
        if invitation is not None and invited:
            accept_invitation(invitation, user)
        request.session.pop(INVITATION, None)


class AccountAdapter(TomAccountAdapter):
    """Sign-up is open, admission is not."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Everybody may ask."""
        return True

    def clean_username(self, username: str, shallow: bool = False) -> str:
        """Refuse names that pose as somebody else."""
        name: str = super().clean_username(username, shallow)
        check_user_name(name)
        return name

    def save_user(self, request: HttpRequest, user: User, form: Any, commit: bool = True) -> User:
        """Make the account closed and in no group; TOM would put it into one that everybody is in."""
        made: User = DefaultAccountAdapter.save_user(self, request, user, form, commit=False)
        made.is_active = False
        made.save()
        return made

    def send_password_reset_mail(self, user: User, email: str, context: dict[str, Any]) -> None:
        """Let a worker send the link, so that the answer takes no longer for those who have an account."""
        hours = settings.PASSWORD_RESET_TIMEOUT // 3600
        write("password", [user.email], person=user, uid=context["uid"], key=context["key"], hours=hours)

    def respond_user_inactive(self, request: HttpRequest, user: User) -> HttpResponse:
        """Lead to the page that says how the request stands; whoever comes here has proved whose account it is."""
        latest = AdmissionRequest.objects.filter(user=user).order_by("-made_at").first()
        request.session[ADMISSION] = latest.pk if latest else None
        if latest is not None:
            send_link(latest)
        answer: HttpResponse = super().respond_user_inactive(request, user)
        return answer
