"""Which requests the list shows, and in which order."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.db.models import QuerySet

from tom_grandma_facilities.choices import OPEN_REQUESTS, RequestState
from tom_grandma_facilities.models import FollowUpRequest
from tom_grandma_facilities.registry import ASKABLE

OPEN, SILENT = "open", "silent"
SORTS = {
    "telescope": ("telescope", "-created_at"),
    "subject": ("subject", "-created_at"),
    "state": ("state", "-created_at"),
    "priority": ("priority", "-created_at"),
    "window": ("window_start", "pk"),
    "asked": ("created_at", "pk"),
}
NEWEST_FIRST = "-asked"


class RequestFilterForm(forms.Form):
    """Search and filters of the list of requests; all optional, all in the address."""

    q = forms.CharField(label="Target or event", required=False, max_length=100)
    telescope = forms.ChoiceField(required=False, choices=[("", "all"), *((name, name) for name in ASKABLE)])
    state = forms.ChoiceField(
        required=False,
        choices=[("", "all"), (OPEN, "open"), (SILENT, "not answered yet"), *RequestState.choices],
    )
    priority = forms.ChoiceField(required=False, choices=[("", "all"), *((str(n), str(n)) for n in range(1, 6))])
    who = forms.ChoiceField(label="Asked by", required=False, choices=[("", "everybody"), ("me", "me")])
    sort = forms.CharField(required=False, max_length=20, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            is_list = isinstance(field.widget, forms.Select)
            field.widget.attrs["class"] = "form-select form-select-sm" if is_list else "form-control form-control-sm"

    def clean_sort(self) -> str:
        """An order that is not known is the usual one."""
        asked: str = self.cleaned_data["sort"]
        return asked if asked.lstrip("-") in SORTS else NEWEST_FIRST

    def chosen(
        self, rows: QuerySet[FollowUpRequest], user: AbstractBaseUser | AnonymousUser
    ) -> QuerySet[FollowUpRequest]:
        """Narrow the requests and put them in order; what is filled in wrongly narrows nothing."""
        self.is_valid()
        given = self.cleaned_data
        if given.get("q"):
            rows = rows.filter(subject__icontains=given["q"])
        for name in ("telescope", "priority"):
            if given.get(name):
                rows = rows.filter(**{name: given[name]})
        if given.get("state") == OPEN:
            rows = rows.filter(state__in=OPEN_REQUESTS)
        elif given.get("state") == SILENT:
            rows = rows.filter(state=RequestState.SENT, answered_at=None)
        elif given.get("state"):
            rows = rows.filter(state=given["state"])
        if given.get("who") == "me":
            rows = rows.filter(created_by=user.pk)
        sort = given.get("sort") or NEWEST_FIRST
        first, second = SORTS[sort.lstrip("-")]
        return rows.order_by(f"-{first}" if sort.startswith("-") else first, second)
