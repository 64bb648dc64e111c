"""Taking in what lies in the inbox.

Here: which files are taken, the delivery ledger, what makes two files one delivery. Not here: what is inside a file.
"""

from __future__ import annotations

import fnmatch
import os
import re
import stat
import time
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb

from assets.keys import Keys
from assets.landing import vault
from assets.tables import ensure
from assets.workspace import Workspace
from schemas.contract import Contract, Feed

#: A file changed less than this many seconds ago may still be being written.
SETTLE_SECONDS = 2.0
#: Years a file name may announce.
EARLIEST_YEAR, LATEST_YEAR = 1950, 2199
#: Names that tools give to a file they are still writing, or that are not exports.
UNFINISHED = ("*.part", "*.tmp", "*.crdownload", "*.filepart", "~$*", ".*")


@dataclass
class Landed:
    """What one landing did: `new` deliveries, `again` (bytes already known), and what was left alone, by partner folder."""

    new: list[str] = field(default_factory=list)
    again: list[tuple[str, str, str]] = field(default_factory=list)  # partner, file name, the delivery it already is
    stray: int = 0  # files at the root of the inbox, or in a folder of a partner's folder
    unsettled: dict[str, int] = field(default_factory=dict)
    irregular: dict[str, int] = field(default_factory=dict)
    unknown_partners: list[str] = field(default_factory=list)


def _settled(paths: Iterable[Path]) -> tuple[list[Path], list[Path]]:
    """(files nobody is writing any more, the others). Waits at most SETTLE_SECONDS, once for all."""
    before = {p: p.stat() for p in paths if p.exists()}
    now = time.time()
    fresh = [p for p, s in before.items() if now - s.st_mtime < SETTLE_SECONDS]
    if fresh:
        time.sleep(SETTLE_SECONDS)
    settled: list[Path] = []
    moving: list[Path] = []
    for path, former in before.items():
        try:
            s = path.stat()
        except FileNotFoundError:
            continue
        same = (s.st_size, s.st_mtime_ns) == (former.st_size, former.st_mtime_ns)
        (settled if same else moving).append(path)
    return settled, moving


def _files(folder: Path) -> tuple[list[Path], int]:
    """(regular files offered, number of links and other objects ignored)."""
    regular, irregular = [], 0
    for path in sorted(folder.iterdir()):
        if any(fnmatch.fnmatch(path.name, p) for p in UNFINISHED):
            continue
        if stat.S_ISREG(path.lstat().st_mode):
            regular.append(path)
        else:
            irregular += 1
    return regular, irregular


def shown_name(path: Path) -> str:
    """A file's name as text that can be stored and shown: composed accents (macOS decomposes them), undecodable bytes replaced."""
    return unicodedata.normalize("NFC", os.fsencode(path.name).decode("utf-8", "replace"))


def feed_of(contract: Contract, file_name: str) -> tuple[str, Feed] | None:
    """The first feed whose `match` fits the file name, case ignored."""
    for name, feed in contract.feeds.items():
        if fnmatch.fnmatchcase(file_name.lower(), unicodedata.normalize("NFC", feed.match).lower()):
            return name, feed
    return None


def period_of(feed: Feed | None, file_name: str, month: str) -> str:
    """The month (YYYY-MM) a file is about: from its name when the contract says how, else the month being run."""
    if feed is not None and feed.period.from_name is not None:
        found = re.search(feed.period.from_name, file_name)
        if found and found["year"].isdecimal() and found["month"].isdecimal() and 1 <= int(found["month"]) <= 12:
            year = int(found["year"]) + (2000 if len(found["year"]) == 2 else 0)
            if EARLIEST_YEAR <= year <= LATEST_YEAR:
                return f"{year:04d}-{int(found['month']):02d}"
    return month


def month_bounds(period: str) -> tuple[date, date]:
    """First and last day of a month YYYY-MM."""
    year, month = int(period[:4]), int(period[5:7])
    following = date(year + month // 12, month % 12 + 1, 1)
    return date(year, month, 1), date.fromordinal(following.toordinal() - 1)


def covers(feed: Feed | None, period: str) -> tuple[date, date]:
    """First and last day a file of that month covers: its month, or everything since `covers_from`."""
    first, last = month_bounds(period)
    return (date.fromisoformat(feed.covers_from) if feed is not None and feed.covers_from else first), last


def _has_lines(data: bytes, feed: Feed | None) -> bool:
    """False for a file that holds at most its header: two such files are not a repetition."""
    header = feed.format.header_line if feed is not None else 1
    return feed is None or feed.format.type != "csv" or data.rstrip().count(b"\n") >= header


def _former(
    con: duckdb.DuckDBPyConnection, partner: str, sha256: str, feed: str | None, period: str, by_period: bool
) -> tuple[str, str | None, str, bool] | None:
    """The delivery these bytes already are: (id, feed, status, whether nothing of its feed and month came since), the latest one.

    The same bytes twice is one delivery, unless they say "nothing changed" for another month (`by_period`: a header alone, a snapshot).
    """
    rows = con.execute(
        """SELECT d.delivery_id, d.feed, d.status, NOT EXISTS (
               SELECT 1 FROM delivery AS later
               WHERE later.partner = d.partner AND later.feed IS NOT DISTINCT FROM d.feed
               AND later.period = d.period AND later.sequence > d.sequence
           )
           FROM delivery AS d WHERE d.partner = ? AND d.sha256 = ? AND (NOT ? OR d.period = ?) ORDER BY d.sequence DESC LIMIT 1""",
        [partner, sha256, by_period, period],
    ).fetchall()
    return rows[0] if rows else None


def _register(
    con: duckdb.DuckDBPyConnection, contract: Contract, path: Path, data: bytes, sha256: str, month: str, now: datetime
) -> tuple[str, bool]:
    """Enters one file in the ledger: (delivery, True when it is a new one).

    Bytes already known are the delivery they were; if no feed had recognised its former name and one recognises the new name, the delivery
    takes that name. Bytes sent again after others took their place (a correction undone) are a new delivery: the last word counts.
    """
    name = shown_name(path)
    found = feed_of(contract, name)
    feed_name, feed = found if found else (None, None)
    period = period_of(feed, name, month)
    covers_from, last = covers(feed, period)
    repeatable = feed is not None and (feed.mode == "snapshot" or not _has_lines(data, feed))
    former = _former(con, contract.partner, sha256, feed_name, period, repeatable)
    if former is not None:
        delivery_id, former_feed, _, last_word = former
        if former_feed is None and feed_name is not None:
            con.execute(
                """UPDATE delivery SET file_name = ?, feed = ?, period = ?, covers_from = ?, covers_to = ?, mode = ?, status = 'received',
                                       contract_hash = NULL WHERE delivery_id = ?""",
                [name, feed_name, period, covers_from, last, feed.mode if feed else None, delivery_id],
            )
            return delivery_id, True
        if last_word:
            return delivery_id, False
    times = con.execute(
        "SELECT count(*) FROM delivery WHERE partner = ? AND sha256 = ? AND period = ?", [contract.partner, sha256, period]
    ).fetchall()
    again = f"-{times[0][0] + 1}" if times[0][0] else ""
    delivery_id = f"{contract.partner}-{period}-{sha256[:12]}{again}"
    sequence = con.execute("SELECT coalesce(max(sequence), 0) + 1 FROM delivery").fetchall()[0][0]
    con.execute(
        """INSERT INTO delivery
           (delivery_id, partner, feed, sequence, sha256, file_name, bytes, received_at, period, covers_from, covers_to, mode, status)
           VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'received')""",
        [
            delivery_id, contract.partner, feed_name, sequence, sha256, name, len(data), now, period, covers_from, last,
            feed.mode if feed else None,
        ],
    )  # fmt: skip
    return delivery_id, True


def land(workspace: Workspace, con: duckdb.DuckDBPyConnection, keys: Keys, contracts: Mapping[str, Contract], month: str) -> Landed:
    """Moves every settled file of the inbox into the vault and the ledger (`delivery`). `month` is YYYY-MM.

    Order of arrival inside one landing: by partner, then period, then name. A crash between two steps leaves the file in the inbox:
    the next landing finishes. Raises VaultUnreadable when the vault cannot be read back: the inbox is then untouched.
    """
    ensure(con, "delivery")
    done = Landed()
    offered: list[tuple[Contract, Path]] = []
    done.stray = sum(1 for p in workspace.inbox.glob("*") if p.is_file() and not p.name.startswith("."))
    for folder in sorted(p for p in workspace.inbox.iterdir() if p.is_dir()) if workspace.inbox.is_dir() else []:
        regular, irregular = _files(folder)
        if folder.name not in contracts:
            done.unknown_partners += [folder.name] if regular else []
            continue
        if irregular:
            done.irregular[folder.name] = irregular
        done.stray += sum(1 for p in folder.rglob("*") if p.is_file() and p.parent != folder)
        offered += [(contracts[folder.name], p) for p in regular]
    settled, moving = _settled(p for _, p in offered)
    for path in moving:
        done.unsettled[path.parent.name] = done.unsettled.get(path.parent.name, 0) + 1
    ready = set(settled)

    def arrival(item: tuple[Contract, Path]) -> tuple[str, str, str]:
        name = shown_name(item[1])
        found = feed_of(item[0], name)
        return item[0].partner, period_of(found[1] if found else None, name, month), name

    for contract, path in sorted((i for i in offered if i[1] in ready), key=arrival):
        before = path.stat()
        data = path.read_bytes()
        after = path.stat()
        if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns) or len(data) != after.st_size:
            done.unsettled[contract.partner] = done.unsettled.get(contract.partner, 0) + 1
            continue
        sha256 = vault.put(workspace, keys, data)
        delivery_id, new = _register(con, contract, path, data, sha256, month, datetime.now(UTC).replace(tzinfo=None))
        if new:
            done.new.append(delivery_id)
        else:
            done.again.append((contract.partner, shown_name(path), delivery_id))
        path.unlink()
    return done
