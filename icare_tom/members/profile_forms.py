"""Forms of one's own profile: name, preferences, tokens."""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.conf import settings
from django.contrib.auth.models import Group, User
from django.utils import timezone

from icare_tom.members.preference_models import Brightness, Coordinates, Preferences
from icare_tom.members.preferences import addresses_of_account
from icare_tom.members.rights import rights_of
from tom_grandma_facilities.registry import TELESCOPES

READ, SOME, ALL = "read", "some", "all"
LIFETIMES = (7, 30, 90, 180, 365, 730)


class NameForm(forms.ModelForm[User]):
    """How one is called."""

    class Meta:
        model = User
        fields = ["first_name", "last_name"]


class PreferencesForm(forms.Form):
    """How pages show times and positions, where mails go, whom new rows are for."""

    fields: dict[str, Any]
    time_zone = forms.ChoiceField(
        required=False, help_text="Shown beside UTC: in the bar, and when pointing at a time. UTC is always there."
    )
    coordinates = forms.ChoiceField(label="Positions", choices=Coordinates.choices)
    brightness = forms.ChoiceField(label="Light curves", choices=Brightness.choices)
    notification_email = forms.ChoiceField(label="Mails go to", required=False)
    share_groups = forms.ModelMultipleChoiceField(
        label="Share with",
        queryset=Group.objects.none(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="Chosen beforehand for new events, targets and uploads; none: as the site does it.",
    )

    def __init__(self, *args: Any, user: User, held: Preferences | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs, initial=_held(held))  # type: ignore[misc]
        self.fields["time_zone"].choices = [
            ("", "that of the device"),
            *((z, z) for z in sorted(available_timezones())),
        ]
        own, *others = addresses_of_account(user) or [""]
        self.fields["notification_email"].choices = [
            ("", f"{own or 'no address yet'} (the account's)"), *((one, one) for one in others)
        ]  # fmt: skip
        self.fields["share_groups"].queryset = mine = user.groups.order_by("name")
        if not mine:
            del self.fields["share_groups"]


def _held(row: Preferences | None) -> dict[str, Any]:
    if row is None:
        return {}
    names = ("time_zone", "coordinates", "brightness", "notification_email")
    return {name: getattr(row, name) for name in names} | {"share_groups": row.share_groups.all()}


class TokenForm(forms.Form):
    """A token for a script."""

    fields: dict[str, Any]
    name = forms.CharField(max_length=80, help_text="What it is for, such as the name of the script or the telescope.")
    may = forms.ChoiceField(
        label="It may",
        choices=[(READ, "only read what I see"), (SOME, "read, and do what is ticked below"), (ALL, "do all I may")],
        initial=READ,
        widget=forms.RadioSelect,
    )
    rights = forms.MultipleChoiceField(
        label="Ticked", required=False, widget=forms.CheckboxSelectMultiple, help_text="Of what you may do yourself."
    )
    telescope = forms.ChoiceField(
        label="Uploads only for", required=False, help_text="For the script of a telescope's team."
    )
    days = forms.TypedChoiceField(label="It ends after", coerce=int)
    addresses = forms.CharField(
        label="Used only from",
        required=False,
        max_length=1000,
        help_text="Addresses or networks such as 192.0.2.7 or 192.0.2.0/24, by commas; empty: from anywhere.",
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["rights"].choices = [(right.key, right.label) for right in rights_of(user)]
        self.fields["telescope"].choices = [("", "any telescope"), *((name, name) for name in TELESCOPES)]
        most, usual = settings.ICARE_TOKEN_MAX_DAYS, settings.ICARE_TOKEN_DAYS
        lifetimes = sorted({days for days in LIFETIMES if days <= most} | {usual})
        self.fields["days"].choices = [(days, f"{days} days") for days in lifetimes]
        self.fields["days"].initial = usual

    def clean(self) -> dict[str, Any]:
        """Refuse a token that may do some things, of which none is ticked."""
        cleaned: dict[str, Any] = super().clean() or {}
        if cleaned.get("may") == SOME and not cleaned.get("rights"):
            self.add_error("rights", "Tick what it may do, or let it only read.")
        return cleaned

    def wish(self) -> dict[str, Any]:
        """Return what `make_token` takes."""
        given = self.cleaned_data
        may = given["may"]
        return {
            "name": given["name"],
            "rights": given["rights"] if may == SOME else [],
            "has_all_rights": may == ALL,
            "is_read_only": may == READ,
            "telescope": given["telescope"],
            "addresses": [one for one in given["addresses"].replace(",", " ").split() if one],
            "expires_at": _end(given["days"]),
        }


def _end(days: int) -> datetime:
    # A moment less: the longest lifetime is counted from when the token is made.
    return timezone.now() + timedelta(days=days) - timedelta(seconds=1)
