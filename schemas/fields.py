"""Every canonical field, once: name, type, meaning, privacy class, code list.

Here: the vocabulary a contract maps a partner's columns to. Everything else about a field (pandera column, DuckDB
column, dictionary entry, Table Schema) is derived from this declaration. Not here: which record carries which field
(`records.py`), how a value is read or repaired (`assets/intake`).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Type(StrEnum):
    """How a value is typed once it has been read."""

    CODE = "code"  # short text without spaces, never free text: nothing personal can hide in it
    DATE = "date"
    INTEGER = "integer"
    DECIMAL = "decimal"
    BOOLEAN = "boolean"
    IDENTITY = "identity"  # text about a person; exists in memory and in the vault only


class Privacy(StrEnum):
    """Who may ever see a field (design: privacy classes)."""

    DIRECT = "direct"  # consumed in the privacy room, never written outside the vault
    QUASI = "quasi"  # generalised in the privacy room
    SENSITIVE = "sensitive"  # only with a legal basis in the contract
    PLAIN = "plain"


@dataclass(frozen=True)
class Field:
    """One canonical field.

    `codelist` names a file of `schemas/codelists/`; `form` names a check of `schemas/forms.py` (SIRET, commune code…);
    `unit` is the unit of a number, `maximum` the largest plausible one. `opaque`: a partner's own wording, stored as a keyed token only.
    """

    name: str
    type: Type
    fr: str
    en: str
    privacy: Privacy = Privacy.PLAIN
    codelist: str | None = None
    form: str | None = None
    unit: str | None = None
    maximum: float | None = None
    opaque: bool = False


def _direct(name: str, fr: str, en: str, form: str | None = None, type_: Type = Type.IDENTITY) -> Field:
    return Field(name, type_, fr, en, Privacy.DIRECT, form=form)


def _code(name: str, fr: str, en: str, codelist: str | None = None, form: str | None = None) -> Field:
    return Field(name, Type.CODE, fr, en, codelist=codelist, form=form)


def _date(name: str, fr: str, en: str) -> Field:
    return Field(name, Type.DATE, fr, en)


#: Who the record is about. All are consumed in the privacy room.
IDENTITY: tuple[Field, ...] = (
    _direct("dossier", "numéro de dossier de la personne chez le partenaire", "the partner's own file number for the person"),
    _direct("family_name", "nom de naissance", "family name at birth"),
    _direct("usage_name", "nom d'usage", "name in use"),
    _direct("given_names", "prénom(s)", "given names"),
    _direct("birth_date", "date de naissance", "birth date", type_=Type.DATE),
    _direct("birth_place", "commune ou pays de naissance (code INSEE)", "INSEE code of the birth commune or country"),
    _direct("nir", "numéro de sécurité sociale (NIR)", "national registration number", form="nir"),
    _direct("ine", "identifiant national étudiant (INE)", "national student number", form="ine"),
    _direct("france_travail_id", "identifiant France Travail", "France Travail identifier"),
    _direct("email", "adresse électronique", "e-mail address"),
    _direct("phone", "téléphone", "phone number"),
    _direct("address", "adresse postale", "postal address"),
)

#: What is generalised before anything is written: `sex` stays, a commune becomes EPCI, zone and département.
QUASI: tuple[Field, ...] = (
    Field("sex", Type.CODE, "sexe", "sex", Privacy.QUASI, codelist="sex"),
    Field(
        "residence_commune",
        Type.CODE,
        "commune de résidence (code INSEE)",
        "INSEE code of the commune of residence",
        Privacy.QUASI,
        form="commune",
    ),
)

#: What a record says beside its dates and codes: the person's agreement to individual returns.
CONSENT = Field(
    "share_consent", Type.CODE, "accord de la personne au retour individuel", "consent to individual returns", codelist="consent"
)

_EVENT_FIELDS: tuple[Field, ...] = (
    _code("organisation", "organisme où cela se passe", "organisation where it happens", form="organisation"),
    # registration
    _date("opened_on", "date d'inscription ou d'entrée en accompagnement", "date the registration opened"),
    _date("closed_on", "date de sortie ou de clôture", "date the registration closed"),
    _code("closing_reason", "motif de clôture", "closing reason", "closing_reason"),
    _code("referent_org", "organisme référent", "organisation of the referent adviser", form="organisation"),
    _code("situation_at_entry", "situation à l'entrée", "situation at entry", "situation"),
    _code(
        "level_at_entry",
        "niveau de formation à l'entrée (cadre national 1 à 8)",
        "level of education at entry (national framework 1–8)",
        "level",
    ),
    # referral
    _date("sent_on", "date d'orientation ou de prescription", "date the person was referred"),
    _code("direction", "sens : émise ou reçue", "sent by the sender, or declared by the receiver", "direction"),
    _code("sender_org", "organisme prescripteur", "organisation that refers", form="organisation"),
    _code("receiver_org", "organisme destinataire", "organisation referred to", form="organisation"),
    _code("receiver_kind", "type d'organisme destinataire", "kind of organisation referred to", "organisation_kind"),
    _code("service", "service visé", "service aimed at", "service"),
    _code("declared_status", "statut déclaré de l'orientation", "declared status of the referral", "referral_status"),
    _date("status_on", "date du statut", "date of the status"),
    _code("refusal_reason", "motif de refus", "refusal reason", "refusal_reason"),
    # training
    _date("planned_start", "date de début prévue", "planned start"),
    _date("planned_end", "date de fin prévue", "planned end"),
    _date("started_on", "date de début", "actual start"),
    _date("ended_on", "date de fin", "actual end"),
    _code("ending", "issue", "how it ended", "training_ending"),
    Field("programme", Type.CODE, "programme ou action, sous forme de jeton", "programme or action, as a token", form="label", opaque=True),
    _code("purpose", "finalité de la formation", "purpose of the training", "training_purpose"),
    _code("certification_code", "certification visée (RNCP/RS)", "certification aimed at (RNCP/RS)", form="certification"),
    _code("formacode", "Formacode", "Formacode", form="formacode"),
    Field("hours", Type.DECIMAL, "durée", "duration", unit="hours", maximum=10_000),
    _code("modality", "modalité", "modality", "modality"),
    _code("funder", "financeur (code LHEO)", "funder (LHEO code)", "funder"),
    _code("site", "commune du lieu de formation (code INSEE)", "INSEE code of the training site", form="commune"),
    # contract
    _code("kind", "nature du contrat de travail", "kind of work contract", "contract_kind"),
    _code("contract_ending", "issue du contrat", "how the contract ended", "contract_ending"),
    _code("ending_reason", "motif de rupture", "reason of early termination", "breach_reason"),
    _code("employer", "employeur (SIRET)", "employer (SIRET)", form="siret"),
    _code("occupation", "métier (ROME)", "occupation (ROME)", form="rome"),
    Field("hours_weekly", Type.DECIMAL, "durée hebdomadaire", "weekly hours", unit="hours", maximum=100),
    # situation
    _date("observed_on", "date d'observation", "date of observation"),
    _code("situation", "situation déclarée", "declared situation", "situation"),
    _code("source", "origine de l'information", "source of the information", "situation_source"),
    # certification
    _date("decided_on", "date de décision", "date of decision"),
    _code("result", "résultat", "result", "certification_result"),
)

FIELDS: dict[str, Field] = {f.name: f for f in (*IDENTITY, *QUASI, CONSENT, *_EVENT_FIELDS)}

IDENTITY_NAMES: tuple[str, ...] = tuple(f.name for f in IDENTITY)
QUASI_NAMES: tuple[str, ...] = tuple(f.name for f in QUASI)
