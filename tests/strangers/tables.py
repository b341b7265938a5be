"""What changed in the database: asked of PostgreSQL's own counters, then of the rows."""

from django.apps import apps
from django.db import connection

from tests.factories import World

_COUNTERS = """
    SELECT relname, n_tup_ins + n_tup_upd + n_tup_del FROM pg_stat_xact_user_tables
    WHERE n_tup_ins + n_tup_upd + n_tup_del > 0
"""
# Columns that may change whoever looks: when somebody was here, and what is drawn when it is first looked at.
_PASSED_OVER = {"auth_user": "last_login", "tom_gcn_storedskymap": "contours"}


class Tables:
    """Compares tables with how they were when this was made.

    Counters say which tables were written, whatever wrote them (COPY and triggers too); they count what was rolled
    back as well, so that the rows themselves have the last word.
    """

    def __init__(self, world: World) -> None:
        self._planted: dict[str, list[str]] = {}
        for row in world.rows:
            self._planted.setdefault(row._meta.db_table, []).append(str(row.pk))
        models = apps.get_models(include_auto_created=True)
        self._keys = {model._meta.db_table: model._meta.pk.column for model in models}
        self._pointing = {
            model._meta.db_table: [
                (column.column, column.related_model._meta.db_table)
                for column in model._meta.concrete_fields
                if column.is_relation and column.related_model is not None
            ]
            for model in models
        }
        there = set(connection.introspection.table_names())
        self._whole = {name: _digest(name, "true") for name in self._pointing if name in there}
        self._near = {name: _digest(name, self._condition(name)) for name in self._whole}
        self.forget()

    def forget(self) -> None:
        """Count from here on."""
        self._counted = _counters()

    def changed(self, spared: frozenset[str]) -> list[str]:
        """Tables in which anything is not what it was."""
        return [name for name in self._written(spared) if _digest(name, "true") != self._whole[name]]

    def touched(self, spared: frozenset[str]) -> list[str]:
        """Tables in which planted rows, or rows that point to them, are not what they were."""
        return [name for name in self._written(spared) if _digest(name, self._condition(name)) != self._near[name]]

    def _written(self, spared: frozenset[str]) -> list[str]:
        now = _counters()
        return [
            name for name in sorted(now)
            if now[name] != self._counted.get(name) and name in self._whole and name not in spared
        ]  # fmt: skip

    def _condition(self, table: str) -> str:
        """SQL that finds the planted rows of a table, and those that point to planted rows of others."""
        parts = [
            f"t.{column}::text IN ({_quoted(self._planted[other])})"
            for column, other in self._pointing[table]
            if other in self._planted
        ]
        if table in self._planted:
            key = next(
                m._meta.pk.column for m in apps.get_models(include_auto_created=True) if m._meta.db_table == table
            )
            parts.append(f"t.{key}::text IN ({_quoted(self._planted[table])})")
        return " OR ".join(parts) or "false"


def _quoted(keys: list[str]) -> str:
    return ", ".join(f"'{key}'" for key in keys)


def _digest(table: str, condition: str) -> str:
    row = f"(to_jsonb(t) - '{_PASSED_OVER[table]}')::text" if table in _PASSED_OVER else "t::text"
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT md5(coalesce(string_agg(d, '' ORDER BY d), '')) "
            f'FROM (SELECT md5({row}) AS d FROM "{table}" t WHERE {condition}) AS rows'
        )
        return str(cursor.fetchone()[0])


def _counters() -> dict[str, int]:
    with connection.cursor() as cursor:
        cursor.execute(_COUNTERS)
        return dict(cursor.fetchall())
