"""Parts of the event page about what else is there: coincident events, galaxies. Fragments for htmx, else pages."""

import csv
from collections.abc import Iterable, Iterator
from typing import Any

from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.cache import patch_vary_headers
from django.utils.functional import cached_property
from django.views.generic import View

from tom_gcn.actions.galaxies import CSV_COLUMNS, RankedGalaxies, catalogue_for, rank_galaxies, records
from tom_gcn.downloads import safe_name
from tom_gcn.galaxies import Weight
from tom_gcn.galaxy_states import GalaxyFollowUp, GalaxyState, follow_up_of
from tom_gcn.models import Coincidence, Event, GalaxyCatalogue, Localization
from tom_gcn.plan_formats.document import utc
from tom_gcn.skymaps import SkyMapError, to_fits
from tom_gcn.skymaps.crossmatch import product

LISTED = 50
EXPORTED = 2000
WEIGHTS = {Weight.NONE: "place", Weight.MASS: "place and mass", Weight.LUMINOSITY: "place and luminosity"}


class PartOfEvent(LoginRequiredMixin, View):
    """A part of the page of an event the user may see: `template` alone for htmx, within a page otherwise."""

    template = ""
    title = ""

    @cached_property
    def event(self) -> Event:
        """The event of the address."""
        return get_object_or_404(Event.objects.visible_to(self.request.user), name=self.kwargs["name"])

    @cached_property
    def localization(self) -> Localization | None:
        """The current localization, without what only files need."""
        rows = self.event.localizations.filter(is_current=True).select_related("skymap", "notice", "event")
        return rows.defer("skymap__fits", "skymap__region_50", "skymap__region_90", "skymap__contours").first()

    def context(self) -> dict[str, Any]:
        """What the template needs besides the event."""
        return {}

    def get(self, request: HttpRequest, name: str) -> HttpResponse:
        """The part alone, or in a page."""
        context = {"event": self.event, "title": self.title, "part": self.template, **self.context()}
        htmx = getattr(request, "htmx", None)
        template = self.template if htmx and not htmx.history_restore_request else "tom_gcn/part.html"
        response = render(request, template, context)
        patch_vary_headers(response, ["HX-Request"])
        return response


class CoincidencesView(PartOfEvent):
    """Events that came together with this one."""

    template = "tom_gcn/partials/coincidences.html"
    title = "Coincidences"

    def context(self) -> dict[str, Any]:
        """Pairs, closest in time first; partners the user may not see are not told."""
        visible = Coincidence.objects.visible_to(self.request.user).of(self.event).select_related("one", "other")
        rows = sorted(visible, key=lambda row: abs(row.delta_t_s))
        return {
            "coincidences": [
                {"row": row, "partner": row.partner_of(self.event), "delay_s": row.delay_of_partner_s(self.event)}
                for row in rows
            ]
        }


class ProductView(PartOfEvent):
    """The map of two coincident events together, as a FITS file."""

    def get(self, request: HttpRequest, name: str, pk: int = 0) -> HttpResponse:
        """Made when asked for: it takes milliseconds."""
        visible = Coincidence.objects.visible_to(request.user).of(self.event)
        row = get_object_or_404(
            visible.select_related("one", "other", "one_localization__skymap", "other_localization__skymap"), pk=pk
        )
        if row.one_localization is None or row.other_localization is None:
            raise Http404("One of the two events has no map.")
        try:
            both = product(row.one_localization.skymap.data, row.other_localization.skymap.data)
        except SkyMapError as error:
            raise Http404(error.message) from error
        answer = HttpResponse(to_fits(both), content_type="application/octet-stream")
        answer["Content-Disposition"] = f'attachment; filename="{safe_name(row.one.name, row.other.name)}.fits"'
        return answer


class GalaxiesPart(PartOfEvent):
    """What the list of galaxies and its file share."""

    most = LISTED

    @cached_property
    def weight(self) -> Weight:
        """What the address asks to count besides the place."""
        asked = self.request.GET.get("weight", Weight.MASS)
        if asked not in set(Weight):
            raise Http404("A weight is none, mass or luminosity.")
        return Weight(asked)

    @cached_property
    def catalogue(self) -> GalaxyCatalogue | None:
        """The catalogue the address asks for; invented galaxies for drills and tests only."""
        return catalogue_for(self.request.GET.get("catalogue", ""), invented=self.event.is_test)

    @cached_property
    def ranked(self) -> RankedGalaxies | None:
        """The ranking, where there is a catalogue and a map."""
        if self.catalogue is None or self.localization is None:
            return None
        return rank_galaxies(self.localization, self.catalogue, self.weight, self.most)

    @cached_property
    def follow_up(self) -> list[GalaxyFollowUp]:
        """What becomes of each galaxy listed."""
        rows = self.ranked.rows if self.ranked else []
        return follow_up_of([row.galaxy for row in rows], self.event, self.request.user)


class GalaxiesView(GalaxiesPart):
    """The likeliest hosts in the current localization."""

    template = "tom_gcn/partials/galaxies.html"
    title = "Galaxies"

    def context(self) -> dict[str, Any]:
        """The ranking and what it rests on."""
        return {
            "ranked": self.ranked,
            "listed": list(zip(self.ranked.rows, self.follow_up, strict=True)) if self.ranked else [],
            "counts": self._counts(),
            "localization": self.localization,
            "catalogue": self.catalogue,
            "weight": self.weight.value,
            "weights": [(weight.value, words) for weight, words in WEIGHTS.items()],
        }

    def _counts(self) -> list[tuple[int, str]]:
        found = [row.state for row in self.follow_up]
        return [(found.count(state), str(state.label)) for state in GalaxyState if state in found]


class GalaxiesCsvView(GalaxiesPart):
    """The ranking as CSV, longer than the page shows."""

    most = EXPORTED

    def get(self, request: HttpRequest, name: str) -> StreamingHttpResponse:  # type: ignore[override]
        """Not found where nothing can be ranked."""
        if self.ranked is None:
            raise Http404("There is no map or no catalogue of galaxies.")
        answer = StreamingHttpResponse(_csv_lines(self.ranked, self.follow_up), content_type="text/csv; charset=utf-8")
        answer["Content-Disposition"] = f'attachment; filename="{safe_name(self.event.name, "galaxies")}.csv"'
        return answer


class _Line:
    """A file whose write gives back what it was given."""

    def write(self, text: str) -> str:
        """Return the text."""
        return text


FOLLOW_UP_COLUMNS = ("follow_up", "telescopes", "first_start_utc")


def _csv_lines(ranked: RankedGalaxies, follow_up: Iterable[GalaxyFollowUp]) -> Iterator[str]:
    writer: Any = csv.DictWriter(_Line(), (*CSV_COLUMNS, *FOLLOW_UP_COLUMNS))
    yield writer.writeheader()
    for record, state in zip(records(ranked), follow_up, strict=True):
        # A name that a spreadsheet would take for a formula is quoted.
        name = record["name"]
        safe = {"name": f"'{name}" if name[:1] in tuple("=+-@") else name}
        told = (state.state.value, " ".join(state.telescopes), utc(state.first) or "")
        yield writer.writerow(record | safe | dict(zip(FOLLOW_UP_COLUMNS, told, strict=True)))
