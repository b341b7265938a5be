"""Pages of targets: list, page, form, deletion, import and export."""

import csv
import io
from collections import defaultdict
from typing import Any

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.core.paginator import Paginator
from django.db import transaction
from django.db.models import QuerySet
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.text import capfirst
from django.views import View
from django.views.generic.detail import DetailView
from django_tables2 import CheckBoxColumn
from tom_dataproducts.models import PhotometryReducedDatum, SpectroscopyReducedDatum
from tom_targets.models import Target, TargetExtra, TargetName
from tom_targets.tables import TargetTable
from tom_targets.utils import import_targets
from tom_targets.views import (
    TargetCreateView,
    TargetDeleteView,
    TargetImportView,
    TargetListView,
    TargetNameSearchView,
    TargetUpdateView,
)

from icare_tom.guards.access import (
    COMMENT,
    OBSERVE,
    Visitor,
    changeable_targets,
    one_or_404,
    own_groups,
    shown_photometry,
    usable_targets,
    visible_observations,
    visible_products,
    visible_target_lists,
    visible_targets,
)
from icare_tom.guards.mixins import GroupMembersOnly, SignedIn
from icare_tom.pagination import BoundedPaginator, CountedPaginator
from icare_tom.sharing.targets import may_delete, permissions_of_groups, settle_groups, who_sees
from icare_tom.spreadsheet import csv_text
from icare_tom.target_filters import SkyTargetFilterSet
from tom_photvalidation.actions.targets import KEPT, has_points
from tom_photvalidation.audiences import default_groups

ROWS_ON_PAGE = 100
MAX_IMPORT_BYTES = 5 * 1024 * 1024
NAME_TAKEN = "A target with this name, or one that differs only in case or punctuation, already exists."
# What few targets of ours have: behind a fold, in forms and on pages.
SELDOM = frozenset({
    "type", "epoch", "parallax", "pm_ra", "pm_dec", "galactic_lng", "galactic_lat", "distance", "distance_err",
    "shared_by", "shared_from",
})  # fmt: skip
# TOM's words lead to a page about Python.
HELP = {"ra": "Degrees (150.1), or hours (10:00:24.0).", "dec": "Degrees (60.2), or with minutes (+60:12:00)."}
# Fields of the form that its template puts somewhere else.
_PLACED = ("type", "name", "groups", "permissions")
# What the page of a target says in a way of its own.
_SAID = ("name", "ra", "dec", "permissions")
# What an export never holds: keys of the database.
NOT_EXPORTED = {"id"}


class QuietTargetTable(TargetTable):
    """TOM's table without its inline event handler."""

    selection = CheckBoxColumn(
        accessor="pk",
        orderable=False,
        attrs={
            "input": {"name": "selected-target", "form": "grouping-form"},
            "th__input": {"class": "header-checkbox", "form": "grouping-form", "aria-label": "Choose all of this page"},
        },
    )

    class Meta(TargetTable.Meta):
        """As TOM has it."""


class GuardedTargetListView(SignedIn, TargetListView):
    """Visible targets; list names and "the database is empty" are answered from visible rows too."""

    filterset_class = SkyTargetFilterSet
    table_class = QuietTargetTable

    def get_queryset(self, *args: Any, **kwargs: Any) -> QuerySet[Target]:
        """Visible targets."""
        return visible_targets(self.request.user).order_by("-created", "-pk")

    def get_paginator(self, *args: Any, **kwargs: Any) -> Paginator[Any]:
        """Keep the paginator: it knows how many targets there are, to ten thousand."""
        self.paginator = BoundedPaginator(*args, asked=self.request.GET.get("page", ""), **kwargs)
        return self.paginator

    def get_table_data(self) -> Any:
        """The rows as the paginator found them: told of by their keys, when they are few."""
        return self.paginator.object_list

    def get_table_pagination(self, table: TargetTable) -> dict[str, Any]:
        """Tell the table how many targets there are, instead of letting it count them again."""
        paging = super().get_table_pagination(table)
        return {**paging, "paginator_class": CountedPaginator, "known": self.paginator.count}

    def get_context_data(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """TOM's context without other people's lists."""
        context = super().get_context_data(*args, **kwargs)
        context["groupings"] = visible_target_lists(self.request.user)
        context["more_targets"] = self.paginator.more
        context["empty_database"] = not (context["record_count"] or visible_targets(self.request.user).exists())
        return context


class TargetExportView(SignedIn, View):
    """The filtered list as CSV, with the columns of TOM's import."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """A file a spreadsheet may open without harm."""
        visible = visible_targets(request.user).order_by("-created", "-pk")
        targets = SkyTargetFilterSet(request=request, data=request.GET, queryset=visible).qs
        text = export_csv(targets)
        response = HttpResponse(text, content_type="text/csv; charset=utf-8")
        response["Content-Disposition"] = 'attachment; filename="targets.csv"'
        return response


def export_csv(targets: QuerySet[Target]) -> str:
    """Targets, their extra values and aliases (name2, name3 ...) as CSV; three queries for any number."""
    fields = [field.name for field in Target._meta.concrete_fields if field.name not in NOT_EXPORTED]
    chosen = targets.order_by().values("pk")
    extras: dict[int, dict[str, str]] = defaultdict(dict)
    for pk, key, value in TargetExtra.objects.filter(target__in=chosen).values_list("target", "key", "value"):
        extras[pk][key] = value
    aliases: dict[int, list[str]] = defaultdict(list)
    for pk, name in TargetName.objects.filter(target__in=chosen).order_by("pk").values_list("target", "name"):
        aliases[pk].append(name)
    keys = sorted({key for values in extras.values() for key in values})
    most = max((len(names) for names in aliases.values()), default=0)
    header = [*fields, *keys, *(f"name{number}" for number in range(2, most + 2))]
    rows = (
        [*row, *(extras[pk].get(key, "") for key in keys), *aliases[pk], *[""] * (most - len(aliases[pk]))]
        for pk, *row in targets.values_list("pk", *fields)
    )
    return csv_text(header, rows)


class NeutralFormMixin:
    """Offers only one's own groups, and does not say the name of a hidden target that is in the way."""

    request: HttpRequest

    def get_form(self, *args: Any, **kwargs: Any) -> ModelForm:
        """TOM's form with the groups the user belongs to."""
        form = super().get_form(*args, **kwargs)  # type: ignore[misc]
        form.fields["groups"].queryset = own_groups(self.request.user)
        for name, words in HELP.items():
            if name in form.fields:
                form.fields[name].help_text = words
        return form

    def get_form_kwargs(self) -> dict[str, Any]:
        """TOM's coordinate fields crash when they are missing rather than empty."""
        kwargs = super().get_form_kwargs()  # type: ignore[misc]
        if "data" in kwargs:
            kwargs["data"] = kwargs["data"].copy()
            kwargs["data"].setdefault("ra", "")
            kwargs["data"].setdefault("dec", "")
        return kwargs

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """TOM's, with the fields that few fill in kept apart; unfolded where something is wrong in them."""
        context: dict[str, Any] = super().get_context_data(**kwargs)  # type: ignore[misc]
        form = context["form"]
        fields = [field for field in form.visible_fields() if field.name not in _PLACED]
        folded = [field for field in fields if field.name in SELDOM]
        return context | {
            "shown_fields": [field for field in fields if field not in folded],
            "folded_fields": folded,
            "is_unfolded": any(field.errors for field in folded),
        }

    def form_valid(self, form: ModelForm) -> HttpResponseBase:
        """Save all or nothing: TOM keeps the target when its aliases or extra values are refused."""
        for name, low, high in (("ra", 0.0, 360.0), ("dec", -90.0, 90.0)):
            value = form.cleaned_data.get(name)
            if value is not None and not low <= value <= high:
                form.add_error(name, f"Must lie between {low:g} and {high:g} degrees.")
        if form.errors:
            return self.form_invalid(form)
        with transaction.atomic():
            response = super().form_valid(form)  # type: ignore[misc]
            transaction.set_rollback(bool(form.errors))
        return response

    def form_invalid(self, form: ModelForm) -> HttpResponseBase:
        """Replace TOM's message that names the other target."""
        for errors in form.errors.values():
            errors.data = [_neutral(error) for error in errors.as_data()]
        return super().form_invalid(form)  # type: ignore[misc]


def _neutral(error: Any) -> Any:
    if "already exists" in str(error.message):
        error.message, error.params = NAME_TAKEN, None
    return error


class GuardedTargetCreateView(NeutralFormMixin, GroupMembersOnly, TargetCreateView):
    """A new target, shared with groups one belongs to."""

    http_method_names = ["get", "post"]

    def get_initial(self) -> dict[str, Any]:
        """TOM's, and the groups that photometry would be told to: who reviews points must see their target."""
        return super().get_initial() | {"groups": default_groups(self.request.user)}


class GuardedTargetUpdateView(NeutralFormMixin, SignedIn, TargetUpdateView):
    """Only for those who may change the target, PUBLIC or not."""

    http_method_names = ["get", "post"]

    def get_queryset(self, *args: Any, **kwargs: Any) -> QuerySet[Target]:
        """Targets the user may change."""
        return changeable_targets(self.request.user)

    def form_valid(self, form: ModelForm) -> HttpResponseBase:
        """Save, and leave groups alone that the form does not offer; give nobody more than the user holds."""
        user, target = self.request.user, self.object
        held, deletable = permissions_of_groups(target), may_delete(user, target)
        with transaction.atomic():
            response = super().form_valid(form)
            if not form.errors:
                settle_groups(target, held, by=user, deletable=deletable)
        return response


class GuardedTargetDeleteView(SignedIn, TargetDeleteView):
    """Only for those who may delete the target, PUBLIC or not."""

    def get_queryset(self, *args: Any, **kwargs: Any) -> QuerySet[Target]:
        """Targets the user may delete."""
        return changeable_targets(self.request.user, "delete_target")

    def form_valid(self, form: ModelForm) -> HttpResponseBase:
        """Delete, unless something was measured of it."""
        if has_points(self.object.pk):
            messages.error(self.request, KEPT)
            return redirect("targets:detail", pk=self.object.pk)
        return super().form_valid(form)


class GuardedTargetNameSearchView(SignedIn, TargetNameSearchView):
    """Redirects to a visible target."""


class GuardedTargetDetailView(SignedIn, DetailView):
    """A light page of one target: no plots and nothing from other hosts; hidden targets are not found."""

    template_name = "tom_targets/target_detail.html"
    context_object_name = "target"

    def get_queryset(self) -> QuerySet[Target]:
        """Visible targets."""
        return visible_targets(self.request.user).prefetch_related("aliases", "targetextra_set")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """What the tabs show, each bounded and filtered by what the user may see."""
        context = super().get_context_data(**kwargs)
        user, target = self.request.user, self.object
        context |= {
            "who": who_sees(target, user),
            "can_change": changeable_targets(user).filter(pk=target.pk).exists(),
            "can_delete": changeable_targets(user, "delete_target").filter(pk=target.pk).exists(),
            "can_observe": usable_targets(user, OBSERVE).filter(pk=target.pk).exists(),
            "can_comment": usable_targets(user, COMMENT).filter(pk=target.pk).exists(),
            "lists": visible_target_lists(user).filter(targets=target),
            "observations": visible_observations(user).filter(target=target)[:ROWS_ON_PAGE],
            "products": visible_products(user).filter(target=target).order_by("-created")[:ROWS_ON_PAGE],
            "rows_on_page": ROWS_ON_PAGE,
        }
        return context | _filled(target) | _photometry(user, target)


def _filled(target: Target) -> dict[str, list[tuple[str, str, object]]]:
    """Name, meaning and value of the fields that are filled: those to show, and those for the fold."""
    found: dict[str, list[tuple[str, str, object]]] = {"fields": [], "folded_fields": []}
    for name, value in target.as_dict().items():
        if name in _SAID or value in (None, ""):
            continue
        field = target._meta.get_field(name)
        word = dict(field.flatchoices).get(value, value)
        shown = f"{word:.8g}" if isinstance(word, float) else word
        place = "folded_fields" if name in SELDOM else "fields"
        found[place].append((capfirst(field.verbose_name), str(field.help_text), shown))
    return found


def _photometry(user: Visitor, target: Target) -> dict[str, Any]:
    points = shown_photometry(user, PhotometryReducedDatum.objects.filter(target=target))
    return {
        "points": points.order_by("-timestamp")[:ROWS_ON_PAGE],
        "n_points": points.count(),
        "n_spectra": SpectroscopyReducedDatum.objects.filter(target=target).count(),
    }


def observation_table(request: HttpRequest, pk: int) -> HttpResponse:
    """The observations of a target as a table; looking does not ask the facilities (a GET changes nothing)."""
    target = one_or_404(visible_targets(request.user), pk)
    rows = visible_observations(request.user).filter(target=target)[:ROWS_ON_PAGE]
    return render(request, "tom_targets/partials/observation_table.html", {"observations": rows})


class GuardedTargetImportView(GroupMembersOnly, TargetImportView):
    """Targets from CSV; a file may share them only with groups one belongs to."""

    def post(self, request: HttpRequest) -> HttpResponse:
        """Check the file as a whole, then let TOM read it."""
        upload = request.FILES.get("target_csv")
        text, problem = read_csv(upload)
        problem = problem or foreign_groups(text, request)
        if problem:
            messages.error(request, problem)
            return redirect("targets:import")
        result = import_targets(io.StringIO(text, newline=None))
        for target in result["targets"]:
            target.give_user_access(request.user)
        messages.success(request, f"Targets created: {len(result['targets'])}")
        for error in result["errors"][:ROWS_ON_PAGE]:
            messages.warning(request, NAME_TAKEN if "already exists" in error else error)
        return redirect("targets:list")


def read_csv(upload: UploadedFile | None) -> tuple[str, str]:
    """Text of an upload and, when it cannot be used, the reason."""
    if upload is None:
        return "", "Choose a CSV file."
    if (upload.size or 0) > MAX_IMPORT_BYTES:
        return "", f"The file is larger than {MAX_IMPORT_BYTES // 1024**2} MB: split it."
    try:
        return upload.read().decode("utf-8-sig"), ""
    except UnicodeDecodeError:
        return "", "The file is not UTF-8 text."


def foreign_groups(text: str, request: HttpRequest) -> str:
    """A sentence when the file names a group its sender does not belong to."""
    allowed = set(own_groups(request.user).values_list("name", flat=True))
    try:
        rows = list(csv.DictReader(io.StringIO(text, newline="")))
    except csv.Error as error:
        return f"The file cannot be read as CSV: {error}."
    for number, row in enumerate(rows, start=2):
        if None in row:
            return f"Line {number} has more cells than the header."
        named = {name.strip() for name in (row.get("groups") or "").split(",")} - {""}
        if named - allowed:
            return f"Line {number} shares a target with a group you do not belong to; nothing was imported."
    return ""
