"""A file's bytes → a table of text cells with the line each row came from.

Here: encodings, delimiters, workbooks, the header. Not here: what a column means. No error raised here carries a cell's content.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
import sys
import unicodedata
import zipfile
import zlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from python_calamine import CalamineError, CalamineWorkbook

from schemas.contract import Feed, Format
from schemas.messages import say

if TYPE_CHECKING:
    from assets.intake.apply import Taken

csv.field_size_limit(min(sys.maxsize, 2**31 - 1))


class Held(Exception):
    """The delivery cannot be taken in as a whole. `reason` is a message code; `columns` are (message code, column name) of the header;
    `taken` is the account of the lines when they could be read."""

    def __init__(self, reason: str, columns: Iterable[tuple[str, str]] = (), taken: Taken | None = None) -> None:
        self.reason = reason
        self.columns = tuple(columns)
        self.taken = taken
        super().__init__(reason)


@dataclass
class Cells:
    """The data lines: `frame` (text cells, one column per header cell, index 0…n-1), `lines` (file line of each row, header = 1),
    and the lines whose number of cells is wrong (`bad`: line → message code), which are not in `frame`."""

    frame: pd.DataFrame
    lines: np.ndarray[Any, np.dtype[np.int64]]
    bad: dict[int, str] = field(default_factory=dict)

    @property
    def received(self) -> int:
        """Data lines in the file, blank ones excepted."""
        return len(self.lines) + len(self.bad)


def tidy(text: str) -> str:
    """A header cell in one typography: NFC, plain spaces and apostrophes, no line break, trimmed."""
    text = unicodedata.normalize("NFC", text).replace("’", "'").replace("\u00a0", " ").replace("\u202f", " ")
    return " ".join(text.split())


def decode(data: bytes, declared: str | None) -> str:
    """The text. UTF-8 is recognised by its mark or by its multi-byte sequences even when the contract says otherwise (a file saved again
    by a modern tool), never the reverse. Raises Held."""
    if data.startswith(codecs.BOM_UTF8):
        data, declared = data[3:], "utf-8"
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise Held("encoding_unreadable")
    ascii_only = data.isascii()
    for encoding in ("utf-8", "cp1252"):
        if encoding == "cp1252" and declared == "utf-8":
            break
        try:
            return data.decode("utf-8" if ascii_only else encoding)
        except UnicodeDecodeError:
            continue
    raise Held("encoding_unreadable")


def guess_delimiter(header: str) -> str:
    """The candidate most frequent in the header line; `;` when none is there."""
    return max(";,\t|", key=lambda d: (header.count(d), d == ";"))


def _csv_rows(text: str, form: Format) -> Iterable[tuple[int, list[str]]]:
    """(line on which the row starts, cells). Raises Held when quotes never close."""
    if "\n" not in text:  # an old Macintosh file: `\r` alone ends a line
        text = text.replace("\r", "\n")
    delimiter: str | None = form.delimiter
    if delimiter is None:
        head = text.split("\n", form.header_line)
        delimiter = guess_delimiter(head[min(form.header_line, len(head)) - 1])
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    start = 1
    try:
        for row in reader:
            yield start, row
            start = reader.line_num + 1
    except csv.Error:
        start = -1
    if start < 0:
        raise Held("csv_unreadable")


#: Stands for a whole number of more than 15 digits: a spreadsheet has already lost the last ones.
DIGITS_LOST = "\ufffd"

#: Cells a workbook may span, empty ones included: a stray space in the last cell of a sheet would claim half a terabyte.
MOST_CELLS = 50_000_000

#: What the libraries raise on a damaged, encrypted or absurd workbook.
_UNREADABLE = (CalamineError, OSError, ArithmeticError, ValueError, IndexError, RuntimeError, zipfile.BadZipFile, zlib.error)

_REFERENCE = re.compile(rb'<c r="([A-Z]{1,3})(\d{1,7})"')


def _span(data: bytes) -> int:
    """Cells of the largest sheet, from the references of its cells. Raises zipfile.BadZipFile, OSError."""
    largest = 0
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for name in archive.namelist():
            if not re.fullmatch(r"xl/worksheets/[^/]+\.xml", name):
                continue
            columns = rows = 0
            with archive.open(name) as sheet:
                tail = b""
                while chunk := sheet.read(1 << 20):
                    for letters, number in _REFERENCE.findall(tail + chunk):
                        rows = max(rows, int(number))
                        column = 0
                        for letter in letters:
                            column = column * 26 + letter - 64
                        columns = max(columns, column)
                    tail = chunk[-16:]
            largest = max(largest, rows * columns)
    return largest


def cell_text(value: object) -> str:
    """A spreadsheet cell as the text a person would type: ISO dates, whole numbers without decimals."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(sep=" ", timespec="seconds")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float):
        if value.is_integer():
            return str(int(value)) if abs(value) < 1e15 else DIGITS_LOST
        return repr(value)
    return str(value)


def _xlsx_rows(data: bytes, form: Format) -> Iterable[tuple[int, list[str]]]:
    """(row number, cells) of the sheet. Raises Held."""
    rows: list[list[Any]] | None = None
    reason = "workbook_unreadable"
    try:
        if _span(data) > MOST_CELLS:
            raise Held("workbook_too_large")
        workbook = CalamineWorkbook.from_filelike(io.BytesIO(data))
        if form.sheet is not None and form.sheet not in workbook.sheet_names:
            reason = "sheet_missing"
        else:
            sheet = workbook.get_sheet_by_name(form.sheet) if form.sheet is not None else workbook.get_sheet_by_index(0)
            rows = sheet.to_python(skip_empty_area=False)
    except (
        CalamineError,
        OSError,
        ValueError,
        IndexError,
        OverflowError,
        zipfile.BadZipFile,
        zlib.error,
        RuntimeError,
    ):
        rows = None
    if rows is None:
        raise Held(reason)
    return ((i, [cell_text(c) for c in row]) for i, row in enumerate(rows, 1))


def _header(cells: list[str]) -> list[str]:
    """Column names, trailing empty cells dropped."""
    names = [tidy(c) for c in cells]
    while names and not names[-1]:
        names.pop()
    return names


def _collect(rows: Iterable[tuple[int, list[str]]], header_line: int) -> tuple[list[str], list[int], list[list[str]], dict[int, str]]:
    """(header, lines, rows of the right width, wrong lines)."""
    header: list[str] | None = None
    lines: list[int] = []
    kept: list[list[str]] = []
    bad: dict[int, str] = {}
    width = 0
    for line, row in rows:
        if header is None:
            if line >= header_line:
                header = _header(row)
                width = len(header)
            continue
        if len(row) > width and not any(c.strip() for c in row[width:]):
            row = row[:width]
        if len(row) == width:
            if any(c.strip() for c in row):
                lines.append(line)
                kept.append(row)
        elif any(c.strip() for c in row):
            bad[line] = "line_too_short" if len(row) < width else "line_too_long"
    return header or [], lines, kept, bad


#: Unknown columns quoted by name; more of them, and the titles are probably something else than titles (a list of people, say).
MOST_QUOTED = 5

_PERSONAL = re.compile(r"@|\d{4,}|\d+[/.-]\d+[/.-]\d+|\b(né|née|ne|nee) le\b", re.IGNORECASE)


def harmless(title: str) -> bool:
    """True for a column title that may be repeated: short, and without anything like a date, a number or an address."""
    return 0 < len(title) <= 40 and not _PERSONAL.search(title)


def check_header(header: list[str], feed: Feed, unpivoted: Iterable[str]) -> None:
    """Every delivered column is mapped or ignored, every mapped column is there, none twice. Raises Held naming them.

    When fewer than half of the expected columns are found the line is probably not a header: nothing of it is quoted.
    """
    mapped = {tidy(c) for c in feed.mapped_columns()}
    allowed = mapped | {tidy(c) for c in feed.ignore} | set(unpivoted)
    twice = sorted({c for c in header if c and header.count(c) > 1})
    missing = [c for c in feed.mapped_columns() if tidy(c) not in header]
    unknown = [c for c in header if c not in allowed]
    if mapped and len(missing) * 2 > len(mapped):
        raise Held("header_not_found", [("column_missing", c) for c in missing])
    quoted = len(unknown) <= MOST_QUOTED
    strangers = [c if quoted and harmless(c) else say("column_rank", rank=header.index(c) + 1) for c in unknown]
    doubles = [c if harmless(c) else say("column_rank", rank=header.index(c) + 1) for c in twice]
    problems = (
        [("column_twice", c) for c in doubles] + [("column_missing", c) for c in missing] + [("column_unknown", c) for c in strangers]
    )
    if problems:
        raise Held("columns_differ", problems)


def read(data: bytes, feed: Feed) -> Cells:
    """The data lines of a file, as text. Blank lines are not data. Raises Held: empty file, unreadable, wrong header."""
    from assets.intake.evaluate import unpivoted_columns

    if not data.strip(b"\x00 \t\r\n\xef\xbb\xbf"):
        raise Held("empty_file")
    form = feed.format
    rows = _xlsx_rows(data, form) if form.type == "xlsx" else _csv_rows(decode(data, form.encoding), form)
    header, lines, kept, bad = _collect(rows, form.header_line)
    check_header(header, feed, unpivoted_columns(feed, header))
    frame = pd.DataFrame(kept, columns=header, dtype="str") if kept else pd.DataFrame({c: pd.Series(dtype="str") for c in header})
    return Cells(frame, np.asarray(lines, dtype=np.int64), bad)
