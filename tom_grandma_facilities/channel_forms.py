"""Forms of operators: how a telescope is asked, and who has time on it. Credentials are written, never shown."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.contrib.auth.models import AnonymousUser, Group, User
from django.forms import BoundField

from tom_grandma_facilities.actions.allocations import ALLOCATION_PERMISSION, transports
from tom_grandma_facilities.forms import UtcDateTimeField
from tom_grandma_facilities.models import Allocation, Channel
from tom_grandma_facilities.registry import ASKABLE
from tom_grandma_facilities.rights import groups_where
from tom_grandma_facilities.transports.base import Setting, Transport

LONGEST_VALUE = 4000


class SecretInput(forms.PasswordInput):
    """A field that is only written: what is stored never comes back, and browsers do not offer passwords of people."""

    def __init__(self) -> None:
        super().__init__(attrs={"autocomplete": "new-password", "class": "form-control"}, render_value=False)


class WithSecrets(forms.Form):
    """A form with one field per credential, and a tick for each stored one that is to be forgotten."""

    def add_secrets(self, settings: Iterable[Setting], stored: Collection[str], *, required: bool) -> None:
        """Add the fields; a stored credential stays unless something is written or its tick is set."""
        for one in (one for one in settings if one.secret):
            kept = one.name in stored
            told = "Stored; leave it empty to keep it. " if kept else ""
            self.fields[f"secret-{one.name}"] = forms.CharField(
                label=one.label,
                required=required and one.required and not kept,
                strip=True,
                max_length=LONGEST_VALUE,
                widget=SecretInput(),
                help_text=f"{told}{one.help}".strip(),
            )
            if kept:
                self.fields[f"forget-{one.name}"] = forms.BooleanField(
                    label=f"Forget the stored {one.label}", required=False
                )

    def forgotten(self) -> list[str]:
        """Names of stored credentials whose tick is set."""
        ticked = (name for name, value in self.cleaned_data.items() if value)
        return [name.removeprefix("forget-") for name in ticked if name.startswith("forget-")]

    def secrets(self) -> dict[str, str | None]:
        """What was written, and None for what is to be forgotten; what stays is not named."""
        written = {
            name.removeprefix("secret-"): value
            for name, value in self.cleaned_data.items()
            if name.startswith("secret-") and value
        }
        forgotten = {
            name.removeprefix("forget-"): None
            for name, ticked in self.cleaned_data.items()
            if name.startswith("forget-") and ticked
        }
        return {**forgotten, **written}

    def secret_fields(self) -> Iterator[BoundField]:
        """The fields of credentials, each followed by its tick."""
        return (field for field in self if field.name.startswith(("secret-", "forget-")))


class ChannelForm(WithSecrets):
    """The settings that one transport needs for one telescope, and what concerns every channel."""

    is_active = forms.BooleanField(label="Requests may be sent", required=False, initial=True)
    needs_allocation = forms.BooleanField(
        label="Only for groups with time on it", required=False, help_text="Hours are counted; without any, no request."
    )
    timezone = forms.ChoiceField(
        label="Time zone of its people", required=False, help_text="For the times in reminders."
    )
    reminder_hours_before_twilight = forms.FloatField(
        label="Reminder [h before twilight ends]",
        min_value=0,
        max_value=24,
        initial=2,
        help_text="To those who are silent.",
    )
    not_brighter_than_mag = forms.FloatField(
        label="Not before the source is fainter than [mag AB]", required=False, min_value=-5, max_value=30,
        help_text="Empty: any brightness.",
    )  # fmt: skip
    note = forms.CharField(
        label="Note for operators", required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": 2}),
        help_text="No contact data of persons.",
    )  # fmt: skip

    def __init__(self, *args: Any, transport: Transport, channel: Channel | None, **kwargs: Any) -> None:
        self.transport = transport
        same = channel is not None and channel.transport == transport.name
        known = dict(channel.settings) if channel is not None and same else {}
        initial = {f"setting-{name}": value for name, value in known.items()}
        if channel is not None:
            initial |= {name: getattr(channel, name) for name in COMMON}
        super().__init__(*args, **{**kwargs, "initial": initial})
        zones: Any = self.fields["timezone"]
        zones.choices = [("", "not told"), *((name, name) for name in sorted(available_timezones()))]
        for one in (one for one in transport.settings if not one.secret):
            self.fields[f"setting-{one.name}"] = _setting_field(one)
        self.stored = channel.secret_names if channel is not None and same else []
        self.add_secrets(transport.settings, self.stored, required=False)
        _dress(self)

    def settings(self) -> dict[str, str]:
        """What the transport must know, nothing secret."""
        return {
            name.removeprefix("setting-"): str(value)
            for name, value in self.cleaned_data.items()
            if name.startswith("setting-") and value
        }

    def common(self) -> dict[str, Any]:
        """What concerns every channel."""
        return {name: self.cleaned_data[name] for name in COMMON}

    def setting_fields(self) -> Iterator[BoundField]:
        """The fields of the transport."""
        return (field for field in self if field.name.startswith("setting-"))

    def common_fields(self) -> Iterator[BoundField]:
        """The other fields."""
        return (self[name] for name in COMMON)


COMMON = (
    "is_active", "needs_allocation", "timezone", "reminder_hours_before_twilight", "not_brighter_than_mag", "note",
)  # fmt: skip


class AllocationForm(WithSecrets):
    """Time of one of one's groups on a telescope."""

    telescope = forms.ChoiceField()
    group = forms.ModelChoiceField(queryset=Group.objects.none(), help_text="Who may use it.")
    title = forms.CharField(label="Proposal", required=False, max_length=100)
    pi = forms.CharField(label="Principal investigator", required=False, max_length=100)
    hours = forms.FloatField(label="Hours granted", min_value=0.01, max_value=100000)
    valid_from = UtcDateTimeField(label="From [UTC]")
    valid_to = UtcDateTimeField(label="To [UTC]")
    is_active = forms.BooleanField(label="May be used", required=False, initial=True)

    def __init__(self, *args: Any, user: User | AnonymousUser, allocation: Allocation | None, **kwargs: Any) -> None:
        if allocation is not None:
            kwargs["initial"] = {name: getattr(allocation, name) for name in ALLOCATED} | kwargs.get("initial", {})
        super().__init__(*args, **kwargs)
        telescopes: Any = self.fields["telescope"]
        telescopes.choices = [("", "choose"), *((name, name) for name in ASKABLE)]
        groups: Any = self.fields["group"]
        groups.queryset = groups_with_time(user)
        if allocation is not None:
            self.fields["telescope"].disabled = self.fields["group"].disabled = True
            self.add_secrets(settings_of(allocation.telescope), allocation.secret_names, required=False)
        _dress(self)

    def clean(self) -> dict[str, Any]:
        """An end before its beginning is said where it stands."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        begin, end = cleaned.get("valid_from"), cleaned.get("valid_to")
        if begin and end and end <= begin:
            self.add_error("valid_to", "It must end after it begins.")
        return cleaned

    def main_fields(self) -> Iterator[BoundField]:
        """All but the credentials."""
        return (self[name] for name in ALLOCATED)


ALLOCATED = ("telescope", "group", "title", "pi", "hours", "valid_from", "valid_to", "is_active")


def groups_with_time(user: User | AnonymousUser) -> Any:
    """Return the groups whose time `user` may enter."""
    return groups_where(user, ALLOCATION_PERMISSION)


def settings_of(telescope: str) -> tuple[Setting, ...]:
    """Return what the transport of a telescope's channel must know."""
    name = Channel.objects.filter(telescope=telescope).values_list("transport", flat=True).first()
    transport = transports().get(name or "")
    return transport.settings if transport else ()


def _setting_field(one: Setting) -> forms.Field:
    """A choice, a line or a box; what is required is only said: a channel may be prepared before all is known."""
    label = f"{one.label} (needed)" if one.required else one.label
    if one.choices:
        choices = [("", "not set"), *((choice, choice) for choice in one.choices)]
        return forms.ChoiceField(label=label, required=False, choices=choices, help_text=one.help)
    return forms.CharField(label=label, required=False, max_length=LONGEST_VALUE, help_text=one.help)


def _dress(form: forms.Form) -> None:
    for field in form.fields.values():
        is_box, is_choice = (isinstance(field.widget, kind) for kind in (forms.CheckboxInput, forms.Select))
        field.widget.attrs["class"] = "form-check-input" if is_box else "form-select" if is_choice else "form-control"
