"""The demonstration's exports: readable through their contracts, true to the world, the same for a seed.

The reader here is independent of `assets/intake`: csv and calamine, nothing else.
"""

from __future__ import annotations

import csv
import hashlib
import io
import re
from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from fnmatch import fnmatch
from functools import cache
from pathlib import Path
from statistics import median

import pandas as pd
import pytest
import yaml
from python_calamine import CalamineWorkbook

from assets.demonstration import Noise, generate
from assets.demonstration.layouts import FEEDS, STYLES
from assets.demonstration.places import SILENT
from assets.workspace import Workspace
from schemas.contract import Contract, Feed

LEARNERS, MONTHS, MONTH = 900, 7, "2026-10"
Row = dict[str, str]


@pytest.fixture(scope="module")
def perfect(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("perfect")
    generate(Workspace(root), LEARNERS, MONTHS, 3, MONTH, Noise.none())
    return root


@pytest.fixture(scope="module")
def realistic(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("realistic")
    generate(Workspace(root), LEARNERS, MONTHS, 3, MONTH)
    return root


@cache
def contracts(root: Path) -> dict[str, Contract]:
    return {
        p.stem: Contract.model_validate(yaml.load(p.read_text("utf-8"), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)))
        for p in sorted((root / "contracts").glob("*.yaml"))
    }


def feed_of(contract: Contract, name: str) -> tuple[str, Feed]:
    (found,) = [(n, f) for n, f in contract.feeds.items() if fnmatch(name, f.match)]
    return found


def read(path: Path, feed: Feed) -> tuple[list[str], list[tuple[int, Row]]]:
    """Header, and each data line with its number in the file."""
    form = feed.format
    if form.type == "xlsx":
        sheet = CalamineWorkbook.from_path(str(path)).get_sheet_by_name(form.sheet or "")
        cells = [[c.strftime("%d/%m/%Y") if hasattr(c, "strftime") else str(c) for c in row] for row in sheet.to_python()]
    else:
        text = path.read_bytes().decode("utf-8-sig" if form.encoding == "utf-8" else "cp1252")
        cells = list(csv.reader(io.StringIO(text), delimiter=form.delimiter or ";"))
    header = cells[form.header_line - 1]
    lines = enumerate(cells[form.header_line :], start=form.header_line + 1)
    return header, [(n, dict(zip(header, row, strict=True))) for n, row in lines]


def files(root: Path) -> Iterator[tuple[Contract, str, Feed, Path]]:
    for partner, contract in contracts(root).items():
        for path in sorted((root / "inbox" / partner).iterdir()):
            yield contract, *feed_of(contract, path.name), path


def latest(root: Path, partner: str, feed_name: str, key: str) -> dict[str, Row]:
    """The last version of each line of a feed, by its key."""
    contract = contracts(root)[partner]
    feed = contract.feeds[feed_name]
    out: dict[str, Row] = {}
    for path in sorted(p for p in (root / "inbox" / partner).iterdir() if fnmatch(p.name, feed.match)):
        out.update({row[key]: row for _, row in read(path, feed)[1]})
    return out


def truth(root: Path, indicator: str, population: str) -> dict[str, tuple[int, float]]:
    figures = pd.read_csv(root / "truth" / "indicator.csv")
    rows = figures[(figures["indicator"] == indicator) & (figures["population"] == population) & (figures["breakdown"] == "ensemble")]
    return {m: (int(n), round(float(v), 9)) for m, n, v in zip(rows["month"], rows["numerator"], rows["value"], strict=True)}


def day(text: str) -> date:
    """`JJ/MM/AAAA` or `AAAA-MM-JJ` or `AAAAMMJJ`."""
    digits = re.sub(r"\D", "", text)
    return (
        date(int(digits[4:]), int(digits[2:4]), int(digits[:2]))
        if "/" in text
        else date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    )


def test_every_partner_has_a_valid_contract_a_layout_and_a_style() -> None:
    folder = Path("assets/demonstration/contracts")
    names = sorted(p.stem for p in folder.glob("*.yaml"))
    assert names == sorted(FEEDS) == sorted(STYLES)
    for name in names:
        contract = Contract.model_validate(yaml.safe_load((folder / f"{name}.yaml").read_text("utf-8")))
        assert contract.partner == name
        assert contract.organisation == STYLES[name][0]
        assert set(contract.feeds) == set(FEEDS[name])


@pytest.mark.parametrize("world", ["perfect", "realistic"])
def test_headers_are_what_the_contract_reads_or_ignores(world: str, request: pytest.FixtureRequest) -> None:
    root: Path = request.getfixturevalue(world)
    seen = 0
    for _, _, feed, path in files(root):
        header, _ = read(path, feed)
        assert sorted(header) == sorted({*feed.mapped_columns(), *feed.ignore}), path.name
        seen += 1
    assert seen > 100


@pytest.mark.parametrize("world", ["perfect", "realistic"])
def test_truth_names_the_person_of_every_line(world: str, request: pytest.FixtureRequest) -> None:
    root: Path = request.getfixturevalue(world)
    record = pd.read_parquet(root / "truth" / "record.parquet")
    people = pd.read_parquet(root / "truth" / "person.parquet").set_index("person_true")
    known = {k: dict(zip(g["line"], g["person_true"], strict=True)) for k, g in record.groupby(["partner", "file_name"])}
    assert people.index.is_unique and len(people) == LEARNERS
    for contract, _, feed, path in files(root):
        _, lines = read(path, feed)
        mine = known.get((contract.partner, path.name), {})
        assert sorted(mine) == [n for n, _ in lines]
        if world == "perfect":
            for field in ("email", "phone"):
                column = feed.records[0].fields.get(field)
                if column is not None and column.column:
                    assert all(row[column.column] == people.at[mine[n], field] for n, row in lines), (path.name, field)


def test_same_arguments_same_bytes_and_another_seed_another_world(tmp_path: Path) -> None:
    def prints(seed: int) -> dict[str, str]:
        root = tmp_path / f"w{len(list(tmp_path.iterdir()))}"
        generate(Workspace(root), 60, 2, seed, MONTH)
        return {str(p.relative_to(root)): hashlib.sha256(p.read_bytes()).hexdigest() for p in sorted(root.rglob("*")) if p.is_file()}

    first = prints(5)
    assert first == prints(5)
    other = prints(6)
    assert set(first) == set(other)
    assert first["truth/record.parquet"] != other["truth/record.parquet"]
    assert any(k.endswith(".xlsx") for k in first)


def test_perfect_world_referrals_of_the_mission_locale_equal_truth(perfect: Path) -> None:
    sent = Counter(
        f"{day(r['Date orientation']):%Y-%m}" for r in latest(perfect, "mission_locale", "orientations", "N° orientation").values()
    )
    assert {m: (n, float(n)) for m, n in sent.items()} == truth(perfect, "referrals_sent", "ML01")
    keys = pd.read_parquet(perfect / "truth" / "referral.parquet").query("partner == 'mission_locale'")["record_key"]
    assert set(keys) == set(latest(perfect, "mission_locale", "orientations", "N° orientation"))


def test_perfect_world_people_followed_by_france_travail_equal_truth(perfect: Path) -> None:
    rows = latest(perfect, "france_travail", "inscriptions", "NUM_INTERNE").values()
    followed = {}
    for month in truth(perfect, "people_followed", "FT01"):
        first = day(f"{month}-01")
        last = (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
        open_ = [r for r in rows if day(r["DT_INSCRIPTION"]) <= last and (not r["DT_CESSATION"] or day(r["DT_CESSATION"]) >= first)]
        followed[month] = (len(open_), float(len(open_)))
    assert len(followed) == MONTHS
    assert followed == truth(perfect, "people_followed", "FT01")


def test_perfect_world_completion_in_the_last_snapshot_equals_truth(perfect: Path) -> None:
    feed = contracts(perfect)["of_savoirs"].feeds["parcours"]
    assert feed.covers_from == "2026-04-01"
    _, lines = read(perfect / "inbox" / "of_savoirs" / f"parcours_{MONTH}.csv", feed)
    ended = [r for _, r in lines if r["fin_reelle"]]
    for indicator, issue in (("completion_share", "termine"), ("dropout_share", "abandon")):
        share = {}
        for month in {r["fin_reelle"][:7] for r in ended}:
            of_month = [r["issue"] for r in ended if r["fin_reelle"].startswith(month)]
            share[month] = (of_month.count(issue), round(of_month.count(issue) / len(of_month), 9))
        assert share == truth(perfect, indicator, "OF02")


def test_perfect_world_delays_of_mission_locale_referrals_to_tremplin(perfect: Path) -> None:
    """Arrival dates found in the receiver's file, joined by the true person: the truth's delays for the named receiver."""
    record = pd.read_parquet(perfect / "truth" / "record.parquet")
    people = {(p, f, n): t for p, f, n, t in record.itertuples(index=False)}

    def by_person(partner: str, prefix: str, column: str, order: str) -> list[tuple[int, date, Row]]:
        contract = contracts(perfect)[partner]
        out: dict[tuple[int, date], Row] = {}
        for path in sorted((perfect / "inbox" / partner).glob(f"{prefix}_*")):
            for n, row in read(path, feed_of(contract, path.name)[1])[1]:
                if row[column]:
                    text = row[column]
                    when = day(text) if order == "long" else day(f"{text[:6]}20{text[6:]}")
                    out[people[partner, path.name, n], when] = row
        return [(p, d, r) for (p, d), r in out.items()]

    entries = by_person("of_tremplin", "stagiaires", "Entrée", "short")
    delays = []
    for person, sent, row in by_person("mission_locale", "orientations", "Date orientation", "long"):
        if row["Organisme destinataire"] == "Tremplin Formation":
            near = [(d - sent).days for p, d, _ in entries if p == person and -7 <= (d - sent).days <= 90]
            delays += [min(near)] if near else []
    true = pd.read_parquet(perfect / "truth" / "referral.parquet")
    true = true[(true["sender_org"] == "ML01") & (true["receiver_org"] == "OF01") & (true["outcome"] == "arrived")]
    assert len(delays) > 10
    assert sorted(delays) == sorted(true["delay_days"].astype(int))
    assert median(delays) == true["delay_days"].median()


def test_perfect_world_everyone_delivers_every_month(perfect: Path) -> None:
    delivery = pd.read_csv(perfect / "truth" / "delivery.csv")
    assert set(delivery["status"]) == {"delivered"} and delivery["bad_lines"].sum() == 0
    assert set(delivery.groupby(["partner", "feed"]).size()) == {MONTHS}
    assert set(contracts(perfect)) == set(FEEDS)
    assert all(value == (n, 1.0) for n, value in ((n, (n, v)) for n, v in truth(perfect, "partner_coverage", "territoire").values()))
    assert not pd.read_parquet(perfect / "truth" / "referral.parquet")["ambiguous"].any()


def test_realistic_world_has_every_outcome_and_accident(realistic: Path) -> None:
    referral = pd.read_parquet(realistic / "truth" / "referral.parquet")
    assert set(referral["outcome"]) == {
        "arrived", "arrived_elsewhere", "refused", "cancelled", "declared_arrived_unseen", "pending", "not_arrived",
    }  # fmt: skip
    assert set(SILENT) & set(referral["receiver_org"].dropna())
    assert referral["receiver_kind"].notna().any() and 0 < referral["ambiguous"].mean() < 0.15
    assert not {"plie", "e2c", "mobilite", "of_formapole"} & {p.name for p in (realistic / "inbox").iterdir()}
    delivery = pd.read_csv(realistic / "truth" / "delivery.csv")
    assert set(delivery["status"]) == {"delivered", "missing", "late", "duplicate", "held"}
    for row in delivery.itertuples():
        path = realistic / "inbox" / str(row.partner) / str(row.file_name)
        assert path.exists() == (row.status != "missing")
        limit = contracts(realistic)[str(row.partner)].reject_limit
        assert (row.bad_lines > limit * row.lines) == (row.status == "held"), row.file_name
    (again,) = delivery[delivery["status"] == "duplicate"]["file_name"]
    twins = realistic / "inbox" / "france_travail"
    assert (twins / again).read_bytes() == (twins / again.replace(" (1)", "")).read_bytes()


def test_realistic_files_hold_what_makes_them_ugly(realistic: Path) -> None:
    inbox = realistic / "inbox"
    assert (inbox / "france_travail" / f"inscriptions_{MONTH}.csv").read_bytes().startswith(b"\xef\xbb\xbf")
    with pytest.raises(UnicodeDecodeError):
        (inbox / "mission_locale" / f"accompagnements_{MONTH}.csv").read_bytes().decode("utf-8")
    text = (inbox / "mission_locale" / "accompagnements_2026-04.csv").read_bytes().decode("cp1252")
    people = pd.read_parquet(realistic / "truth" / "person.parquet")
    assert any(f" {g} " in line for g in people["given"].unique() for line in text.splitlines()), "names in free text"
    statuses = [r["Statut"] for r in latest(realistic, "mission_locale", "orientations", "N° orientation").values()]
    assert len(set(statuses)) >= 7


def test_smallest_worlds_work(tmp_path: Path) -> None:
    told = generate(Workspace(tmp_path / "one"), 1, 1, 1, "2026-02")
    assert told["files"] == 17 and (tmp_path / "one" / "truth" / "indicator.csv").exists()
    with pytest.raises(ValueError):
        generate(Workspace(tmp_path / "none"), 0)
    with pytest.raises(ValueError):
        generate(Workspace(tmp_path / "bad"), 1, 1, 1, "2026-13")


def test_a_territory_file_already_there_is_kept(tmp_path: Path) -> None:
    (tmp_path / "territory.yaml").write_text("mine", "utf-8")
    generate(Workspace(tmp_path), 5, 1, 1, "2026-02")
    assert (tmp_path / "territory.yaml").read_text("utf-8") == "mine"


@pytest.mark.heavy
def test_two_hundred_thousand_learners_in_two_minutes(tmp_path: Path) -> None:
    import time

    start = time.monotonic()
    told = generate(Workspace(tmp_path), 200_000)
    assert time.monotonic() - start < 120
    assert told["lines"] > 1_800_000
