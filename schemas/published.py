"""The analysts' tables, `analyst.*` of `published/territory.duckdb`: name, meaning, columns.

Here: the declaration, from which come the DDL with comments and `analyst.field`. Not here: how each is computed
(`sql/published/<name>.sql`), nor the protection applied to people (`assets/releases/anonymity.py`).

What an analyst never finds here about a person: an exact date, a line, a file name, a record number of the warehouse (it tells the line of a
partner's file), a commune of residence, an employer.
"""

# fmt: off

from __future__ import annotations

from dataclasses import replace

from schemas.tables import AGE_BAND, EDITION, PARTNER, PERSON_ID, SEX, TABLES, Column, Table

#: The schema every analyst's query names.
SCHEMA = "analyst"

_ROOM = "releases"


def _c(name: str, type_: str, fr: str, en: str, codelist: str | None = None) -> Column:
    return Column(name, type_, fr, en, codelist=codelist)


def _k(name: str, type_: str, fr: str, en: str, codelist: str | None = None) -> Column:
    return Column(name, type_, fr, en, True, codelist)


def _of(table: str, *names: str) -> tuple[Column, ...]:
    """Columns of a warehouse table that analysts see as they are."""
    columns = {c.name: c for c in TABLES[table].columns}
    return tuple(columns[n] for n in names)


def _as(table: str, name: str, new_name: str) -> Column:
    return replace(_of(table, name)[0], name=new_name)


def _month(name: str, fr: str, en: str, required: bool = False) -> Column:
    return Column(name, "VARCHAR", f"{fr} (mois, AAAA-MM)", f"{en} (month, YYYY-MM)", required)


RECORD_ID = _k("record_id", "BIGINT", "numéro d'enregistrement propre au fichier des analystes, sans lien avec une ligne reçue", "record number of the analysts' file, unrelated to a line received")


def _other_record(name: str, fr: str, en: str, required: bool = False) -> Column:
    return Column(name, "BIGINT", fr, en, required)


#: The quasi-identifiers of a person, the same in every table: generalised so that at least k people share each combination.
QUASI: tuple[Column, ...] = (
    SEX,
    replace(AGE_BAND, fr="tranche d'âge à la première apparition ; unknown : inconnue, ou retirée quand elle distinguerait trop", en="age band when first seen; unknown: not known, or withheld where it would single out"),
    _c("level_at_entry", "VARCHAR", "niveau de formation à l'entrée, vide quand il distinguerait trop", "level of education at entry, empty where it would single out", "level"),
    _c("residence_epci", "VARCHAR", "EPCI de résidence (code SIREN), vide quand il distinguerait trop", "EPCI of residence, empty where it would single out"),
    _c("residence_zone", "VARCHAR", "zone d'emploi de résidence, vide quand elle distinguerait trop", "employment zone of residence, empty where it would single out"),
    _c("residence_department", "VARCHAR", "département de résidence, vide quand il distinguerait trop", "département of residence, empty where it would single out"),
)
_CONTRADICTION = _of("training", "contradiction")[0]
_DURATION = _c("duration_days", "INTEGER", "durée, en jours", "duration in days")
_RARE_FR, _RARE_EN = "vide quand trop peu de personnes le partagent", "empty where too few people share it"


def _rare(table: str, name: str) -> Column:
    column = _of(table, name)[0]
    return replace(column, fr=f"{column.fr}, {_RARE_FR}", en=f"{column.en}, {_RARE_EN}")


def _event(name: str, *columns: Column, key: tuple[str, ...] = ("record_id",)) -> Table:
    """A row-level table: the person's generalised quasi-identifiers close every row."""
    return Table(name, _ROOM, TABLES[name].fr, TABLES[name].en, (*columns, *QUASI), key)


PEOPLE: tuple[Table, ...] = (
    Table("person", _ROOM, "une personne, sans identité, généralisée", "one person, without identity, generalised", (PERSON_ID, *QUASI, *_of("person", "partners"), _month("first_seen_month", "première apparition", "first seen")), ("person_id",)),
    Table("organisation", _ROOM, TABLES["organisation"].fr, TABLES["organisation"].en, TABLES["organisation"].columns, ("organisation",)),
    _event("registration", RECORD_ID, PERSON_ID, PARTNER, *_of("registration", "organisation", "service"), _month("opened_month", "inscription", "opened"), _month("closed_month", "sortie", "closed"), _DURATION, *_of("registration", "closing_reason", "referent_org", "situation_at_entry"), _CONTRADICTION),
    _event("referral", RECORD_ID, PERSON_ID, PARTNER, *_of("referral", "direction", "sender_org", "receiver_org", "receiver_kind", "service"), _month("sent_month", "envoi", "sent"), *_of("referral", "declared_status"), _c("status_delay_days", "INTEGER", "jours entre l'envoi et le statut", "days from sent to status"), *_of("referral", "refusal_reason"), _CONTRADICTION),
    _event("training", RECORD_ID, PERSON_ID, PARTNER, *_of("training", "organisation"), _month("planned_start_month", "début prévu", "planned start"), _c("planned_duration_days", "INTEGER", "durée prévue, en jours", "planned duration in days"), _month("started_month", "début", "start"), _month("ended_month", "fin", "end"), _DURATION, *_of("training", "ending"), _rare("training", "programme"), *_of("training", "purpose"), _rare("training", "certification_code"), _rare("training", "formacode"), *_of("training", "hours", "modality", "funder"), _c("site_department", "VARCHAR", "département du lieu de formation", "département of the training site"), _CONTRADICTION),
    _event("contract", RECORD_ID, PERSON_ID, PARTNER, *_of("contract", "organisation", "kind"), _month("started_month", "début", "start"), _c("planned_duration_days", "INTEGER", "durée prévue, en jours", "planned duration in days"), _month("ended_month", "fin", "end"), _DURATION, *_of("contract", "contract_ending", "ending_reason"), _rare("contract", "occupation"), *_of("contract", "hours_weekly"), _CONTRADICTION),
    _event("situation", RECORD_ID, PERSON_ID, PARTNER, _month("observed_month", "observation", "observed"), *_of("situation", "situation", "source"), _CONTRADICTION),
    _event("certification", RECORD_ID, PERSON_ID, PARTNER, *_of("certification", "organisation"), _month("decided_month", "décision", "decided"), _rare("certification", "certification_code"), *_of("certification", "result"), _CONTRADICTION),
)

PATHWAYS: tuple[Table, ...] = (
    _event("step", RECORD_ID, PERSON_ID, *_of("step", "rank", "record_type", "organisation", "organisation_kind", "service", "detail"), _month("started_month", "début", "start", True), _month("ended_month", "fin", "end"), _DURATION, *_of("step", "ending")),
    _event("referral_outcome", RECORD_ID, PERSON_ID, *_of("referral_outcome", "sender_org", "receiver_org", "receiver_kind", "service"), _month("sent_month", "envoi", "sent", True), *_of("referral_outcome", "declared_status", "refusal_reason", "outcome"), *_of("referral_outcome", "arrival_record_type"), _other_record("arrival_record_id", "enregistrement de l'arrivée", "record of the arrival"), *_of("referral_outcome", "arrived_org"), _month("arrived_month", "arrivée", "arrived"), *_of("referral_outcome", "delay_days")),
    _event("training_follow_up", RECORD_ID, PERSON_ID, *_of("training_follow_up", "organisation", "purpose"), _month("ended_month", "fin de la formation", "end of the training", True), *_of("training_follow_up", "window_months", "follow_up"), *_of("training_follow_up", "next_record_type"), _other_record("next_record_id", "enregistrement de l'étape suivante", "record of the next step"), *_of("training_follow_up", "delay_days"), key=("record_id", "window_months")),
    _event("gap", PERSON_ID, *_of("gap", "from_record_type"), _other_record("from_record_id", "étape avant", "step before", True), *_of("gap", "to_record_type"), _other_record("to_record_id", "étape après", "step after", True), _month("gap_month", "début de la rupture", "start of the gap", True), *_of("gap", "gap_days", "from_org", "to_org"), key=("from_record_id", "to_record_id")),
    Table("flow", _ROOM, f"{TABLES['flow'].fr} ; vides sous le seuil du secret statistique", f"{TABLES['flow'].en}; empty under the suppression threshold", (*_of("flow", "month", "from_kind", "to_kind", "service"), *(replace(c, required=False) for c in _of("flow", "moves", "people")), _k("status", "VARCHAR", "statut de la figure", "status of the figure", "status")), TABLES["flow"].key),
)

FIGURES: tuple[Table, ...] = (
    Table("indicator", _ROOM, TABLES["release"].fr, TABLES["release"].en, TABLES["release"].columns, TABLES["release"].key),
    Table("coverage", _ROOM, TABLES["coverage"].fr, TABLES["coverage"].en, TABLES["coverage"].columns, TABLES["coverage"].key),
    Table("delivery", _ROOM, "une livraison d'un partenaire et son compte de lignes", "one delivery of a partner and its account of lines", (*_of("delivery", "delivery_id", "partner", "feed", "sequence"), _as("delivery", "period", "month"), *_of("delivery", "covers_from", "covers_to", "mode", "status", "reason", "lines_received", "lines_kept", "lines_repaired", "lines_rejected", "lines_superseded")), ("delivery_id",)),
)

REFERENCE: tuple[Table, ...] = (
    Table("code", _ROOM, "les listes de codes et leurs libellés", "code lists and their labels", (
        _k("codelist", "VARCHAR", "liste de codes", "code list"), _k("rank", "INTEGER", "rang d'affichage", "display order"), _k("code", "VARCHAR", "code", "code"),
        _k("fr", "VARCHAR", "libellé français", "French label"), _k("en", "VARCHAR", "libellé anglais", "English label"),
        _k("source", "VARCHAR", "source officielle", "official source"), _k("version", "VARCHAR", "version de la liste", "version of the list")), ("codelist", "code")),
    Table("territory", _ROOM, "les communes du territoire et les zones dont elles relèvent", "communes of the territory and the areas they belong to", (
        _k("commune", "VARCHAR", "commune (code INSEE)", "INSEE code of the commune"), _c("name", "VARCHAR", "nom de la commune", "name of the commune"),
        _c("epci", "VARCHAR", "EPCI (code SIREN)", "EPCI (SIREN code)"), _c("epci_name", "VARCHAR", "nom de l'EPCI", "name of the EPCI"),
        _c("zone", "VARCHAR", "zone d'emploi", "employment zone"), _c("zone_name", "VARCHAR", "nom de la zone d'emploi", "name of the employment zone"),
        _c("department", "VARCHAR", "département", "département"), _c("region", "VARCHAR", "région", "région"), _c("population", "INTEGER", "population", "population"),
        _c("valid_from", "DATE", "valable à partir du", "valid from"), _c("valid_to", "DATE", "valable jusqu'au", "valid until")), ("commune", "valid_from")),
    Table("field", _ROOM, "le dictionnaire : chaque colonne de chaque table", "the dictionary: every column of every table", (
        _k("table_name", "VARCHAR", "table", "table"), _k("position", "INTEGER", "rang de la colonne", "position of the column"), _k("column_name", "VARCHAR", "colonne", "column"),
        _k("type", "VARCHAR", "type DuckDB", "DuckDB type"), _k("required", "BOOLEAN", "toujours renseignée", "never empty"), _c("codelist", "VARCHAR", "liste de codes (table `code`)", "code list (table `code`)"),
        _k("fr", "VARCHAR", "définition en français", "definition in French"), _k("en", "VARCHAR", "définition en anglais", "definition in English")), ("table_name", "position")),
)

#: Every analyst's table, in the order of the documentation.
PUBLISHED: dict[str, Table] = {t.name: t for t in (*PEOPLE, *PATHWAYS, *FIGURES, *REFERENCE)}

#: Tables filled from declarations and reference files rather than from a SELECT over the warehouse.
FROM_DECLARATIONS: tuple[str, ...] = ("code", "territory", "field")

assert EDITION in PUBLISHED["indicator"].columns
