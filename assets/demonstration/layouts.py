"""What each partner puts on a line: the records of the world that feed each kind of file.

Here: one function per family of files, giving lines whose columns are `<record type>.<canonical field>` (days as integers, 0 = none;
codes as in our code lists) or `@<column of the file>` (text written as it is). How canonical values become the partner's own codes
and dates comes from its contract, read backwards (`rendering.py`). Not here: which month sends which line (`delivering.py`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from assets.demonstration.dossiers import Style
from assets.demonstration.draw import pick, stream
from assets.demonstration.pathways import World
from assets.demonstration.texts import comments

Lines = Callable[[World, str], pd.DataFrame]

#: Partner → its organisation, how it writes, and the lines of each feed of its contract. `@` columns are added by `_ORNAMENTS`.
STYLES: dict[str, tuple[str, Style]] = {
    "mission_locale": ("ML01", Style("ML", capitals=True, all_given=True, company="name")),
    "france_travail": ("FT01", Style("70", accents=False, company="siret")),
    "of_tremplin": ("OF01", Style("T", capitals=True, company="alias")),
    "of_savoirs": ("OF02", Style("apprenant-", company="name")),
    "greta": ("GRETA01", Style("G", capitals=True, company="alias")),
    "cfa": ("CFA01", Style("A", capitals=True, all_given=True)),
    "region": ("REG01", Style("U", capitals=True, company="siret")),
    "cap_emploi": ("CAP01", Style("20/", company="alias")),
    "cep": ("CEP01", Style("B", capitals=True, company="name")),
    "siae": ("SIAE01", Style("S", accents=False)),
    "plie": ("PLIE01", Style("P", capitals=True)),
    "mobilite": ("MOB01", Style("I")),
    "e2c": ("E2C01", Style("E", capitals=True)),
    "of_formapole": ("OF03", Style("F", capitals=True)),
}


def _texts(prefix: str, ids: pd.Series, width: int = 6) -> NDArray[np.object_]:
    return np.asarray(prefix + ids.astype(str).str.zfill(width).to_numpy(dtype=object))


def registrations(world: World, org: str) -> pd.DataFrame:
    """One line per registration at the organisation."""
    rows = world.registration[world.registration["org"] == org]
    return pd.DataFrame(
        {
            "person": rows["person"],
            "id": rows["id"],
            "registration.opened_on": rows["opened"],
            "registration.closed_on": rows["closed"],
            "registration.closing_reason": rows["reason"],
            "registration.service": rows["service"],
            "registration.situation_at_entry": rows["situation"],
            "@no_aide": _texts("AID-", rows["id"]),
            "@Numéro": _texts("", rows["id"]),
            "@type_aide": np.where(rows["service"] == "mobilite", np.where(rows["id"] % 2 == 0, "PERMIS", "TRANSPORT"), "EQUIPEMENT"),
        }
    ).reset_index(drop=True)


def referrals(world: World, org: str) -> pd.DataFrame:
    """One line per referral the organisation sent."""
    rows = world.referral[world.referral["sender"] == org]
    keys = _texts({"ML01": "OR", "FT01": "P", "CAP01": "", "CEP01": ""}.get(org, ""), rows["id"], 7)
    return pd.DataFrame(
        {
            "person": rows["person"],
            "id": rows["id"],
            "referral.id": rows["id"],
            "origin": rows["origin"],
            "referral.sent_on": rows["sent"],
            "referral.receiver_org": rows["receiver"],
            "referral.receiver_kind": rows["receiver_kind"],
            "referral.service": rows["service"],
            "referral.declared_status": rows["status"],
            "referral.status_on": rows["status_on"],
            "referral.refusal_reason": rows["refusal"],
            "@N° orientation": keys,
            "@ID_PRESCRIPTION": keys,
            "@N°": keys,
        }
    ).reset_index(drop=True)


def trainings(world: World, org: str) -> pd.DataFrame:
    """One line per training spell at the organisation."""
    rows = world.training[world.training["org"] == org]
    known = np.where(rows["started"] > 0, np.minimum(rows["started"], rows["planned_start"]), rows["planned_start"])
    ids = rows["id"]
    return pd.DataFrame(
        {
            "person": rows["person"],
            "id": ids,
            "training.known_on": known,
            "training.planned_start": rows["planned_start"],
            "training.planned_end": rows["planned_end"],
            "training.started_on": rows["started"],
            "training.ended_on": rows["ended"],
            "training.ending": rows["ending"],
            "training.ending_on": rows["ending_on"],
            "training.purpose": rows["purpose"],
            "training.certification_code": rows["certification"],
            "training.formacode": rows["formacode"],
            "training.hours": rows["hours"].astype(str),
            "training.modality": rows["modality"],
            "training.funder": rows["funder"],
            "training.programme": _texts("TR", ids),
            "@Code action": _texts("TR", ids),
            "@id_parcours": _texts("p", ids),
            "@Session": _texts("S", ids),
            "@Filière": pick(stream(20, f"filiere/{org}"), ("TERT", "IND", "BAT", "SAN"), None, len(rows)),
            "@Formation": _texts("APP", ids),
            "@Numéro": _texts("", ids),
        }
    ).reset_index(drop=True)


def contracts(world: World, org: str) -> pd.DataFrame:
    """One line per contract known to the organisation."""
    rows = world.contract[world.contract["org"] == org]
    return pd.DataFrame(
        {
            "person": rows["person"],
            "id": rows["id"],
            "origin": rows["origin"],
            "contract.kind": rows["kind"],
            "contract.started_on": rows["started"],
            "contract.planned_end": rows["planned_end"],
            "contract.ended_on": rows["ended"],
            "contract.contract_ending": rows["ending"],
            "contract.ending_reason": rows["reason"],
            "contract.occupation": rows["occupation"],
            "contract.hours_weekly": "26",
            "@N° contrat": _texts("C", rows["id"]),
            "@Durée (jours)": (rows["planned_end"] - rows["started"]).astype(str),
        }
    ).reset_index(drop=True)


def situations(world: World, org: str) -> pd.DataFrame:
    """One line per situation declared to the organisation."""
    rows = world.situation[world.situation["org"] == org]
    return pd.DataFrame(
        {
            "person": rows["person"],
            "id": rows["id"],
            "origin": rows["origin"],
            "situation.observed_on": rows["observed"],
            "situation.situation": rows["situation"],
            "@CANAL": np.where(rows["id"] % 5 == 0, "TEL", "WEB"),
        }
    ).reset_index(drop=True)


def certifications(world: World, org: str) -> pd.DataFrame:
    """The Région: results of every training but the CFA's. Others: their own."""
    of = world.certification["org"]
    rows = world.certification[(of != "CFA01") if org == "REG01" else (of == org)]
    return pd.DataFrame(
        {
            "person": rows["person"],
            "id": rows["id"],
            "origin": rows["origin"],
            "certification.organisation": rows["org"],
            "certification.decided_on": rows["decided"],
            "certification.certification_code": rows["certification"],
            "certification.result": rows["result"],
            "@no_resultat": _texts("R", rows["id"]),
        }
    ).reset_index(drop=True)


def receipts(world: World, org: str) -> pd.DataFrame:
    """One line per person received after a referral."""
    rows = world.receipt[world.receipt["org"] == org]
    return pd.DataFrame(
        {
            "person": rows["person"],
            "id": rows["id"],
            "referral.sent_on": rows["received"],
            "referral.status_on": rows["received"],
            "referral.sender_org": rows["sender"],
            "referral.service": rows["service"],
            "@N° accueil": _texts("AC", rows["id"]),
        }
    ).reset_index(drop=True)


def _beside(lines: pd.DataFrame, other: pd.DataFrame, on: str) -> pd.DataFrame:
    """The other record of the same line, when there is one (`on` of `other` = `id` of the line)."""
    kept = other[[on, *(c for c in other.columns if "." in c)]].rename(columns={on: "id"})
    out = lines.merge(kept, on="id", how="left", validate="one_to_one")
    for column in kept.columns:
        if column.endswith(("_on", "_end", "_start")):
            out[column] = out[column].fillna(0).astype(np.int64)
    return out


def wide_tremplin(world: World, org: str) -> pd.DataFrame:
    """A training, and the referral made when leaving it."""
    return _beside(trainings(world, org), referrals(world, org), "origin")


def wide_cfa(world: World, org: str) -> pd.DataFrame:
    """A training, its apprenticeship contract, its diploma."""
    return _beside(_beside(trainings(world, org), contracts(world, org), "origin"), certifications(world, org), "origin")


def wide_cap(world: World, org: str) -> pd.DataFrame:
    """A registration, the contract signed, the situation after three months."""
    return _beside(_beside(registrations(world, org), contracts(world, org), "origin"), situations(world, org), "origin")


def wide_cep(world: World, org: str) -> pd.DataFrame:
    """A registration and the one referral it led to."""
    lines = registrations(world, org)
    sent = referrals(world, org)
    sent["origin"] = sent["person"].map(lines.set_index("person")["id"])
    return _beside(lines, sent, "origin")


FEEDS: dict[str, dict[str, Lines]] = {
    "mission_locale": {"accompagnements": registrations, "orientations": referrals, "contrats": contracts},
    "france_travail": {"inscriptions": registrations, "actualisations": situations, "prescriptions": referrals},
    "of_tremplin": {"stagiaires": wide_tremplin},
    "of_savoirs": {"parcours": trainings},
    "greta": {"formations": trainings, "accueils": receipts},
    "cfa": {"apprentis": wide_cfa},
    "region": {"aides": registrations, "resultats": certifications},
    "cap_emploi": {"suivi": wide_cap, "orientations": referrals},
    "cep": {"suivi": wide_cep},
    "siae": {"salaries": contracts},
    "plie": {"participants": registrations},
    "mobilite": {"beneficiaires": registrations},
    "e2c": {"stagiaires": trainings},
    "of_formapole": {"stagiaires": trainings},
}

_STAFF = ("Mme Lefort", "M. Garnier", "S. Amiot", "Nadia B.", "P. Roussel")


@dataclass(frozen=True)
class Ornament:
    """A column nobody reads: adviser's name, amount, or (`share` of lines) a sentence naming the person."""

    staff: bool = False
    share: float = 0.0


def ornament(column: str) -> Ornament:
    """What an ignored column holds, from its title."""
    if column in ("Conseiller référent", "Formateur", "Encadrant", "Conseiller", "LIB_AGENCE", "jury", "Maître d'apprentissage"):
        return Ornament(staff=True)
    return Ornament(share=0.3 if "motivation" not in column and "montant" not in column else 0.05)


def ornaments(seed: int, partner: str, lines: pd.DataFrame, columns: tuple[str, ...], people: pd.DataFrame) -> None:
    """Adds the ignored columns, as `@` columns."""
    for column in columns:
        if f"@{column}" in lines.columns:
            continue
        rng = stream(seed, f"ornaments/{partner}/{column}")
        kind = ornament(column)
        person = lines["person"].to_numpy(int)
        if kind.staff:
            lines[f"@{column}"] = pick(rng, _STAFF, None, len(lines))
        else:
            lines[f"@{column}"] = comments(
                rng, people["given"].to_numpy(object)[person], people["family"].to_numpy(object)[person], kind.share
            )
