"""Headers of indicators: strict, and errors that name the file and the key; one file is enough to add an indicator."""

from __future__ import annotations

import re

import duckdb
import pytest

from assets.core import build as core
from assets.indicators import build as indicators
from assets.indicators.definition import FOLDER, DefinitionError, load_all, parse
from assets.pathways import build as pathways
from schemas.territory import Territory

TEXT = (FOLDER / "completion_share.sql").read_text("utf-8")
FILE = "completion_share.sql"


def test_the_first_set_is_there():
    assert {i.id for i in load_all()} >= {
        "people_followed", "referrals_sent", "arrived_share_90d", "arrival_delay_median", "completion_share", "dropout_share",
        "onward_after_refresher_6m", "partner_coverage", "employment_share_observed",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("found", "becomes", "key", "reason"),
    [
        (r"unit: share", "unit: percent", "unit", "literal_error"),
        (r"measure: share\n", "", "measure", "missing"),
        (r"measure: share", "measure: share\nwindow: 3", "window", "extra_forbidden"),
        (r"follow_up_days: 0", "follow_up_days: -1", "follow_up_days", "greater_than_equal"),
        (r"version: 1", "version: un", "version", "int_parsing"),
        (r"version: 1", "version: 1\nversion: 2", "version", "yaml_invalid"),
        (r"id: completion_share", "id: other_share", "id", "not_the_file_name"),
        (r"title_fr: .*", 'title_fr: ""', "title_fr", "string_too_short"),
        (r"breakdowns: \[sex", "breakdowns: [Sexe", "breakdowns.0", "string_pattern_mismatch"),
        (r"breakdowns: \[sex", "breakdowns: [sex, sex", "breakdowns", "repeated_or_reserved"),
        (r"owner: .*", "owner: [", "-", "yaml_invalid"),
        (r"/\*", "--", "-", "header_missing"),
    ],
)
def test_errors_name_the_file_and_the_key(found, becomes, key, reason):
    changed = re.sub(found, becomes, TEXT, count=1)
    assert changed != TEXT
    with pytest.raises(DefinitionError) as error:
        parse(FILE, changed)
    assert (error.value.file, error.value.key) == (FILE, key)
    assert reason in error.value.reason


@pytest.fixture
def con() -> duckdb.DuckDBPyConnection:
    con = duckdb.connect()
    core.build(con, Territory(name="t"), {}, "2026-02")
    pathways.build(con)
    return con


def test_one_more_file_is_one_more_indicator(con, tmp_path):
    text = (
        TEXT.replace("id: completion_share", "id: new_share")
        .replace("unit: share", "unit: people")
        .replace("measure: share", "measure: count")
    )
    header = text[: text.index("*/") + 3]
    select = (
        "SELECT '2026-02' AS cohort_month, 7 AS unit_id, 'ML01' AS organisation, 'F' AS sex, '18_25' AS age_band, NULL AS level_at_entry,"
    )
    (tmp_path / "new_share.sql").write_text(f"{header}{select} '' AS residence_epci, 1 AS numerator, 0 AS denominator\n", "utf-8")
    assert indicators.build(con, load_all(tmp_path)) == {"new_share": 10}
    rows = con.execute("SELECT population, breakdown, category, value FROM indicator ORDER BY ALL").fetchall()
    assert ("ML01", "level_at_entry", "inconnu", 1) in rows and ("territoire", "residence_epci", "inconnu", 1) in rows
    assert ("territoire", "ensemble", "", 1) in rows


def test_a_select_without_what_its_header_says_is_refused(con):
    broken = parse(FILE, TEXT.replace("AS sex,", "AS gender,"))
    with pytest.raises(DefinitionError, match=r"completion_share.sql: sex: column_missing"):
        indicators.build(con, [broken])
    wrong = parse(FILE, TEXT.replace("FROM training", "FROM trainings"))
    with pytest.raises(DefinitionError, match="select"):
        indicators.build(con, [wrong])
    assert con.execute("SELECT count(*) FROM duckdb_tables() WHERE table_name IN ('unit', 'computed')").fetchone() == (0,)


def test_only_the_current_edition_is_kept(con):
    con.execute("INSERT INTO delivery (delivery_id, partner, sequence, sha256, file_name, bytes, received_at, period, status) VALUES"
                " ('d', 'p', 1, '', '', 1, TIMESTAMP '2026-01-01', '2026-01', 'accepted')")  # fmt: skip
    con.execute("INSERT INTO coverage VALUES ('ML01', 'training', '2026-01', true, true)")
    con.execute("INSERT INTO feed VALUES ('p', 'f', 'training', 'ML01', true)")
    indicators.build(con)
    assert con.execute("SELECT DISTINCT edition FROM indicator").fetchall() == [("2026-02.r0",)]
    con.execute("UPDATE edition SET edition = '2026-02.r1'")
    indicators.build(con)
    assert con.execute("SELECT DISTINCT edition FROM indicator").fetchall() == [("2026-02.r1",)]
