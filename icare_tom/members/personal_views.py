"""One's own data: taken away as a file, and deleted."""

from typing import Any

from django import forms
from django.contrib.auth import logout
from django.contrib.auth.mixins import LoginRequiredMixin
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.generic import View

from icare_tom.members.knocks import knock
from icare_tom.members.personal_data import export, forget
from icare_tom.members.who import person


class DeleteForm(forms.Form):
    """The name of the account, typed, and its password when it has one."""

    username = forms.CharField(label="Your user name, to be sure", max_length=150)
    password = forms.CharField(widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}))

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
        if not user.has_usable_password():
            del self.fields["password"]

    def clean_username(self) -> str:
        """Refuse another name."""
        if self.cleaned_data["username"] != self.user.username:
            raise ValidationError("This is not your user name.")
        return self.user.username

    def clean_password(self) -> str:
        """Refuse a wrong password, and guessing."""
        if knock("wrong-password", f"person {self.user.pk}"):
            raise ValidationError("Too many tries. Wait a while.")
        if not self.user.check_password(self.cleaned_data["password"]):
            raise ValidationError("This is not your password.")
        return ""


@method_decorator(never_cache, name="dispatch")
class PersonalDataView(LoginRequiredMixin, View):
    """What the site knows of oneself, as a zip file."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Send it."""
        name = f"{person(request).username}-{timezone.now():%Y%m%d}.zip"
        answer = HttpResponse(export(person(request)), content_type="application/zip")
        answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
        return answer


@method_decorator([never_cache, sensitive_post_parameters("password")], name="dispatch")
class DeleteView(LoginRequiredMixin, View):
    """Deletes one's own account after being asked twice."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Say what goes and what stays."""
        return self._page(request, DeleteForm(user=person(request)))

    def post(self, request: HttpRequest) -> HttpResponse:
        """Delete."""
        form = DeleteForm(request.POST, user=person(request))
        if not form.is_valid():
            return self._page(request, form, 400)
        try:
            forget(User.objects.get(pk=person(request).pk), by=person(request))
        except (PermissionDenied, ValidationError) as refused:
            form.add_error(None, refused if isinstance(refused, ValidationError) else str(refused))
            return self._page(request, form, 400)
        logout(request)
        return render(request, "members/keys/deleted.html")

    def _page(self, request: HttpRequest, form: DeleteForm, status: int = 200) -> HttpResponse:
        return render(request, "members/profile/delete.html", {"form": form}, status=status)
