"""How dirty the demonstration's exports are: every rate, once, with its meaning.

Here: the rates, and the two presets. Not here: how each is applied (`dossiers.py` for identities, `delivering.py` for files).
The table of `docs/demonstration.md` is checked against these declarations.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace
from typing import Any


def _rate(value: float, fr: str) -> Any:
    return field(default=value, metadata={"fr": fr})


@dataclass(frozen=True)
class Noise:
    """Shares between 0 and 1. « dossier » means one person as one partner knows it."""

    # The people themselves.
    twins: float = _rate(0.012, "personnes qui ont un jumeau ou une jumelle (même nom, date, lieu et logement)")
    siblings: float = _rate(0.03, "personnes qui ont un frère ou une sœur (même nom, lieu, adresse, téléphone)")
    couples: float = _rate(0.03, "personnes qui partagent adresse électronique et téléphone avec leur conjoint")
    homonyms: float = _rate(0.004, "personnes de mêmes nom, prénom, sexe et date de naissance qu'une autre")
    # How a partner writes an identity, per dossier.
    family_typo: float = _rate(0.025, "dossiers avec une faute de frappe dans le nom")
    given_typo: float = _rate(0.015, "dossiers avec une faute de frappe dans le prénom")
    swapped_names: float = _rate(0.008, "dossiers où nom et prénom sont intervertis")
    accents_lost: float = _rate(0.12, "dossiers sans accents (en plus des partenaires qui n'en écrivent jamais)")
    all_given_names: float = _rate(1.0, "la mission locale et le CFA écrivent tous les prénoms connus (1 = oui)")
    compound_cut: float = _rate(0.15, "dossiers où un prénom ou un nom composé est réduit à sa première partie, parmi les composés")
    married_as_birth: float = _rate(0.20, "dossiers où le nom d'usage tient lieu de nom de naissance, parmi les personnes qui en ont un")
    day_month_swap: float = _rate(0.006, "dossiers où jour et mois de naissance sont intervertis, quand c'est possible")
    birth_typo: float = _rate(0.008, "dossiers où le jour ou l'année de naissance est faux")
    birth_placeholder: float = _rate(0.002, "dossiers nés le 01/01/1900")
    birth_place_missing: float = _rate(0.08, "dossiers sans lieu de naissance")
    nir_missing: float = _rate(0.25, "dossiers sans NIR chez un partenaire qui le transmet")
    nir_typo: float = _rate(0.004, "NIR avec deux chiffres intervertis (la clé ne tombe plus juste)")
    ine_missing: float = _rate(0.40, "dossiers sans INE chez un partenaire qui le transmet")
    france_travail_id_missing: float = _rate(0.03, "dossiers sans identifiant France Travail chez un partenaire qui le transmet")
    email_missing: float = _rate(0.22, "dossiers sans adresse électronique")
    phone_missing: float = _rate(0.15, "dossiers sans téléphone")
    contact_changed: float = _rate(0.10, "dossiers avec une autre adresse électronique et un autre téléphone")
    corrected_later: float = _rate(0.25, "dossiers fautifs corrigés dans une livraison suivante")
    # The files.
    bad_line: float = _rate(0.004, "lignes abîmées (31/02, code inconnu, date obligatoire absente)")
    held_bad_line: float = _rate(0.20, "lignes abîmées dans la seule livraison qui dépasse sa limite de rejet")
    # What happens to deliveries: 1 = as scheduled in `delivering.py`, 0 = never.
    missing_deliveries: float = _rate(1.0, "un partenaire saute un mois, un autre s'arrête deux mois avant la fin (1 = oui)")
    late_deliveries: float = _rate(1.0, "une livraison arrive en deux fois, avec un complément (1 = oui)")
    duplicate_files: float = _rate(1.0, "un fichier est envoyé deux fois sous deux noms (1 = oui)")
    silent_organisations: float = _rate(1.0, "quatre organismes ne transmettent rien (1 = oui)")
    ambiguous_referrals: float = _rate(1.0, "orientations dont l'issue dépend de la règle d'appariement, gardées (1 = oui)")

    @classmethod
    def realistic(cls) -> Noise:
        """The rates above."""
        return cls()

    @classmethod
    def none(cls) -> Noise:
        """A perfect world, same layouts: what the pipeline computes must equal the truth exactly."""
        return replace(cls(), **{f.name: 0.0 for f in fields(cls)})

    @classmethod
    def clean(cls) -> Noise:
        """The very world of `realistic` (same people, same truth), every export whole and clean: what it gives differs from the realistic
        exports by what partners' files lack, and by nothing else."""
        world = {"twins", "siblings", "couples", "homonyms", "ambiguous_referrals"}
        return replace(cls(), **{f.name: 0.0 for f in fields(cls) if f.name not in world})
