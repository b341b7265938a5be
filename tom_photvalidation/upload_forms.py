"""The form on which photometry is told: a file, pasted text, or one point typed in."""

import csv
import io
from typing import Any

from django import forms
from django.conf import settings
from django.contrib.auth.models import AnonymousUser, Group, User

from tom_grandma_facilities.registry import TELESCOPES
from tom_photvalidation.audiences import default_groups, groups_to_tell

MOST_PASTED = 2_000_000
EXAMPLE = (
    "target, telescope, filter, mjd, exposure, mag, magerr, limiting_mag, magsys\n"
    "AT2024abc, TAROT-TCA, r, 60616.85, 180, 18.21, 0.05, 20.4, AB\n"
)
PASTED = {"rows": 6, "spellcheck": "false", "placeholder": EXAMPLE, "class": "form-control mono"}
# Columns of the one-point form, in the order in which observers say them.
POINT = {
    "time": "Time (UTC or MJD)",
    "time_reference": "which is",
    "point_filter": "Filter",
    "mag": "Magnitude",
    "magerr": "Error",
    "limiting_mag": "Limit",
    "limit_sigma": "of sigma",
    "exposure_s": "Total exposure, s",
}
_COLUMNS = {"point_filter": "filter"}


class PhotometryUploadForm(forms.Form):
    """What is sent, and what holds for rows that do not say."""

    file = forms.FileField(
        required=False, allow_empty_file=True, label="File",
        help_text="CSV, TSV, JSON, Parquet, VOTable, NMMA or AAVSO; any usual names of columns.",
    )  # fmt: skip
    text = forms.CharField(
        required=False, strip=False, max_length=MOST_PASTED, label="Pasted table",
        widget=forms.Textarea(attrs=PASTED),
    )  # fmt: skip
    target = forms.CharField(required=False, max_length=200, label="Target", help_text="For rows that name none.")
    telescope = forms.CharField(required=False, max_length=64, label="Telescope", help_text="For rows that name none.")
    filter = forms.CharField(required=False, max_length=60, label="Filter", help_text="For rows that name none.")
    magsys = forms.ChoiceField(
        required=False, label="Magnitudes are",
        choices=[("", "as usual for the filter"), ("AB", "AB"), ("Vega", "Vega")],
    )  # fmt: skip
    time = forms.CharField(required=False, max_length=60, label=POINT["time"])
    time_reference = forms.ChoiceField(
        required=False, label=POINT["time_reference"],
        choices=[("", "not told"), ("mid", "middle"), ("start", "start")],
    )  # fmt: skip
    point_filter = forms.CharField(required=False, max_length=60, label=POINT["point_filter"])
    mag = forms.CharField(required=False, max_length=30, label=POINT["mag"])
    magerr = forms.CharField(required=False, max_length=30, label=POINT["magerr"])
    limiting_mag = forms.CharField(required=False, max_length=30, label=POINT["limiting_mag"])
    limit_sigma = forms.CharField(required=False, max_length=10, label=POINT["limit_sigma"])
    exposure_s = forms.CharField(required=False, max_length=30, label=POINT["exposure_s"])
    atomic = forms.BooleanField(required=False, label="Store nothing when a row is refused")
    groups = forms.ModelMultipleChoiceField(
        queryset=Group.objects.none(), widget=forms.CheckboxSelectMultiple, label="Who sees it"
    )
    body: bytes = b""
    source: str = ""
    content_type: str = ""

    def __init__(self, *args: Any, user: User | AnonymousUser, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            widget = field.widget
            if isinstance(widget, forms.TextInput | forms.FileInput | forms.NumberInput):
                widget.attrs["class"] = "form-control"
            elif isinstance(widget, forms.Select):
                widget.attrs["class"] = "form-select"
        self.fields["telescope"].widget.attrs["list"] = "telescope-names"
        chosen: Any = self.fields["groups"]
        chosen.queryset = groups_to_tell(user)
        chosen.initial = [group.pk for group in default_groups(user)]

    @property
    def telescope_names(self) -> list[str]:
        """Names to choose from; others may be typed."""
        return list(TELESCOPES)

    def clean(self) -> dict[str, Any]:
        """One of the three; what is in it is read by the action."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        file, text = cleaned.get("file"), cleaned.get("text") or ""
        typed = {name: cleaned.get(name) or "" for name in POINT}
        is_typed = any(typed[name] for name in ("time", "mag", "limiting_mag"))
        if sum((file is not None, bool(text.strip()), is_typed)) != 1:
            raise forms.ValidationError("Choose a file, paste a table, or type one point: one of the three.")
        if file is not None:
            self.body, self.source, self.content_type = _content(file), file.name, file.content_type or ""
        elif is_typed:
            self.body, self.source, self.content_type = _row(typed), "one point", "text/csv"
        else:
            self.body, self.source = text.encode("utf-8", "replace"), "pasted table"
        return cleaned

    @property
    def defaults(self) -> dict[str, str]:
        """What holds for rows that do not say."""
        names = ("target", "telescope", "filter", "magsys")
        return {name: self.cleaned_data[name].strip() for name in names if self.cleaned_data.get(name, "").strip()}

    @property
    def mapping(self) -> dict[str, str]:
        """What the sender said the columns mean, by their names in the table."""
        prefix = "column:"
        return {
            name[len(prefix) :]: value
            for name, value in self.data.items()
            if name.startswith(prefix) and isinstance(value, str) and value != "?"
        }


def _content(file: Any) -> bytes:
    content: bytes = file.read(settings.ICARE_MAX_UPLOAD_BYTES + 1)
    return content


def _row(typed: dict[str, str]) -> bytes:
    """One typed point as a table, so that it is read and checked like every other."""
    named = {_COLUMNS.get(name, name): value.strip() for name, value in typed.items() if value.strip()}
    text = io.StringIO()
    writer = csv.DictWriter(text, list(named))
    writer.writeheader()
    writer.writerow(named)
    return text.getvalue().encode()
