"""Every table Filrouge writes, once: name, room, meaning, columns.

Here: the declarations. Derived from them: DuckDB DDL with comments, the dictionary (`analyst.field`), the Table Schema of delivered
files. Not here: what a table and a column are (`table.py`), how a table is computed (`sql/`, `assets/`).
"""

from __future__ import annotations

from schemas.fields import CONSENT, FIELDS
from schemas.records import RECORDS, Record
from schemas.table import Column, Table, column_of, comments, create, quote
from schemas.table import optional as _c
from schemas.table import required as _k

__all__ = ["LINKAGE_TABLES", "TABLES", "Column", "Table", "comments", "create", "quote"]

# Columns that recur, declared once.
RECORD_ID = _k("record_id", "BIGINT", "numéro de l'enregistrement", "record number (delivery, line, part)")
PARTNER = _k("partner", "VARCHAR", "partenaire qui a transmis", "partner that delivered")
DELIVERY_ID = _k("delivery_id", "VARCHAR", "livraison d'origine", "delivery it comes from")
LINE = _k("line", "INTEGER", "ligne du fichier reçu (en-tête = 1)", "line of the file as received (header = 1)")
PERSON_ID = _k("person_id", "VARCHAR", "numéro de personne, tiré au hasard", "person number, random")
SEX = _c("sex", "VARCHAR", "sexe", "sex", "sex")
AGE_BAND = _k("age_band", "VARCHAR", "tranche d'âge à la date de l'événement", "age band at the event", "age_band")
TERRITORY: tuple[Column, ...] = (
    _c("residence_epci", "VARCHAR", "EPCI de résidence (code SIREN), vide sous le plancher de population", "EPCI of residence, empty under the population floor"),
    _c("residence_zone", "VARCHAR", "zone d'emploi de résidence", "employment zone of residence"),
    _c("residence_department", "VARCHAR", "département de résidence", "département of residence"),
)
CONSENT_COLUMN = column_of(CONSENT)
CONTRADICTION = _c("contradiction", "VARCHAR", "contradiction relevée et conservée (code), jamais corrigée", "contradiction found and kept (code), never repaired")
EDITION = _k("edition", "VARCHAR", "édition (mois et révision)", "edition (month and revision)")


def record_table(record: Record) -> Table:
    """`record_<type>`: every accepted version of every record, pseudonymised."""
    head = (
        RECORD_ID,
        PARTNER,
        _k("feed", "VARCHAR", "flux du contrat (fichier type)", "feed of the contract (kind of file)"),
        DELIVERY_ID,
        LINE,
        _k("record_key", "BIGINT", "jeton de la clé de l'enregistrement chez le partenaire", "keyed token of the partner's own record key"),
        _k("entity_id", "BIGINT", "jeton du dossier chez le partenaire, relié à une personne par `link`", "keyed token of the partner's file, linked to a person by `link`"),
        SEX,
        AGE_BAND,
        *TERRITORY,
        CONSENT_COLUMN,
    )
    own = tuple(column_of(f) for f in record.own_fields)
    return Table(f"record_{record.name}", "privacy", f"{record.fr} : toutes les versions reçues, pseudonymisées", f"{record.en}: every version received, pseudonymised", (*head, *own), ("record_id",))


def core_table(record: Record) -> Table:
    """The core table of a record type: current as of the edition, one row per record of a partner, with its person."""
    own = tuple(column_of(f) for f in record.own_fields)
    columns = (RECORD_ID, PERSON_ID, PARTNER, DELIVERY_ID, LINE, SEX, AGE_BAND, *TERRITORY, CONSENT_COLUMN, *own, CONTRADICTION)
    return Table(record.name, "core", f"{record.fr}, à jour de l'édition", f"{record.en}, current as of the edition", columns, ("record_id",))


LEDGER: tuple[Table, ...] = (
    Table(
        "delivery", "landing", "une livraison : un fichier reçu d'un partenaire", "one delivery: a file received from a partner",
        (
            DELIVERY_ID,
            PARTNER,
            _c("feed", "VARCHAR", "flux du contrat reconnu", "feed of the contract it was recognised as"),
            _k("sequence", "INTEGER", "rang d'arrivée", "order of arrival"),
            _k("sha256", "VARCHAR", "empreinte du fichier reçu", "hash of the file as received"),
            _k("file_name", "VARCHAR", "nom du fichier reçu", "name of the file as received"),
            _k("bytes", "BIGINT", "taille du fichier", "size of the file"),
            _k("received_at", "TIMESTAMP", "date d'arrivée (UTC)", "time of arrival (UTC)"),
            _k("period", "VARCHAR", "mois couvert (AAAA-MM)", "month covered (YYYY-MM)"),
            _c("covers_from", "DATE", "début de la période couverte", "first day covered"),
            _c("covers_to", "DATE", "fin de la période couverte", "last day covered"),
            _c("mode", "VARCHAR", "delta ou snapshot", "delta or snapshot"),
            _k("status", "VARCHAR", "received, accepted, held, ou replaced (en attente, puis renvoyée sous le même nom et acceptée)", "received, accepted, held, or replaced (held, then sent again under the same name and accepted)"),
            _c("reason", "VARCHAR", "raison d'une mise en attente (code)", "why it is held (code)"),
            _c("lines_received", "INTEGER", "lignes reçues", "lines received"),
            _c("lines_kept", "INTEGER", "lignes gardées telles quelles", "lines kept as they were"),
            _c("lines_repaired", "INTEGER", "lignes gardées après réparation", "lines kept after a repair"),
            _c("lines_rejected", "INTEGER", "lignes rejetées", "lines rejected"),
            _c("lines_superseded", "INTEGER", "lignes remplacées par une ligne suivante du même fichier", "lines superseded within the file"),
            _c("contract_hash", "VARCHAR", "empreinte du contrat appliqué", "hash of the contract applied"),
        ),
        ("delivery_id",),
    ),
    Table(
        "line_event", "intake", "ce qui est arrivé à une ligne : rejet, réparation, remplacement, remarque", "what happened to a line: rejected, repaired, superseded, noted",
        (
            DELIVERY_ID,
            LINE,
            _c("column_name", "VARCHAR", "colonne du fichier", "column of the file"),
            _k("fate", "VARCHAR", "rejected, repaired, superseded ou noted", "rejected, repaired, superseded or noted"),
            _k("reason", "VARCHAR", "code du motif (catalogue des messages)", "reason code (message catalogue)"),
        ),
    ),
)

LINK: tuple[Table, ...] = (
    Table(
        "link", "linkage", "à quelle personne appartient chaque dossier", "which person each partner file belongs to",
        (_k("entity_id", "BIGINT", "jeton du dossier", "keyed token of the partner's file"), PERSON_ID, _k("method", "VARCHAR", "preuve la plus forte : alone, dossier, identifier, identical, probabilistic", "strongest evidence")),
        ("entity_id",),
    ),
)

CORE: tuple[Table, ...] = (
    Table(
        "edition", "core", "l'édition en cours et ses paramètres", "the current edition and its parameters",
        (
            EDITION,
            _k("month", "VARCHAR", "mois de l'édition (AAAA-MM)", "month of the edition"),
            _k("horizon", "DATE", "dernier jour connu de l'édition", "last day the edition knows of"),
            _k("fingerprint", "VARCHAR", "empreinte des livraisons, de la configuration et du code", "hash of deliveries, configuration and code"),
            _k("referral_window_days", "INTEGER", "délai d'arrivée d'une orientation, en jours", "days a referral has to arrive"),
            _k("early_arrival_days", "INTEGER", "jours d'avance acceptés", "days an arrival may precede its referral"),
            _k("gap_days", "INTEGER", "durée d'une rupture de parcours, en jours", "days without a step that make a gap"),
            _k("suppression_threshold", "INTEGER", "seuil du secret statistique", "primary suppression threshold"),
        ),
        ("edition",),
    ),
    Table(
        "edition_history", "core", "toutes les éditions calculées, conservées", "every edition ever computed, kept",
        (
            EDITION,
            _k("month", "VARCHAR", "mois de l'édition (AAAA-MM)", "month of the edition"),
            _k("revision", "INTEGER", "révision (0 = première)", "revision (0 = first)"),
            _k("fingerprint", "VARCHAR", "empreinte des livraisons, de la configuration et du code", "hash of deliveries, configuration and code"),
        ),
        ("edition",),
    ),
    Table(
        "feed", "core", "ce que chaque contrat promet : flux, type d'enregistrement", "what each contract promises: feed, record type",
        (
            PARTNER,
            _k("feed", "VARCHAR", "flux du contrat (fichier type)", "feed of the contract (kind of file)"),
            _k("record_type", "VARCHAR", "type d'enregistrement", "record type"),
            _k("organisation", "VARCHAR", "organisme du partenaire", "the partner's own organisation"),
            _k("expected", "BOOLEAN", "attendu chaque mois", "awaited every month"),
        ),
        ("partner", "feed", "record_type"),
    ),
    Table(
        "current_version", "core", "les versions en vigueur dans l'édition, avant d'être réunies", "versions in force in the edition, before they are merged",
        (
            _k("record_type", "VARCHAR", "type d'enregistrement", "record type"),
            RECORD_ID,
            _k("head_id", "BIGINT", "version de tête : celle de la livraison la plus récente", "leading version: the one of the latest delivery"),
            _k("rank", "INTEGER", "1 = tête ; 2 et plus complètent ses champs vides", "1 leads; 2 and more fill its empty fields"),
            PERSON_ID,
        ),
        ("record_type", "record_id"),
    ),
    Table(
        "organisation", "core", "les organismes du territoire", "organisations of the territory",
        (
            _k("organisation", "VARCHAR", "code de l'organisme", "organisation code"),
            _k("name", "VARCHAR", "nom", "name"),
            _k("kind", "VARCHAR", "type d'organisme", "kind of organisation", "organisation_kind"),
            _c("siret", "VARCHAR", "SIRET", "SIRET"),
            _c("commune", "VARCHAR", "commune (code INSEE)", "INSEE code of the commune"),
            _c("partner", "VARCHAR", "partenaire qui transmet ses données, vide s'il n'en transmet pas", "partner that delivers its data, empty if none"),
        ),
        ("organisation",),
    ),
    Table(
        "coverage", "core", "quelles données sont là : organisme, type d'enregistrement, mois", "which data are there: organisation, record type, month",
        (
            _k("organisation", "VARCHAR", "code de l'organisme", "organisation code"),
            _k("record_type", "VARCHAR", "type d'enregistrement", "record type"),
            _k("month", "VARCHAR", "mois (AAAA-MM)", "month"),
            _k("expected", "BOOLEAN", "attendu selon le contrat", "expected by the contract"),
            _k("covered", "BOOLEAN", "livraison acceptée pour ce mois", "an accepted delivery covers the month"),
        ),
        ("organisation", "record_type", "month"),
    ),
    Table(
        "person", "core", "une personne, sans identité", "one person, without identity",
        (
            PERSON_ID,
            SEX,
            _k("age_band", "VARCHAR", "tranche d'âge à la première apparition", "age band when first seen", "age_band"),
            _c("level_at_entry", "VARCHAR", "niveau de formation à l'entrée", "level of education at entry", "level"),
            *TERRITORY,
            _k("partners", "INTEGER", "nombre de partenaires qui la connaissent", "number of partners that know the person"),
            _c("first_seen_on", "DATE", "première date connue", "first known date"),
        ),
        ("person_id",),
    ),
    *(core_table(r) for r in RECORDS.values()),
)

PATHWAYS: tuple[Table, ...] = (
    Table(
        "arrival", "pathways", "une arrivée chez un organisme : ouverture, début de formation ou de contrat, accueil d'orientation", "an arrival at an organisation",
        (
            RECORD_ID, PERSON_ID,
            _k("organisation", "VARCHAR", "organisme où la personne arrive", "organisation arrived at"),
            _k("organisation_kind", "VARCHAR", "type d'organisme", "kind of organisation", "organisation_kind"),
            _k("record_type", "VARCHAR", "type d'enregistrement", "record type"),
            _k("service", "VARCHAR", "service", "service", "service"),
            _k("arrived_on", "DATE", "date d'arrivée", "date of arrival"),
        ),
        ("record_type", "record_id"),
    ),
    Table(
        "referral_outcome", "pathways", "ce qu'est devenue chaque orientation émise", "what became of each referral sent",
        (
            RECORD_ID, PERSON_ID,
            _k("sender_org", "VARCHAR", "organisme prescripteur", "sending organisation"),
            _c("receiver_org", "VARCHAR", "organisme destinataire nommé", "named receiver"),
            _c("receiver_kind", "VARCHAR", "type d'organisme destinataire", "kind of receiver", "organisation_kind"),
            _k("service", "VARCHAR", "service visé", "service aimed at", "service"),
            _k("sent_on", "DATE", "date d'envoi", "date sent"),
            _c("declared_status", "VARCHAR", "statut déclaré", "declared status", "referral_status"),
            _c("refusal_reason", "VARCHAR", "motif de refus", "refusal reason", "refusal_reason"),
            _k("outcome", "VARCHAR", "issue", "outcome", "referral_outcome"),
            _c("arrival_record_type", "VARCHAR", "type d'enregistrement de l'arrivée", "record type of the arrival"),
            _c("arrival_record_id", "BIGINT", "enregistrement de l'arrivée", "record of the arrival"),
            _c("arrived_org", "VARCHAR", "organisme d'arrivée", "organisation arrived at"),
            _c("arrived_on", "DATE", "date d'arrivée", "date of arrival"),
            _c("delay_days", "INTEGER", "délai entre l'envoi et l'arrivée, en jours", "days from sent to arrived"),
            SEX, AGE_BAND, *TERRITORY,
        ),
        ("record_id",),
    ),
    Table(
        "step", "pathways", "une étape datée du parcours d'une personne", "one dated step of a person's pathway",
        (
            RECORD_ID, PERSON_ID,
            _k("rank", "INTEGER", "rang de l'étape dans le parcours", "rank of the step in the pathway"),
            _k("record_type", "VARCHAR", "type d'enregistrement", "record type"),
            _c("organisation", "VARCHAR", "organisme", "organisation"),
            _c("organisation_kind", "VARCHAR", "type d'organisme", "kind of organisation", "organisation_kind"),
            _c("service", "VARCHAR", "service", "service", "service"),
            _c("detail", "VARCHAR", "précision : finalité, nature du contrat, situation", "detail: purpose, kind of contract, situation"),
            _k("started_on", "DATE", "début", "start"),
            _c("ended_on", "DATE", "fin", "end"),
            _c("ending", "VARCHAR", "issue", "ending"),
        ),
        ("record_type", "record_id"),
    ),
    Table(
        "training_follow_up", "pathways", "la suite de chaque formation terminée, à 3, 6 et 12 mois", "what follows each training ended, within 3, 6 and 12 months",
        (
            _k("record_id", "BIGINT", "formation", "training"), PERSON_ID,
            _c("organisation", "VARCHAR", "organisme de formation", "training organisation"),
            _c("purpose", "VARCHAR", "finalité", "purpose", "training_purpose"),
            _k("ended_on", "DATE", "fin de la formation", "end of the training"),
            _k("window_months", "INTEGER", "fenêtre d'observation, en mois (3, 6 ou 12)", "follow-up window in months (3, 6 or 12)"),
            _k("follow_up", "VARCHAR", "suite : qualifying_training, other_training, alternance, lasting_job, short_job, other_follow_up, none_seen, unknown", "what follows"),
            _c("next_record_type", "VARCHAR", "type d'enregistrement de l'étape suivante", "record type of the next step"),
            _c("next_record_id", "BIGINT", "enregistrement de l'étape suivante", "record of the next step"),
            _c("delay_days", "INTEGER", "délai jusqu'à l'étape suivante, en jours", "days until the next step"),
            SEX, AGE_BAND, *TERRITORY,
        ),
        ("record_id", "window_months"),
    ),
    Table(
        "gap", "pathways", "une rupture : rien entre deux étapes pendant la durée fixée", "a break: nothing between two steps",
        (
            PERSON_ID,
            _k("from_record_type", "VARCHAR", "type d'enregistrement de l'étape avant", "record type of the step before"),
            _k("from_record_id", "BIGINT", "étape avant", "step before"),
            _k("to_record_type", "VARCHAR", "type d'enregistrement de l'étape après", "record type of the step after"),
            _k("to_record_id", "BIGINT", "étape après", "step after"),
            _k("gap_start", "DATE", "début de la rupture", "start of the gap"),
            _k("gap_days", "INTEGER", "durée, en jours", "length in days"),
            _c("from_org", "VARCHAR", "organisme avant", "organisation before"),
            _c("to_org", "VARCHAR", "organisme après", "organisation after"),
        ),
        ("to_record_type", "to_record_id"),
    ),
    Table(
        "flow", "pathways", "passages d'un type de partenaire à un autre, par service et par mois", "moves from partner kind to partner kind, by service and month",
        (
            _k("month", "VARCHAR", "mois de l'étape d'arrivée", "month of the later step"),
            _k("from_kind", "VARCHAR", "type d'organisme de départ", "kind of organisation left", "organisation_kind"),
            _k("to_kind", "VARCHAR", "type d'organisme d'arrivée", "kind of organisation reached", "organisation_kind"),
            _k("service", "VARCHAR", "service de l'étape d'arrivée", "service of the later step", "service"),
            _k("moves", "INTEGER", "nombre de passages", "number of moves"),
            _k("people", "INTEGER", "nombre de personnes", "number of people"),
        ),
        ("month", "from_kind", "to_kind", "service"),
    ),
)

_INDICATOR_HEAD: tuple[Column, ...] = (
    EDITION,
    _k("month", "VARCHAR", "mois de la cohorte (AAAA-MM)", "cohort month"),
    _k("indicator", "VARCHAR", "indicateur", "indicator"),
    _k("definition_version", "INTEGER", "version de la définition", "definition version"),
    _k("population", "VARCHAR", "territoire, ou code d'un organisme", "`territoire`, or an organisation code"),
    _k("breakdown", "VARCHAR", "ventilation (ensemble, sex, age_band…)", "breakdown (`ensemble` for the total)"),
    _k("category", "VARCHAR", "modalité de la ventilation", "category of the breakdown"),
    _c("numerator", "BIGINT", "numérateur (effectif)", "numerator (count)"),
    _c("denominator", "BIGINT", "dénominateur (effectif)", "denominator (count)"),
    _c("value", "DECIMAL(18,6)", "valeur : part entre 0 et 1, effectif ou durée", "value: share between 0 and 1, count or duration"),
    _k("unit", "VARCHAR", "unité : share, people, referrals, days…", "unit"),
)
_PROVISIONAL = _k("provisional", "BOOLEAN", "provisoire tant que la fenêtre de suivi n'est pas complète", "provisional while the follow-up window is open")
_CELL = ("edition", "month", "indicator", "population", "breakdown", "category")

INDICATORS: tuple[Table, ...] = (
    Table(
        "indicator", "indicators", "les figures exactes, avant le secret statistique ; jamais publiées telles quelles", "exact figures, before disclosure control; never published as they are",
        (*_INDICATOR_HEAD, _k("unverifiable", "BIGINT", "unités que la couverture ne permet pas de vérifier", "units the coverage cannot verify"), _PROVISIONAL), _CELL,
    ),
)

RELEASE: tuple[Table, ...] = (
    Table(
        "release", "disclosure", "les figures publiables, après le secret statistique", "figures that may be released, after disclosure control",
        (*_INDICATOR_HEAD, _k("status", "VARCHAR", "statut de la figure", "status of the figure", "status"), _PROVISIONAL), _CELL,
    ),
)

TABLES: dict[str, Table] = {
    t.name: t for t in (*LEDGER, *(record_table(r) for r in RECORDS.values()), *LINK, *CORE, *PATHWAYS, *INDICATORS, *RELEASE)
}

_ENTITY = _k("entity_id", "BIGINT", "jeton du dossier : une identité telle qu'un partenaire la connaît", "keyed token of one identity as one partner knows it")
_PROFILE = _k("profile_id", "BIGINT", "jeton de l'identité normalisée", "keyed token of the normalised identity")
_RECORD_TYPE = _k("record_type", "VARCHAR", "type d'enregistrement", "record type")

#: The linkage store, `linkage.duckdb`: never in the warehouse, read by the privacy and linkage rooms alone.
LINKAGE_TABLES: dict[str, Table] = {
    t.name: t
    for t in (
        Table(
            "entity", "privacy", "les dossiers connus de chaque partenaire", "the identities each partner knows",
            (_ENTITY, PARTNER, _c("dossier", "BIGINT", "jeton du numéro de dossier", "keyed token of the dossier number"), _PROFILE, SEX),
            ("entity_id",),
        ),
        Table(
            "token", "privacy", "jetons composés de chaque identité", "compound tokens of each identity",
            (_PROFILE, _k("rule", "SMALLINT", "règle (assets/privacy/rules.py)", "rule"), _k("token", "BIGINT", "jeton", "token")),
            ("profile_id", "rule", "token"),
        ),
        Table(
            "entity_delivery", "privacy", "quelle livraison parle de quel dossier", "which delivery mentions which identity",
            (_ENTITY, DELIVERY_ID, _RECORD_TYPE), ("entity_id", "delivery_id", "record_type"),
        ),
        Table(
            "collision", "privacy", "accords fortuits entre inconnus, par livraison", "agreements by chance between strangers, per delivery",
            (
                DELIVERY_ID, _RECORD_TYPE, _k("field", "VARCHAR", "champ", "field"),
                _k("pairs", "DOUBLE", "paires d'identités comparées", "pairs of identities"), _k("same", "DOUBLE", "paires qui s'accordent", "pairs that agree"),
            ),
            ("delivery_id", "record_type", "field"),
        ),
        Table(
            "person_entity", "linkage", "à quelle personne appartient chaque dossier, d'une exécution à l'autre", "the person of each identity, kept from run to run",
            (_ENTITY, PERSON_ID), ("entity_id",),
        ),
        Table(
            "person_history", "linkage", "fusions et séparations de personnes", "merges and splits of persons",
            (
                _k("sequence", "INTEGER", "rang de l'exécution", "order of the run"), EDITION, _ENTITY,
                _k("from_person_id", "VARCHAR", "personne avant", "person before"), _k("to_person_id", "VARCHAR", "personne après", "person after"),
                _k("event", "VARCHAR", "merge ou split", "merge or split"),
            ),
            ("sequence", "entity_id"),
        ),
        Table(
            "conflict", "linkage", "dossiers qu'une preuve rapproche et qu'une autre sépare, laissés séparés", "identities one proof joins and another parts, kept apart",
            (
                _k("entity_left", "BIGINT", "premier dossier", "first identity"), _k("entity_right", "BIGINT", "second dossier", "second identity"),
                _k("reason", "VARCHAR", "dossier, identifier, nir, twins ou cluster", "dossier, identifier, nir, twins or cluster"),
            ),
            ("entity_left", "entity_right", "reason"),
        ),
        Table(
            "review_candidate", "linkage", "paires en zone grise, à décider par une personne", "grey-zone pairs, for a human to decide",
            (
                _k("entity_left", "BIGINT", "premier dossier", "first identity"), _k("entity_right", "BIGINT", "second dossier", "second identity"),
                _k("weight", "DECIMAL(6,2)", "poids de la preuve (log2)", "weight of evidence (log2)"),
                _k("band", "VARCHAR", "probabilité : low, even, high", "probability band"),
                _k("evidence", "VARCHAR", "ce sur quoi les deux dossiers s'accordent", "what the two identities agree on"),
            ),
            ("entity_left", "entity_right"),
        ),
        Table(
            "linkage_parameter", "linkage", "poids estimés, par comparaison et niveau", "estimated weights, per comparison and level",
            (
                _k("comparison", "VARCHAR", "comparaison", "comparison"), _k("level", "VARCHAR", "niveau d'accord", "level of agreement"),
                _k("m", "DECIMAL(12,9)", "probabilité entre deux dossiers d'une même personne", "probability given a match"),
                _k("u", "DECIMAL(12,9)", "probabilité entre deux inconnus", "probability given a non-match"),
            ),
            ("comparison", "level"),
        ),
    )
}

#: Every canonical field a warehouse column may come from.
assert all(name in FIELDS for r in RECORDS.values() for name in r.fields)
