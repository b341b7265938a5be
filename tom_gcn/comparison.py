"""Two localizations of an event side by side: how much better, how far away, how much in common."""

from dataclasses import dataclass

import numpy as np

from tom_gcn.models import Localization, StoredSkyMap
from tom_gcn.skymaps import area_deg2, merge_ranges
from tom_gcn.skymaps.crossmatch import overlap_integral


@dataclass(frozen=True)
class Comparison:
    """Figures of two localizations, `one` the older. Areas and regions are those of 90 %."""

    one: Localization
    other: Localization
    moved_deg: float
    shared_deg2: float
    shared_of_one: float
    shared_of_other: float
    other_in_one: float
    one_in_other: float
    agreement: float

    @property
    def area_ratio(self) -> float:
        """Area of `other` in areas of `one`."""
        return float(self.other.skymap.area_90_deg2 / self.one.skymap.area_90_deg2)

    @property
    def area_words(self) -> str:
        """How the area changed."""
        ratio = self.area_ratio
        if 0.99 < ratio < 1.01:
            return "as large"
        return f"{1 / ratio:,.1f} times smaller" if ratio < 1 else f"{ratio:,.1f} times larger"

    @property
    def agreement_words(self) -> str:
        """The agreement with as many digits as matter: of two small circles it is in the millions."""
        return f"{self.agreement:,.0f}" if self.agreement >= 10 else f"{self.agreement:.2f}"

    @property
    def is_same(self) -> bool:
        """Whether both are one map."""
        return self.one.skymap_id == self.other.skymap_id


def compare(one: Localization, other: Localization) -> Comparison:
    """Compare two localizations whose maps are loaded."""
    first, second = one.skymap, other.skymap
    region, region_of_other = np.asarray(first.region_90), np.asarray(second.region_90)
    area, area_of_other = area_deg2(region), area_deg2(region_of_other)
    union = area_deg2(merge_ranges(np.concatenate([region, region_of_other])))
    shared = max(area + area_of_other - union, 0.0)
    return Comparison(
        one=one,
        other=other,
        moved_deg=moved_deg(first, second),
        shared_deg2=shared,
        shared_of_one=shared / area,
        shared_of_other=shared / area_of_other,
        other_in_one=second.data.probability_in_ranges(region),
        one_in_other=first.data.probability_in_ranges(region_of_other),
        agreement=overlap_integral(first.data, second.data),
    )


def moved_deg(one: StoredSkyMap, other: StoredSkyMap) -> float:
    """Separation of the most probable positions [deg], by Vincenty's formula, good at any distance."""
    ra, dec = np.radians(one.peak_ra_deg), np.radians(one.peak_dec_deg)
    ra2, dec2 = np.radians(other.peak_ra_deg), np.radians(other.peak_dec_deg)
    turn = ra2 - ra
    across = np.hypot(
        np.cos(dec2) * np.sin(turn), np.cos(dec) * np.sin(dec2) - np.sin(dec) * np.cos(dec2) * np.cos(turn)
    )
    along = np.sin(dec) * np.sin(dec2) + np.cos(dec) * np.cos(dec2) * np.cos(turn)
    return float(np.degrees(np.arctan2(across, along)))
