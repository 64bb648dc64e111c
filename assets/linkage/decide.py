"""From weights to decisions: which pairs are joined, which are kept apart and why, which a human should see.

Here: the guards, in SQL over `weighed`. Levels: −1 missing, 0 no agreement, higher is closer (`pairs.rank`).
Not here: transitivity (`clusters.py`).
"""

from __future__ import annotations

import duckdb

from assets.linkage.model import MATCH_WEIGHT, REVIEW_WEIGHT
from assets.privacy.rules import COMPARISONS

#: Two dossiers share a number but contradict each other on two of sex, given name and date: a borrowed or mistyped number. A NIR already
#: had to fit its own birth date (`assets/privacy`): a date and a given name that differ need a sex that does not agree as well.
_BORROWED = """(CASE WHEN nir = 1 THEN (given = 0 AND date = 0 AND sex <> 1) OR (sex = 0 AND (given = 0 OR date = 0))
    ELSE (sex = 0)::INTEGER + (given = 0)::INTEGER + (date = 0)::INTEGER >= 2 END)"""

#: Same birth date, surnames that agree, given names that do not, or hardly do while the sexes differ (Louis and Louise): twins until a
#: human says otherwise.
_TWINS = "surname >= 1 AND date >= 2 AND (given = 0 OR (given IN (1, 2) AND sex = 0))"

_STRONG = "(nir = 1 OR number = 1)"


def decide(con: duckdb.DuckDBPyConnection) -> None:
    """Table `decision(l, r, weight, verdict, reason)`: verdict `join` (reason: method), `apart` (reason) or `review`."""
    con.execute(
        f"""CREATE TABLE decision AS
        SELECT l, r, weight,
            CASE
                WHEN nir = 0 THEN 'apart'
                WHEN {_STRONG} AND {_BORROWED} THEN 'apart'
                WHEN {_STRONG} THEN 'join'
                WHEN {_TWINS} THEN 'apart'
                WHEN weight >= {MATCH_WEIGHT} THEN 'join'
                ELSE 'review'
            END AS verdict,
            CASE
                WHEN nir = 0 THEN 'nir'
                WHEN {_STRONG} AND {_BORROWED} THEN 'identifier'
                WHEN {_STRONG} THEN 'identifier'
                WHEN {_TWINS} THEN 'twins'
                ELSE 'probabilistic'
            END AS reason,
            {", ".join(COMPARISONS)}
        FROM weighed
        WHERE {_STRONG} OR nir = 0 OR weight >= {REVIEW_WEIGHT} OR ({_TWINS})"""
    )


def evidence() -> str:
    """SQL: what a pair agrees on, as one text (`surname=exact given=sound …`)."""
    said = []
    for name, levels in COMPARISONS.items():
        cases = " ".join(f"WHEN {len(levels) - k} THEN '{name}={level.name.lower()}'" for k, level in enumerate(levels))
        said.append(f"CASE d.{name} {cases} WHEN 0 THEN '{name}=none' END")
    return f"concat_ws(' ', {', '.join(said)})"
