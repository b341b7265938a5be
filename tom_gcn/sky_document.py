"""What the sky map of an event shows, once for the picture and once for the interactive map."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from django.core.cache import caches
from django.utils import timezone

from tom_gcn.actions import outlines_of
from tom_gcn.drawings import SkyPicture, draw_sky
from tom_gcn.drawings.sky_map import galactic_plane, symbol
from tom_gcn.models import Event, Localization, ObservationPlan, PlannedPointing
from tom_grandma_facilities import almanac

# Part of the key, so that a change of what is drawn is not hidden by what was kept.
DRAWING_VERSION = 3
KEPT_FOR_S = 7 * 86400
# Six degrees across are a dozen pixels of the picture.
SMALL_DEG2 = 30.0


@dataclass(frozen=True)
class Sky:
    """The sky of an event for one plan, or for none yet."""

    event: Event
    localization: Localization | None
    plan: ObservationPlan | None

    @cached_property
    def key(self) -> str:
        """Names the content: it changes with the map and with the plan, and with nothing else."""
        peak = "_".join(map(str, self.peak or ()))
        sha256 = self.localization.skymap.sha256[:24] if self.localization else f"none-{peak}"
        plan = f"{self.plan.pk}-{self.plan.finished_at:%Y%m%d%H%M%S}" if self.plan else f"{self.when:%Y%m%d%H}"
        return f"sky-{DRAWING_VERSION}-{self.event.pk}-{sha256}-{plan}"

    @cached_property
    def peak(self) -> tuple[float, float] | None:
        """The most probable position; of an event without a localization the position it was given, if any."""
        if self.localization:
            return self.localization.skymap.peak_ra_deg, self.localization.skymap.peak_dec_deg
        summary = getattr(self.event, "summary", None)
        return None if summary is None or summary.ra_deg is None else (summary.ra_deg, summary.dec_deg)

    @cached_property
    def when(self) -> datetime:
        """The moment of Sun and Moon: the beginning of the plan, or this hour."""
        return self.plan.window_start if self.plan else timezone.now().replace(minute=0, second=0, microsecond=0)

    @property
    def is_worth_showing(self) -> bool:
        """Whether a picture tells anything: what was retracted before a map came never gets one."""
        return self.localization is not None or not self.event.is_retracted

    def as_json(self) -> str:
        """The document the interactive map draws."""
        return _kept(f"{self.key}-json", lambda: json.dumps(self._document(), separators=(",", ":")))

    def as_svg(self) -> str:
        """The picture a page shows before, or without, the interactive map."""
        return _kept(f"{self.key}-svg", lambda: draw_sky(self._picture()))

    @cached_property
    def telescopes(self) -> list[str]:
        """Telescopes with pointings, the busiest first: their place in the list is their colour."""
        if self.plan is None:
            return []
        parts = self.plan.telescope_plans.filter(n_pointings__gt=0).order_by("-n_pointings", "telescope")
        return list(parts.values_list("telescope", flat=True))

    def _document(self) -> dict[str, Any]:
        moon_ra, moon_dec, illumination, _ = almanac.moon_position(almanac.mjd_of(self.when))
        skymap = self.localization.skymap if self.localization else None
        return {
            "event": self.event.name,
            "plan": self.plan.version if self.plan else None,
            "when": self.when.strftime("%Y-%m-%d %H:%M UTC"),
            "peak": [round(degrees, 4) for degrees in self.peak] if self.peak else None,
            "area_90_deg2": skymap.area_90_deg2 if skymap else None,
            "regions": [
                {"level": float(level), "lines": _rounded(lines)}
                for level, lines in (outlines_of(skymap) if skymap else {}).items()
            ],
            "telescopes": self.telescopes,
            "symbols": [symbol(place) for place in range(len(self.telescopes))],
            "pointings": self._pointings(),
            "sun": _pair(*almanac.sun_position(almanac.mjd_of(self.when))),
            "moon": _pair(moon_ra, moon_dec),
            "moon_illumination": round(float(illumination), 3),
            "galactic_plane": _rounded([galactic_plane()])[0],
        }

    def _pointings(self) -> list[dict[str, Any]]:
        index = {name: place for place, name in enumerate(self.telescopes)}
        return [
            {
                "t": index[pointing.telescope_plan.telescope],
                "o": pointing.order,
                "f": pointing.field_id,
                "ra": round(pointing.ra_deg, 4),
                "dec": round(pointing.dec_deg, 4),
                "s": f"{pointing.start:%Y-%m-%d %H:%M:%S}",
                "b": pointing.filter,
                "x": f"{pointing.n_exposures}×{pointing.exposure_s:g} s",
                "p": round(pointing.probability, 5),
                "c": [[round(ra, 3), round(dec, 3)] for ra, dec in pointing.footprint],
            }
            for pointing in self._rows()
        ]

    def _rows(self) -> Iterable[PlannedPointing]:
        if self.plan is None:
            return []
        rows = PlannedPointing.objects.filter(telescope_plan__plan=self.plan).select_related("telescope_plan")
        return rows.order_by("start", "telescope_plan__telescope")

    def _picture(self) -> SkyPicture:
        document = self._document()
        footprints: dict[int, list[Any]] = {}
        for pointing in document["pointings"]:
            footprints.setdefault(pointing["t"], []).append(pointing["c"])
        return SkyPicture(
            title=f"Sky map of {self.event.name}: 50 % and 90 % regions and planned fields",
            regions={region["level"]: region["lines"] for region in document["regions"]},
            peak=tuple(document["peak"]) if document["peak"] else None,
            footprints=footprints,
            sun=tuple(document["sun"]),
            moon=tuple(document["moon"]),
            is_small=document["area_90_deg2"] is None or document["area_90_deg2"] < SMALL_DEG2,
        )


def _kept(key: str, make: Any) -> str:
    kept = caches["drawings"]
    text: str | None = kept.get(key)
    if text is None:
        text = str(make())
        kept.set(key, text, KEPT_FOR_S)
    return text


def _pair(ra: Any, dec: Any) -> list[float]:
    return [round(float(ra), 3), round(float(dec), 3)]


def _rounded(lines: Iterable[Iterable[Iterable[float]]]) -> list[list[list[float]]]:
    return [[[round(ra, 3), round(dec, 3)] for ra, dec in line] for line in lines]
