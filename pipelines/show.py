"""What the steward sees in the terminal: progress, summaries, tables, errors. Sentences come from the catalogue."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import Any, TypeVar

import duckdb
import typer
from rich import box
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from assets.intake.receipt import SHOWN, sentence
from assets.keys import KeyMissing
from assets.landing.vault import VaultUnreadable
from assets.site import Site
from assets.workspace import Workspace
from pipelines.run import Busy, Outcome, steps
from schemas.contract_file import ConfigurationError
from schemas.messages import fix, say

#: Columns when nobody looks at a screen: a piped table is never cut.
WIDE = 1000

out = Console(highlight=False, width=None if sys.stdout.isatty() else WIDE)
err = Console(stderr=True, highlight=False)
T = TypeVar("T")


def _refuse(text: str, code: int = 2) -> typer.Exit:
    err.print(text[:1].upper() + text[1:], markup=False, soft_wrap=True)
    return typer.Exit(code)


def guarded(action: Callable[[], T]) -> T:
    """`action()`, its expected errors said in French; exit code 2."""
    try:
        return action()
    except ConfigurationError as error:
        text = str(error)
    except KeyMissing as error:
        text = say("key_missing_file", path=error)
    except VaultUnreadable:
        text = say("vault_unreadable")
    except Busy:
        text = say("busy")
    raise _refuse(text)


def load_site(workspace: Workspace) -> Site:
    """The site, or exit 2 with what is wrong in its configuration."""
    site = guarded(lambda: Site.load(workspace))
    if not site.contracts:
        raise _refuse(say("no_contract", path=workspace.contracts))
    return site


@contextmanager
def progress(site: Site, quiet: bool) -> Iterator[Callable[[str, str], None]]:
    """A progress line on the error stream; yields what rooms tell their steps to."""
    if quiet or not err.is_terminal:
        yield lambda room, subject: None
        return
    with Progress(SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn(), console=err, transient=True) as bar:
        task = bar.add_task(say("run_steps"), total=steps(site))
        seen: set[tuple[str, str]] = set()

        def listen(room: str, subject: str) -> None:
            if (room, subject) not in seen and (not subject or subject in site.contracts):
                seen.add((room, subject))
                bar.advance(task)
            bar.update(task, description=f"{say('room_' + room)} {subject}")

        yield listen


def outcome(site: Site, done: Outcome, as_json: bool) -> None:
    """The summary of a run."""
    if as_json:
        typer.echo(json.dumps(asdict(done) | {"exit_code": done.exit_code}, ensure_ascii=False, indent=1, default=str))
        return
    table = Table(box=box.SIMPLE_HEAD, title=say("run_title", month=done.month, edition=done.edition or "—"))
    for i, name in enumerate(("partner", "new", "kept", "repaired", "rejected", "superseded", "held")):
        table.add_column(say(f"run_{name}"), justify="left" if i == 0 else "right")
    for row in done.partners:
        table.add_row(*(str(v) if isinstance(v, str) else f"{v:,}".replace(",", " ") for v in row.values()))
    out.print(table)
    for item in done.held:
        receipt_path = site.workspace.receipts / item["partner"] / f"{item['delivery']}.html"
        out.print(
            say("run_held_line", partner=item["partner"], file=item["file"], sentence=item["sentence"], receipt=receipt_path),
            markup=False,
            soft_wrap=True,
        )
    for note in done.notes:
        out.print(note[:1].upper() + note[1:], markup=False, soft_wrap=True)
    if not done.ok:
        _failed(done)
        return
    out.print(say("run_people", people=done.people, entities=done.entities, partners=len(done.partners)), markup=False)
    out.print(say("run_figures", published=done.published, withheld=done.withheld), markup=False)
    if not done.changed:
        out.print(say("run_unchanged"), markup=False)
    w = site.workspace
    out.print(say("run_where", published=w.published, outbox=w.outbox, receipts=w.receipts), markup=False, soft_wrap=True)


def _failed(done: Outcome) -> None:
    for item in done.stopped_by:
        err.print(say("stopped_by_check", **item), markup=False, soft_wrap=True)
    if done.fault is not None:
        err.print(say("fault", step=done.fault["step"]), markup=False, soft_wrap=True)
        err.print(say("fault_detail", kind=done.fault["kind"], where=done.fault["where"]), markup=False, soft_wrap=True)


def receipt(data: dict[str, Any]) -> None:
    """A receipt in the terminal."""
    out.print(f"{say('receipt_title')} — {data['file']}", markup=False, soft_wrap=True)
    out.print(data["message"], markup=False, soft_wrap=True)
    out.print(data["balance_sentence"], markup=False, soft_wrap=True)
    if data["lines"]:
        table = Table()
        for name in ("line", "column", "fate", "reason", "fix"):
            table.add_column(say(f"receipt_{name}"))
        for line in data["lines"][:SHOWN]:
            table.add_row(
                str(line["line"]),
                line["column"] or "",
                say("fate_" + line["fate"]),
                sentence(line["reason"], line["column"]),
                fix(line["reason"]),
            )
        out.print(table)
    good = data["status"] == "accepted" and data["balance"]["rejected"] == 0
    out.print(say("check_ok" if good else "check_not_ok"), markup=False)


def status(site: Site) -> None:
    """Deliveries per partner: last month covered, how many, what is held and why."""
    table = Table()
    for name in ("partner", "last", "deliveries", "held"):
        table.add_column(
            say({"partner": "run_partner", "last": "status_last", "deliveries": "status_deliveries", "held": "run_held"}[name])
        )
    rows: dict[str, tuple[Any, ...]] = {}
    if site.workspace.warehouse.exists():
        with site.warehouse(read_only=True) as con:
            rows = {
                r[0]: r[1:]
                for r in con.execute(
                    """SELECT
                        partner, max(period) FILTER (status = 'accepted'), count(*),
                        string_agg(file_name || ' (' || period || ')', ', ' ORDER BY sequence) FILTER (status = 'held')
                    FROM delivery GROUP BY partner"""
                ).fetchall()
            }
    for partner, contract in site.contracts.items():
        last, count, held = rows.get(partner, (None, 0, None))
        table.add_row(contract.name, last or say("status_never"), str(count), held or "")
    out.print(table)


def query(workspace: Workspace, sql: str) -> None:
    """Runs a read-only query on the analysts' file; exit 2 when it is wrong or nothing is published."""
    if not workspace.published.exists():
        raise _refuse(say("nothing_published"))
    detail = None
    with duckdb.connect(str(workspace.published), read_only=True, config={"enable_external_access": "false"}) as con:
        con.execute("SET schema = 'analyst'")
        try:
            result = con.execute(sql)
            rows, names = result.fetchmany(1000), [d[0] for d in result.description or []]
        except duckdb.Error as error:
            detail = str(error).splitlines()[0]
    if detail is not None:
        raise _refuse(say("query_wrong", detail=detail))
    table = Table()
    for name in names:
        table.add_column(name)
    for row in rows:
        table.add_row(*("" if v is None else str(v) for v in row))
    out.print(table)
