"""Measurements -> every format people ask for. What an exporter writes, the readers read back to the same fingerprints.

`EXPORTERS` names them; each takes measurements and yields the file in parts. Nothing here knows Django or a database.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from tom_photvalidation.exporters import circular, delimited, hermes, nmma, parquet, tns, votable
from tom_photvalidation.measurements import Measurements

__all__ = ["EXPORTERS", "Exporter"]


@dataclass(frozen=True, slots=True)
class Exporter:
    """One format: its name in addresses, its name for people, and how a file in it is written."""

    name: str
    label: str
    extension: str
    content_type: str
    writer: Callable[..., Iterator[bytes]]
    reads_back: bool  # whether the readers make the same measurements of it
    counts_from_t0: bool = False

    def write(self, m: Measurements, t0_mjd: float | None = None) -> Iterator[bytes]:
        """Yield the file in parts; formats with times since T0 [MJD UTC] tell them when it is known."""
        return self.writer(m, t0_mjd) if self.counts_from_t0 else self.writer(m)


EXPORTERS: Mapping[str, Exporter] = MappingProxyType(
    {
        one.name: one
        for one in (
            Exporter("csv", "CSV", "csv", "text/csv; charset=utf-8", delimited.write, True),
            Exporter("parquet", "Parquet", "parquet", "application/vnd.apache.parquet", parquet.write, True),
            Exporter("votable", "VOTable 1.4", "vot", "application/x-votable+xml", votable.write, True),
            Exporter("nmma", "NMMA", "dat", "text/plain; charset=utf-8", nmma.write, True),
            Exporter("hermes", "Hermes rows", "json", "application/json", hermes.write, True),
            Exporter("tns", "TNS photometry", "json", "application/json", tns.write, False),
            Exporter(
                "circular", "Table for a circular", "txt", "text/plain; charset=utf-8", circular.write, False, True
            ),
        )
    }
)
