"""Normalisation, case by case: what two partners write for one person must meet, and "unknown" must be nothing at all."""

from __future__ import annotations

import datetime as dt

import duckdb
import pytest

from assets.privacy import identifiers, normalise


@pytest.mark.parametrize(
    ("raw", "forms"),
    [
        ("Lefèvre", ["LEFEVRE"]),
        ("  l'hôpital ", ["LHOPITAL"]),
        ("L’HÔPITAL", ["LHOPITAL"]),
        ("de La Tour", ["DELATOUR", "TOUR"]),
        ("d'Almeida", ["DALMEIDA"]),
        ("Martin-Dupont", ["MARTINDUPONT", "MARTIN", "DUPONT"]),
        ("MARTIN  DUPONT", ["MARTINDUPONT", "MARTIN", "DUPONT"]),
        ("Dupont épouse Martin", ["DUPONT", "MARTIN"]),
        ("DUPONT NÉE Bœuf", ["DUPONT", "BOEUF"]),
        ("Mme Garnier", ["GARNIER"]),
        ("Ng", ["NG"]),
        ("Inconnu", []),
        ("XXX", []),
        ("N/A", []),
        ("non renseigné", []),
        ("?", []),
        ("Иванов", []),
    ],
)
def test_surname_forms(raw: str, forms: list[str]) -> None:
    assert normalise.surname_forms(raw) == forms


@pytest.mark.parametrize(
    ("raw", "forms"),
    [
        ("Jean-Pierre", ["JEANPIERRE"]),
        ("Jean Pierre", ["JEAN", "JEANPIERRE"]),
        ("Zoë Marie Anne", ["ZOE", "ZOEMARIE"]),
        ("Léa", ["LEA"]),
        ("M.", []),
        ("SANS PRENOM", []),
    ],
)
def test_given_forms(raw: str, forms: list[str]) -> None:
    assert normalise.given_forms(raw) == forms


def test_the_hyphen_lost_still_meets_and_twins_do_not() -> None:
    assert set(normalise.given_forms("Jean-Pierre")) & set(normalise.given_forms("JEAN PIERRE"))
    assert not set(normalise.given_forms("Marie-Lou")) & set(normalise.given_forms("Marie-Ève"))
    assert not set(normalise.given_forms("Léa Marie")) & set(normalise.given_forms("Zoé Marie"))


@pytest.mark.parametrize(
    ("left", "right"), [("MARTEAU", "MARTO"), ("PHILIPPE", "FILIPE"), ("MATHIEU", "MATIEU"), ("ROUSSEAU", "ROUSSO"), ("QUENTIN", "KENTIN")]
)
def test_names_that_sound_alike(left: str, right: str) -> None:
    assert normalise.sound(left) == normalise.sound(right)


@pytest.mark.parametrize("form", ["NG", "LEA", "DURAND", "BARTHELEMY", "VANDENBROUCKEBERGHE"])
def test_near_forms_never_tell_the_length(form: str) -> None:
    near = normalise.near_forms(form)
    assert len(near) == len(set(near)) == normalise.NEAR_FORMS
    assert near[0] == form


def test_near_forms_absorb_one_error() -> None:
    near = set(normalise.near_forms("DURAND"))
    for typo in ("DURANT", "DURAN", "DURRAND", "DUARND"):
        assert near & set(normalise.near_forms(typo)), typo
    assert not near & set(normalise.near_forms("MOREAU"))


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        (dt.date(2004, 2, 29), True),
        (dt.date(1900, 1, 1), False),
        (dt.date(1899, 12, 30), False),
        (dt.date(9999, 12, 31), False),
        (dt.date(1970, 1, 1), True),
    ],
)
def test_birth_dates(value: dt.date, kept: bool) -> None:
    assert normalise.birth_date(value) == (value if kept else None)


@pytest.mark.parametrize(
    ("raw", "place"),
    [
        ("01004", "01004"),
        ("1004", "01004"),
        ("2a004", "2A004"),
        ("97105", "97105"),
        ("99350", "99350"),
        ("Lyon", None),
        ("00000", None),
        ("38999", None),
        ("", None),
    ],
)
def test_birth_places(raw: str, place: str | None) -> None:
    assert normalise.birth_place(raw) == place


@pytest.mark.parametrize(
    ("raw", "phone"),
    [
        ("06 12 34 56 78", "0612345678"),
        ("+33 6 12 34 56 78", "0612345678"),
        ("0033612345678", "0612345678"),
        ("+33 (0)6.12.34.56.78", "0612345678"),
        ("612345678", "0612345678"),
        ("+32 470 12 34 56", "+32470123456"),
        ("0600000000", None),
        ("0102030405", None),
        ("0000000000", None),
        ("12", None),
    ],
)
def test_phones(raw: str, phone: str | None) -> None:
    assert normalise.phone(raw) == phone


@pytest.mark.parametrize(
    ("raw", "email"), [(" Lea.D@Exemple.FR ", "lea.d@exemple.fr"), ("inconnu@exemple.fr", None), ("rien", None), ("a@b", None)]
)
def test_emails(raw: str, email: str | None) -> None:
    assert normalise.email(raw) == email


@pytest.mark.parametrize(
    ("raw", "reference"), [(" ab-12/3 ", "AB123"), ("000", None), ("NC", None), ("xxx", None), ("", None), ("0012", "0012")]
)
def test_dossier_numbers(raw: str, reference: str | None) -> None:
    query = f"SELECT {normalise.reference_sql('x')} FROM (SELECT ?::VARCHAR AS x)"
    assert duckdb.connect().execute(query, [raw]).fetchall() == [(reference,)]


def _nir(body: str) -> str:
    return f"{body}{identifiers.nir_key(body):02d}"


@pytest.mark.parametrize(
    ("raw", "nir"),
    [
        ("2550814168025 38", "2550814168025"),  # the published specimen of a carte Vitale
        ("255081416802538", "2550814168025"),
        ("255081416802539", None),  # wrong key
        ("2550814168025", "2550814168025"),  # no key to check
        (_nir("1600520004001"), "1600520004001"),  # Corsica before 1976
        (_nir("190052A004001"), "190052A004001"),
        (_nir("190052B033010"), "190052B033010"),
        (_nir("2993099350010"), "2993099350010"),  # month 30: civil status incomplete
        (_nir("2991399350010"), None),  # month 13: fictitious
        (_nir("2994599350010"), None),
        (_nir("7990599350010"), None),  # provisional
        (_nir("2990575000010"), None),  # no commune
        (_nir("2990575056000"), None),  # no rank
        ("", None),
        ("000000000000000", None),
    ],
)
def test_nir(raw: str, nir: str | None) -> None:
    assert identifiers.nir(raw) == nir


@pytest.mark.parametrize(
    ("raw", "ine"),
    [
        ("123456789AB", "123456789AB"),
        ("1234567890a", "1234567890A"),
        ("1234A56789B", "1234A56789B"),
        ("12345", None),
        ("ABCDEFGHIJK", None),
    ],
)
def test_ine(raw: str, ine: str | None) -> None:
    assert identifiers.ine(raw) == ine


@pytest.mark.parametrize(
    ("raw", "number"), [("0167942369z", "0167942369Z"), ("1111111111", "1111111111"), ("00000000", None), ("12", None)]
)
def test_france_travail(raw: str, number: str | None) -> None:
    assert identifiers.france_travail(raw) == number
