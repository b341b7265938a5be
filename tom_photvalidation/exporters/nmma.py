"""Light curves for NMMA: time, filter, AB magnitude and error, parted by blanks; an infinite error marks a limit.

`nmma.em.io` takes the first four words of each line and passes over lines that begin with #, so what NMMA has no room
for stands in further words of the line: the measurement as it is kept here, which lets the readers make the same of it.
A measurement without an error, or of which neither magnitude nor limit is known, is of no use to a fit and is commented
out.
"""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import quote

import numpy as np

from tom_photvalidation.brightness import offsets_to_ab
from tom_photvalidation.exporters import sheet
from tom_photvalidation.exporters.instants import iso_texts
from tom_photvalidation.measurements import Floats, Measurements

ROWS = 5_000
NMMA_WORDS = ("time", "filter", "mag", "mag_error")
OWN = tuple(name for name in sheet.ORDER)
NOT_GIVEN = "-"


def write(m: Measurements) -> Iterator[bytes]:
    """Yield a light curve."""
    yield f"# {' '.join((*NMMA_WORDS, *OWN))}\n".encode()
    for first in range(0, len(m), ROWS):
        part = m.take(np.arange(first, min(first + ROWS, len(m))))
        mag, error = ab_points(part)
        usable = ~np.isnan(mag) & ~np.isnan(error)
        own = list(zip(*(_words(part, name) for name in OWN), strict=True))
        times = iso_texts(part.mid_us)
        lines = [
            f"{'' if good else '#! '}{when} {part.filter[at]} {_number(mag[at])} {_number(error[at])} "
            f"{' '.join(own[at])}\n"
            for at, (when, good) in enumerate(zip(times, usable, strict=True))
        ]
        yield "".join(lines).encode()


def ab_points(m: Measurements) -> tuple[Floats, Floats]:
    """Return AB magnitude and error of each measurement, as NMMA takes them: infinite where it is a limit."""
    offset = offsets_to_ab(m.filter, m.magsys)
    seen = ~np.isnan(m.mag)
    mag = np.where(seen, m.mag, m.limiting_mag) + offset
    return mag, np.where(seen, m.magerr, np.inf)


def _number(value: float) -> str:
    return "nan" if np.isnan(value) else "inf" if np.isinf(value) else repr(float(value))


def _words(m: Measurements, name: str) -> list[str]:
    if sheet.is_text(name):
        return [quote(text, safe=":'.,;()/+") or NOT_GIVEN for text in sheet.texts(m, name)]
    return [sheet.number_text(value) or NOT_GIVEN for value in sheet.numbers(m, name).tolist()]
