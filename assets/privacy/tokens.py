"""Keyed tokens, set-based: HMAC-SHA-256 (RFC 2104) of a text column, written in DuckDB SQL, 63 bits kept.

The key reaches the engine as prepared parameters, in a table of the in-memory database: never in SQL text, a catalog or a log.
Not here: what is hashed (`rules.py`, `pseudonymise.py`).
"""

from __future__ import annotations

import hashlib
import hmac

import duckdb

from assets.keys import Keys
from assets.privacy.rules import PARTS, RULES, Rule

#: Changing the epoch changes every token: a re-keying of the whole linkage store, never done piecemeal.
EPOCH = "epoch-1"

_BLOCK = 64
_INNER = bytes(b ^ 0x36 for b in range(256))
_OUTER = bytes(b ^ 0x5C for b in range(256))


def purpose(use: str) -> str:
    """The key label of a use: `token/<rule>/epoch-1`, `token/entity/epoch-1`…"""
    return f"token/{use}/{EPOCH}"


def token(keys: Keys, use: str, text: str) -> int:
    """The same token, computed in Python for one text (tests, one-off look-ups): positive 63-bit integer."""
    digest = hmac.digest(keys.derive(purpose(use)), text.encode(), hashlib.sha256)
    return int.from_bytes(digest[:8], "big") >> 1


def load_pads(con: duckdb.DuckDBPyConnection, keys: Keys, uses: tuple[str, ...]) -> None:
    """Fills the table `pad(use, inner_pad, outer_pad)`: each derived key XORed with the two HMAC paddings."""
    con.execute("CREATE TABLE IF NOT EXISTS pad (use VARCHAR, inner_pad BLOB, outer_pad BLOB)")
    if not uses:
        return
    rows: list[object] = []
    for use in uses:
        key = keys.derive(purpose(use)).ljust(_BLOCK, b"\0")
        rows += [use, key.translate(_INNER), key.translate(_OUTER)]
    con.execute(f"INSERT INTO pad VALUES {', '.join(['(?, ?, ?)'] * len(uses))}", rows)


def hashed(text: str) -> str:
    """SQL for the token of the SQL expression `text`, where a row of `pad` is in scope."""
    digest = f"sha256(outer_pad || unhex(sha256(inner_pad || encode({text}))))"
    return f"((('0x' || left({digest}, 16))::UBIGINT) >> 1)::BIGINT"


def _combinations(rule: Rule) -> str:
    """SELECT profile_id and one column per part: every combination of the forms of `identity`, nothing where a part is missing."""
    many = [p for p in rule.parts if PARTS[p].many]
    single = [p for p in rule.parts if not PARTS[p].many]
    where = " AND ".join(f"{p} IS NOT NULL" for p in single) or "true"
    source = f"SELECT profile_id, {', '.join(rule.parts)} FROM identity WHERE {where}"
    for part in many:
        others = [p for p in rule.parts if p != part]
        source = f"SELECT profile_id, {''.join(f'{p}, ' for p in others)}unnest({part}) AS {part} FROM ({source})"
    return source


def _applicable(con: duckdb.DuckDBPyConnection) -> tuple[Rule, ...]:
    """Rules all of whose parts are filled somewhere: most files lack most identifiers, and an empty rule still costs a query."""
    present = ", ".join(f"coalesce(bool_or({f'len({p.name}) > 0' if p.many else f'{p.name} IS NOT NULL'}), false)" for p in PARTS.values())
    filled = dict(zip(PARTS, con.execute(f"SELECT {present} FROM identity").fetchall()[0], strict=True))
    return tuple(r for r in RULES if all(filled[p] for p in r.parts))


def tokenise(con: duckdb.DuckDBPyConnection, keys: Keys) -> None:
    """Creates `token(profile_id, rule, token)` from `identity` (one row per profile, columns named after `rules.PARTS`).

    A missing part gives no token at all: there is no constant token for "unknown". Rows are distinct.
    """
    con.execute("CREATE TABLE token (profile_id BIGINT, rule SMALLINT, token BIGINT)")
    rules = _applicable(con)
    load_pads(con, keys, tuple(r.name for r in rules))
    for rule in rules:
        con.execute(
            f"INSERT INTO token SELECT profile_id, {rule.number}, {hashed('text')} "
            f"FROM (SELECT DISTINCT profile_id, {rule.text} AS text FROM ({_combinations(rule)})), pad WHERE use = ?",
            [rule.name],
        )
