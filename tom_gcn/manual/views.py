"""The page on which an event is entered by hand."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin, UserPassesTestMixin
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.views.generic import FormView

from tom_gcn.actions.manual import add_event, may_add_event
from tom_gcn.exceptions import GcnError
from tom_gcn.manual.forms import ManualEventForm


class NewEventView(LoginRequiredMixin, UserPassesTestMixin, FormView[ManualEventForm]):
    """The form, and what becomes of it."""

    form_class = ManualEventForm
    template_name = "tom_gcn/new_event.html"

    def test_func(self) -> bool:
        """Only for those who may enter events."""
        return may_add_event(self.request.user)

    def handle_no_permission(self) -> HttpResponseRedirect:
        """Strangers are sent to sign in; members without the permission go back and are told so."""
        if not self.request.user.is_authenticated:
            return super().handle_no_permission()
        messages.error(self.request, "You may not enter events. Ask an administrator for it.")
        return redirect("events:list")

    def get_form_kwargs(self) -> dict[str, Any]:
        """The form offers one's own groups."""
        return {**super().get_form_kwargs(), "user": self.request.user}

    def get_initial(self) -> dict[str, Any]:
        """Nothing but the shape from the address, so that a link may lead to one."""
        return {"shape": self.request.GET.get("shape", "cone")}

    def form_valid(self, form: ManualEventForm) -> HttpResponse:
        """Store it and go to the event; what is wrong with it is said above the form."""
        try:
            result = add_event(form.content, by=self.request.user, groups=form.cleaned_data["groups"])
        except GcnError as error:
            form.add_error(None, str(error))
            return self.form_invalid(form)
        event = result.event
        if event is None:
            form.add_error(None, "Nothing came of what was entered.")
            return self.form_invalid(form)
        if not result.is_new_notice:
            messages.info(self.request, f"The same is already here; nothing changed at {event}.")
        elif not result.is_clean:
            messages.warning(self.request, f"{event} was stored, but not all of it: {result.message.reason}")
        else:
            messages.success(self.request, f"{event} was stored.")
        return redirect(event)
