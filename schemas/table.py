"""What a table is: columns with their types and meanings, and the DuckDB statements derived from a declaration.

Here: the two classes and what follows from them. Not here: which tables there are (`tables.py`, `published.py`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from schemas.fields import Field
from schemas.records import DUCKDB_TYPES


@dataclass(frozen=True)
class Column:
    """One column: DuckDB type, meaning, code list; `required` columns are never NULL."""

    name: str
    type: str
    fr: str
    en: str
    required: bool = False
    codelist: str | None = None


@dataclass(frozen=True)
class Table:
    """One table: the room that writes it, what one row is, its columns, and its `key` (unique)."""

    name: str
    room: str
    fr: str
    en: str
    columns: tuple[Column, ...]
    key: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """Column names, in order."""
        return tuple(c.name for c in self.columns)


def quote(text: str) -> str:
    """A text as an SQL literal."""
    return "'" + text.replace("'", "''") + "'"


def create(table: Table, schema: str = "main", name: str | None = None) -> str:
    """The CREATE TABLE statement alone. `name` overrides the table's name (a twin being written before its swap)."""
    columns = ", ".join(f"{c.name} {c.type}{' NOT NULL' if c.required else ''}" for c in table.columns)
    return f"CREATE TABLE {schema}.{name or table.name} ({columns})"


def comments(table: Table, schema: str = "main", lang: str = "fr") -> Iterator[str]:
    """COMMENT statements of the table and of every column."""
    yield f"COMMENT ON TABLE {schema}.{table.name} IS {quote(table.fr if lang == 'fr' else table.en)}"
    for c in table.columns:
        yield f"COMMENT ON COLUMN {schema}.{table.name}.{c.name} IS {quote(c.fr if lang == 'fr' else c.en)}"


def optional(name: str, type_: str, fr: str, en: str, codelist: str | None = None) -> Column:
    """A column that may be NULL."""
    return Column(name, type_, fr, en, codelist=codelist)


def required(name: str, type_: str, fr: str, en: str, codelist: str | None = None) -> Column:
    """A column that is never NULL."""
    return Column(name, type_, fr, en, True, codelist)


def column_of(field: Field) -> Column:
    """The DuckDB column of a canonical field."""
    return Column(field.name, DUCKDB_TYPES[field.type], field.fr, field.en, codelist=field.codelist)
