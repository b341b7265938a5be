"""The page of two events together: agreement of their maps, rates of chance, the map of both, drawn and as a file."""

from datetime import timedelta
from functools import cached_property
from typing import Any

from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.safestring import SafeString

from tom_gcn.actions import outlines_of
from tom_gcn.downloads import safe_name
from tom_gcn.drawings import SkyPicture, draw_sky
from tom_gcn.joint import Pair, read_window
from tom_gcn.models import Event, Localization
from tom_gcn.names import name_key
from tom_gcn.relation_views import PartOfEvent
from tom_gcn.skymaps import SkyMapError, contours, to_fits

OFFERED = 20
OFFERED_WITHIN = timedelta(days=1)
SMALL_DEG2 = 30.0
_HEAVY = ("skymap__fits", "skymap__region_50", "skymap__region_90")


class JointPart(PartOfEvent):
    """Two events, of which the user may see both: that of the address, and one named with `?with=`."""

    @cached_property
    def partner(self) -> Event | None:
        """The other event, by any of its names."""
        asked = self.request.GET.get("with", "").strip()[:100]
        if not asked:
            return None
        named = Q(name=asked) | Q(display_name__iexact=asked) | Q(keys__contains=[name_key(asked)])
        found = Event.objects.visible_to(self.request.user).filter(named).exclude(pk=self.event.pk)
        return found.order_by("is_test", "-t0", "pk").first()

    @cached_property
    def pair(self) -> Pair | None:
        """Their current localizations, or those chosen with `?one=` and `?other=`."""
        if self.partner is None:
            return None
        one, other = self._chosen("one", self.event), self._chosen("other", self.partner)
        if one is None or other is None:
            return None
        return Pair(one, other, read_window(self.request.GET.get("window", ""), self.event, self.partner))

    def _chosen(self, side: str, event: Event) -> Localization | None:
        rows = localizations(event)
        asked = self.request.GET.get(side, "")
        if not asked:
            return rows.filter(is_current=True).first() or rows.last()
        if not asked.isdecimal() or len(asked) > 17:
            raise Http404("No such localization.")
        return get_object_or_404(rows, pk=asked)


def localizations(event: Event) -> QuerySet[Localization]:
    """The localizations of an event, the oldest first, without what only files need."""
    rows = Localization.objects.filter(event=event).select_related("event", "notice", "skymap").defer(*_HEAVY)
    return rows.order_by("notice__time_created", "pk")


class JointView(JointPart):
    """Two events side by side."""

    template = "tom_gcn/partials/joint.html"
    title = "Joint significance"

    def context(self) -> dict[str, Any]:
        """The comparison, and what else could be compared."""
        pair = self.pair
        return {
            "asked": self.request.GET.get("with", "")[:100],
            "partner": self.partner,
            "pair": pair,
            "picture": SafeString(draw_sky(picture_of(pair))) if pair else "",
            "offered": self._offered(),
            "own_maps": list(localizations(self.event).defer("skymap__packed", "skymap__contours", *_HEAVY)),
            "other_maps": list(localizations(self.partner).defer("skymap__packed", "skymap__contours", *_HEAVY))
            if self.partner
            else [],
        }

    def _offered(self) -> list[Event]:
        """Events of about the same time, to choose from."""
        if self.event.t0 is None:
            return []
        near = (self.event.t0 - OFFERED_WITHIN, self.event.t0 + OFFERED_WITHIN)
        rows = Event.objects.visible_to(self.request.user).filter(t0__range=near, is_test=self.event.is_test)
        return list(rows.exclude(pk=self.event.pk)[:OFFERED])


def picture_of(pair: Pair) -> SkyPicture:
    """The regions of both together, filled, and the 90 % outline of each."""
    outlines = {place: outlines_of(row.skymap).get("0.9", []) for place, row in enumerate((pair.one, pair.other))}
    area = pair.area_90_deg2
    return SkyPicture(
        title=f"{pair.one.event.name} and {pair.other.event.name}: 90 % outlines of both, regions of both together",
        regions=contours(pair.both, (0.5, 0.9)) if pair.both else {},
        peak=pair.peak or (pair.one.skymap.peak_ra_deg, pair.one.skymap.peak_dec_deg),
        footprints=outlines,
        is_small=area is not None and area < SMALL_DEG2,
    )


class JointFitsView(JointPart):
    """The map of both together, as a FITS file."""

    def get(self, request: HttpRequest, name: str) -> HttpResponse:
        """Made when asked for: it takes milliseconds."""
        if self.pair is None:
            raise Http404("There are no two maps.")
        try:
            both = self.pair.both
        except SkyMapError as error:
            raise Http404(error.message) from error
        if both is None:
            raise Http404("The two maps exclude each other.")
        answer = HttpResponse(to_fits(both), content_type="application/octet-stream")
        names = (self.pair.one.event.name, self.pair.other.event.name)
        answer["Content-Disposition"] = f'attachment; filename="{safe_name(*names)}.fits"'
        return answer
