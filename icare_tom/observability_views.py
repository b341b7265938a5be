"""When can which telescope observe it? As a page for any position, as parts of the pages of targets and events, and
for the targets of one telescope's night."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import UTC, date, datetime
from typing import Any, NamedTuple

from django import forms
from django.db.models.functions import Upper
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.views.generic import View
from tom_targets.models import Target

from icare_tom.guards.access import Visitor, one_or_404, visible_target_lists, visible_targets
from icare_tom.guards.mixins import SignedIn
from icare_tom.observed_views import TYPE_ONE, NoSuchPlace, place_of
from tom_gcn.models import Event
from tom_gcn.positions import position_problem, read_position
from tom_grandma_facilities.actions import may_mark
from tom_grandma_facilities.models import NightMark
from tom_grandma_facilities.observability import Position, State, network, starlist_csv, starlist_text
from tom_grandma_facilities.observability.lines import line_of
from tom_grandma_facilities.observability_forms import MOST_TARGETS, NightForm
from tom_grandma_facilities.observability_page import Night, board_of, day_of, evening, night_of, rows_of, sight_of
from tom_grandma_facilities.registry import TELESCOPES
from tom_grandma_facilities.telescope import Telescope

CHOSEN = "sight-chosen"
"""Id of the place on the page where the curve of one telescope is put."""
FORMATS = {"csv": (starlist_csv, "text/csv; charset=utf-8"), "txt": (starlist_text, "text/plain; charset=utf-8")}


def station_or_404(name: str) -> Telescope:
    """The telescope of a name, when its nights can be computed."""
    if name not in {telescope.name for telescope in network().telescopes}:
        raise Http404(f"No telescope with a known site is called {name}.")
    return TELESCOPES[name]


class ObservabilityPart(SignedIn, View):
    """What the pages share: the whole page, its part for htmx, or the curve of one telescope only."""

    part = "icare_tom/partials/observability.html"

    def answer(self, request: HttpRequest, place: tuple[float, float] | None, context: dict[str, Any]) -> HttpResponse:
        """Return the table and the drawing of a position, or a sentence when there is none."""
        name, now = request.GET.get("telescope", ""), timezone.now()
        if place and name:
            sight, curve = sight_of(station_or_404(name), *place, now)
            context |= {"sight": sight, "curve": curve}
        htmx = getattr(request, "htmx", None)
        is_part = bool(htmx and not htmx.history_restore_request)
        if is_part and "sight" in context and request.headers.get("HX-Target") == CHOSEN:
            template = "icare_tom/partials/sight.html"
        else:
            template = self.part if is_part else "icare_tom/observability.html"
            context |= self._board(request, place, now)
        response = render(request, template, {"asked": request.path, **context})
        patch_vary_headers(response, ["HX-Request", "HX-Target"])
        return response

    def _board(self, request: HttpRequest, place: tuple[float, float] | None, now: datetime) -> dict[str, Any]:
        if place is None:
            return {}
        board = board_of(*place, now)
        rows = rows_of(board, request.user)
        return {
            "board": board,
            "first": [row for row in rows if row.line.state in {State.NOW, State.SOON}],
            "later": [row for row in rows if row.line.state is State.TONIGHT],
            "never": [row for row in rows if row.line.state is State.NOT],
            "n_now": board.count(State.NOW),
            "n_soon": board.count(State.SOON),
            "n_tonight": board.count(State.TONIGHT),
        }


class TargetObservabilityView(ObservabilityPart):
    """Of one target: a part of its page for htmx, a page otherwise."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Not found for targets one may not see; targets without a position have no answer."""
        target = one_or_404(visible_targets(request.user), pk)
        has_place = target.ra is not None and target.dec is not None
        place = (float(target.ra) % 360.0, float(target.dec)) if has_place else None
        return self.answer(request, place, {"target": target})


class EventObservabilityView(ObservabilityPart):
    """Of the most probable position of an event's current map."""

    part = "icare_tom/partials/event_observability.html"

    def get(self, request: HttpRequest, name: str) -> HttpResponse:
        """Not found for events one may not see; events without a map have no answer."""
        event = get_object_or_404(Event.objects.visible_to(request.user), name=name)
        current = event.localizations.filter(is_current=True)
        place = current.values_list("skymap__peak_ra_deg", "skymap__peak_dec_deg").first()
        return self.answer(request, place, {"event": event, "place": place})


class PlaceForm(forms.Form):
    """A position or the name of a target."""

    q = forms.CharField(
        label="Position or target",
        max_length=120,
        widget=forms.TextInput(attrs={"class": "form-control form-control-sm"}),
    )


class ObservabilityView(ObservabilityPart):
    """The page: any position, or a target by its name."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Ask, then answer below the question."""
        form = PlaceForm(request.GET if "q" in request.GET else None)
        context: dict[str, Any] = {"form": form, "hint": TYPE_ONE}
        position: tuple[float, float] | None = None
        if form.is_bound and form.is_valid():
            try:
                place = place_of(form.cleaned_data["q"], request.user)
            except NoSuchPlace as problem:
                form.add_error("q", str(problem))
            else:
                position = place.ra_deg % 360.0, place.dec_deg
                context |= {"target": place.target, "place": position, "q": form.cleaned_data["q"]}
        return self.answer(request, position, context)


class Chosen(NamedTuple):
    """The positions of a night, the targets among them by name, and what could not be found."""

    positions: list[Position]
    targets: dict[str, Target]
    problems: list[str]


class NightView(SignedIn, View):
    """The targets of one telescope's night: one drawing, one table, and the starlists."""

    def get(self, request: HttpRequest, form: str = "") -> HttpResponse:
        """Ask, then answer below the question; as a file when `form` names one."""
        lists = list(visible_target_lists(request.user).order_by("name").values_list("pk", "name"))
        bound = request.GET if "telescope" in request.GET else None
        question = NightForm(bound, lists=lists, initial=request.GET.dict())
        context: dict[str, Any] = {"form": question, "most": MOST_TARGETS, "query": request.GET.urlencode()}
        if not (question.is_bound and question.is_valid()):
            if form:
                raise Http404("Say which telescope and which targets.")
            return render(request, "icare_tom/night.html", context)
        chosen = chosen_positions(question, request.user)
        night = self._night(question.cleaned_data, chosen.positions)
        day = day_of(night.telescope, night.start)
        marks = _marks(night.telescope, day, chosen.targets.values(), request.user)
        if form:
            done = {name for name, target in chosen.targets.items() if target.pk in marks}
            return starlist(night, form, without=done if request.GET.get("left") else ())
        lines = [
            (number, line_of(sight), target, marks.get(target.pk) if target else None)
            for number, sight in enumerate(night.sights, start=1)
            for target in [chosen.targets.get(sight.position.name)]
        ]
        context |= {
            "night": night,
            "day": day,
            "lines": lines,
            "n_marked": len(marks),
            "may_mark": may_mark(request.user),
            "problems": chosen.problems,
        }
        return render(request, "icare_tom/night.html", context)

    def _night(self, asked: dict[str, Any], positions: list[Position]) -> Night:
        telescope = station_or_404(asked["telescope"])
        day = asked["night"]
        moment = evening(telescope, datetime(day.year, day.month, day.day, tzinfo=UTC)) if day else timezone.now()
        return night_of(telescope, positions, moment)


def _marks(telescope: Telescope, day: date, targets: Iterable[Target], user: Visitor) -> dict[int, NightMark]:
    """Return the marks that stand on these targets in a night, by target."""
    rows = NightMark.objects.visible_to(user).filter(
        telescope=telescope.name, night=day, is_current=True, target__in=[target.pk for target in targets]
    )
    return {row.target_id: row for row in rows.select_related("marked_by")}


def starlist(night: Night, form: str, without: Collection[str] = ()) -> HttpResponse:
    """The night as a file, without the targets of some names."""
    make, content_type = FORMATS[form]
    sights = [sight for sight in night.sights if sight.position.name not in without]
    response = HttpResponse(make(sights), content_type=content_type)
    name = f"{night.telescope.name}-{night.start:%Y%m%d}.{form}"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def chosen_positions(question: NightForm, user: Visitor) -> Chosen:
    """Positions of the list and of the lines of the form, of targets `user` may see only, each once."""
    entries = question.entries
    typed = {entry: place for entry in entries if (place := read_position(entry))}
    names = [entry for entry in entries if entry not in typed and not position_problem(entry)]
    found = list(_targets(question.cleaned_data["target_list"], names, user))
    by_name = {target.name.upper(): target for target in found}
    problems = [f"{entry}: {position_problem(entry)}" for entry in entries if position_problem(entry)]
    problems += [f"{name}: no target of this name that you may see." for name in names if name.upper() not in by_name]
    problems += [f"{target.name}: it has no position." for target in found if target.ra is None or target.dec is None]
    positions = [Position(t.name, float(t.ra) % 360.0, float(t.dec)) for t in found if None not in (t.ra, t.dec)]
    positions += [Position(entry, *place) for entry, place in typed.items()]
    if len(positions) > MOST_TARGETS:
        problems.append(f"Only the first {MOST_TARGETS} are shown.")
    return Chosen(positions[:MOST_TARGETS], {target.name: target for target in found}, problems)


def _targets(chosen_list: str, names: list[str], user: Visitor) -> list[Target]:
    """Return targets of a list that is visible, and those of the names, in one query each."""
    visible = visible_targets(user)
    found: dict[int, Target] = {}
    if chosen_list:
        lists = visible_target_lists(user).filter(pk=chosen_list)
        rows = visible.filter(pk__in=lists.values("targets__pk")).order_by("name")[: MOST_TARGETS + 1]
        found |= {target.pk: target for target in rows}
    if names:
        wanted = [name.upper() for name in names[: MOST_TARGETS + 1]]
        rows = visible.annotate(upper_name=Upper("name")).filter(upper_name__in=wanted).order_by("name")
        found |= {target.pk: target for target in rows[: MOST_TARGETS + 1]}
    return list(found.values())
