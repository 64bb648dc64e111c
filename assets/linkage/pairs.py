"""Profiles and the pairs worth weighing, from shared tokens.

Here: the tables `profile`, `pair` and `dossier_pair` of the working database. A *profile* is a distinct normalised identity: dossiers
that carry the same one are one node from the start, which keeps the work linear in the number of people. Not here: any weight.
"""

from __future__ import annotations

from typing import Any

import duckdb

from assets.privacy.rules import COMPARISONS, RULES, Level, Rule, by_evidence

#: A token held by more profiles than this proposes no pair: it says something common, or a placeholder that slipped through.
TOKEN_CAP = 60

#: A dossier number under which more identities than this were met is not one person's.
DOSSIER_CAP = 20


def first(con: duckdb.DuckDBPyConnection, query: str) -> tuple[Any, ...]:
    """The only row of a query, read to its end so that the connection is free again."""
    rows: list[tuple[Any, ...]] = con.execute(query).fetchall()
    return rows[0]


def _numbers(rules: tuple[Rule, ...]) -> str:
    return ", ".join(str(r.number) for r in rules)


#: Rules that, shared, make a match nearly sure: all three of surname, given name and date agree at some level, or a number does.
SURE: tuple[Rule, ...] = tuple(r for r in RULES if {"surname", "given", "date"} <= set(r.evidence) or {"nir", "number"} & set(r.evidence))


def build_profiles(con: duckdb.DuckDBPyConnection, store: str) -> int:
    """Tables `node(p, profile_id, sex)`, `entity(entity_id, partner, dossier, p)`, `tok(p, rule, token)`, `profile(p, sex, has_…)`.

    Returns the number of profiles, numbered from 1.
    """
    con.execute(
        f"""CREATE TABLE node AS
        SELECT profile_id, any_value(sex) AS sex, row_number() OVER (ORDER BY profile_id)::INTEGER AS p
        FROM {store}.entity GROUP BY profile_id"""
    )
    con.execute(
        f"CREATE TABLE entity AS SELECT e.entity_id, e.partner, e.dossier, n.p "
        f"FROM {store}.entity AS e INNER JOIN node AS n USING (profile_id)"
    )
    con.execute(f"CREATE TABLE tok AS SELECT n.p, t.rule, t.token FROM {store}.token AS t INNER JOIN node AS n USING (profile_id)")
    has = ", ".join(f"bool_or(t.rule IN ({_numbers(by_evidence(c))})) AS has_{c}" for c in COMPARISONS)
    con.execute(
        f"CREATE TABLE profile AS SELECT t.p, any_value(n.sex) AS sex, {has} FROM tok AS t INNER JOIN node AS n USING (p) GROUP BY t.p"
    )
    return int(first(con, "SELECT count(*) FROM node")[0])


def _evidence_table(con: duckdb.DuckDBPyConnection) -> None:
    """Table `evidence(rule, candidate, sure, <comparison>…)`: the declaration of the rules, for a join."""
    columns = ", ".join(f"{c} TINYINT" for c in COMPARISONS)
    con.execute(f"CREATE TABLE evidence (rule SMALLINT, candidate BOOLEAN, sure BOOLEAN, {columns})")
    marks = ", ".join("?" * (3 + len(COMPARISONS)))
    rows = [[r.number, r.candidate, r in SURE, *(rank(c, r.evidence.get(c)) for c in COMPARISONS)] for r in RULES]
    con.executemany(f"INSERT INTO evidence VALUES ({marks})", rows)


def rank(comparison: str, level: Level | None) -> int:
    """A level as a small number: 0 no agreement, then 1 for the loosest level the comparison knows, and so on."""
    return 0 if level is None else len(COMPARISONS[comparison]) - COMPARISONS[comparison].index(level)


def build_pairs(con: duckdb.DuckDBPyConnection) -> tuple[int, int]:
    """Table `pair(k, l, r, sure, <comparison>…, sex)`: profiles that share a candidate token, and how closely.

    Returns (pairs, sure pairs).

    Each comparison holds the rank of the closest level proved by any shared token, 0 when none is, −1 when either side lacks the field.
    One join and one grouping: the cost follows the number of shared tokens, never the square of the population.
    """
    _evidence_table(con)
    levels = ", ".join(f"max(e.{c}) AS {c}" for c in COMPARISONS)
    known = ", ".join(f"CASE WHEN a.has_{c} AND b.has_{c} THEN g.{c} ELSE -1 END::TINYINT AS {c}" for c in COMPARISONS)
    con.execute(
        f"""CREATE TABLE pair AS
        WITH usable AS (SELECT token FROM tok GROUP BY token HAVING count(*) BETWEEN 2 AND {TOKEN_CAP}),
        holder AS (SELECT t.p, t.token, t.rule FROM tok AS t SEMI JOIN usable USING (token)),
        agreed AS (
            SELECT x.p AS l, y.p AS r, bool_or(e.sure) AS sure, {levels}
            FROM holder AS x INNER JOIN holder AS y ON x.token = y.token AND x.p < y.p INNER JOIN evidence AS e ON e.rule = x.rule
            GROUP BY x.p, y.p HAVING bool_or(e.candidate)
        )
        SELECT row_number() OVER (ORDER BY g.l, g.r) AS k, g.l, g.r, g.sure, {known},
            CASE WHEN a.sex = b.sex THEN 1 WHEN a.sex <> b.sex THEN 0 ELSE -1 END::TINYINT AS sex
        FROM agreed AS g INNER JOIN profile AS a ON a.p = g.l INNER JOIN profile AS b ON b.p = g.r"""
    )
    row = first(con, "SELECT count(*), count(*) FILTER (sure) FROM pair")
    return int(row[0]), int(row[1])


def build_dossier_pairs(con: duckdb.DuckDBPyConnection) -> None:
    """Table `dossier_pair(l, r, contradictory, support)`: profiles met under one dossier number of one partner.

    Contradictory: they share no token at all, and their sexes differ or both give full names and date; or both are named, the sexes differ
    and no token speaks of the same given name (a family's number). Support orders the merges:
    pairs that agree first, then a bare dossier goes with the identity that most others confirm.
    """
    con.execute(
        f"""CREATE TABLE dossier_pair AS
        WITH member AS (SELECT DISTINCT partner, dossier, p FROM entity WHERE dossier IS NOT NULL),
        several AS (SELECT partner, dossier FROM member GROUP BY ALL HAVING count(*) BETWEEN 2 AND {DOSSIER_CAP}),
        met AS (
            SELECT DISTINCT l.p AS l, r.p AS r
            FROM member AS l INNER JOIN several USING (partner, dossier)
            INNER JOIN member AS r ON l.partner = r.partner AND l.dossier = r.dossier AND l.p < r.p
        ),
        agreeing AS (
            SELECT m.l, m.r, bool_or(a.rule IN ({_numbers(by_evidence("given"))})) AS given
            FROM met AS m INNER JOIN tok AS a ON a.p = m.l INNER JOIN tok AS b ON b.p = m.r AND b.token = a.token GROUP BY m.l, m.r
        ),
        named AS (SELECT DISTINCT p FROM tok WHERE rule = 0),
        confirmed AS (SELECT p, count(*) AS n FROM (SELECT l AS p FROM agreeing UNION ALL SELECT r FROM agreeing) GROUP BY p)
        SELECT m.l, m.r,
            (a.l IS NULL AND (coalesce(nl.sex <> nr.sex, false) OR (m.l IN (SELECT p FROM named) AND m.r IN (SELECT p FROM named))))
            OR (
                NOT coalesce(a.given, false) AND coalesce(nl.sex <> nr.sex, false)
                AND m.l IN (SELECT p FROM named) AND m.r IN (SELECT p FROM named)
            ) AS contradictory,
            CASE WHEN a.l IS NULL THEN coalesce(greatest(cl.n, cr.n), 0) ELSE 1000 END AS support
        FROM met AS m INNER JOIN node AS nl ON nl.p = m.l INNER JOIN node AS nr ON nr.p = m.r
        LEFT JOIN agreeing AS a ON a.l = m.l AND a.r = m.r
        LEFT JOIN confirmed AS cl ON cl.p = m.l LEFT JOIN confirmed AS cr ON cr.p = m.r"""
    )
