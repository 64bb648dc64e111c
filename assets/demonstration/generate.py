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
from assets.demonstration.writing import WITH_BOM, csv_bytes, write_parquet, xlsx_bytes
from assets.workspace import Workspace, write_whole
from schemas.contract import Contract, Feed

_MONTHS = "janvier février mars avril mai juin juillet août septembre octobre novembre décembre".split()


@dataclass
class Ledger:
    """What was written: one entry per file, and who every line is about."""

    files: list[dict[str, Any]] = field(default_factory=list)
    lines: list[pd.DataFrame] = field(default_factory=list)
    referral_keys: list[pd.Series] = field(default_factory=list)  # index: id of the referral

    def add(self, partner: str, feed: str, month: str, name: str, status: str, person: NDArray[np.int64], bad: int) -> None:
        """One file; `status` is delivered, missing, late, duplicate or held."""
        self.files.append({"partner": partner, "feed": feed, "month": month, "file_name": name, "status": status, "lines": len(person), "bad_lines": bad})
        if status != "missing":
            line = np.arange(2, len(person) + 2, dtype=np.int32)
            frame = pd.DataFrame({"line": line, "person_true": person.astype(np.int32)})
            self.lines.append(frame.assign(partner=pd.Categorical.from_codes(np.zeros(len(person), int), [partner]), file_name=pd.Categorical.from_codes(np.zeros(len(person), int), [name])))


def generate(workspace: Workspace, learners: int = 5_000, months: int = 12, seed: int = 1, month: str = "2026-10", noise: Noise | None = None) -> dict[str, Any]:
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
    for partner, contract in contracts.items():
        _export(workspace, world, partner, contract, noise, seed, ledger)
    _write_truth(workspace, world, contracts, ledger)
    by_partner: dict[str, int] = {}
    for entry in ledger.files:
        if entry["status"] != "missing":
            by_partner[entry["partner"]] = by_partner.get(entry["partner"], 0) + entry["lines"]
    written = sum(1 for f in ledger.files if f["status"] != "missing")
    return {"learners": learners, "months": months, "files": written, "lines": sum(by_partner.values()), "lines_by_partner": by_partner, "referrals": len(world.referral)}


def _contract(workspace: Workspace, partner: str, noise: Noise, window: Window) -> Contract | None:
    """Puts the partner's contract in the workspace and reads it; None when its organisation delivers nothing."""
    source = (files("assets.demonstration") / "contracts" / f"{partner}.yaml").read_text("utf-8")
    contract = Contract.model_validate(yaml.safe_load(source))
    if contract.organisation in SILENT and noise.silent_organisations >= 0.5:
        return None
    source = re.sub(r'covers_from: "[^"]+"', f'covers_from: "{window.names[0]}-01"', source)
    write_whole(workspace.contracts / f"{partner}.yaml", source.encode())
    return Contract.model_validate(yaml.safe_load(source))


def _export(workspace: Workspace, world: World, partner: str, contract: Contract, noise: Noise, seed: int, ledger: Ledger) -> None:
    """Every file of one partner."""
    org, style = STYLES[partner]
    frames = {name: lines(world, org) for name, lines in FEEDS[partner].items()}
    persons = np.unique(np.concatenate([f["person"].to_numpy(np.int64) for f in frames.values()]))
    dossiers = open_dossiers(persons, world.people, style, noise, world.window, seed)
    for name, lines in frames.items():
        ornaments(seed, partner, lines, contract.feeds[name].ignore, world.people)
        if "referral.id" in lines.columns:
            ledger.referral_keys.append(_referral_keys(contract.feeds[name], lines, dossiers, style))
        _export_feed(workspace, world.window, contract, name, lines, dossiers, noise, seed, ledger)


def _referral_keys(feed: Feed, lines: pd.DataFrame, dossiers: Dossiers, style: Style) -> pd.Series:
    """The key the contract gives each referral (prefix, then key columns joined with `|`), by id of the referral."""
    sent = lines[lines["referral.id"].notna()].reset_index(drop=True)
    record = next(r for r in feed.records if r.type == "referral")
    columns = render(feed, sent, dossiers, style, 0)
    key = pd.Series(columns[record.key[0]], dtype=object)
    for column in record.key[1:]:
        key = key + "|" + columns[column]
    return pd.Series((record.key_prefix + key).to_numpy(), index=sent["referral.id"].astype(int))


def _export_feed(
    workspace: Workspace, window: Window, contract: Contract, name: str, lines: pd.DataFrame, dossiers: Dossiers, noise: Noise, seed: int, ledger: Ledger
) -> None:
    """Every file of one feed, month after month."""
    feed, partner = contract.feeds[name], contract.partner
    happens = accidents(noise, window)
    for position, known in deliveries(feed, lines, dossiers, window):
        month = window.names[position]
        kind = happens.get((partner, name, position), "delivered")
        file_name = feed.match.replace("*", month)
        if kind == "missing":
            ledger.add(partner, name, month, file_name, kind, known["person"].to_numpy(np.int64), 0)
            continue
        halves = [(file_name, known)]
        if kind == "late":
            cut = int(len(known) * 0.8)
            stem, dot, extension = file_name.rpartition(".")
            halves = [(file_name, known.iloc[:cut].reset_index(drop=True)), (f"{stem}_complement{dot}{extension}", known.iloc[cut:].reset_index(drop=True))]
        for part_name, rows in halves:
            columns = render(feed, rows, dossiers, STYLES[partner][1], int(window.edges[position + 1]) - 1)
            share = noise.held_bad_line if kind == "held" else noise.bad_line
            bad = damage(contract, feed, columns, share, seed, f"{partner}/{part_name}", kind == "held")
            data = _bytes(workspace, contract, feed, columns, month)
            names = [part_name]
            if kind == "duplicate":
                stem, dot, extension = part_name.rpartition(".")
                names.append(f"{stem} (1){dot}{extension}")
            for place, written in enumerate(names):
                write_whole(workspace.inbox / partner / written, data)
                status = kind if (place or kind != "duplicate") else "delivered"
                ledger.add(partner, name, month, written, status, rows["person"].to_numpy(np.int64), bad)


def _bytes(workspace: Workspace, contract: Contract, feed: Feed, columns: dict[str, NDArray[np.object_]], month: str) -> bytes:
    if feed.format.type == "xlsx":
        return xlsx_bytes(columns, feed.format, f"{contract.name} – {_MONTHS[int(month[5:]) - 1]} {month[:4]}")
    return csv_bytes(workspace, columns, feed.format, contract.partner in WITH_BOM)


def _write_truth(workspace: Workspace, world: World, contracts: dict[str, Contract], ledger: Ledger) -> None:
    """`truth/`: record, person, referral (Parquet), indicator and delivery (CSV)."""
    folder = workspace.truth
    record = pd.concat(ledger.lines, ignore_index=True)
    record = record.astype({"partner": "str", "file_name": "str"})[["partner", "file_name", "line", "person_true"]]
    write_parquet(workspace, folder / "record.parquet", record)
    people = world.people.drop(columns=["tie", "age"]).rename(columns={"person": "person_true", "birth": "birth_date"})
    people["birth_date"] = text(people["birth_date"].to_numpy(np.int64), "%Y-%m-%d")
    write_parquet(workspace, folder / "person.parquet", people)
    write_parquet(workspace, folder / "referral.parquet", _true_referrals(world, ledger))
    figures = indicators(world, _coverage(world.window, contracts, ledger))
    for column in ("numerator", "denominator"):
        figures[column] = figures[column].astype("Int64")
    write_whole(folder / "indicator.csv", figures.to_csv(index=False, lineterminator="\n").encode())
    write_whole(folder / "delivery.csv", pd.DataFrame(ledger.files).to_csv(index=False, lineterminator="\n").encode())


def _true_referrals(world: World, ledger: Ledger) -> pd.DataFrame:
    """One row per referral sent: `partner, record_key` (as the contract makes it), `person_true`, what was said and what really happened."""
    rows = world.referral
    partner_of = {org: partner for partner, (org, _) in STYLES.items()}
    out = pd.DataFrame({"partner": rows["sender"].map(partner_of), "record_key": rows["id"].map(pd.concat(ledger.referral_keys)), "person_true": rows["person"].astype("int32")})
    for name in ("sender", "receiver", "receiver_kind", "service", "status", "outcome", "arrived_org", "delay", "ambiguous"):
        out[{"sender": "sender_org", "receiver": "receiver_org", "status": "declared_status", "delay": "delay_days"}.get(name, name)] = rows[name]
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
    return frame.groupby(["organisation", "record_type", "month"], as_index=False)["covered"].any()

