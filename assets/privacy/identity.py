"""From raw identity columns to the table `identity`: one row per profile, one column per part a token may cover.

Here: normalising each distinct value once, and gathering forms. A *profile* is a normalised identity; dossiers that carry the same
one, at any partner, share its tokens. Not here: hashing (`tokens.py`).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import duckdb
import pyarrow as pa

from assets.privacy import identifiers, normalise

#: Columns of the typed frame that say who a record is about; the sex is kept as it is.
RAW = (
    "dossier",
    "family_name",
    "usage_name",
    "given_names",
    "birth_date",
    "birth_place",
    "nir",
    "ine",
    "france_travail_id",
    "email",
    "phone",
    "sex",
)

_SINGLE: dict[str, tuple[Callable[[Any], Any], pa.DataType]] = {
    "birth_date": (lambda v: normalise.birth_date(v.date() if isinstance(v, dt.datetime) else v), pa.date32()),
    "birth_place": (normalise.birth_place, pa.string()),
    "nir": (identifiers.nir, pa.string()),
    "ine": (identifiers.ine, pa.string()),
    "france_travail_id": (identifiers.france_travail, pa.string()),
    "email": (normalise.email, pa.string()),
    "phone": (normalise.phone, pa.string()),
}

_FORMS: dict[str, Callable[[str], list[str]]] = {
    "family_name": normalise.surname_forms,
    "usage_name": normalise.surname_forms,
    "given_names": normalise.given_forms,
}

_UNIT = "chr(31)"  # unit separator: cannot be in a normalised value, so that two identities never give one text


def _distinct(con: duckdb.DuckDBPyConnection, column: str) -> list[Any]:
    return [row[0] for row in con.execute(f"SELECT DISTINCT {column} FROM raw_identity WHERE {column} IS NOT NULL").fetchall()]


def _load(con: duckdb.DuckDBPyConnection, name: str, columns: dict[str, tuple[list[Any], pa.DataType]]) -> None:
    """A table of the in-memory database from Python lists."""
    table = pa.table({c: pa.array(values, type=kind) for c, (values, kind) in columns.items()})
    con.register("loading", table)
    con.execute(f"CREATE TABLE {name} AS SELECT * FROM loading")
    con.unregister("loading")


def _normalise_values(con: duckdb.DuckDBPyConnection) -> None:
    """Tables `value_<column>(raw, clean)`, `forms_<column>(raw, forms)` and `variant(form, sound, near)`, from distinct values."""
    for column, (clean, kind) in _SINGLE.items():
        raw = _distinct(con, column)
        as_read = pa.timestamp("us") if column == "birth_date" else pa.string()
        _load(con, f"value_{column}", {"raw": (raw, as_read), "clean": ([clean(v) for v in raw], kind)})
    seen: dict[str, None] = {}
    for column, forms_of in _FORMS.items():
        raw = _distinct(con, column)
        forms = [forms_of(v) for v in raw]
        seen.update((f, None) for found in forms for f in found)
        _load(con, f"forms_{column}", {"raw": (raw, pa.string()), "forms": (forms, pa.list_(pa.string()))})
    names = list(seen)
    _load(
        con,
        "variant",
        {
            "form": (names, pa.string()),
            "sound": ([normalise.sound(n) or n for n in names], pa.string()),
            "near": ([normalise.near_forms(n) for n in names], pa.list_(pa.string())),
        },
    )


def _gather(con: duckdb.DuckDBPyConnection) -> None:
    """Table `person`: each distinct raw identity `n` with its normal values.

    A NIR whose year and month (when a real month) both contradict the birth date is someone else's (a parent's): dropped.
    """
    singles = ", ".join([f"{normalise.reference_sql('r.dossier')} AS dossier", *(f"v_{c}.clean AS {c}" for c in _SINGLE)])
    joins = " ".join(
        [f"LEFT JOIN value_{c} AS v_{c} ON v_{c}.raw = r.{c}" for c in _SINGLE]
        + [f"LEFT JOIN forms_{c} AS f_{c} ON f_{c}.raw = r.{c}" for c in _FORMS]
    )
    con.execute(
        f"""CREATE TABLE person AS
        WITH joined AS (
            SELECT r.n, r.alone, {singles}, nullif(r.sex, 'X') AS sex,
                list_distinct(list_concat(coalesce(f_family_name.forms, []), coalesce(f_usage_name.forms, []))) AS surname,
                coalesce(f_given_names.forms, []) AS given,
                coalesce(f_family_name.forms[1], f_usage_name.forms[1]) AS main_surname,
                list_distinct(list_concat(coalesce(f_family_name.forms[1:1], []), coalesce(f_usage_name.forms[1:1], []))) AS whole_surname
            FROM raw_identity AS r {joins}
        )
        SELECT * EXCLUDE (nir),
            CASE
                WHEN birth_date IS NULL OR nir[2:3] = strftime(birth_date, '%y') OR nir[4:5] > '12' OR nir[4:5] = strftime(birth_date, '%m')
                    THEN nir
            END AS nir
        FROM joined"""
    )


def _texts(con: duckdb.DuckDBPyConnection, partner: str) -> None:
    """Table `known`: per `n`, the texts that name its dossier, its profile and its entity.

    A profile is shared between dossiers and partners only when it can name one person (both names and a birth date, or a given name
    and a number or contact); a weaker one stays the dossier's own, or its record's own (`alone`) without a usable dossier: two people of
    whom nothing is known are two people. `partner` is a lower_snake code of a contract.
    """
    lists = " || chr(30) || ".join(f"coalesce(array_to_string(list_sort({c}), chr(29)), '')" for c in ("surname", "given"))
    singles = f" || {_UNIT} || ".join(
        f"coalesce({c}::VARCHAR, '')" for c in ("sex", "birth_date", "birth_place", "nir", "ine", "france_travail_id", "email", "phone")
    )
    dossier = f"'{partner}' || {_UNIT} || coalesce(dossier, '') || {_UNIT}"
    own = f"{dossier} || CASE WHEN names_one THEN '' ELSE coalesce(alone, '') END || {_UNIT}"
    con.execute(
        f"""CREATE TABLE known AS
        WITH told AS (
            SELECT *, {lists} || {_UNIT} || {singles} AS identity_text,
                len(given) > 0 AND ((len(surname) > 0 AND birth_date IS NOT NULL)
                    OR coalesce(nir, ine, france_travail_id, email, phone) IS NOT NULL) AS names_one
            FROM person
        )
        SELECT *, {own} || identity_text AS entity_text,
            CASE WHEN names_one THEN identity_text ELSE {own} || identity_text END AS profile_text,
            CASE WHEN dossier IS NOT NULL THEN '{partner}' || {_UNIT} || dossier END AS dossier_text
        FROM told"""
    )


def prepare(con: duckdb.DuckDBPyConnection, partner: str) -> None:
    """From `raw_identity(n, *RAW)` (distinct rows): tables `known` (texts to hash, one row per `n`) and `variant`."""
    _normalise_values(con)
    _gather(con)
    _texts(con, partner)


def parts(con: duckdb.DuckDBPyConnection) -> None:
    """From `keyed(n, profile_id)` and `known`: the table `identity`, one row per profile that has no tokens yet, columns of `rules.PARTS`.

    Near forms (`normalise.NEAR_FORMS` tokens each) are made of whole surnames and of the first given name only.
    """
    con.execute(
        """CREATE TABLE identity AS
        WITH profile AS (
            SELECT DISTINCT ON (k.profile_id) k.profile_id, known.*
            FROM keyed AS k INNER JOIN known USING (n) WHERE NOT k.tokenised ORDER BY k.profile_id, known.n
        ),
        form AS (
            SELECT profile_id, 'surname' AS kind, unnest(surname) AS form FROM profile
            UNION ALL SELECT profile_id, 'given', unnest(given) FROM profile
            UNION ALL SELECT profile_id, 'whole_surname', unnest(whole_surname) FROM profile
            UNION ALL SELECT profile_id, 'first_given', given[1] FROM profile
        ),
        variants AS (
            SELECT profile_id,
                list(DISTINCT v.sound) FILTER (kind = 'surname') AS surname_sound,
                list(DISTINCT v.sound) FILTER (kind = 'given') AS given_sound,
                list_distinct(flatten(list(v.near) FILTER (kind = 'whole_surname'))) AS surname_near,
                list_distinct(flatten(list(v.near) FILTER (kind = 'first_given'))) AS given_near
            FROM form INNER JOIN variant AS v USING (form) GROUP BY profile_id
        )
        SELECT p.profile_id, p.surname, p.given, v.surname_sound, v.given_sound, v.surname_near, v.given_near,
            list_distinct(list_concat(p.surname, p.given)) AS any_name,
            strftime(birth_date, '%Y%m%d') AS date,
            strftime(birth_date, '%Y') || least(strftime(birth_date, '%m'), strftime(birth_date, '%d'))
                || greatest(strftime(birth_date, '%m'), strftime(birth_date, '%d')) AS date_sorted,
            strftime(birth_date, '%Y-%m') AS year_month, strftime(birth_date, '%Y/%d') AS year_day,
            strftime(birth_date, '%m%d') AS month_day,
            coalesce(strftime(birth_date, '%y'), nir[2:3]) AS year, left(strftime(birth_date, '%Y'), 3) AS decade,
            birth_place AS place, nir, ine, france_travail_id AS france_travail, email, phone
        FROM profile AS p LEFT JOIN variants AS v USING (profile_id)"""
    )


def collisions(con: duckdb.DuckDBPyConnection) -> None:
    """Table `collision(field, pairs, same)`: among pairs of distinct identities of this delivery, how many agree on a field by chance.

    These few totals calibrate the linkage (probability that two strangers agree); they say nothing of any one value.
    """
    columns = {
        "surname": "main_surname",
        "given": "given[1]",
        "date": "birth_date",
        "place": "birth_place",
        "surname_sound": "surname_v.sound",
        "given_sound": "given_v.sound",
    }
    counts = " UNION ALL ".join(
        f"SELECT '{field}' AS field, sum(n)::DOUBLE AS filled, sum(n::DOUBLE * (n - 1)) / 2 AS same FROM "
        f"(SELECT count(*) AS n FROM apart AS a LEFT JOIN variant AS surname_v ON surname_v.form = a.main_surname "
        f"LEFT JOIN variant AS given_v ON given_v.form = a.given[1] WHERE {expression} IS NOT NULL GROUP BY {expression})"
        for field, expression in columns.items()
    )
    con.execute(
        "CREATE TABLE apart AS SELECT DISTINCT main_surname, given, birth_date, birth_place FROM known WHERE main_surname IS NOT NULL"
    )
    con.execute(f"CREATE TABLE collision AS SELECT field, filled * (filled - 1) / 2 AS pairs, same FROM ({counts}) WHERE filled > 1")
