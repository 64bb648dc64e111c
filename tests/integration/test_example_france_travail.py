"""The France Travail and Île-de-France trainee layouts, on the files as published: duplicates, NULL texts, a damaged header."""

from __future__ import annotations

import pytest


@pytest.fixture(scope="module")
def run(run_example):
    return run_example("france_travail")


@pytest.fixture(scope="module")
def deliveries(run) -> dict[str, tuple]:
    with run.warehouse() as con:
        rows = con.execute(
            "SELECT file_name, status, lines_received, lines_kept, lines_repaired, lines_rejected, lines_superseded, "
            "partner, delivery_id FROM delivery"
        ).fetchall()
    return {r[0]: r[1:] for r in rows}


def test_findings_are_announced(run):
    assert run.code == 1, run.output[-3000:]


def test_sound_files_are_accepted_and_balance(deliveries):
    sent = {"stagiaires-pe.csv": 5, "stagiaires-pe-doublons.csv": 1, "stagiaires-pe-with-NULL.csv": 1, "stagiaires-idf.csv": 5}
    for name, lines in sent.items():
        status, received, kept, repaired, rejected, superseded, *_ = deliveries[name]
        assert (status, received) == ("accepted", lines), name
        assert (kept + repaired, rejected, superseded) == (lines, 0, 0), name


def test_the_damaged_header_is_held_and_says_why(run, deliveries):
    status, *_, partner, delivery_id = deliveries["stagiaires-pe-invalid-header.csv"]
    assert status == "held"
    receipts = sorted((run.workspace / "receipts" / partner).glob(f"{delivery_id}*"))
    texts = {p.suffix: p.read_text("utf-8") for p in receipts if p.suffix in (".json", ".html")}
    assert ".json" in texts
    for text in texts.values():
        assert "INVALID" in text, "the unknown column is named"
        assert "c_nomcorrespondance" in text, "and the missing one"


def test_duplicates_are_one_person(run):
    with run.warehouse() as con:
        by_partner = dict(con.execute("SELECT partner, count(DISTINCT person_id) FROM training GROUP BY partner").fetchall())
        trainings = dict(con.execute("SELECT partner, count(*) FROM training GROUP BY partner").fetchall())
        persons = con.execute("SELECT count(*) FROM person").fetchone()[0]
    # France Travail: 7 lines, 5 sessions once the 2 repeated ones are one record each; two of them share one national number.
    # Île-de-France: 5 people who share one phone number and must stay five.
    assert trainings == {"france_travail": 5, "region_idf": 5}
    assert by_partner == {"france_travail": 4, "region_idf": 5}
    assert persons == 9


def test_dates_and_codes_are_read_as_the_layouts_say(run):
    with run.warehouse() as con:
        planned = con.execute(
            "SELECT CAST(planned_start AS VARCHAR), CAST(planned_end AS VARCHAR), organisation, formacode, funder, started_on, count(*) "
            "FROM training WHERE partner = 'france_travail' GROUP BY ALL ORDER BY ALL"
        ).fetchall()
        modality = con.execute("SELECT organisation, count(*) FROM training WHERE modality = 'distance' GROUP BY ALL").fetchall()
        idf = con.execute(
            "SELECT organisation, min(CAST(started_on AS VARCHAR)), count(*) FROM training "
            "WHERE partner = 'region_idf' GROUP BY ALL ORDER BY ALL"
        ).fetchall()
    assert planned == [
        ("2018-05-22", "2018-08-24", "ANOTEA", "31734", "4", None, 4),
        ("2018-09-22", "2018-09-24", "ANOTEA", "31734", "4", None, 1),
    ]
    assert modality == [("ANOTEA", 1)], "a SIRET of zeros is no SIRET: the line keeps the one of the organisation in charge"
    assert idf == [("ACR", "2017-06-15", 4), ("AURORE", "2017-03-15", 1)]
