"""Load a catalogue of galaxies."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from tom_gcn.actions.galaxies import load_catalogue
from tom_gcn.galaxies import CATALOGUES, CatalogueError


class Command(BaseCommand):
    """Read the file of a catalogue as its authors publish it; docs/science/galaxies.md says where to get it."""

    help = "Load galaxies from a GLADE+ (text), NED-LVS (FITS) or CLU (HDF5) file, or invented ones for drills."

    def add_arguments(self, parser: CommandParser) -> None:
        """Which catalogue, and its file."""
        parser.add_argument("catalogue", choices=sorted(CATALOGUES))
        parser.add_argument("file", nargs="?", type=Path, help="not needed for `sample`")

    def handle(self, *_args: Any, catalogue: str, file: Path | None, **_options: Any) -> None:
        """Load all of it, or nothing."""
        chosen = CATALOGUES[catalogue]
        if file is None and not chosen.is_sample:
            raise CommandError(f"Name the file of {chosen.name}. {chosen.reference}")
        try:
            row = load_catalogue(chosen, file or Path("invented"))
        except (CatalogueError, OSError) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{row.name}: {row.n_galaxies} galaxies; {row.n_skipped} rows skipped.")
