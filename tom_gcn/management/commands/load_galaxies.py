"""Load a catalogue of galaxies."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from tom_gcn.actions.galaxies import load_catalogue
from tom_gcn.galaxies import CATALOGUES, CatalogueError
from tom_gcn.models import GalaxyCatalogue


class Command(BaseCommand):
    """Read the file of a catalogue as its authors publish it; docs/science/galaxies.md says where to get it."""

    help = (
        "Load galaxies from a GLADE+ (text), NED-LVS (FITS), CLU or MANGROVE (HDF5) file, those of the NGC and IC that"
        " are installed with the project (--nearby), or invented ones for drills."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Which catalogue, and its file."""
        parser.add_argument("catalogue", nargs="?", choices=sorted(CATALOGUES))
        parser.add_argument("file", nargs="?", type=Path, help="not needed for `nearby` and `sample`")
        parser.add_argument("--nearby", action="store_true", help="the same as the catalogue `nearby`")
        parser.add_argument("--if-missing", action="store_true", help="do nothing when the catalogue is loaded already")

    def handle(
        self, *_args: Any, catalogue: str | None, file: Path | None, nearby: bool, if_missing: bool, **_options: Any
    ) -> None:
        """Load all of it, or nothing."""
        if nearby == (catalogue is not None):
            raise CommandError(f"Name one catalogue, of {', '.join(sorted(CATALOGUES))}, or --nearby.")
        chosen = CATALOGUES[catalogue or "nearby"]
        if if_missing and (loaded := GalaxyCatalogue.objects.filter(name=chosen.name, n_galaxies__gt=0).first()):
            self.stdout.write(f"{loaded.name}: already loaded, {loaded.n_galaxies} galaxies.")
            return
        if file is None and chosen.needs_file:
            raise CommandError(f"Name the file of {chosen.name}. {chosen.reference}")
        try:
            row = load_catalogue(chosen, file or Path("installed"))
        except (CatalogueError, OSError) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{row.name}: {row.n_galaxies} galaxies; {row.n_skipped} rows skipped.")
