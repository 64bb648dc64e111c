"""The receipt of a delivery: an account that adds up, in French, as JSON, HTML and XLSX. Never a cell's content.

Here: its content and its three forms. Not here: how the account was made.
"""

from __future__ import annotations

import html
import io
import json
from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any

import pandas as pd
import xlsxwriter

from assets.workspace import Workspace, write_whole
from schemas.contract import Contract
from schemas.messages import fix, say

if TYPE_CHECKING:
    from assets.intake.take import Account

#: Remarks shown one by one on the page; the workbook has them all.
SHOWN = 200


def _told(text: str) -> str:
    """A sentence with its capital, and no line break inside French quotes."""
    return (text[:1].upper() + text[1:]).replace("« ", "«\u00a0").replace(" »", "\u00a0»")


def sentence(code: str, column: str | None) -> str:
    """A reason in French, naming the column it is about."""
    return _told(say(code, field=f"« {column} »" if isinstance(column, str) and column else "la ligne", column=column or "", line="prévue"))


def held_sentence(reason: str, columns: Iterable[tuple[str, str]]) -> str:
    """Why a delivery is held, its columns named together: (message code, column name)."""
    named: dict[str, list[str]] = {}
    for code, column in columns:
        named.setdefault(code, []).append(f"« {column} »")
    parts = [say(reason, line="prévue")]
    if reason != "header_not_found":  # then nearly every column is missing: listing them says nothing more
        parts += [say(f"{code}_many", columns=", ".join(names)) for code, names in named.items()]
    return " ".join(_told(part) for part in parts)


def _rows(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """The rows of a frame as plain data, None where there is nothing."""
    return [{str(k): v for k, v in row.items()} for row in frame.astype(object).where(frame.notna(), None).to_dict("records")]


def _reasons(events: pd.DataFrame) -> list[dict[str, Any]]:
    """Events grouped by decision, reason and column: how many lines, from which to which, the sentence and what to do."""
    if not len(events):
        return []
    grouped = events.groupby(["fate", "reason", "column_name"], dropna=False, sort=True)["line"]
    found = _rows(grouped.agg(lines="nunique", first_line="min", last_line="max").reset_index().rename(columns={"column_name": "column"}))
    return [row | {"sentence": sentence(row["reason"], row["column"]), "fix": fix(row["reason"])} for row in found]


def content(contract: Contract, account: Account, file_name: str, period: str, received_at: str) -> dict[str, Any]:
    """The receipt as data: what the JSON holds."""
    held = say("receipt_held", sentence=held_sentence(account.reason or "columns_differ", account.columns))
    counts: dict[str, Any] = dict(account.counts)
    return {
        "partner": contract.partner,
        "partner_name": contract.name,
        "delivery": account.delivery_id,
        "file": file_name,
        "period": period,
        "received_at": received_at,
        "status": account.status,
        "message": say("receipt_accepted") if account.status == "accepted" else held,
        "balance": counts,
        "balance_sentence": say("receipt_balance", **counts),
        "columns": [{"column": column, "reason": code, "sentence": sentence(code, column)} for code, column in account.columns],
        "reasons": _reasons(account.events),
        "lines": _rows(account.events.rename(columns={"column_name": "column"})[["line", "column", "fate", "reason"]]),
    }


_PAGE = """<!doctype html><html lang="fr"><meta charset="utf-8"><title>{title}</title>
<style>body{{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1b1b1b}}
table{{border-collapse:collapse;width:100%}}th,td{{text-align:left;padding:.35rem .6rem;border-bottom:1px solid #ccc;vertical-align:top}}
.accepted{{border-left:.4rem solid #18753c;padding-left:1rem}}.held{{border-left:.4rem solid #b34000;padding-left:1rem}}</style>
<h1>{title}</h1><p>{partner} · {file} · {period} · <code>{delivery}</code></p>
<p class="{status}"><strong>{message}</strong><br>{balance}</p>{body}</html>
"""


def page(data: dict[str, Any]) -> str:
    """The receipt as a page that opens anywhere, offline."""
    e = html.escape
    rows = "".join(
        f"<tr><td>{line['line']}</td><td>{e(line['column'] or '')}</td><td>{e(say('fate_' + line['fate']))}</td>"
        f"<td>{e(sentence(line['reason'], line['column']))}</td><td>{e(fix(line['reason']))}</td></tr>"
        for line in data["lines"][:SHOWN]
    )
    heads = "".join(f"<th scope='col'>{e(say('receipt_' + h))}</th>" for h in ("line", "column", "fate", "reason", "fix"))
    more = len(data["lines"]) - SHOWN
    body = (
        f"<table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>"
        if rows
        else ("" if data["columns"] else f"<p>{e(say('receipt_whole'))}</p>")
    )
    return _PAGE.format(
        title=e(say("receipt_title")),
        partner=e(data["partner_name"]),
        file=e(data["file"]),
        period=e(data["period"]),
        delivery=e(data["delivery"]),
        status=data["status"],
        message=e(data["message"]),
        balance=e(data["balance_sentence"]),
        body=body + (f"<p>{e(say('receipt_more', count=more))}</p>" if more > 0 else ""),
    )


def workbook(data: dict[str, Any]) -> bytes:
    """The receipt as a workbook; every text is written as text, so that no cell can become a formula."""
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}) as book:
        book.set_properties({"title": say("receipt_title"), "created": datetime.fromisoformat(data["received_at"])})
        bold = book.add_format({"bold": True})
        summary = book.add_worksheet("Bilan")
        summary.set_column(0, 0, 100)
        for i, text in enumerate(
            (say("receipt_title"), f"{data['partner_name']} · {data['file']} · {data['period']}", data["message"], data["balance_sentence"])
        ):
            summary.write_string(i, 0, text, bold if i == 0 else None)
        lines = book.add_worksheet("Lignes")
        for column, name in enumerate(("line", "column", "fate", "reason", "fix")):
            lines.write_string(0, column, say(f"receipt_{name}"), bold)
        lines.set_column(1, 1, 25)
        lines.set_column(3, 4, 70)
        lines.freeze_panes(1, 0)
        for i, line in enumerate(data["lines"][:1_000_000], 1):
            lines.write_number(i, 0, line["line"])
            for j, text in enumerate(
                (line["column"] or "", say(f"fate_{line['fate']}"), sentence(line["reason"], line["column"]), fix(line["reason"])), 1
            ):
                lines.write_string(i, j, text)
    return buffer.getvalue()


def write(workspace: Workspace, contract: Contract, account: Account, file_name: str, period: str, received_at: str) -> None:
    """Writes `receipts/<partner>/<delivery>.{json,html,xlsx}`; files already identical are left as they are."""
    data = content(contract, account, file_name, period, received_at)
    folder = workspace.receipts / contract.partner
    write_whole(folder / f"{account.delivery_id}.json", (json.dumps(data, ensure_ascii=False, indent=1) + "\n").encode())
    write_whole(folder / f"{account.delivery_id}.html", page(data).encode())
    write_whole(folder / f"{account.delivery_id}.xlsx", workbook(data))
