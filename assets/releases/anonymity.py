"""k-anonymity of the people analysts see, by local recoding, set-based.

Here: the temporary tables `anonymous_person` (generalised quasi-identifiers) and `public_record` (record numbers that lead back to no
line), read by `sql/published/*.sql`. Not here: the age bands, EPCI and floors of the privacy room, which come first.

Method: a class is the people who share every quasi-identifier, withheld ones included. While a class has fewer than k people, the next
attribute of `ORDER` is withheld from the whole class, which so joins a larger one; a class that is large enough is never split, it can
only grow. Whoever is left when everything is withheld takes the smallest other class along. The result depends on the set of people
alone, not on their order. Every class then has at least k people, unless the territory has fewer than k people in all.
k-anonymity: L. Sweeney, 2002, "k-anonymity: a model for protecting privacy"; local recoding by suppression of cells.
"""

from __future__ import annotations

import duckdb

#: Withheld first to last: the finest geography first, the sex, which every analysis asks for, last. The value is what replaces it.
ORDER: tuple[tuple[str, str], ...] = (
    ("residence_epci", "NULL"),
    ("level_at_entry", "NULL"),
    ("residence_zone", "NULL"),
    ("age_band", "'unknown'"),
    ("residence_department", "NULL"),
    ("sex", "NULL"),
)
QUASI: tuple[str, ...] = tuple(name for name, _ in ORDER)

_CLASS = ", ".join(QUASI)


def _withhold(con: duckdb.DuckDBPyConnection, attributes: tuple[tuple[str, str], ...], condition: str) -> None:
    """Rewrites `anonymous_person`: `attributes` withheld where `condition` (it may read `people`, the size of the class) holds."""
    replaced = ", ".join(f"CASE WHEN {condition} THEN {blank} ELSE {name} END AS {name}" for name, blank in attributes)
    con.execute(
        f"""CREATE OR REPLACE TEMP TABLE anonymous_person AS
        SELECT * REPLACE ({replaced})
        FROM (SELECT * EXCLUDE (people), count(*) OVER (PARTITION BY {_CLASS}) AS people FROM anonymous_person)"""
    )


def _refresh(con: duckdb.DuckDBPyConnection) -> None:
    _withhold(con, ORDER[:1], "false")


def class_sizes(con: duckdb.DuckDBPyConnection, table: str = "anonymous_person") -> list[int]:
    """Sizes of the classes of `table`, smallest first."""
    return [int(n) for (n,) in con.execute(f"SELECT count(*) AS people FROM {table} GROUP BY {_CLASS} ORDER BY people").fetchall()]


def build(con: duckdb.DuckDBPyConnection, k: int) -> int:
    """Creates temp `anonymous_person(person_id, <quasi-identifiers>, people)` from `person`; returns the size of
    the smallest class (0: nobody).

    Raises ValueError for a k under 2.
    """
    if k < 2:
        raise ValueError("k_anonymity")
    con.execute(f"CREATE OR REPLACE TEMP TABLE anonymous_person AS SELECT person_id, {_CLASS}, 0::BIGINT AS people FROM person")
    for attribute in ORDER:
        _withhold(con, (attribute,), f"people < {k}")
    _refresh(con)
    withheld = " AND ".join(f"{name} IS NOT DISTINCT FROM {blank}" for name, blank in ORDER)
    row = con.execute(f"SELECT count(*) FROM anonymous_person WHERE {withheld}").fetchone()
    if row and 0 < row[0] < k:
        con.execute(
            f"""CREATE OR REPLACE TEMP TABLE smallest_class AS
            SELECT {_CLASS} FROM anonymous_person WHERE NOT ({withheld}) GROUP BY {_CLASS} ORDER BY count(*), {_CLASS} LIMIT 1"""
        )
        same = " AND ".join(f"s.{name} IS NOT DISTINCT FROM anonymous_person.{name}" for name in QUASI)
        con.execute(
            f"""CREATE OR REPLACE TEMP TABLE anonymous_person AS
            SELECT *, EXISTS (SELECT 1 FROM smallest_class AS s WHERE {same}) AS joins_remainder FROM anonymous_person"""
        )
        _withhold(con, ORDER, "joins_remainder")
        con.execute("ALTER TABLE anonymous_person DROP COLUMN joins_remainder")
        con.execute("DROP TABLE smallest_class")
        _refresh(con)
    sizes = class_sizes(con)
    return sizes[0] if sizes else 0


def number_records(con: duckdb.DuckDBPyConnection, key: bytes, record_types: tuple[str, ...]) -> None:
    """Creates temp `public_record(record_type, record_id, public_id)` for the records of the core tables `record_types`.

    A warehouse record number tells the delivery and the line: a partner who kept its own export could walk from a line to a person, then
    to what the other partners know of that person. The public number is keyed (SHA-256 of key, type and number, 63 bits): stable from one
    month to the next, unique across record types, and no use without the key. The key is a bound parameter, never SQL text.
    """
    union = " UNION ALL ".join(f"SELECT '{name}' AS record_type, record_id FROM {name}" for name in record_types)
    con.execute(
        f"""CREATE OR REPLACE TEMP TABLE public_record AS
        SELECT record_type, record_id,
            CAST(CAST('0x' || left(sha256(concat(?, ':', record_type, ':', record_id)), 16) AS UBIGINT) // 2 AS BIGINT)
            AS public_id
        FROM ({union})""",
        [key.hex()],
    )


def drop(con: duckdb.DuckDBPyConnection) -> None:
    """Removes the temporary tables."""
    for name in ("anonymous_person", "public_record"):
        con.execute(f"DROP TABLE IF EXISTS temp.main.{name}")
