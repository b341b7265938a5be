"""Maps and telescopes made for the planner's tests."""

from collections.abc import Callable

import healpy
import numpy as np
import pytest

from tom_gcn.planning import PlanTelescope
from tom_gcn.skymaps import SkyMap, cell_centres

ORDER = 6


def blob(ra_deg: float, dec_deg: float, sigma_deg: float, order: int = ORDER) -> SkyMap:
    """A round Gaussian localization, cut at six sigma, on tiles of one order."""
    centre = healpy.ang2vec(ra_deg, dec_deg, lonlat=True)
    near = healpy.query_disc(1 << order, centre, np.radians(min(6.0 * sigma_deg, 180.0)), nest=True, inclusive=True)
    ipix = np.sort(near).astype(np.int64)
    ra, dec = (np.radians(angle) for angle in cell_centres(order, ipix))
    ra0, dec0 = np.radians([ra_deg, dec_deg])
    cosine = np.sin(dec) * np.sin(dec0) + np.cos(dec) * np.cos(dec0) * np.cos(ra - ra0)
    density = np.exp((cosine - 1.0) / np.radians(sigma_deg) ** 2)
    density /= density.sum() * 4.0 * np.pi / (12 << (2 * order))
    return SkyMap(uniq=ipix + (4 << (2 * order)), probdensity=density)


@pytest.fixture(scope="session")
def make_blob() -> Callable[..., SkyMap]:
    return blob


def telescope(name: str = "A", **settings: object) -> PlanTelescope:
    """A telescope on the Canaries with a field of 2 deg, unless told otherwise."""
    values: dict[str, object] = {
        "latitude_deg": 28.76,
        "longitude_deg": -17.88,
        "elevation_m": 2200.0,
        "shape": "square",
        "width_deg": 2.0,
        "height_deg": 2.0,
        "exposure_s": 60.0,
        "readout_s": 10.0,
        "slew_deg_per_s": 2.0,
    }
    return PlanTelescope(name=name, **{**values, **settings})  # type: ignore[arg-type]


@pytest.fixture(scope="session")
def make_telescope() -> Callable[..., PlanTelescope]:
    return telescope
