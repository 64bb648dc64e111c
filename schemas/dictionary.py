"""The dictionary: every record, field, table and code list as one Markdown page, derived from the declarations.

`python -m schemas.dictionary > docs/dictionary.md` rewrites it; a test fails when the page is stale.
"""

from __future__ import annotations

from collections.abc import Iterator

from schemas import codelists
from schemas.fields import CONSENT, IDENTITY, QUASI, Field, Privacy
from schemas.published import PUBLISHED
from schemas.records import RECORDS
from schemas.table import Table

_PRIVACY = {
    Privacy.DIRECT: "identité : en mémoire et au coffre seulement",
    Privacy.QUASI: "généralisé avant tout enregistrement",
    Privacy.SENSITIVE: "sensible : base légale exigée",
    Privacy.PLAIN: "",
}


def _field(field: Field, required: bool = False) -> str:
    notes = [
        "obligatoire" if required else "",
        f"liste `{field.codelist}`" if field.codelist else "",
        f"forme `{field.form}`" if field.form else "",
        f"en {field.unit}" if field.unit else "",
        _PRIVACY[field.privacy],
    ]
    return f"| `{field.name}` | {field.fr} | {field.type.value} | {' ; '.join(n for n in notes if n)} |"


_HEAD = ("| champ | ce que c'est | type | remarques |", "|---|---|---|---|")


def _records() -> Iterator[str]:
    yield "## Qui : les champs d'identité, communs à tous les enregistrements\n"
    yield from _HEAD
    yield from (_field(f) for f in (*IDENTITY, *QUASI, CONSENT))
    yield "\n## Quoi : les six types d'enregistrement\n"
    for record in RECORDS.values():
        yield f"### `{record.name}` : {record.fr}\n"
        yield from _HEAD
        yield from (_field(f, f.name in record.required) for f in record.own_fields)
        yield ""


def _table(table: Table) -> Iterator[str]:
    yield f"### `analyst.{table.name}` : {table.fr}\n"
    yield from ("| colonne | ce que c'est | type | liste |", "|---|---|---|---|")
    yield from (f"| `{c.name}` | {c.fr} | {c.type} | {f'`{c.codelist}`' if c.codelist else ''} |" for c in table.columns)
    yield ""


def _lists() -> Iterator[str]:
    for name in codelists.names():
        found = codelists.load(name)
        yield f"### `{name}` ({found.source}, {found.version})\n"
        yield from ("| code | libellé | reconnu aussi |", "|---|---|---|")
        yield from (f"| `{c.code}` | {c.fr} | {', '.join(c.aliases)} |" for c in found.codes)
        yield ""


def page() -> str:
    """The whole dictionary."""
    lines = [
        "# Dictionnaire\n",
        "Page produite par `python -m schemas.dictionary` : ne pas la modifier à la main.\n",
        *_records(),
        "## Les tables des analystes (`published/territory.duckdb`)\n",
        *(line for table in PUBLISHED.values() for line in _table(table)),
        "## Les listes de codes\n",
        *_lists(),
    ]
    return "\n".join(lines).rstrip() + "\n"


if __name__ == "__main__":
    print(page(), end="")
