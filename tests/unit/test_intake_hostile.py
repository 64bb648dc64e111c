"""Files and contracts that mean harm, or only look like it: nothing lost, nothing leaked, nobody else stopped."""

from __future__ import annotations

import io

import openpyxl
import pandas as pd
import pytest

from assets.intake.read import Held
from assets.intake.take import examine
from tests.unit.test_intake import DIRECTORY, HEADER, contract, events, take

#: Columns that the small records below do not read.
UNREAD = ["Commentaire", "Né le", "Statut le", "Destinataire", "Statut"]


def test_a_title_that_may_name_somebody_is_told_by_its_place() -> None:
    with pytest.raises(Held) as held:
        take((HEADER + ";Zzcanari née le 29/11/1953;z@canari.example;06 99 88 77 66 0699887766").encode())
    assert [c for _, c in held.value.columns] == ["colonne n° 9", "colonne n° 10", "colonne n° 11"]
    with pytest.raises(Held) as held:
        take((HEADER + ";" + ";".join(f"Personne {i}" for i in range(6))).encode())
    assert {c for _, c in held.value.columns} == {f"colonne n° {i}" for i in range(9, 15)}


def test_keys_of_several_columns_do_not_meet_by_accident() -> None:
    record = {"type": "registration", "key": ["N", "Dossier"], "fields": {"dossier": "N", "opened_on": "Envoi"}}
    taken = take(
        ["a|b;c;;03/04/2026;;;;", "a;b|c;;03/04/2026;;;;"],
        records=[record],
        ignore=UNREAD,
    )
    assert taken.counts["kept"] == 2 and taken.frames["registration"]["record_key"].nunique() == 2


def test_two_rules_that_make_the_same_record_reject_the_line_instead_of_losing_one() -> None:
    def record(column: str) -> dict[str, object]:
        return {"type": "registration", "key": ["N"], "fields": {"dossier": "N", "opened_on": column}}

    taken = take(
        ["1;D;;03/04/2026;04/04/2026;;;"],
        records=[record("Envoi"), record("Statut le")],
        ignore=[c for c in HEADER.split(";") if c not in ("N", "Envoi", "Statut le")],
    )
    assert events(taken) == {(2, None, "rejected", "key_twice")}


def test_days_added_are_whole_and_few() -> None:
    value = {"plus_days": {"date": "Envoi", "days": "Dossier"}}
    record = {"type": "training", "key": ["N"], "fields": {"dossier": "N", "started_on": value}}
    lines = ["1;5;;31/12/2099;;;;", "2;1.5;;01/09/2026;;;;", "3;inf;;01/09/2026;;;;", "4;1e300;;01/09/2026;;;;", "5;-30;;01/03/2024;;;;"]
    taken = take(lines, records=[record], ignore=UNREAD)
    assert {(line, reason) for line, _, _, reason in events(taken)} == {
        (3, "number_unreadable"),
        (4, "number_unreadable"),
        (5, "number_unreadable"),
    }
    assert taken.frames["training"]["started_on"].tolist() == [pd.Timestamp(2100, 1, 5), pd.Timestamp(2024, 1, 31)]


def test_a_number_whose_digits_are_lost_is_rejected_not_merged() -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in (HEADER.split(";"), [123456789012345678, "D", None, "03/04/2026"], [123456789012345679, "D", None, "03/04/2026"]):
        sheet.append(row)
    buffer = io.BytesIO()
    book.save(buffer)
    taken = take(buffer.getvalue(), format={"type": "xlsx"})
    assert {(line, column, reason) for line, column, _, reason in events(taken)} >= {(2, "N", "digits_lost"), (3, "N", "digits_lost")}
    assert taken.counts["rejected"] == 2


def test_a_stray_cell_at_the_end_of_a_sheet_is_refused_before_it_is_read() -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet["A1"], sheet["XFD1048576"] = "N", " "
    buffer = io.BytesIO()
    book.save(buffer)
    with pytest.raises(Held, match="workbook_too_large"):
        take(buffer.getvalue(), format={"type": "xlsx"})


def test_whatever_a_file_does_to_the_reader_stays_its_own_trouble(monkeypatch: pytest.MonkeyPatch) -> None:
    class Panic(BaseException):
        """As compiled libraries raise."""

    def panic(*_: object) -> None:
        raise Panic("DUPONT")

    monkeypatch.setattr("assets.intake.take.read", panic)
    account, frames = examine("x", b"N\n1\n", "o", contract(), DIRECTORY)
    assert (account.status, account.reason, frames) == ("held", "file_unreadable", {})


@pytest.mark.parametrize("cells", ["29111953", "-3", "1e9"])
def test_hours_are_plausible(cells: str) -> None:
    record = {"type": "training", "key": ["N"], "fields": {"dossier": "N", "hours": "Dossier", "started_on": "Envoi"}}
    taken = take([f"1;{cells};;03/04/2026;;;;"], records=[record], ignore=UNREAD)
    assert events(taken) == {(2, "Dossier", "rejected", "number_implausible")}
