"""The file of indicators in a partner's pack: its columns, once. Table Schema and headers are derived from here.

Here: names (fixed: partners' own spreadsheets read them), types, meanings. Not here: how a cell is written (`assets/releases/tabular.py`).
Reference: Frictionless Data Package and Table Schema, version 1.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from schemas import codelists


@dataclass(frozen=True)
class PackColumn:
    """One column of the delivered CSV: Table Schema `type`, meaning, and whatever else Table Schema needs to read it."""

    name: str
    type: str
    fr: str
    required: bool = True
    more: dict[str, object] = field(default_factory=dict)


COLUMNS: tuple[PackColumn, ...] = (
    PackColumn("edition", "string", "édition : mois et révision du calcul"),
    PackColumn("mois", "yearmonth", "mois de la cohorte (AAAA-MM)"),
    PackColumn("indicateur", "string", "code de l'indicateur"),
    PackColumn("libelle", "string", "nom de l'indicateur"),
    PackColumn("population", "string", "« territoire », ou code de votre organisme"),
    PackColumn("ventilation", "string", "selon quoi la population est découpée (« ensemble » : pas de découpage)"),
    PackColumn("modalite", "string", "groupe de la ventilation"),
    PackColumn("numerateur", "integer", "numérateur ; vide quand la figure n'est pas publiée", False),
    PackColumn("denominateur", "integer", "dénominateur ; vide quand la figure n'est pas publiée", False),
    PackColumn(
        "valeur",
        "number",
        "valeur, virgule décimale ; vide quand la figure n'est pas publiée, jamais zéro à la place",
        False,
        {"decimalChar": ","},
    ),
    PackColumn("unite", "string", "unité de la valeur"),
    PackColumn(
        "statut",
        "string",
        "statut de la figure",
        True,
        {"constraints": {"required": True, "enum": [c.code for c in codelists.load("status").codes]}},
    ),
    PackColumn(
        "provisoire",
        "boolean",
        "oui tant que la fenêtre de suivi n'est pas complète",
        True,
        {"trueValues": ["oui"], "falseValues": ["non"]},
    ),
    PackColumn("version_definition", "integer", "version de la définition de l'indicateur"),
)

#: What makes a row unique.
KEY: tuple[str, ...] = ("edition", "mois", "indicateur", "population", "ventilation", "modalite")

#: French words for the units of `release`.
UNITS: dict[str, str] = {
    "share": "part",
    "people": "personnes",
    "referrals": "orientations",
    "days": "jours",
    "months": "mois",
    "hours": "heures",
}

#: French words for the breakdowns; a breakdown that is not here is shown by its name.
BREAKDOWNS: dict[str, str] = {
    "sex": "sexe",
    "age_band": "tranche d'âge",
    "level_at_entry": "niveau à l'entrée",
    "residence_epci": "EPCI de résidence",
    "residence_zone": "zone d'emploi de résidence",
    "residence_department": "département de résidence",
    "service": "service",
    "purpose": "finalité de la formation",
    "refusal_reason": "motif de refus",
    "receiver_kind": "type d'organisme destinataire",
}

#: The CSV dialect, as Frictionless names it: what French spreadsheets open with a double click.
DIALECT: dict[str, object] = {"delimiter": ";", "lineTerminator": "\r\n", "quoteChar": '"', "doubleQuote": True, "header": True}


def table_schema() -> dict[str, object]:
    """The Table Schema of the CSV."""
    fields = [
        {"name": c.name, "type": c.type, "description": c.fr, **({"constraints": {"required": True}} if c.required else {}), **c.more}
        for c in COLUMNS
    ]
    return {"fields": fields, "missingValues": [""], "primaryKey": list(KEY)}
