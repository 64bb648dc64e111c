"""The whole demonstration: the world, what each partner sends of it into the inbox, and the truth beside.

Here: the order of things and what lands where in the workspace. Not here: any of the steps.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from importlib.resources import files
from typing import Any

import numpy as np
import pandas as pd
import yaml
from numpy.typing import NDArray

from assets.demonstration.calendar import Window, text
from assets.demonstration.delivering import accidents, damage, deliveries
from assets.demonstration.dossiers import Dossiers, Style, open_dossiers
from assets.demonstration.layouts import FEEDS, STYLES, ornaments
from assets.demonstration.noise import Noise
from assets.demonstration.pathways import World, live
from assets.demonstration.people import draw_people
from assets.demonstration.places import COMMUNES_FILE, SILENT, TERRITORY_FILE
from assets.demonstration.rendering import render
from assets.demonstration.truth import indicators
from assets.demonstration.writing import WITH_BOM, Writer, writer, xlsx_bytes
from assets.workspace import Workspace, write_whole
from schemas.contract import Contract, Feed

#: The same loader in C where it exists: nine times faster, and fourteen contracts are read.
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_MONTHS = ["janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre", "décembre"]


@dataclass
class Ledger:
    """What was written: one entry per file, and who every line is about."""

    files: list[dict[str, Any]] = field(default_factory=list)
    lines: list[pd.DataFrame] = field(default_factory=list)
    referral_keys: list[pd.Series] = field(default_factory=list)  # index: id of the referral

    def add(
        self, partner: str, feed: str, month: str, name: str, status: str, person: NDArray[np.int64], bad: int, header_line: int = 1
    ) -> None:
        """One file; `status` is delivered, missing, late, duplicate or held."""
        self.files.append(
            {"partner": partner, "feed": feed, "month": month, "file_name": name, "status": status, "lines": len(person), "bad_lines": bad}
        )
        if status != "missing":
            line = np.arange(len(person), dtype=np.int32) + header_line + 1
            self.lines.append(pd.DataFrame({"line": line, "person_true": person.astype(np.int32), "file": np.int32(len(self.files) - 1)}))

    def records(self) -> pd.DataFrame:
        """`partner, file_name, line` (in the file as received, header = `header_line` of its contract), `person_true`: every data line."""
        out = pd.concat(self.lines, ignore_index=True)
        for name in ("partner", "file_name"):
            out[name] = np.array([f[name] for f in self.files], dtype=object)[out["file"].to_numpy()]
        return out[["partner", "file_name", "line", "person_true"]]


def generate(
    workspace: Workspace, learners: int = 5_000, months: int = 12, seed: int = 1, month: str = "2026-10", noise: Noise | None = None
) -> dict[str, Any]:
    """Writes the demonstration into the workspace: `territory.yaml` (only if absent), `contracts/`, `reference/territory.csv`, exports in
    `inbox/<partner>/` for the `months` months ending with `month` (YYYY-MM), and `truth/`. `noise` defaults to `Noise.realistic()`.

    Returns counts: `learners, months, files, lines, lines_by_partner, referrals`. Same arguments, same bytes.
    Raises ValueError when `month` is not YYYY-MM, `months` or `learners` is under 1.
    """
    noise = noise or Noise.realistic()
    window = Window.of(month, months)
    if learners < 1:
        raise ValueError("learners_under_one")
    world = live(draw_people(learners, seed, noise, window), seed, noise, window)
    if not workspace.territory.exists():
        write_whole(workspace.territory, TERRITORY_FILE.read_bytes())
    write_whole(workspace.reference / "territory.csv", COMMUNES_FILE.read_bytes())
    ledger = Ledger()
    contracts = {p: c for p in FEEDS if (c := _contract(workspace, p, noise, window)) is not None}
    with writer(workspace) as out:
        for partner, contract in contracts.items():
            _export(_Job(workspace, out, world, noise, seed, ledger), partner, contract)
        _write_truth(_Job(workspace, out, world, noise, seed, ledger), contracts)
    by_partner: dict[str, int] = {}
    for entry in ledger.files:
        if entry["status"] != "missing":
            by_partner[entry["partner"]] = by_partner.get(entry["partner"], 0) + entry["lines"]
    written = sum(1 for f in ledger.files if f["status"] != "missing")
    return {
        "learners": learners,
        "months": months,
        "files": written,
        "lines": sum(by_partner.values()),
        "lines_by_partner": by_partner,
        "referrals": len(world.referral),
    }


def _contract(workspace: Workspace, partner: str, noise: Noise, window: Window) -> Contract | None:
    """Puts the partner's contract in the workspace and reads it; None when its organisation delivers nothing."""
    source = (files("assets.demonstration") / "contracts" / f"{partner}.yaml").read_text("utf-8")
    source = re.sub(r'covers_from: "[^"]+"', f'covers_from: "{window.names[0]}-01"', source)
    contract = Contract.model_validate(yaml.load(source, Loader=_LOADER))
    if contract.organisation in SILENT and noise.silent_organisations >= 0.5:
        return None
    write_whole(workspace.contracts / f"{partner}.yaml", source.encode())
    return contract


@dataclass(frozen=True)
class _Job:
    """What every step of the writing needs."""

    workspace: Workspace
    out: Writer
    world: World
    noise: Noise
    seed: int
    ledger: Ledger


def _export(job: _Job, partner: str, contract: Contract) -> None:
    """Every file of one partner."""
    org, style = STYLES[partner]
    frames = {name: lines(job.world, org) for name, lines in FEEDS[partner].items()}
    persons = np.unique(np.concatenate([f["person"].to_numpy(np.int64) for f in frames.values()]))
    dossiers = open_dossiers(persons, job.world.people, style, job.noise, job.world.window, job.seed)
    for name, lines in frames.items():
        ornaments(job.seed, partner, lines, contract.feeds[name].ignore, job.world.people)
        if "referral.id" in lines.columns:
            job.ledger.referral_keys.append(_referral_keys(contract.feeds[name], lines, dossiers, style))
        _export_feed(job, contract, name, lines, dossiers)


def _referral_keys(feed: Feed, lines: pd.DataFrame, dossiers: Dossiers, style: Style) -> pd.Series:
    """The key the contract gives each referral (prefix, then key columns joined with `|`), by id of the referral."""
    sent = lines[lines["referral.id"].notna()].reset_index(drop=True)
    record = next(r for r in feed.records if r.type == "referral")
    columns = render(feed, sent, dossiers, style, 0)
    key = pd.Series(columns[record.key[0]], dtype=object)
    for column in record.key[1:]:
        key = key + "|" + columns[column]
    return pd.Series((record.key_prefix + key).to_numpy(), index=sent["referral.id"].astype(int))


def _export_feed(job: _Job, contract: Contract, name: str, lines: pd.DataFrame, dossiers: Dossiers) -> None:
    """Every file of one feed, month after month."""
    feed, partner, window = contract.feeds[name], contract.partner, job.world.window
    happens = accidents(job.noise, window)
    for position, known in deliveries(feed, lines, dossiers, window):
        kind = happens.get((partner, name, position), "delivered")
        if kind == "missing":
            job.ledger.add(
                partner,
                name,
                window.names[position],
                feed.match.replace("*", window.names[position]),
                kind,
                known["person"].to_numpy(np.int64),
                0,
            )
        elif kind == "late":
            cut = int(len(known) * 0.8)
            _export_file(job, contract, name, position, "", known.iloc[:cut].reset_index(drop=True), dossiers, "delivered")
            _export_file(job, contract, name, position, "_complement", known.iloc[cut:].reset_index(drop=True), dossiers, kind)
        else:
            _export_file(job, contract, name, position, "", known, dossiers, kind)


def _export_file(
    job: _Job, contract: Contract, name: str, position: int, suffix: str, rows: pd.DataFrame, dossiers: Dossiers, kind: str
) -> None:
    """One file (two when sent twice), spoiled as the noise says."""
    feed, partner, window = contract.feeds[name], contract.partner, job.world.window
    month, held = window.names[position], kind == "held"
    file_name = feed.match.replace("*", month + suffix)
    columns = render(feed, rows, dossiers, STYLES[partner][1], int(window.edges[position + 1]) - 1)
    share = job.noise.held_bad_line if held else job.noise.bad_line
    bad = damage(contract, feed, columns, share, job.seed, f"{partner}/{file_name}", held)
    if feed.format.type == "xlsx":
        data = xlsx_bytes(columns, feed.format, f"{contract.name} – {_MONTHS[int(month[5:]) - 1]} {month[:4]}")
    else:
        data = job.out.csv(columns, feed.format, partner in WITH_BOM)
    person = rows["person"].to_numpy(np.int64)
    write_whole(job.workspace.inbox / partner / file_name, data)
    job.ledger.add(partner, name, month, file_name, "delivered" if kind == "duplicate" else kind, person, bad, feed.format.header_line)
    if kind == "duplicate":
        again = feed.match.replace("*", f"{month} (1)")
        write_whole(job.workspace.inbox / partner / again, data)
        job.ledger.add(partner, name, month, again, kind, person, bad, feed.format.header_line)


def _write_truth(job: _Job, contracts: dict[str, Contract]) -> None:
    """`truth/`: record, person, referral (Parquet), indicator and delivery (CSV)."""
    world, ledger, folder = job.world, job.ledger, job.workspace.truth
    job.out.parquet(folder / "record.parquet", ledger.records())
    people = world.people.drop(columns=["tie", "age"]).rename(columns={"person": "person_true", "birth": "birth_date"})
    people["birth_date"] = text(people["birth_date"].to_numpy(np.int64), "%Y-%m-%d")
    job.out.parquet(folder / "person.parquet", people)
    job.out.parquet(folder / "referral.parquet", _true_referrals(world, ledger))
    figures = indicators(world, _coverage(world.window, contracts, ledger))
    for column in ("numerator", "denominator"):
        figures[column] = figures[column].astype("Int64")
    write_whole(folder / "indicator.csv", figures.to_csv(index=False, lineterminator="\n").encode())
    write_whole(folder / "delivery.csv", pd.DataFrame(ledger.files).to_csv(index=False, lineterminator="\n").encode())


def _true_referrals(world: World, ledger: Ledger) -> pd.DataFrame:
    """One row per referral sent: `partner, record_key` (as the contract makes it), `person_true`, what was said, what really happened."""
    rows = world.referral
    partner_of = {org: partner for partner, (org, _) in STYLES.items()}
    out = pd.DataFrame(
        {
            "partner": rows["sender"].map(partner_of),
            "record_key": rows["id"].map(pd.concat(ledger.referral_keys)),
            "person_true": rows["person"].astype("int32"),
        }
    )
    for name in ("sender", "receiver", "receiver_kind", "service", "status", "outcome", "arrived_org", "delay", "ambiguous"):
        out[{"sender": "sender_org", "receiver": "receiver_org", "status": "declared_status", "delay": "delay_days"}.get(name, name)] = (
            rows[name]
        )
    for name in ("sent", "arrived"):
        days = rows[name].to_numpy(np.int64)
        out[f"{name}_on"] = pd.Series(days.astype("datetime64[D]").astype("datetime64[s]")).where(days > 0)
    return out


def _coverage(window: Window, contracts: dict[str, Contract], ledger: Ledger) -> pd.DataFrame:
    """What was expected and what came: a month of a delta is covered by its own file, of a snapshot by any later one."""
    came: dict[tuple[str, str], set[int]] = {}
    for entry in ledger.files:
        if entry["status"] not in ("missing", "held"):
            came.setdefault((entry["partner"], entry["feed"]), set()).add(window.names.index(entry["month"]))
    rows = []
    for partner, contract in contracts.items():
        for name, feed in contract.feeds.items():
            got = came.get((partner, name), set())
            for position, month in enumerate(window.names):
                covered = any(p >= position for p in got) if feed.mode == "snapshot" else position in got
                rows += [(contract.organisation, t, month, covered) for t in {r.type: None for r in feed.records}]
    frame = pd.DataFrame(rows, columns=["organisation", "record_type", "month", "covered"])
    return frame.groupby(["organisation", "record_type", "month"])["covered"].any().reset_index()
