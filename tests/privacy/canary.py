"""Canary identities: people who exist nowhere, planted in every corner of the exports, and the search for them in everything written."""

from __future__ import annotations

import io
import sqlite3
import unicodedata
import zipfile
from collections.abc import Iterator
from pathlib import Path

import duckdb
import openpyxl
import pandas as pd

from assets import keys
from assets.workspace import Workspace

#: What must never be met outside the vault, in any of the forms a program may give it.
CANARIES = {
    "family": "Zzcanarinovitch",
    "usage": "Vilquœr-Kanarya",
    "given": "Quétzalbâ",
    "email": "quetzalba.zz@canari-test.example",
    "phone": "0699887766",
    "nir": "2531175123456",
    "dossier": "CANARIDOSSIER7",
    "ine": "9988776655K",
    "ft": "0077665544Q",
    "address": "12 impasse du Canari-Perdu",
    "birth": "1953-11-29",
    "birth_fr": "29/11/1953",
}
#: The same identity with a slip, so that linkage, repairs and rejections all meet it.
SLIPPED = "Zzcanarinovich"

TERRITORY = """
name: "Canari"
organisations:
  - {code: ML01, name: "Mission locale", kind: mission_locale}
  - {code: OF01, name: "Organisme", kind: organisme_formation}
"""

CONTRACT_CSV = r"""
partner: ml
name: "Mission locale"
organisation: ML01
legal_basis: {nir: true}
reject_limit: 0.9
feeds:
  suivi:
    match: "suivi*.csv"
    dates: ["JJ/MM/AAAA"]
    ignore: ["Commentaire"]
    records:
      - type: registration
        key: ["N"]
        fields:
          {dossier: "Dossier", family_name: "Nom", usage_name: "Usage", given_names: "Prénom", birth_date: "Né le", nir: "NIR", ine: "INE",
           france_travail_id: "FT", email: "Mail", phone: "Tel", address: "Adresse", sex: "Sexe", opened_on: "Entrée"}
      - type: referral
        when: {column: "Envoi", filled: true}
        key: ["N"]
        fields:
          {dossier: "Dossier", family_name: "Nom", given_names: "Prénom", birth_date: "Né le", sent_on: "Envoi", receiver_org: "Vers",
           declared_status: {column: "Statut", values: {"Prescrit": sent}}}
"""

CONTRACT_XLSX = r"""
partner: of
name: "Organisme"
organisation: OF01
reject_limit: 0.9
feeds:
  stagiaires:
    match: "*.xlsx"
    format: {type: xlsx, header_line: 2}
    dates: ["JJ/MM/AAAA"]
    records:
      - type: training
        key: ["Id"]
        fields:
          {dossier: "Id", family_name: "Nom", given_names: "Prénom", birth_date: "Naissance", email: "Mail", phone: "Tel",
           programme: "Groupe", hours: "Heures", started_on: "Début", ended_on: "Fin", ending: {column: "Issue", values: {"OK": completed}}}
"""

C = CANARIES
HEADER = "N;Dossier;Nom;Usage;Prénom;Né le;NIR;INE;FT;Mail;Tel;Adresse;Sexe;Entrée;Envoi;Vers;Statut;Commentaire"


def _line(
    n: object,
    family: str = C["family"],
    entry: str = "01/09/2026",
    sent: str = "02/09/2026",
    to: str = "OF01",
    status: str = "Prescrit",
    birth: str = C["birth_fr"],
) -> str:
    who = ";".join(
        (C["dossier"], family, C["usage"], C["given"], birth, *(C[k] for k in ("nir", "ine", "ft", "email", "phone", "address")))
    )
    return f"{n};{who};F;{entry};{sent};{to};{status};Mme {C['family']} a appelé, née le {C['birth_fr']}"


def lines() -> list[str]:
    """Good lines and every kind of bad one, each carrying the canary: in dates, codes, organisations, keys, surplus cells."""
    return [
        _line(1),
        _line(2, family=SLIPPED),
        _line(3, entry=C["family"]),
        _line(4, to=C["family"]),
        _line(5, status=f"{C['family']} {C['given']}"),
        _line(6, birth=C["family"]),
        _line(C["dossier"]),
        _line(8) + f";{C['family']}",
        f"9;{C['family']};{C['given']}",
        _line(10, sent="01/01/1950"),
    ]


def workbook() -> bytes:
    """A title with a name in it, a header, lines."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append([f"Suivi de {C['family']}"])
    sheet.append(["Id", "Nom", "Prénom", "Naissance", "Mail", "Tel", "Début", "Fin", "Issue", "Groupe", "Heures"])
    sheet.append(
        [
            C["dossier"],
            C["family"].upper(),
            C["given"],
            C["birth_fr"],
            C["email"],
            C["phone"],
            "10/09/2026",
            "30/09/2026",
            "OK",
            C["family"],
            "35",
        ]
    )
    sheet.append(["D", C["family"], C["given"], C["birth_fr"], C["email"], C["phone"], "10/09/2026", "", "OK", C["given"], C["phone"]])
    sheet.append(["B", C["family"], C["given"], C["birth_fr"], C["email"], C["phone"], C["given"], "", "OK", "", ""])
    sheet.append(["C", SLIPPED, C["given"], C["birth_fr"], C["email"], C["phone"], "10/09/2026", "01/09/2026", C["family"], "", ""])
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def plant(workspace: Workspace) -> None:
    """A workspace of two partners whose every export is full of canaries; one file without its header, one that is not a table."""
    workspace.root.mkdir(parents=True, exist_ok=True)
    keys.create(workspace)
    workspace.territory.write_text(TERRITORY, "utf-8")
    workspace.contracts.mkdir()
    (workspace.contracts / "ml.yaml").write_text(CONTRACT_CSV, "utf-8")
    (workspace.contracts / "of.yaml").write_text(CONTRACT_XLSX, "utf-8")
    for name, data in {
        "ml/suivi.csv": "\n".join([HEADER, *lines()]).encode("cp1252", errors="ignore"),
        "ml/suivi_sans_entete.csv": "\n".join(lines()).encode(),
        "ml/suivi_colonne.csv": "\n".join([HEADER.replace(";Commentaire", ";Remarque"), *lines()]).encode(),
        "ml/suivi_presents.csv": "\n".join([HEADER + f";née le {C['birth_fr']} {C['family']};{C['email']}", *lines()]).encode(),
        "ml/suivi_guillemets.csv": (HEADER + f'\n1;"{C["family"]}').encode(),
        "of/stagiaires.xlsx": workbook(),
        "of/abime.xlsx": b"PK\x03\x04" + C["family"].encode(),
    }.items():
        path = workspace.inbox / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


def forms() -> dict[str, set[bytes]]:
    """Every canary as the bytes a program may write: several encodings, cases, without accents or punctuation."""
    found: dict[str, set[bytes]] = {}
    for name, text in (CANARIES | {"slipped": SLIPPED}).items():
        bare = "".join(c for c in unicodedata.normalize("NFKD", text.replace("œ", "oe")) if not unicodedata.combining(c))
        texts = {text, text.upper(), text.lower(), bare, bare.upper(), bare.lower()}
        if name not in ("birth", "birth_fr"):
            texts |= {"".join(c for c in t if c.isalnum()) for t in texts}
        found[name] = {t.encode(e, errors="ignore") for t in texts for e in ("utf-8", "cp1252", "utf-16-le")}
    return found


def _dump(path: Path) -> Iterator[bytes]:
    """A file's bytes, and what a tool would read in it: archives unpacked, DuckDB, Parquet and SQLite tables as text."""
    data = path.read_bytes()
    yield data
    if zipfile.is_zipfile(io.BytesIO(data)):
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            yield from (archive.read(n) for n in archive.namelist())
    if data[8:12] == b"DUCK":
        with duckdb.connect(str(path), read_only=True) as con:
            for schema, table in con.execute("SELECT schema_name, table_name FROM duckdb_tables()").fetchall():
                yield con.execute(f'SELECT * FROM "{schema}"."{table}"').df().to_csv().encode()
    if data[:4] == b"PAR1":
        yield pd.read_parquet(path).to_csv().encode()
    if data[:15] == b"SQLite format 3":
        with sqlite3.connect(path) as db:
            for (table,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
                yield repr(db.execute(f'SELECT * FROM "{table}"').fetchall()).encode("utf-8", "backslashreplace")


def survivors(*places: Path) -> list[str]:
    """`canary @ file` for every canary found in every file under the places. Empty when nothing survived."""
    wanted = forms()
    found = set()
    for place in places:
        for path in sorted(p for p in place.rglob("*") if p.is_file()):
            for blob in _dump(path):
                found |= {f"{name} @ {path.relative_to(place)}" for name, texts in wanted.items() if any(t in blob for t in texts)}
    return sorted(found)
