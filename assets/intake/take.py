"""Taking one partner's deliveries in: each becomes typed records in the vault, events, an account in the ledger, a receipt.

Here: which deliveries are (re)done, storing. Not here: how a line becomes a record (`apply.py`).
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

import duckdb
import pandas as pd

from assets.intake import apply as applying
from assets.intake import receipt
from assets.intake.convert import Directory
from assets.intake.read import Held, read
from assets.keys import Keys
from assets.landing import vault
from assets.landing.land import covers, feed_of, period_of
from assets.tables import ensure
from assets.workspace import Workspace
from schemas.contract import Contract, Feed
from schemas.territory import Territory

#: A reader failed where it should not: perhaps memory was short, perhaps it is our fault. Such a file is tried again at every run.
UNREADABLE = "file_unreadable"

#: Raised when the same file and contract would now give other records: every delivery is then taken in again.
INTAKE_VERSION = 1


@dataclass(frozen=True)
class Account:
    """What one intake of a delivery gave. `columns`: (message code, column name) of a header that does not match."""

    delivery_id: str
    status: str
    reason: str | None
    counts: dict[str, int]
    events: pd.DataFrame
    columns: tuple[tuple[str, str], ...] = ()


def fingerprint(contract: Contract, territory: Territory) -> str:
    """Hash of everything beside the file that decides what its records are."""
    text = contract.model_dump_json() + json.dumps([o.model_dump() for o in territory.organisations]) + str(INTAKE_VERSION)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


_NO_COUNTS = {"received": 0, "kept": 0, "repaired": 0, "rejected": 0, "superseded": 0}


def examine(
    delivery_id: str, data: bytes, feed_name: str | None, contract: Contract, directory: Directory
) -> tuple[Account, dict[str, pd.DataFrame]]:
    """The account of a file and its typed frames; a held delivery gives no frame. Nothing is written."""
    no_events = pd.DataFrame(columns=applying.EVENT_COLUMNS)
    if feed_name is None or feed_name not in contract.feeds:
        return Account(delivery_id, "held", "feed_unknown", _NO_COUNTS, no_events), {}
    feed = contract.feeds[feed_name]
    try:
        taken = applying.apply(read(data, feed), feed, contract, directory)
    except Held as held:
        counts = held.taken.counts if held.taken else _NO_COUNTS
        events = held.taken.events if held.taken else no_events
        return Account(delivery_id, "held", held.reason, counts, events, held.columns), {}
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException:  # whatever a file can do to a reader, it is this file's trouble alone; its text may quote a cell and is dropped
        return Account(delivery_id, "held", UNREADABLE, _NO_COUNTS, no_events), {}
    return Account(delivery_id, "accepted", None, taken.counts, taken.events), taken.frames


def _parquet(frame: pd.DataFrame) -> bytes:
    buffer = io.BytesIO()
    frame.to_parquet(buffer, index=False)
    return buffer.getvalue()


def from_parquet(data: bytes) -> pd.DataFrame:
    """A typed frame as `take_in` stored it."""
    return pd.read_parquet(io.BytesIO(data))


def _record(con: duckdb.DuckDBPyConnection, account: Account, contract_hash: str | None, header_line: int) -> None:
    """The account of a delivery, in one transaction: ledger row and line events."""
    events = account.events.assign(delivery_id=account.delivery_id)
    if account.columns:
        named = pd.DataFrame(
            {
                "delivery_id": account.delivery_id,
                "line": header_line,
                "column_name": [c for _, c in account.columns],
                "fate": "noted",
                "reason": [r for r, _ in account.columns],
            }
        )
        events = named if not len(events) else pd.concat([events, named])
    counts = account.counts
    con.execute("BEGIN")
    con.execute("DELETE FROM line_event WHERE delivery_id = ?", [account.delivery_id])
    if len(events):
        con.register("events_in", events)
        con.execute("INSERT INTO line_event BY NAME SELECT delivery_id, line::INTEGER AS line, column_name, fate, reason FROM events_in")
        con.unregister("events_in")
    con.execute(
        """UPDATE delivery SET status = ?, reason = ?, lines_received = ?, lines_kept = ?, lines_repaired = ?, lines_rejected = ?,
                               lines_superseded = ?, contract_hash = ? WHERE delivery_id = ?""",
        [
            account.status,
            account.reason,
            counts["received"],
            counts["kept"],
            counts["repaired"],
            counts["rejected"],
            counts["superseded"],
            contract_hash,
            account.delivery_id,
        ],
    )
    con.execute("COMMIT")


def _had_lines(con: duckdb.DuckDBPyConnection, delivery_id: str) -> bool:
    """True when an earlier accepted delivery of the same feed held lines: an empty full export would close them all."""
    rows = con.execute(
        """SELECT 1 FROM delivery AS d INNER JOIN delivery AS former
           ON former.partner = d.partner AND former.feed = d.feed AND former.sequence < d.sequence
           WHERE d.delivery_id = ? AND former.status = 'accepted' AND former.lines_received > 0 LIMIT 1""",
        [delivery_id],
    ).fetchall()
    return bool(rows)


#: A held delivery is no longer waited for once a file of its name, feed and month came later and was accepted. It stays on the account.
_REPLACED = """
UPDATE delivery SET status = 'replaced' WHERE partner = ? AND status = 'held' AND EXISTS (
    SELECT 1 FROM delivery AS later
    WHERE later.partner = delivery.partner AND later.feed = delivery.feed AND later.period = delivery.period
    AND later.file_name = delivery.file_name AND later.status = 'accepted' AND later.sequence > delivery.sequence
)
"""


@dataclass(frozen=True)
class _Waiting:
    """A delivery to take in, with what its name says under the contract of today."""

    delivery_id: str
    sha256: str
    file_name: str
    received_at: datetime
    feed_name: str | None
    feed: Feed | None
    period: str


def _waiting(con: duckdb.DuckDBPyConnection, contract: Contract, current: str) -> list[_Waiting]:
    """The partner's deliveries that are new, or were read under another contract, in order of arrival."""
    rows = con.execute(
        "SELECT delivery_id, sha256, file_name, received_at, period FROM delivery"
        " WHERE partner = ? AND contract_hash IS DISTINCT FROM ? ORDER BY sequence",
        [contract.partner, current],
    ).fetchall()
    found = []
    for delivery_id, sha256, file_name, received_at, period in rows:
        feed_name, feed = feed_of(contract, file_name) or (None, None)
        found.append(_Waiting(delivery_id, sha256, file_name, received_at, feed_name, feed, period_of(feed, file_name, period)))
    return found


def _judge(
    con: duckdb.DuckDBPyConnection, w: _Waiting, data: bytes, contract: Contract, directory: Directory
) -> tuple[Account, dict[str, pd.DataFrame]]:
    """`examine`, and what only the ledger can tell: a month to come, a full export suddenly empty."""
    if w.period > w.received_at.strftime("%Y-%m"):
        return Account(w.delivery_id, "held", "period_future", _NO_COUNTS, pd.DataFrame(columns=applying.EVENT_COLUMNS)), {}
    account, frames = examine(w.delivery_id, data, w.feed_name, contract, directory)
    empty = account.status == "accepted" and not account.counts["received"]
    if empty and w.feed is not None and w.feed.mode == "snapshot" and _had_lines(con, w.delivery_id):
        return replace(account, status="held", reason="snapshot_empty"), {}
    return account, frames


def take_in(
    workspace: Workspace,
    con: duckdb.DuckDBPyConnection,
    keys: Keys,
    contract: Contract,
    territory: Territory,
    progress: Callable[[str], None] = lambda _: None,
) -> list[Account]:
    """Takes in the partner's deliveries that are new, or whose contract changed since. Returns their accounts.

    The ledger row is written last: a crash before it means the delivery is taken in again. Raises VaultUnreadable. One delivery that is
    held never stops the others.
    """
    ensure(con, "delivery", "line_event")
    current = fingerprint(contract, territory)
    directory = Directory(territory.organisations)
    accounts = []
    for w in _waiting(con, contract, current):
        progress(w.delivery_id)
        account, frames = _judge(con, w, vault.get(workspace, keys, w.sha256), contract, directory)
        vault.put_typed(workspace, keys, w.delivery_id, {name: _parquet(frame) for name, frame in frames.items()})
        con.execute(
            "UPDATE delivery SET feed = ?, mode = ?, period = ?, covers_from = ?, covers_to = ? WHERE delivery_id = ?",
            [w.feed_name, w.feed.mode if w.feed else None, w.period, *covers(w.feed, w.period), w.delivery_id],
        )
        receipt.write(workspace, contract, account, w.file_name, w.period, w.received_at.isoformat(timespec="seconds"))
        _record(con, account, None if account.reason == UNREADABLE else current, w.feed.format.header_line if w.feed else 1)
        accounts.append(account)
    con.execute(_REPLACED, [contract.partner])
    return accounts
