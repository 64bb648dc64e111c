"""Running the monthly job in this process, and saying what it did.

Here: lock, progress events, outcome. Not here: what the rooms do (`assets`), how it is shown (`cli.py`).
"""

from __future__ import annotations

import fcntl
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import dagster as dg

from assets.intake.receipt import held_sentence
from assets.landing.vault import check_key
from assets.safety import Fault
from assets.site import Site
from assets.workspace import harden
from pipelines.definitions import build
from pipelines.jobs import MONTHLY
from pipelines.resources import instance
from schemas.messages import say


class Busy(Exception):
    """Another run holds the workspace."""


@dataclass
class Outcome:
    """What a run did, for the summary and for `--json`. `fault`: (step, kind, places) when one occurred."""

    month: str
    ok: bool
    edition: str = ""
    new_deliveries: int = 0
    changed: bool = False
    partners: list[dict[str, Any]] = field(default_factory=list)
    held: list[dict[str, Any]] = field(default_factory=list)
    people: int = 0
    entities: int = 0
    published: int = 0
    withheld: int = 0
    notes: list[str] = field(default_factory=list)
    left_alone: bool = False
    seconds: dict[str, float] = field(default_factory=dict)
    stopped_by: list[dict[str, str]] = field(default_factory=list)
    fault: dict[str, str] | None = None

    @property
    def exit_code(self) -> int:
        """0 all well, 1 data findings, 3 a fault (6-interfaces)."""
        if not self.ok:
            return 3
        return 1 if self.held or self.left_alone else 0


@contextmanager
def locked(site: Site) -> Iterator[None]:
    """One run at a time in a workspace. Raises Busy."""
    site.workspace.root.mkdir(parents=True, exist_ok=True)
    with (site.workspace.root / ".lock").open("w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            free = True
        except OSError:
            free = False
        if not free:
            raise Busy
        yield


def _fault(result: Any) -> dict[str, str] | None:
    """The first step that failed, by kind and place; the orchestrator's own text is not repeated."""
    for event in result.all_events:
        if event.is_step_failure:
            error = event.step_failure_data.error
            text = error.message if error else ""
            cause = error.cause if error else None
            known = next((t for t in (text, cause.message if cause else "") if t.startswith(f"{Fault.__module__}.{Fault.__name__}")), "")
            kind, _, where = known.partition(": ")[2].strip().partition(" at ")
            return {"step": event.step_key or "", "kind": kind or "?", "where": where or "?"}
    return None


_ROOMS = {"delivery": "landing", "account": "intake", "link": "linkage", "published": "releases", "pack": "releases"}


def _seconds(inst: dg.DagsterInstance, run_id: str) -> dict[str, float]:
    """Seconds spent in each room, its checks included, in order of their start."""
    spent: dict[str, float] = {}
    for step in sorted(inst.get_run_step_stats(run_id), key=lambda s: s.start_time or 0.0):
        word = step.step_key.split("_")[0]
        room = _ROOMS.get(word, word)
        spent[room] = round(spent.get(room, 0.0) + (step.end_time or 0.0) - (step.start_time or step.end_time or 0.0), 3)
    return spent


def _summary(site: Site, outcome: Outcome, before: int) -> None:
    """Fills the outcome from the warehouse."""
    with site.warehouse(read_only=True) as con:
        known = {r[0] for r in con.execute("SELECT table_name FROM duckdb_tables() WHERE schema_name = 'main'").fetchall()}
        if "delivery" in known:
            rows = con.execute(
                """SELECT
                       partner, count(*) FILTER (sequence > ?) AS new, coalesce(sum(kept), 0)::BIGINT, coalesce(sum(repaired), 0)::BIGINT,
                       coalesce(sum(rejected), 0)::BIGINT, coalesce(sum(superseded), 0)::BIGINT, count(*) FILTER (status = 'held') AS held
                   FROM (
                       SELECT
                           partner, sequence, status, lines_rejected AS rejected, lines_superseded AS superseded,
                           CASE status WHEN 'accepted' THEN lines_kept END AS kept,
                           CASE status WHEN 'accepted' THEN lines_repaired END AS repaired
                       FROM delivery
                   ) GROUP BY partner ORDER BY partner""",
                [before],
            ).fetchall()
            names = ("partner", "new", "kept", "repaired", "rejected", "superseded", "held")
            outcome.partners = [dict(zip(names, r, strict=True)) for r in rows]
            outcome.new_deliveries = sum(p["new"] for p in outcome.partners)
            outcome.held = [
                {"partner": r[0], "delivery": r[1], "file": r[2], "reason": r[3]}
                for r in con.execute(
                    "SELECT partner, delivery_id, file_name, reason FROM delivery WHERE status = 'held' ORDER BY sequence"
                ).fetchall()
            ]
            for item in outcome.held:
                columns = con.execute(
                    "SELECT reason, column_name FROM line_event WHERE delivery_id = ? AND fate = 'noted' ORDER BY ALL", [item["delivery"]]
                ).fetchall()
                item["sentence"] = held_sentence(item["reason"], columns)
        if outcome.ok:
            outcome.edition = str(_one(con, "SELECT any_value(edition) FROM edition"))
            outcome.people = int(_one(con, "SELECT count(*) FROM person"))
            outcome.entities = int(_one(con, "SELECT count(*) FROM link SEMI JOIN person USING (person_id)"))
            outcome.published = int(_one(con, "SELECT count(*) FROM release WHERE status = 'publie'"))
            outcome.withheld = int(_one(con, "SELECT count(*) FROM release WHERE status LIKE 'secret%'"))


def _one(con: Any, query: str) -> Any:
    row = con.execute(query).fetchone()
    return row[0] if row else None


def steps(site: Site) -> int:
    """How many steps tell `site.listen` that they begin: landing, linkage to quality, the analysts' file, and three per partner."""
    return 8 + 3 * len(site.contracts)


def run_month(site: Site, month: str, listen: Callable[[str, str], None] = lambda room, subject: None) -> Outcome:
    """Runs the monthly job for `month` (YYYY-MM) in this process. Raises Busy, KeyMissing, VaultUnreadable before anything is touched; a
    failing room is in the outcome."""
    site.listen = listen
    check_key(site.workspace, site.keys)
    with locked(site):
        shutil.rmtree(site.workspace.scratch, ignore_errors=True)  # what a killed run left there: nobody else may be using it
        harden(site.workspace)
        before = _last_sequence(site)
        published = site.workspace.published
        stamp = published.stat().st_mtime_ns if published.exists() else None
        with instance(site.workspace) as inst:
            job = build(site).resolve_job_def(MONTHLY)
            result = job.execute_in_process(
                instance=inst,
                partition_key=month,
                raise_on_error=False,
                run_config={"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
            )
            seconds = _seconds(inst, result.run_id)
        outcome = Outcome(month, result.success, seconds=seconds)
        outcome.fault = None if result.success else _fault(result)
        outcome.stopped_by = [
            {"asset": e.asset_key.to_user_string(), "check": e.check_name}
            for e in result.get_asset_check_evaluations()
            if not e.passed and e.blocking
        ]
        if outcome.stopped_by:
            outcome.ok = False
        _notes(site, outcome)
        _summary(site, outcome, before)
        outcome.changed = (published.stat().st_mtime_ns if published.exists() else None) != stamp
    return outcome


def _notes(site: Site, outcome: Outcome) -> None:
    """What the landing left alone or already knew, in French: nothing in the inbox goes unmentioned."""
    landed = site.landed
    if landed is None:
        return
    outcome.notes += [say("inbox_unknown", partner=p) for p in landed.unknown_partners]
    outcome.notes += [say("inbox_not_regular", partner=p, count=n) for p, n in landed.irregular.items()]
    outcome.notes += [say("inbox_stray", count=landed.stray)] if landed.stray else []
    with site.warehouse(read_only=True) as con:
        partners = con.execute("SELECT DISTINCT partner FROM delivery ORDER BY partner").fetchall()
    outcome.notes += [say("contract_gone", partner=p) for (p,) in partners if p not in site.contracts]
    outcome.left_alone = bool(outcome.notes)
    outcome.notes += [say("inbox_unsettled", partner=p, count=n) for p, n in landed.unsettled.items()]
    outcome.notes += [say("inbox_again", partner=p, file=name, delivery=d) for p, name, d in landed.again]


def _last_sequence(site: Site) -> int:
    if not site.workspace.warehouse.exists():
        return 0
    with site.warehouse() as con:
        row = con.execute("SELECT count(*) FROM duckdb_tables() WHERE table_name = 'delivery'").fetchone()
        return int(_one(con, "SELECT coalesce(max(sequence), 0) FROM delivery")) if row and row[0] else 0
