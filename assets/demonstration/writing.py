"""Bytes: CSV in any encoding, XLSX with a title above its header, Parquet. The same input gives the same bytes.

Here: writing files. Not here: what they say.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pyarrow
import xlsxwriter
from numpy.typing import NDArray

from assets.workspace import Workspace, duckdb_memory, private_directory, write_whole
from schemas.contract import Format
from schemas.tables import quote

#: Partners whose UTF-8 files start with a byte order mark.
WITH_BOM = frozenset({"france_travail", "cap_emploi"})
_DAY = re.compile(r"^(\d{2})/(\d{2})/(\d{4})$")
_DATE_TITLES = frozenset({"1er entretien", "Clôture", "Orientation le", "Suite le"})


class Writer:
    """One in-memory DuckDB and one private folder for all the files of a generation."""

    def __init__(self, con: duckdb.DuckDBPyConnection, folder: Path) -> None:
        self.con, self.path = con, folder / "export"

    def _copied(self, frame: pd.DataFrame | pyarrow.Table, options: str) -> bytes:
        self.con.register("lines", frame)
        self.con.execute(f"COPY (SELECT * FROM lines) TO {quote(str(self.path))} ({options})")
        self.con.unregister("lines")
        data = self.path.read_bytes()
        self.path.unlink()
        return data

    def csv(self, columns: dict[str, NDArray[np.object_]], form: Format, bom: bool) -> bytes:
        """A CSV with a header; blanks are empty, texts quoted only when they must be.

        Raises UnicodeEncodeError when the encoding lacks a character.
        """
        table = pyarrow.table({name: pyarrow.array(values, pyarrow.string(), from_pandas=True) for name, values in columns.items()})
        data = self._copied(table, f"FORMAT csv, HEADER, DELIMITER {quote(form.delimiter or ';')}, NULLSTR ''")
        if form.encoding == "cp1252":
            return data.decode("utf-8").encode("cp1252")
        return (b"\xef\xbb\xbf" if bom else b"") + data

    def parquet(self, path: Path, frame: pd.DataFrame) -> None:
        """A Parquet file at `path`, rows in the order given."""
        write_whole(path, self._copied(frame, "FORMAT parquet"))


@contextmanager
def writer(workspace: Workspace) -> Iterator[Writer]:
    """A `Writer` whose folder is gone at the end."""
    with private_directory(workspace) as folder, duckdb_memory() as con:
        yield Writer(con, folder)


def xlsx_bytes(columns: dict[str, NDArray[np.object_]], form: Format, title: str) -> bytes:
    """A workbook whose header is on `form.header_line`, under a title; event dates are true Excel dates, birth dates are text."""
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(
        buffer, {"in_memory": True, "strings_to_formulas": False, "strings_to_numbers": False, "strings_to_urls": False}
    )
    book.set_properties({"created": datetime(2020, 1, 1), "author": "CEP Val d'Isle"})
    as_date, bold = book.add_format({"num_format": "dd/mm/yyyy"}), book.add_format({"bold": True})
    sheet = book.add_worksheet(form.sheet or "Feuil1")
    sheet.write_string(0, 0, title, bold)
    sheet.write_string(1, 0, "Document de travail, ne pas diffuser")
    top = form.header_line - 1
    for place, (name, values) in enumerate(columns.items()):
        sheet.write_string(top, place, name, bold)
        for row, value in enumerate(values.tolist(), start=top + 1):
            if not isinstance(value, str):
                continue
            found = _DAY.match(value) if name in _DATE_TITLES else None
            moment = _moment(found)
            if moment is None:
                sheet.write_string(row, place, value)
            else:
                sheet.write_datetime(row, place, moment, as_date)
    book.close()
    return buffer.getvalue()


def _moment(found: re.Match[str] | None) -> datetime | None:
    """The date of a `JJ/MM/AAAA` text, None when it is not one or does not exist."""
    try:
        return datetime(int(found[3]), int(found[2]), int(found[1])) if found else None
    except ValueError:
        return None
