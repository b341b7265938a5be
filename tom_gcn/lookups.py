"""Asking the database whether ranges of HEALPix cells hold a cell: ``region_90__covers=cell``."""

from typing import Any

from django.db.models import Lookup

from tom_gcn.models.fields import HealpixRangesField


@HealpixRangesField.register_lookup
class Covers(Lookup[int]):
    """PostgreSQL's ``multirange @> element``."""

    lookup_name = "covers"
    prepare_rhs = False

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[str | int, ...]]:
        """Write the comparison."""
        ranges, params = self.process_lhs(compiler, connection)
        return f"{ranges} @> %s::bigint", (*params, int(self.rhs))

    def get_db_prep_lookup(self, value: Any, connection: Any) -> tuple[str, tuple[str | int, ...]]:
        """Take the cell as it is: the field's own preparation is for ranges."""
        return "%s", (int(value),)


@HealpixRangesField.register_lookup
class Overlaps(Lookup[Any]):
    """PostgreSQL's ``multirange && multirange``."""

    lookup_name = "overlaps"

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[str | int, ...]]:
        """Write the comparison."""
        ranges, params = self.process_lhs(compiler, connection)
        others, other_params = self.process_rhs(compiler, connection)
        return f"{ranges} && {others}::int8multirange", (*params, *other_params)
