"""Intake: what is read, repaired, rejected; and the account that always balances."""

from __future__ import annotations

import io
from typing import Any

import pandas as pd
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.intake.apply import Taken, apply
from assets.intake.convert import Directory
from assets.intake.read import Held, decode, read, tidy
from assets.intake.take import examine
from schemas.contract import Contract
from schemas.territory import Organisation

ORGANISATIONS = [
    Organisation(code="ML01", name="Mission", kind="mission_locale"),
    Organisation(code="OF1", name="École d'Été", kind="cfa", siret="12345678901234", aliases=("EDE",)),
]
DIRECTORY = Directory(ORGANISATIONS)

CONTRACT = """
partner: ml
name: ML
organisation: ML01
reject_limit: 1.0
feeds:
  o:
    match: "*.csv"
    ignore: ["Commentaire"]
    dates: ["JJ/MM/AAAA", "AAAA-MM-JJ"]
    records:
      - type: referral
        key: ["N"]
        fields:
          dossier: "Dossier"
          birth_date: "Né le"
          sent_on: "Envoi"
          status_on: "Statut le"
          receiver_org: "Destinataire"
          declared_status: {column: "Statut", values: {"Prescrit": sent, "Réalisé": arrived}}
"""
HEADER = "N;Dossier;Né le;Envoi;Statut le;Destinataire;Statut;Commentaire"


def contract(**changes: Any) -> Contract:
    """The contract above, some keys of its feed replaced."""
    data = yaml.safe_load(CONTRACT)
    data["feeds"]["o"] |= changes
    return Contract.model_validate(data)


def take(lines: list[str] | bytes, **changes: Any) -> Taken:
    """The file of these data lines, taken in; its account is checked."""
    found = contract(**changes)
    data = lines if isinstance(lines, bytes) else "\n".join([HEADER, *lines]).encode()
    feed = found.feeds["o"]
    taken = apply(read(data, feed), feed, found, DIRECTORY)
    c = taken.counts
    assert c["received"] == c["kept"] + c["repaired"] + c["rejected"] + c["superseded"]
    assert c["rejected"] == taken.events.loc[taken.events["fate"] == "rejected", "line"].nunique()
    return taken


def events(taken: Taken) -> set[tuple[int, str | None, str, str]]:
    return {(int(e.line), e.column_name if isinstance(e.column_name, str) else None, e.fate, e.reason) for e in taken.events.itertuples()}


def test_a_good_line_is_typed() -> None:
    row = take(["1;D1;01/02/1990;03/04/2026;2026-04-05;OF1;Prescrit;bla"]).frames["referral"].iloc[0]
    assert (row["line"], row["record_key"], row["dossier"], row["receiver_org"], row["declared_status"]) == (2, "1", "D1", "OF1", "sent")
    assert row["sent_on"] == pd.Timestamp(2026, 4, 3) and row["status_on"] == pd.Timestamp(2026, 4, 5)


@pytest.mark.parametrize(
    ("line", "column", "reason"),
    [
        ("1;D;01/02/1990;31/02/2026;;;Prescrit;", "Envoi", "date_unreadable"),
        ("1;D;01/02/1990;;;;Prescrit;", "Envoi", "required_missing"),
        ("1;D;01/02/1990;03/04/0025;;;Prescrit;", "Envoi", "date_implausible"),
        ("1;D;01/02/2030;03/04/2026;;;Prescrit;", "Né le", "birth_after_event"),
        ("1;D;;03/04/2026;02/04/2026;;Prescrit;", "Statut le", "end_before_start"),
        ("1;D;;03/04/2026;;;Parti;", "Statut", "code_not_listed"),
        ("1;D;;03/04/2026;;Inconnu;Prescrit;", "Destinataire", "organisation_unknown"),
        ("1;;;03/04/2026;;;Prescrit;", "Dossier", "nobody"),
        (";D;;03/04/2026;;;Prescrit;", "N", "key_missing"),
        ("1;D;;03/04/2026", None, "line_too_short"),
        ("1;D;;03/04/2026;;;Prescrit;;trop", None, "line_too_long"),
    ],
)
def test_a_bad_line_is_rejected_with_line_column_and_reason(line: str, column: str | None, reason: str) -> None:
    taken = take(["9;D9;;01/01/2026;;;Prescrit;", line])
    assert (3, column, "rejected", reason) in events(taken)
    assert taken.counts == {"received": 2, "kept": 1, "repaired": 0, "rejected": 1, "superseded": 0}
    assert taken.frames["referral"]["record_key"].tolist() == ["9"]


def test_all_errors_of_a_line_are_said_at_once_and_once() -> None:
    taken = take(["1;;01/02/2030;31/02/2026;;Inconnu;Parti;"])
    assert {reason for _, _, _, reason in events(taken)} == {"nobody", "date_unreadable", "organisation_unknown", "code_not_listed"}


def test_harmless_spellings_are_repaired_and_said() -> None:
    taken = take(["1;D;;03/04/2026;;ecole d ete;realise;"])
    assert (2, "Statut", "repaired", "code_alias") in events(taken)
    assert taken.counts["repaired"] == 1
    assert taken.frames["referral"]["receiver_org"].tolist() == ["OF1"]
    assert take(["1;D;;03/04/2026;;12345678901234;Prescrit;"]).frames["referral"]["receiver_org"].tolist() == ["OF1"]


def test_the_last_of_two_lines_with_one_key_wins() -> None:
    taken = take(["1;D;;03/04/2026;;;Prescrit;", "1;D;;03/04/2026;;;Réalisé;"])
    assert taken.counts["superseded"] == 1 and (2, None, "superseded", "same_key_later") in events(taken)
    assert taken.frames["referral"][["line", "declared_status"]].values.tolist() == [[3, "arrived"]]


def test_a_rejected_correction_does_not_supersede() -> None:
    taken = take(["1;D;;03/04/2026;;;Prescrit;", "1;D;;31/02/2026;;;Réalisé;"])
    assert taken.counts == {"received": 2, "kept": 1, "repaired": 0, "rejected": 1, "superseded": 0}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
@pytest.mark.parametrize("delimiter", [";", ",", "\t", "|"])
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_every_promised_way_of_writing_a_csv(encoding: str, delimiter: str, newline: str) -> None:
    text = newline.join([HEADER, "1;D;01/02/1990;03/04/2026;;École d’Été;Réalisé;née à Angoulême"]).replace(";", delimiter)
    taken = take(text.encode(encoding))
    assert taken.frames["referral"][["receiver_org", "declared_status", "line"]].values.tolist() == [["OF1", "arrived", 2]]


def test_lines_are_those_of_the_file_even_with_line_breaks_in_a_cell() -> None:
    taken = take([';D;;03/04/2026;;;Prescrit;"un\ndeux\ntrois"', "2;D;;31/02/2026;;;Prescrit;"])
    assert {(line, reason) for line, _, _, reason in events(taken)} == {(2, "key_missing"), (5, "date_unreadable")}


def test_utf8_is_recognised_under_a_cp1252_contract_never_the_reverse() -> None:
    assert decode("Réalisé".encode(), "cp1252") == "Réalisé"
    assert decode("Réalisé".encode("cp1252"), None) == "Réalisé"
    with pytest.raises(Held, match="encoding_unreadable"):
        decode("Réalisé".encode("cp1252"), "utf-8")
    with pytest.raises(Held, match="encoding_unreadable"):
        decode(b"\xff\x81", None)


@pytest.mark.parametrize(
    ("header", "reason", "columns"),
    [
        (HEADER + ";Nouveau", "columns_differ", {("column_unknown", "Nouveau")}),
        (HEADER.replace("Envoi;", ""), "columns_differ", {("column_missing", "Envoi")}),
        (HEADER + ";N", "columns_differ", {("column_twice", "N")}),
        (
            "DUPONT;Jean;12/03/1990",
            "header_not_found",
            {("column_missing", c) for c in ("N", "Dossier", "Né le", "Envoi", "Statut le", "Destinataire", "Statut")},
        ),
    ],
)
def test_a_header_that_does_not_match_holds_the_delivery(header: str, reason: str, columns: set[tuple[str, str]]) -> None:
    with pytest.raises(Held) as held:
        take(header.encode())
    assert (held.value.reason, set(held.value.columns)) == (reason, columns)


@pytest.mark.parametrize(
    ("data", "reason"), [(b"", "empty_file"), (b"\n\n", "empty_file"), (HEADER.encode() + b'\n1;"D', "csv_unreadable")]
)
def test_what_is_not_a_table_is_held(data: bytes, reason: str) -> None:
    with pytest.raises(Held, match=reason):
        take(data)


def test_a_header_alone_is_an_accepted_delivery_of_nothing() -> None:
    assert take([]).counts["received"] == 0


def test_header_typography_does_not_matter() -> None:
    assert tidy("Né\u00a0le\n ") == "Né le"
    assert take((HEADER.replace("Né le", "Né\u00a0 le") + "\n1;D;;03/04/2026;;;Prescrit;\n").encode()).counts["kept"] == 1


def test_too_many_rejected_lines_hold_the_delivery_with_its_account() -> None:
    data = "\n".join([HEADER, "1;D;;03/04/2026;;;Prescrit;", "2;D;;31/02/2026;;;Prescrit;"]).encode()
    strict = contract().model_copy(update={"reject_limit": 0.4})
    account, frames = examine("x", data, "o", strict, DIRECTORY)
    assert (account.status, account.reason, frames) == ("held", "reject_limit", {})
    assert account.counts["rejected"] == 1
    assert examine("x", data, "o", contract().model_copy(update={"reject_limit": 0.5}), DIRECTORY)[0].status == "accepted"


def test_skipped_lines_stay_on_the_account_and_do_not_count_against_the_limit() -> None:
    found = contract(skip={"column": "Statut", "equals": "Total"}).model_copy(update={"reject_limit": 0.0})
    data = "\n".join([HEADER, "1;D;;03/04/2026;;;Prescrit;", "x;;;;;;Total;"]).encode()
    account, _ = examine("x", data, "o", found, DIRECTORY)
    assert account.status == "accepted" and account.counts["rejected"] == 1
    assert account.events["reason"].tolist() == ["skipped_by_contract"]


def test_one_line_to_several_records_conditions_joins_and_cases() -> None:
    records = [
        {
            "type": "registration",
            "when": {"column": "Envoi", "filled": True},
            "key": ["N"],
            "fields": {"dossier": "Dossier", "opened_on": "Envoi"},
        },
        {
            "type": "training",
            "when": {"any": [{"column": "Statut", "in": ["A", "B"]}, {"column": "Statut", "matches": "^Z"}]},
            "key": ["N", "Statut"],
            "fields": {
                "dossier": {"first_of": ["Né le", "Dossier"]},
                "programme": {"join": ["Statut", "N"], "separator": "-"},
                "ending": {
                    "cases": [
                        {"when": {"column": "Statut", "equals": "A"}, "value": {"constant": "completed"}},
                        {"value": {"constant": "dropped_out"}},
                    ]
                },
                "started_on": {
                    "plus_days": {
                        "date": {"column": "Statut", "values": {"A": "2026-01-31", "B": "2024-02-28"}, "otherwise": "blank"},
                        "days": "Destinataire",
                    }
                },
            },
        },
    ]
    taken = take(
        ["1;D1;;03/04/2026;;1;A;", "2;D2;;;;1;B;", "3;D3;;;;;Zut;", "4;D4;;;;;C;"], records=records, ignore=["Commentaire", "Statut le"]
    )
    assert taken.frames["registration"]["record_key"].tolist() == ["1"]
    training = taken.frames["training"]
    assert training["record_key"].tolist() == ["1|A", "2|B", "3|Zut"]
    assert training["programme"].tolist() == ["A-1", "B-2", "Zut-3"]
    assert training["ending"].tolist() == ["completed", "dropped_out", "dropped_out"]
    assert training["started_on"].tolist()[:2] == [pd.Timestamp(2026, 2, 1), pd.Timestamp(2024, 2, 29)]
    assert events(taken) == {(5, None, "rejected", "no_record")}


def test_a_wide_file_becomes_one_record_per_column() -> None:
    records = [
        {
            "type": "situation",
            "key": ["N"],
            "unpivot": {"columns": r"^[A-Z][a-z]{2}\.\d\d$"},
            "fields": {
                "dossier": "N",
                "observed_on": {"from_header": True, "dates": ["%b.%y"]},
                "situation": {"from_cell": True, "values": {"work": "job", "none": "looking"}},
            },
        }
    ]
    taken = take(b"N;Jul.93;Aug.93\n1;work;none\n2;;work\n3;oops;work\n", records=records, ignore=[])
    frame = taken.frames["situation"]
    assert frame[["line", "part", "record_key", "situation"]].values.tolist() == [
        [2, 0, "1|Jul.93", "job"],
        [2, 1, "1|Aug.93", "looking"],
        [3, 0, "2|Aug.93", "job"],
    ]
    assert frame["observed_on"].tolist()[0] == pd.Timestamp(1993, 7, 1)
    assert events(taken) == {(4, "situation", "rejected", "code_not_listed")}


def test_a_workbook_with_a_title_above_its_header() -> None:
    import datetime as dt

    import openpyxl

    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "Suivi"
    for row in (
        ["Export du mois"],
        [],
        HEADER.split(";"),
        [1, "D", dt.date(1990, 2, 1), dt.datetime(2026, 4, 3), None, 12345678901234, "Prescrit", "=1+1"],
    ):
        sheet.append(row)
    buffer = io.BytesIO()
    book.save(buffer)
    taken = take(buffer.getvalue(), format={"type": "xlsx", "sheet": "Suivi", "header_line": 3})
    row = taken.frames["referral"].iloc[0]
    assert (row["line"], row["record_key"], row["receiver_org"], row["sent_on"]) == (4, "1", "OF1", pd.Timestamp(2026, 4, 3))
    with pytest.raises(Held, match="sheet_missing"):
        take(buffer.getvalue(), format={"type": "xlsx", "sheet": "Autre"})
    with pytest.raises(Held, match="workbook_unreadable"):
        take(b"PK\x03\x04 not a workbook", format={"type": "xlsx"})


@settings(max_examples=60, deadline=None)
@given(
    rows=st.lists(
        st.tuples(
            st.sampled_from(["1", "2", "3", "", "4"]),
            st.sampled_from(["03/04/2026", "31/02/2026", "", "2026-04-03"]),
            st.sampled_from(["Prescrit", "realise", "?", ""]),
            st.booleans(),
        ),
        max_size=12,
    )
)
def test_the_account_balances_whatever_is_sent(rows: list[tuple[str, str, str, bool]]) -> None:
    lines = [f"{key};D;;{sent};;;{status};" + (";x" if broken else "") for key, sent, status, broken in rows]
    taken = take(lines)
    assert taken.counts["received"] == len(lines)
    kept = {int(line) for line in taken.frames["referral"]["line"]}
    gone = set(taken.events.loc[taken.events["fate"].isin(["rejected", "superseded"]), "line"])
    assert kept.isdisjoint(gone) and kept | gone == set(range(2, len(lines) + 2))


def test_no_value_reaches_the_account() -> None:
    taken = take(["1;SECRETDOSSIER;31/02/1990;99/99/9999;;SECRETORG;SECRETSTATUS;SECRETTEXT"])
    assert taken.counts["rejected"] == 1
    assert "SECRET" not in taken.events.to_csv()
