"""What waits for a reviewer: per night of a telescope, per cell of a target, or per target."""

from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib.auth.models import AnonymousUser, User
from django.db.models import (
    BooleanField,
    Case,
    Count,
    DateField,
    DateTimeField,
    ExpressionWrapper,
    F,
    Max,
    Min,
    Q,
    QuerySet,
    Value,
    When,
)
from django.db.models.functions import TruncDate
from django.urls import reverse

from tom_photvalidation.actions.review_rights import audiences_one_may_review
from tom_photvalidation.choices import Channel, Status
from tom_photvalidation.models import PhotometryPoint

WAITING = (Status.UNREVIEWED, Status.QUARANTINED)
# A night is named by the evening it begins on, counted from noon UTC.
_NOON = timedelta(hours=12)
# What one line of the queue is.
BY = {
    "night": ("telescope", "night", "target", "target__name"),
    "cell": ("telescope", "filter", "target", "target__name"),
    "target": ("target", "target__name"),
}
# A file of one telescope has a line for each night, hundreds, and a few filters.
USUAL = "cell"
SORTS = {
    "urgent": ("is_own", "-has_quarantined", "-told"),
    "told": ("-told",),
    "night": ("-last",),
    "n": ("-n",),
}


class QueueForm(forms.Form):
    """Which part of the queue, in which order."""

    by = forms.ChoiceField(choices=[(name, name) for name in BY], required=False, widget=forms.HiddenInput)
    target = forms.CharField(required=False, max_length=100, label="Target")
    telescope = forms.ChoiceField(required=False)
    only = forms.ChoiceField(
        required=False,
        label="Only",
        choices=[("", "all that wait"), ("quarantined", "in quarantine"), ("others", "what I may accept")],
    )
    sort = forms.ChoiceField(
        required=False,
        label="First",
        choices=[("urgent", "in quarantine"), ("told", "told last"), ("night", "observed last"),
                 ("n", "most points")],
    )  # fmt: skip

    def __init__(self, data: Any, telescopes: list[str]) -> None:
        super().__init__(data)
        known = [(name, name) for name in telescopes if name]
        self.fields["telescope"].choices = [("", "any"), *known]  # type: ignore[attr-defined]
        for field in self.fields.values():
            select = isinstance(field.widget, forms.Select)
            field.widget.attrs["class"] = "form-select form-select-sm" if select else "form-control form-control-sm"

    @property
    def chosen(self) -> dict[str, str]:
        """What was asked for and makes sense; the rest is left out."""
        self.is_valid()
        return {name: value for name, value in self.cleaned_data.items() if value}


def waiting_points(user: User | AnonymousUser) -> QuerySet[PhotometryPoint]:
    """Return the undecided points that `user` may decide about."""
    points = PhotometryPoint.objects.visible_to(user).filter(audience__in=audiences_one_may_review(user))
    return points.filter(status__in=WAITING)


def of_night(points: QuerySet[PhotometryPoint], night: date) -> QuerySet[PhotometryPoint]:
    """Return the points of one night."""
    return points.annotate(night=_night()).filter(night=night)


def _night() -> TruncDate:
    shifted = ExpressionWrapper(F("t_mid") - _NOON, output_field=DateTimeField())
    return TruncDate(shifted, output_field=DateField())


def telescopes_waiting(points: QuerySet[PhotometryPoint]) -> list[str]:
    """Return the telescopes whose points wait."""
    return list(points.order_by("telescope").values_list("telescope", flat=True).distinct())


def queue(points: QuerySet[PhotometryPoint], user: User | AnonymousUser, chosen: dict[str, str]) -> QuerySet[Any]:
    """Return the lines of the queue: counts of what waits, one's own points counted apart.

    Parameters
    ----------
    points : what waits, see `waiting_points`
    user : whose own points are told apart
    chosen : what `QueueForm` understood
    """
    own = Q(upload__uploaded_by=user.pk) & ~Q(upload__channel=Channel.EDIT)
    if target := chosen.get("target"):
        points = points.filter(target__name__icontains=target)
    if telescope := chosen.get("telescope"):
        points = points.filter(telescope=telescope)
    if chosen.get("only") == "quarantined":
        points = points.filter(status=Status.QUARANTINED)
    elif chosen.get("only") == "others":
        points = points.exclude(own)
    line = BY[chosen.get("by", USUAL)]
    found = (
        points.annotate(night=_night())
        .order_by()
        .values(*line)
        .annotate(
            n=Count("pk"),
            n_own=Count("pk", filter=own),
            n_quarantined=Count("pk", filter=Q(status=Status.QUARANTINED)),
            n_telescopes=Count("telescope", distinct=True),
            last=Max("t_mid"),
            first=Min("t_mid"),
            told=Max("created_at"),
            is_own=_whether(n_own=F("n")),
            has_quarantined=_whether(n_quarantined__gt=0),
        )
    )
    return found.order_by(*SORTS[chosen.get("sort", "urgent")], "target__name", *line)


def next_line(user: User | AnonymousUser, by: str, target: int) -> dict[str, Any] | None:
    """Return the line to go on with: the first of this target, else of the queue, with points `user` may accept."""
    chosen = {"by": by, "only": "others"}
    waiting = waiting_points(user)
    for points in (waiting.filter(target=target), waiting):
        if line := queue(points, user, chosen).first():
            return dict(line)
    return None


def address_of(line: dict[str, Any]) -> str:
    """Return where the points of a line are reviewed."""
    asked: dict[str, Any] = {name: line[name] for name in ("telescope", "night", "filter") if name in line}
    return f"{reverse('photometry:review-target', args=[line['target']])}{'?' if asked else ''}{urlencode(asked)}"


def _whether(**condition: Any) -> Case:
    return Case(When(**condition, then=Value(True)), default=Value(False), output_field=BooleanField())
