"""The forms on which a table of executed observations is uploaded or pasted."""

from typing import Any

from django import forms
from django.contrib.auth.models import AnonymousUser, Group, User

from tom_grandma_facilities.actions import groups_to_tell
from tom_grandma_facilities.actions.executed import default_groups
from tom_grandma_facilities.executed.readers import MOST_BYTES
from tom_grandma_facilities.registry import TELESCOPES

MOST_PASTED = 2_000_000
EXAMPLE = (
    "observation_id,RA,Dec,obstime,filter,exposure_time,limmag\n"
    "a1,30.1000,45.5000,2026-11-20T03:14:15,r,60,18.2\n"
)  # fmt: skip


class SheetForm(forms.Form):
    """A table of executed observations, as a file or pasted; `body` is what was sent."""

    file = forms.FileField(
        required=False,
        allow_empty_file=True,
        label="File",
        help_text="CSV, JSON, or one FITS image (only its header is read).",
    )
    text = forms.CharField(
        required=False,
        strip=False,
        max_length=MOST_PASTED,
        label="or pasted",
        widget=forms.Textarea(attrs={"rows": 8, "spellcheck": "false", "placeholder": EXAMPLE}),
    )
    source = forms.CharField(required=False, max_length=255, widget=forms.HiddenInput)
    body: bytes

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("file", "text"):
            self.fields[name].widget.attrs["class"] = "form-control"

    def clean(self) -> dict[str, Any]:
        """One of the two; what is in it is read by the action."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        file, text = cleaned.get("file"), cleaned.get("text") or ""
        if file is None and not text.strip():
            raise forms.ValidationError("Choose a file or paste a table.")
        if file is not None and text.strip():
            raise forms.ValidationError("Choose a file or paste a table, not both.")
        self.body = file.read(MOST_BYTES + 1) if file else text.encode("utf-8", "replace")
        cleaned["source"] = (file.name if file else cleaned.get("source")) or "page"
        return cleaned

    @property
    def as_pasted(self) -> str:
        """The table as text, so that what was tried can be stored without choosing the file again."""
        file = self.files.get("file")
        if file is None:
            return str(self.data.get("text", ""))
        try:
            text = self.body.decode("utf-8-sig")
        except UnicodeDecodeError:
            return ""
        return text if len(text) <= MOST_PASTED and "\x00" not in text else ""


class LinkUploadForm(SheetForm):
    """What a telescope's team uploads by its link: the link says for which telescope, and who sees it."""


class ObservationUploadForm(SheetForm):
    """A file or pasted text, the telescope, and who may see it."""

    telescope = forms.ChoiceField(
        required=False, help_text="Leave it open when every row names its own.", label="Telescope"
    )
    groups = forms.ModelMultipleChoiceField(
        queryset=Group.objects.none(), widget=forms.CheckboxSelectMultiple, label="Who sees it"
    )
    field_order = ("telescope", "file", "text", "groups", "source")

    def __init__(self, *args: Any, user: User | AnonymousUser, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choice: Any = self.fields["telescope"]
        choice.choices = [("", "as the rows say"), *((name, name) for name in TELESCOPES)]
        choice.widget.attrs["class"] = "form-select"
        chosen: Any = self.fields["groups"]
        chosen.queryset = groups_to_tell(user)
        chosen.initial = [group.pk for group in default_groups(user)]
