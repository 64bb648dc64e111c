"""What the pipeline found against what the demonstration knows: links, and indicators with the cause of every difference.

Four layers of the same figure: *published* (after disclosure control), *computed* (before it), *oracle* (same deliveries, true links),
*clean* (the same world delivered whole and clean, true links), and *truth* (independent code). They differ one cause at a
time: published ≠ computed is suppression, computed ≠ oracle is linkage, oracle ≠ clean is coverage (missing, late, held or rejected
lines), clean ≠ truth would be a fault of the pipeline or of the truth: unexplained.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import duckdb

from assets.core import build as core
from assets.indicators import build as figures
from assets.pathways import build as pathways
from assets.site import Site
from assets.workspace import Workspace
from schemas.records import RECORDS

#: Every record with the entity it belongs to and the person it is really about.
_TRUE_RECORDS = """
CREATE TEMP TABLE true_record AS
SELECT r.entity_id, r.partner, t.person_true
FROM ({records}) AS r
INNER JOIN delivery AS d USING (delivery_id)
INNER JOIN read_parquet('{truth}') AS t ON t.partner = d.partner AND t.file_name = d.file_name AND t.line = r.line
"""

#: One person per entity: the one most of its records are about (a partner that reuses a number mixes two).
_TRUE_ENTITIES = """
CREATE TEMP TABLE true_entity AS
WITH counted AS (SELECT entity_id, partner, person_true, count(*) AS n FROM true_record GROUP BY entity_id, partner, person_true),
ranked AS (SELECT *, row_number() OVER (PARTITION BY entity_id ORDER BY n DESC, person_true) AS rank FROM counted)
SELECT entity_id, partner, person_true FROM ranked WHERE rank = 1
"""


def _with_truth(con: duckdb.DuckDBPyConnection, workspace: Workspace) -> None:
    records = " UNION ALL ".join(f"SELECT entity_id, partner, delivery_id, line FROM record_{name}" for name in RECORDS)
    con.execute(_TRUE_RECORDS.format(records=records, truth=workspace.truth / "record.parquet"))
    con.execute(_TRUE_ENTITIES)


def _pairs(con: duckdb.DuckDBPyConnection, by: str) -> int:
    """Pairs of entities in the same group of `by`."""
    row = con.execute(f"SELECT coalesce(sum(n * (n - 1) // 2), 0) FROM (SELECT count(*) AS n FROM judged GROUP BY {by})").fetchone()
    return int(row[0]) if row else 0


def _quality(found: int, true: int, right: int) -> dict[str, Any]:
    precision, recall = right / max(found, 1), right / max(true, 1)
    f1 = 2 * precision * recall / max(precision + recall, 1e-9)
    return {
        "precision": round(precision, 5),
        "recall": round(recall, 5),
        "f1": round(f1, 5),
        "pairs_found": found,
        "pairs_true": true,
        "pairs_right": right,
    }


def linkage(workspace: Workspace) -> dict[str, dict[str, Any]]:
    """Pairwise precision, recall and F1 over entities (a person's file as one partner knows it), in all and between partners only."""
    with duckdb.connect(str(workspace.warehouse), read_only=True) as con:
        _with_truth(con, workspace)
        con.execute(
            "CREATE TEMP TABLE judged AS SELECT e.entity_id, e.partner, e.person_true, l.person_id"
            " FROM true_entity AS e INNER JOIN link AS l USING (entity_id)"
        )
        found, true, right = (_pairs(con, by) for by in ("person_id", "person_true", "person_id, person_true"))
        inside = [_pairs(con, f"{by}, partner") for by in ("person_id", "person_true", "person_id, person_true")]
    return {
        "all pairs": _quality(found, true, right),
        "across partners": _quality(found - inside[0], true - inside[1], right - inside[2]),
    }


def oracle_links(workspace: Workspace, copy: Path, month: str) -> Path:
    """A copy of the warehouse whose links are the true ones, its figures computed again. Returns the copy's path."""
    shutil.copyfile(workspace.warehouse, copy)
    site = Site.load(workspace)
    with duckdb.connect(str(copy)) as con:
        _with_truth(con, workspace)
        con.execute("UPDATE link SET person_id = 'T' || e.person_true FROM true_entity AS e WHERE e.entity_id = link.entity_id")
        core.build(con, site.territory, site.contracts, month)
        pathways.build(con)
        figures.build(con)
    return copy


_CELL = "month, indicator, population, breakdown, category"

_FIGURES = "round(numerator::DOUBLE) AS n, round(denominator::DOUBLE) AS d, round(value::DOUBLE, 4) AS v"

# The truth of partner coverage is that of the real deliveries: it has no clean world.
_JUDGED = f"""
WITH truth AS (
    SELECT month, indicator, population, breakdown, coalesce(category, '') AS category, {_FIGURES}
    FROM read_csv('{{truth}}', all_varchar = true, nullstr = '')
),
clean AS (
    SELECT {_CELL}, {_FIGURES} FROM (
        FROM clean.indicator WHERE indicator <> 'partner_coverage'
        UNION ALL BY NAME FROM real.indicator WHERE indicator = 'partner_coverage'
    )
),
oracle AS (SELECT {_CELL}, {_FIGURES} FROM oracle.indicator),
computed AS (SELECT {_CELL}, {_FIGURES} FROM real.indicator),
published AS (SELECT {_CELL}, status FROM real.release),
judged AS (SELECT DISTINCT indicator, breakdown FROM truth),
every AS (SELECT {_CELL} FROM truth UNION SELECT {_CELL} FROM computed SEMI JOIN judged USING (indicator, breakdown)),
side AS (
    SELECT e.*, p.status,
        coalesce(t.n, 0) AS t_n, coalesce(t.d, t.n, 0) AS t_d, coalesce(f.n, 0) AS f_n, coalesce(f.d, f.n, 0) AS f_d,
        coalesce(o.n, 0) AS o_n, coalesce(o.d, o.n, 0) AS o_d, coalesce(c.n, 0) AS c_n, coalesce(c.d, c.n, 0) AS c_d,
        t.v AS t_v, f.v AS f_v, o.v AS o_v, c.v AS c_v
    FROM every AS e
    LEFT JOIN truth AS t USING ({_CELL}) LEFT JOIN clean AS f USING ({_CELL}) LEFT JOIN oracle AS o USING ({_CELL})
    LEFT JOIN computed AS c USING ({_CELL}) LEFT JOIN published AS p USING ({_CELL})
),
cause AS (
    SELECT *,
        (t_n, t_d) <> (f_n, f_d) OR t_v IS DISTINCT FROM f_v AS fault,
        (f_n, f_d) <> (o_n, o_d) OR f_v IS DISTINCT FROM o_v AS coverage,
        (o_n, o_d) <> (c_n, c_d) OR o_v IS DISTINCT FROM c_v AS linkage
    FROM side
)
SELECT indicator, count(*) AS cells, count(*) FILTER (NOT fault AND NOT coverage AND NOT linkage) AS equal,
    count(*) FILTER (NOT fault AND linkage AND NOT coverage) AS linkage,
    count(*) FILTER (NOT fault AND coverage AND NOT linkage) AS coverage,
    count(*) FILTER (NOT fault AND coverage AND linkage) AS both, count(*) FILTER (fault) AS unexplained,
    count(*) FILTER (status LIKE 'secret%') AS suppressed,
    round(avg(abs(c_v - t_v)) FILTER (status = 'publie' AND t_v IS NOT NULL), 5)::DOUBLE AS mean_absolute_error_published
FROM cause GROUP BY indicator ORDER BY indicator
"""


def indicators(workspace: Workspace, clean: Path, oracle: Path) -> dict[str, dict[str, Any]]:
    """By indicator: how many cells of the truth there are, equal, and different because of linkage, of coverage, of both; `unexplained`
    is a fault; `suppressed` are withheld whatever their value."""
    with duckdb.connect() as con:
        for name, path in (("real", workspace.warehouse), ("clean", clean), ("oracle", oracle)):
            con.execute(f"ATTACH '{path}' AS {name} (READ_ONLY)")
        found = con.execute(_JUDGED.format(truth=workspace.truth / "indicator.csv"))
        names = [d[0] for d in found.description or []]
        return {row[0]: dict(zip(names[1:], row[1:], strict=True)) for row in found.fetchall()}
