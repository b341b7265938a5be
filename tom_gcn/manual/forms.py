"""The form of an event entered by hand: every field checked, and turned into the message that is stored."""

import base64
from collections.abc import Callable, Iterable
from typing import Any

from django import forms
from django.contrib.auth.models import AnonymousUser, Group, User

from tom_gcn.actions.fetches import skymap_policy
from tom_gcn.actions.manual import default_groups, groups_for
from tom_gcn.choices import EventKind
from tom_gcn.names import RESERVED_NAMES
from tom_gcn.notices import Annulus, Cone, Ellipse, NoticeError, Polygon, Region
from tom_gcn.notices.envelope import enclose
from tom_gcn.notices.fields import Fields, read_time
from tom_gcn.notices.manual import LONGEST_URL, MOST_CORNERS, MOST_WORDS, NAME, region_of
from tom_gcn.skymaps import SkyMapError, make, read_skymap
from tom_gcn.transports import Refused, judge

# In base64, with the rest of its message, it must stay below what is read of one.
MOST_FILE_BYTES = 10 * 1024 * 1024
FIGURES = {
    "cone": ("ra_deg", "dec_deg", "radius_deg"),
    "ellipse": ("ra_deg", "dec_deg", "major_deg", "minor_deg", "position_angle_deg"),
    "polygon": ("corners",),
    "annulus": ("ra_deg", "dec_deg", "radius_deg", "half_width_deg"),
    "fits": ("file",),
    "url": ("url",),
    "message": (),
}
SHAPES = (
    ("cone", "circle"),
    ("ellipse", "ellipse"),
    ("polygon", "polygon"),
    ("annulus", "annulus (ring)"),
    ("fits", "sky map: FITS file"),
    ("url", "sky map: address of a FITS file"),
    ("message", "a notice as it was sent"),
)
STATUSES = (("initial", "a first localization"), ("update", "a better one"), ("retraction", "retract the event"))
# Which field is at fault where a shape as a whole is.
_FAULTY_FIELD = {"polygon": "corners", "ellipse": "major_deg"}


def _number(label: str, help_text: str = "", **bounds: float) -> forms.FloatField:
    widget = forms.NumberInput(attrs={"class": "form-control", "step": "any", "inputmode": "decimal"})
    return forms.FloatField(
        label=label,
        required=False,
        widget=widget,
        help_text=help_text,
        **bounds,  # type: ignore[arg-type]
    )


def _text(label: str, help_text: str = "", **options: Any) -> forms.CharField:
    rows = options.pop("rows", 0)
    attrs = {"class": "form-control"} | ({"rows": rows, "spellcheck": "false"} if rows else {})
    widget = forms.Textarea(attrs) if rows else forms.TextInput(attrs)
    return forms.CharField(label=label, required=False, widget=widget, help_text=help_text, **options)


def _choice(label: str, choices: Iterable[tuple[str, str]], initial: str) -> forms.ChoiceField:
    widget = forms.Select(attrs={"class": "form-select"})
    return forms.ChoiceField(label=label, choices=list(choices), initial=initial, widget=widget)


class ManualEventForm(forms.Form):
    """What somebody enters; `content` is what is stored of it."""

    shape = _choice("Where it is given as", SHAPES, "cone")
    name = _text("Name", "For instance GRB 261120A. The same name again adds to the same event.", max_length=40)
    kind = _choice("Kind", EventKind.choices, EventKind.GRB)
    time = _text("Time of the event", "UTC, for instance 2026-11-20 18:30:05", max_length=40)
    status = _choice("This is", STATUSES, "initial")
    ra_deg = _number("RA", "deg, ICRS", min_value=0, max_value=360)
    dec_deg = _number("Dec", "deg, ICRS", min_value=-90, max_value=90)
    radius_deg = _number("Radius", "deg; 1 arcmin is 0.0167", min_value=0, max_value=180)
    half_width_deg = _number("Half width", "deg; the ring is radius ± half width", min_value=0, max_value=90)
    major_deg = _number("Semi-major axis", "deg", min_value=0, max_value=180)
    minor_deg = _number("Semi-minor axis", "deg", min_value=0, max_value=180)
    position_angle_deg = _number("Position angle", "deg, of the major axis, from North through East; empty: 0")
    containment = _number("Probability inside", "0.9 where you do not know; 0.683 for 1 σ", max_value=1)
    corners = _text("Corners", "RA and Dec in degrees, one corner a line, in order around it", rows=5, max_length=5000)
    url = _text("Address", "https://… of the FITS file; it is fetched in the background", max_length=LONGEST_URL)
    message = _text("Notice", "JSON, VOEvent or GCN text, whole", rows=8, strip=False)
    topic = _text("Topic it came on", "only where the notice does not tell what it is", max_length=200)
    file = forms.FileField(
        label="File",
        required=False,
        help_text="The FITS file of the sky map, also gzipped, or the file of the notice; at most 10 MB",
        widget=forms.ClearableFileInput(attrs={"class": "form-control"}),
    )
    groups = forms.ModelMultipleChoiceField(
        label="Who sees it",
        queryset=Group.objects.none(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"invalid_choice": "Choose among your own groups.", "invalid_pk_value": "A group has a number."},
    )
    remark = _text("Remark", "Where this comes from", rows=2, max_length=MOST_WORDS)
    is_test = forms.BooleanField(
        label="A test", required=False, widget=forms.CheckboxInput(attrs={"class": "form-check-input"})
    )

    def __init__(self, *args: Any, user: User | AnonymousUser, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._user = user
        groups: Any = self.fields["groups"]
        groups.queryset = groups_for(user)
        groups.initial = [group.pk for group in default_groups(user)]

    def clean_time(self) -> str:
        """The time as ISO 8601, UTC."""
        text = self.cleaned_data["time"]
        return _read(lambda: read_time(text, "The time").isoformat()) if text else ""

    def clean_name(self) -> str:
        """A name that is fit for addresses and headings."""
        name: str = self.cleaned_data["name"]
        if name and (not NAME.fullmatch(name) or name.lower() in RESERVED_NAMES):
            raise forms.ValidationError("Use letters, digits, spaces and . _ + -, beginning with a letter or digit.")
        return name

    def clean_groups(self) -> list[Group]:
        """The groups chosen, or those an event of this person is for by itself."""
        chosen = list(self.cleaned_data["groups"]) or default_groups(self._user)
        if not chosen:
            raise forms.ValidationError("Choose at least one of your groups.")
        return chosen

    def clean_file(self) -> bytes:
        """The bytes of the file."""
        file = self.cleaned_data["file"]
        if file and file.size > MOST_FILE_BYTES:
            raise forms.ValidationError(f"The file weighs {file.size:,} bytes, more than {MOST_FILE_BYTES:,}.")
        return bytes(file.read()) if file else b""

    def clean_url(self) -> str:
        """An address that may be fetched."""
        url: str = self.cleaned_data["url"]
        try:
            if url:
                judge(url, skymap_policy())
        except Refused as error:
            raise forms.ValidationError(error.message) from error
        return url

    def clean(self) -> dict[str, Any]:
        """What the chosen shape needs is there, and makes a region or a map."""
        data = super().clean() or self.cleaned_data
        if "shape" not in data or self.errors:
            return data
        shape = data["shape"]
        is_retraction = data["status"] == "retraction" and shape != "message"
        if shape == "message":
            self._need_notice(data)
        else:
            self._need(data, ("name",) if is_retraction else ("name", *self._needed(shape)))
        if not self.errors:
            data["localization"] = None if is_retraction or shape == "message" else self._localization(data)
        return data

    def _needed(self, shape: str) -> list[str]:
        return [name for name in FIGURES[shape] if name != "position_angle_deg"]

    def _need(self, data: dict[str, Any], names: Iterable[str]) -> None:
        for name in names:
            if data.get(name) in (None, "", b""):
                self.add_error(name, "This is needed.")

    def _need_notice(self, data: dict[str, Any]) -> None:
        if not data["message"].strip() and not data["file"]:
            self.add_error("message", "Paste the notice, or choose its file.")

    def _localization(self, data: dict[str, Any]) -> dict[str, Any] | None:
        shape = data["shape"]
        given: dict[str, Any] = {"shape": shape}
        if shape == "url":
            return given | {"url": data["url"]}
        try:
            if shape == "fits":
                read_skymap(data["file"])
                return given | {"fits": base64.b64encode(data["file"]).decode()}
            given |= {name: data[name] for name in FIGURES[shape]} | {"containment": data["containment"] or 0.9}
            given |= {"corners": _corners(data["corners"])} if shape == "polygon" else {}
            given |= {"position_angle_deg": data["position_angle_deg"] or 0.0} if shape == "ellipse" else {}
            _try(region_of(Fields(given)))
        except (SkyMapError, NoticeError) as error:
            field = "file" if shape == "fits" else _FAULTY_FIELD.get(shape, "radius_deg")
            self.add_error(field, f"{error.message} {error.fix}".strip())
        return given

    @property
    def content(self) -> dict[str, Any]:
        """What is stored, as `tom_gcn.notices.manual` reads it; for valid forms only."""
        data = self.cleaned_data
        if data["shape"] == "message":
            raw = data["file"] or data["message"].encode("utf-8", "surrogatepass")
            return {"message": enclose(raw, data["topic"]), "is_test": data["is_test"]}
        kept = {name: data[name] for name in ("name", "kind", "status", "localization", "is_test")}
        return kept | {name: data[name] for name in ("time", "remark") if data[name]}


def _read(read: Callable[[], str]) -> str:
    try:
        return read()
    except NoticeError as error:
        raise forms.ValidationError(f"{error.message} {error.fix}") from error


def _corners(text: str) -> list[list[float]]:
    lines = [line.replace(",", " ").split() for line in text.replace(";", "\n").splitlines() if line.strip()]
    try:
        corners = [[float(part) for part in line] for line in lines]
    except ValueError:
        raise NoticeError("bad-position", "A corner is no pair of numbers.", "Write RA and Dec in degrees.") from None
    if not 3 <= len(corners) <= MOST_CORNERS or any(len(corner) != 2 for corner in corners):
        raise NoticeError("bad-position", f"A polygon has 3 to {MOST_CORNERS} corners, RA and Dec each.", "")
    return corners


def _try(region: Region | None) -> None:
    """Make the map of a region, which finds what is wrong with its figures."""
    if isinstance(region, Cone):
        make.cone(region.ra_deg, region.dec_deg, region.radius_deg, region.containment)
    elif isinstance(region, Ellipse):
        axes = (region.major_deg, region.minor_deg, region.position_angle_deg)
        make.ellipse(region.ra_deg, region.dec_deg, *axes, region.containment)
    elif isinstance(region, Annulus):
        make.annulus(region.ra_deg, region.dec_deg, region.radius_deg, region.half_width_deg, region.containment)
    elif isinstance(region, Polygon):
        make.polygon(region.corners)
