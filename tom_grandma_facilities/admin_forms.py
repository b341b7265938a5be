"""Forms of the admin for rows with credentials: what is typed is kept, what is kept is never shown."""

from typing import Any

from django import forms

from tom_grandma_facilities.actions.allocations import check_channel, known_telescope, known_transport, transports
from tom_grandma_facilities.exceptions import RequestError
from tom_grandma_facilities.models import Allocation, Channel

HOW = "One name=value in a line, such as password=…; a name with nothing behind it is forgotten, others stay."


class SecretsField(forms.CharField):
    """Credentials by name; never filled in from what is kept."""

    def __init__(self) -> None:
        widget = forms.Textarea(attrs={"rows": 3, "autocomplete": "off", "spellcheck": "false"})
        super().__init__(label="New credentials", required=False, help_text=HOW, widget=widget, max_length=20_000)

    def clean(self, value: Any) -> dict[str, str]:
        """Read lines of name=value."""
        found = {}
        for number, line in enumerate(super().clean(value).splitlines(), 1):
            name, equals, secret = line.partition("=")
            if line.strip() and not equals:
                # Without the line itself: errors are shown.
                raise forms.ValidationError(f"Line {number} has no “=”. Write name=value.")
            if name.strip():
                found[name.strip()] = secret.strip()
        return found


class SecretForm(forms.ModelForm):
    """A row with credentials."""

    new_secrets = SecretsField()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk and "new_secrets" in self.fields:
            kept = ", ".join(self.instance.secret_names) or "none"
            self.fields["new_secrets"].help_text = f"{HOW} Kept now: {kept}."

    def clean_telescope(self) -> str:
        """A name of the registry."""
        try:
            return known_telescope(self.cleaned_data["telescope"])
        except RequestError as error:
            raise forms.ValidationError(str(error)) from error


def transport_choices() -> list[tuple[str, str]]:
    """Transports by name."""
    return [(name, kind.label) for name, kind in transports().items()]


class ChannelAdminForm(SecretForm):
    """How a telescope is asked."""

    transport = forms.ChoiceField(choices=transport_choices)

    class Meta:
        model = Channel
        fields = (
            "telescope", "transport", "settings", "is_active", "needs_allocation", "timezone",
            "reminder_hours_before_twilight", "not_brighter_than_mag", "note",
        )  # fmt: skip

    def clean(self) -> dict[str, Any]:
        """Check what the transport needs, before anything is kept."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if self.errors:
            return cleaned
        try:
            kind = known_transport(cleaned["transport"])
            check_channel(kind, cleaned.get("settings") or {}, cleaned["new_secrets"], cleaned.get("timezone", ""))
        except RequestError as error:
            field = {"secrets": "new_secrets"}.get(error.field, error.field)
            self.add_error(field if field in self.fields else None, str(error))
        return cleaned

    def wish(self) -> dict[str, Any]:
        """What `actions.set_channel` takes."""
        names = (
            "is_active", "needs_allocation", "timezone", "reminder_hours_before_twilight", "not_brighter_than_mag",
            "note",
        )  # fmt: skip
        return {name: self.cleaned_data[name] for name in names} | {
            "transport": self.cleaned_data["transport"],
            "settings": self.cleaned_data.get("settings") or {},
            "secrets": self.cleaned_data["new_secrets"],
        }


class AllocationAdminForm(SecretForm):
    """Time of a group on a telescope."""

    class Meta:
        model = Allocation
        fields = ("telescope", "group", "title", "pi", "hours", "valid_from", "valid_to", "is_active")
