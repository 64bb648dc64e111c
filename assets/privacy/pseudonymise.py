"""A batch of one partner's records of one type: identities in, pseudonymised rows and tokens out, all in memory.

Here: the order of the steps and the columns of `record_<type>`. Not here: normalising (`identity.py`), hashing (`tokens.py`),
writing (`store.py`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

import duckdb
import numpy as np
import pandas as pd

from assets.keys import Keys
from assets.privacy import identity, normalise, tokens
from assets.privacy.territory import COLUMNS, Communes
from assets.workspace import duckdb_memory
from schemas.fields import Field
from schemas.records import Record
from schemas.tables import TABLES

_LINE_BITS = 24
_USES = ("entity", "profile", "dossier", "record-key")


@dataclass(frozen=True)
class Pseudonymised:
    """What leaves the room; none of it holds an identity, all of it is still personal data.

    `records`: columns of `record_<type>`, of every delivery of the batch. `entities`: entity_id, partner, dossier (token, may be missing),
    profile_id, sex. `tokens`: profile_id, rule, token, for profiles not already tokenised. `collisions`: field, pairs, same (how many
    pairs of strangers agree by chance).
    """

    record_type: str
    partner: str
    records: pd.DataFrame
    entities: pd.DataFrame
    tokens: pd.DataFrame
    collisions: pd.DataFrame


def record_ids(frame: pd.DataFrame, record_type: str) -> pd.Series[int]:
    """Positive 63-bit numbers, the same at every run: 39 bits of SHA-256 over delivery, feed, type and part, then the line on 24 bits.

    `frame`: delivery_id, feed, line, part. Raises ValueError when a line number does not fit, or two records share delivery, line and part.
    """
    lines = frame["line"].astype("int64")
    if len(lines) and (int(lines.max()) >= 1 << _LINE_BITS or int(lines.min()) < 0):
        raise ValueError("line_out_of_range")
    sources = frame[["delivery_id", "feed", "part"]].drop_duplicates()
    named = zip(sources["delivery_id"], sources["feed"], sources["part"], strict=True)
    texts = [f"{delivery}|{feed}|{record_type}|{part}" for delivery, feed, part in named]
    high = sources.assign(high=[int.from_bytes(hashlib.sha256(t.encode()).digest()[:5], "big") >> 1 for t in texts])
    ids = (
        frame[["delivery_id", "feed", "part"]].merge(high, how="left")["high"].astype("int64").to_numpy() * (1 << _LINE_BITS)
        + lines.to_numpy()
    )
    result = pd.Series(ids, index=frame.index)
    if not result.is_unique:
        raise ValueError("record_not_unique")
    return result


def _age_band(on: str) -> str:
    """SQL for the age band at the date `on`: full years, `unknown` when a date is missing or the age cannot be."""
    before = f"month({on}) * 100 + day({on}) < month(birth_date) * 100 + day(birth_date)"
    age = f"(year({on}) - year(birth_date) - CASE WHEN {before} THEN 1 ELSE 0 END)"
    return (
        f"CASE WHEN birth_date IS NULL OR {on} IS NULL OR {age} < 0 OR {age} > 110 THEN 'unknown' WHEN {age} < 18 THEN 'under_18' "
        f"WHEN {age} <= 25 THEN '18_25' WHEN {age} <= 29 THEN '26_29' WHEN {age} <= 44 THEN '30_44' "
        f"WHEN {age} <= 54 THEN '45_54' ELSE '55_plus' END"
    )


def _load_frame(con: duckdb.DuckDBPyConnection, frame: pd.DataFrame, ids: pd.Series[int], record: Record) -> None:
    """Tables `raw_record` (typed, every column of the record) and `raw_identity` (distinct identities, numbered)."""
    con.register("frame", frame.assign(record_id=ids.to_numpy()))
    wanted = dict.fromkeys(("record_id", "delivery_id", "feed", "line", "record_key", *(f.name for f in record.all_fields)))
    casts = {"birth_date": "TIMESTAMP"} | {c.name: c.type for c in TABLES[f"record_{record.name}"].columns if c.name != "record_key"}
    present = set(frame.columns) | {"record_id"}
    columns = ", ".join(f"{name if name in present else 'NULL'}::{casts.get(name, 'VARCHAR')} AS {name}" for name in wanted)
    con.execute(
        f"""CREATE TABLE raw_record AS
        SELECT *, CASE WHEN {normalise.reference_sql("dossier")} IS NULL THEN record_key END AS alone FROM (SELECT {columns} FROM frame)"""
    )
    con.unregister("frame")
    raw = ", ".join((*identity.RAW, "alone"))
    con.execute(f"CREATE TABLE raw_identity AS SELECT row_number() OVER () AS n, * FROM (SELECT DISTINCT {raw} FROM raw_record)")


def _key_identities(con: duckdb.DuckDBPyConnection, tokenised: Iterable[int]) -> None:
    """Table `keyed(n, entity_id, profile_id, dossier, tokenised)`."""
    con.register("tokenised", pd.DataFrame({"profile_id": np.asarray(tokenised, dtype="int64")}))
    con.execute(
        f"""CREATE TABLE keyed AS
        WITH entity AS (SELECT n, {tokens.hashed("entity_text")} AS entity_id FROM known, pad WHERE use = 'entity'),
        profile AS (SELECT n, {tokens.hashed("profile_text")} AS profile_id FROM known, pad WHERE use = 'profile'),
        dossier AS (SELECT n, {tokens.hashed("dossier_text")} AS dossier FROM known, pad WHERE use = 'dossier' AND dossier_text IS NOT NULL)
        SELECT n, entity_id, profile_id, d.dossier, profile_id IN (SELECT t.profile_id FROM tokenised AS t) AS tokenised
        FROM entity INNER JOIN profile USING (n) LEFT JOIN dossier AS d USING (n)"""
    )
    con.unregister("tokenised")


def _opaque(field: Field) -> str:
    """A partner's own wording, which may hold anything: kept as a keyed token, the same for the same text."""
    token = tokens.hashed(f"'{field.name}' || chr(31) || r.{field.name}")
    return f"'J' || ({token})::VARCHAR AS {field.name}"


def _records(con: duckdb.DuckDBPyConnection, record: Record, partner: str) -> pd.DataFrame:
    """The rows of `record_<type>`, by delivery, line and record number."""
    same = " AND ".join(f"r.{c} IS NOT DISTINCT FROM i.{c}" for c in (*identity.RAW, "alone"))
    key = tokens.hashed("? || chr(31) || ? || chr(31) || r.record_key")
    own = ", ".join(_opaque(f) if f.opaque else f"r.{f.name}" for f in record.own_fields)
    dated = f"coalesce({', '.join(f'r.{d}' for d in record.main_date)})"
    con.execute(
        f"""CREATE TABLE out_record AS
        SELECT r.record_id, ?::VARCHAR AS partner, r.feed, r.delivery_id,
            r.line::INTEGER AS line, {key} AS record_key,
            k.entity_id, r.sex, {_age_band(dated).replace("birth_date", "p.birth_date")} AS age_band,
            a.residence_epci, a.residence_zone, a.residence_department, r.share_consent, {own}
        FROM raw_record AS r
        INNER JOIN raw_identity AS i ON {same}
        INNER JOIN keyed AS k ON k.n = i.n
        INNER JOIN person AS p ON p.n = i.n
        LEFT JOIN area AS a ON a.commune = r.residence_commune
        CROSS JOIN (SELECT inner_pad, outer_pad FROM pad WHERE use = 'record-key')
        ORDER BY r.delivery_id, r.line, r.record_id""",
        [partner, partner, record.name],
    )
    columns = ", ".join(TABLES[f"record_{record.name}"].names)
    return con.execute(f"SELECT {columns} FROM out_record ORDER BY delivery_id, line, record_id").df()


def _load_areas(con: duckdb.DuckDBPyConnection, frame: pd.DataFrame, communes: Communes) -> None:
    """Table `area`: what each commune of the frame generalises to."""
    lived = frame["residence_commune"] if "residence_commune" in frame else pd.Series(dtype="str")
    con.register("areas", communes.generalise(lived))
    con.execute(f"CREATE TABLE area AS SELECT {', '.join(f'{c}::VARCHAR AS {c}' for c in COLUMNS)} FROM areas")
    con.unregister("areas")


def _entities(con: duckdb.DuckDBPyConnection, partner: str) -> pd.DataFrame:
    """Distinct entities; 63-bit tokens stay exact integers even where the dossier is missing."""
    found = con.execute(
        "SELECT DISTINCT k.entity_id, k.dossier, k.profile_id, p.sex FROM keyed AS k INNER JOIN person AS p USING (n) ORDER BY 1"
    ).fetchnumpy()
    dossier, sex = np.ma.masked_array(found["dossier"]), np.ma.masked_array(found["sex"])
    return pd.DataFrame(
        {
            "entity_id": found["entity_id"].astype("int64"),
            "partner": partner,
            "dossier": pd.arrays.IntegerArray(dossier.filled(0).astype("int64"), np.ma.getmaskarray(dossier).copy()),
            "profile_id": found["profile_id"].astype("int64"),
            "sex": pd.Series(np.ma.getdata(sex), dtype="str").mask(np.ma.getmaskarray(sex)),
        }
    )


def _run(
    con: duckdb.DuckDBPyConnection,
    frame: pd.DataFrame,
    ids: pd.Series[int],
    record: Record,
    partner: str,
    keys: Keys,
    communes: Communes,
    tokenised: Iterable[int],
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Every step, in order: (records, entities, tokens, collisions)."""
    tokens.load_pads(con, keys, _USES)
    _load_frame(con, frame, ids, record)
    _load_areas(con, frame, communes)
    identity.prepare(con, partner)
    _key_identities(con, tokenised)
    identity.parts(con)
    identity.collisions(con)
    tokens.tokenise(con, keys)
    return (
        _records(con, record, partner),
        _entities(con, partner),
        con.execute("SELECT profile_id, rule, token FROM token").df(),
        con.execute("SELECT field, pairs, same FROM collision ORDER BY 1").df(),
    )


def pseudonymise(
    frame: pd.DataFrame,
    record: Record,
    *,
    partner: str,
    keys: Keys,
    communes: Communes,
    tokenised: Iterable[int] = (),
    memory_limit: str = "4GB",
) -> Pseudonymised:
    """Removes every identity from a batch of one partner's typed records of one type.

    `frame`: delivery_id, feed, line, part, record_key and the fields of `record.all_fields` (absent ones count as missing). `tokenised`:
    profile ids whose tokens the linkage store already holds (`known_profiles`): they are not computed again. Raises ValueError (see
    `record_ids`); no error ever carries a value.
    """
    ids = record_ids(frame, record.name)
    with duckdb_memory(memory_limit) as con:
        try:
            records, entities, new_tokens, collisions = _run(con, frame, ids, record, partner, keys, communes, tokenised)
        except duckdb.Error as error:
            failure = type(error).__name__  # the engine's own text may quote a value
        else:
            return Pseudonymised(record.name, partner, records, entities, new_tokens, collisions)
    raise ValueError(f"privacy_failed:{record.name}:{failure}")
