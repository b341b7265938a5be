"""The form in which a person says when a target began."""

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
from django import forms

from tom_photvalidation.measurements import US_PER_DAY
from tom_photvalidation.models import TargetEpoch
from tom_photvalidation.times import TIME_PROBLEMS, from_column

_MJD_0 = datetime(1858, 11, 17, tzinfo=UTC)


class EpochForm(forms.Form):
    """T0 as people write times, and where it is from."""

    t0 = forms.CharField(
        max_length=60, label="T0 (UTC)", help_text="2024-11-02 18:00:05, or MJD 60616.75006.",
        widget=forms.TextInput(attrs={"placeholder": "2024-11-02 18:00:05", "class": "form-control form-control-sm"}),
    )  # fmt: skip
    source = forms.CharField(
        required=False, max_length=200, label="Where it is from",
        widget=forms.TextInput(attrs={"placeholder": "GCN 38097", "class": "form-control form-control-sm"}),
    )  # fmt: skip

    def clean_t0(self) -> datetime:
        """Understand every way in which tables of photometry write times."""
        return moment_of_text(self.cleaned_data["t0"])


def form_of(epoch: TargetEpoch | None, data: Any = None) -> EpochForm:
    """Return the form with what is known."""
    known = {"t0": f"{epoch.t0:%Y-%m-%d %H:%M:%S.%f}".rstrip("0").rstrip("."), "source": epoch.source} if epoch else {}
    return EpochForm(data, initial=known)


def moment_of_text(text: str) -> datetime:
    """Return a time as somebody typed it: a date with its hour, MJD or JD, UTC.

    Raises
    ------
    forms.ValidationError
    """
    words = text.strip()
    for prefix in ("mjd", "jd"):
        if words.lower().startswith(prefix):
            words = words[len(prefix) :].lstrip(" =:")
            break
    cell = np.empty(1, dtype=object)
    cell[0] = words
    read = from_column(cell, "time")
    if read.codes[0] or not np.isfinite(read.mjd[0]):
        message, fix = TIME_PROBLEMS[read.codes[0] or "time-unreadable"]
        raise forms.ValidationError(f"{message} {fix}", code=read.codes[0] or "time-unreadable")
    return _MJD_0 + timedelta(microseconds=round(float(read.mjd[0]) * US_PER_DAY))
