"""The six record types a partner may send, built from the canonical fields.

Here: which fields each record carries, which are required, what its main date is, and the pandera model that checks it.
Not here: the meaning of a field (`fields.py`), how a file becomes records (`contract.py`, `assets/intake`).
"""

from __future__ import annotations

from dataclasses import dataclass

from schemas.fields import CONSENT, FIELDS, IDENTITY, QUASI, Field, Type


@dataclass(frozen=True)
class Record:
    """One record type: `fields` beside identity, the `required` ones, and `main_date` (first filled wins) from which the
    age at the event is computed. `spells` lists (start, end) pairs: an end before its start is refused."""

    name: str
    fr: str
    en: str
    fields: tuple[str, ...]
    required: tuple[str, ...]
    main_date: tuple[str, ...]
    spells: tuple[tuple[str, str], ...] = ()

    @property
    def own_fields(self) -> tuple[Field, ...]:
        """The record's own fields, declared."""
        return tuple(FIELDS[n] for n in self.fields)

    @property
    def all_fields(self) -> tuple[Field, ...]:
        """Identity, quasi-identifiers, consent, then the record's own fields: what a contract may map."""
        return (*IDENTITY, *QUASI, CONSENT, *self.own_fields)


RECORDS: dict[str, Record] = {
    r.name: r
    for r in (
        Record(
            "registration",
            "inscription ou accompagnement : une personne connue ou suivie",
            "a person known to or followed by a partner",
            ("organisation", "service", "opened_on", "closed_on", "closing_reason", "referent_org", "situation_at_entry", "level_at_entry"),
            ("opened_on",),
            ("opened_on",),
            (("opened_on", "closed_on"),),
        ),
        Record(
            "referral",
            "orientation ou prescription : un « envoi » vers un autre organisme",
            "one referral of a person to someone else",
            (
                "direction",
                "sent_on",
                "sender_org",
                "receiver_org",
                "receiver_kind",
                "service",
                "declared_status",
                "status_on",
                "refusal_reason",
            ),
            ("sent_on",),
            ("sent_on",),
            (("sent_on", "status_on"),),
        ),
        Record(
            "training",
            "une période de formation",
            "one training spell",
            (
                "organisation",
                "planned_start",
                "planned_end",
                "started_on",
                "ended_on",
                "ending",
                "programme",
                "purpose",
                "certification_code",
                "formacode",
                "hours",
                "modality",
                "funder",
                "site",
                "level_at_entry",
            ),
            (),
            ("started_on", "planned_start", "ended_on"),
            (("planned_start", "planned_end"), ("started_on", "ended_on")),
        ),
        Record(
            "contract",
            "un contrat de travail",
            "one work contract spell",
            (
                "organisation",
                "kind",
                "started_on",
                "planned_end",
                "ended_on",
                "contract_ending",
                "ending_reason",
                "employer",
                "occupation",
                "hours_weekly",
            ),
            ("kind", "started_on"),
            ("started_on",),
            (("started_on", "ended_on"), ("started_on", "planned_end")),
        ),
        Record(
            "situation",
            "une situation déclarée à une date",
            "a declared situation at a date",
            ("observed_on", "situation", "source"),
            ("observed_on", "situation"),
            ("observed_on",),
        ),
        Record(
            "certification",
            "un résultat de certification",
            "a certification result",
            ("organisation", "decided_on", "certification_code", "result"),
            ("decided_on", "result"),
            ("decided_on",),
        ),
    )
}

DUCKDB_TYPES: dict[Type, str] = {
    Type.CODE: "VARCHAR",
    Type.IDENTITY: "VARCHAR",
    Type.DATE: "DATE",
    Type.INTEGER: "INTEGER",
    Type.DECIMAL: "DECIMAL(10,2)",
    Type.BOOLEAN: "BOOLEAN",
}
