"""TOM's reader of photometry files, without columns by which a row would take the place of another or pass for one."""

import re
from typing import Any

from tom_dataproducts.exceptions import InvalidFileFormatException
from tom_dataproducts.models import DataProduct
from tom_dataproducts.processors.photometry_processor import PhotometryProcessor

from icare_tom.audit.origin import origin
from tom_photvalidation.actions.projection import OURS
from tom_photvalidation.actions.pulling import SENT_BY

# TOM takes every column of a file for the field of that name.
NAMING_ROWS = frozenset({"id", "pk", "target", "target_id", "data_product", "data_product_id"})


class GuardedPhotometryProcessor(PhotometryProcessor):
    """Reads what TOM reads, and refuses files that name rows of the database."""

    def process_data(self, data_product: DataProduct) -> list[tuple[Any, dict[str, Any], str]]:
        """Return time, values and source of each row.

        Raises
        ------
        InvalidFileFormatException
        """
        rows: list[tuple[Any, dict[str, Any], str]] = super().process_data(data_product)
        for _, values, _ in rows:
            if named := sorted(NAMING_ROWS & values.keys()):
                raise InvalidFileFormatException(f"Rename the column {named[0]}: it names a row of the database.")
            if re.match(OURS, str(values.get("reduction_version", ""))):
                words = "Write another reduction_version: p and a number names a point of photometry."
                raise InvalidFileFormatException(words)
            values[SENT_BY] = origin().get("actor")
        return rows
