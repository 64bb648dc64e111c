"""A partner's pack of the month, `outbox/<partner>/<YYYY-MM>/`: figures, description, hashes; whole or not at all.

Here: assembling the files, `datapackage.json`, `SHA256SUMS`, putting the directory in place, verifying one. Not here: the rows and their
writing (`tabular.py`), which figures are safe (`assets/disclosure`).
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb

from assets.releases import tabular
from assets.releases.publish import territory_frame
from assets.releases.tabular import DefinitionLike
from assets.workspace import Workspace, private_directory, write_whole
from schemas.contract import Contract
from schemas.messages import say
from schemas.pack import DIALECT, UNITS, table_schema
from schemas.territory import Territory

SUMS = "SHA256SUMS"
DESCRIPTION = "datapackage.json"
SIGNATURE = "SHA256SUMS.sig"

_MEDIA = {
    ".csv": "text/csv",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".html": "text/html",
}


@dataclass(frozen=True)
class Pack:
    """A pack in place: where, whether this run changed it, and how many figures it holds."""

    path: Path
    changed: bool
    figures: int


def _edition(con: duckdb.DuckDBPyConnection) -> tuple[str, date]:
    row = con.execute("SELECT edition, horizon FROM edition").fetchone()
    if row is None:
        raise LookupError("edition")
    return str(row[0]), row[1]


def _organisations(con: duckdb.DuckDBPyConnection, contract: Contract) -> list[str]:
    """The partner's own organisation, and any other the territory says it answers for."""
    found = con.execute("SELECT organisation FROM organisation WHERE partner = ?", [contract.partner]).fetchall()
    return sorted({contract.organisation, *(str(code) for (code,) in found)})


def _labels(workspace: Workspace) -> dict[tuple[str, str], str]:
    """Names of the EPCI and employment zones, from the territory's reference file."""
    frame = territory_frame(workspace)
    pairs = (("residence_epci", "epci", "epci_name"), ("residence_zone", "zone", "zone_name"))
    return {
        (breakdown, str(code)): str(name)
        for breakdown, codes, names in pairs
        for code, name in sorted(frame[[codes, names]].dropna().drop_duplicates(codes, keep="last").itertuples(index=False))
    }


def _resource(name: str, data: bytes) -> dict[str, object]:
    """The Data Resource of one file; the CSV carries its Table Schema and dialect."""
    suffix = Path(name).suffix
    resource: dict[str, object] = {
        "name": name.lower(), "path": name, "format": suffix.removeprefix("."), "mediatype": _MEDIA.get(suffix, "application/octet-stream"),
        "bytes": len(data), "hash": f"sha256:{hashlib.sha256(data).hexdigest()}",
    }  # fmt: skip
    if suffix == ".csv":
        resource |= {"profile": "tabular-data-resource", "encoding": "utf-8", "dialect": DIALECT, "schema": table_schema()}
    return resource


def _description(
    con: duckdb.DuckDBPyConnection,
    contract: Contract,
    territory: Territory,
    month: str,
    files: Mapping[str, bytes],
    definitions: Mapping[str, DefinitionLike],
) -> bytes:
    """`datapackage.json` (Frictionless Data Package). Dated by the edition's horizon: no clock."""
    edition, horizon = _edition(con)
    package = {
        "profile": "data-package",
        "name": f"indicateurs-{contract.partner}-{month}",
        "title": f"Indicateurs {month} : {contract.name}",
        "description": f"{territory.name} : figures du territoire et de votre organisme. "
        "Une figure non publiée est vide et son statut dit pourquoi.",
        "created": f"{horizon.isoformat()}T00:00:00Z",
        "edition": edition,
        "month": month,
        "partner": contract.partner,
        "territory": territory.name,
        "suppression_threshold": territory.thresholds.suppression,
        "resources": [_resource(name, data) for name, data in sorted(files.items())],
        "definitions": [
            {"indicator": name, "title": d.title_fr, "definition": d.definition_fr, "unit": UNITS.get(d.unit, d.unit), "version": d.version}
            for name, d in sorted(definitions.items())
        ],
    }
    return (json.dumps(package, ensure_ascii=False, indent=2) + "\n").encode()


def _sums(files: Mapping[str, bytes]) -> bytes:
    """As `sha256sum -c` reads them."""
    return "".join(f"{hashlib.sha256(data).hexdigest()}  {name}\n" for name, data in sorted(files.items())).encode()


def _same(path: Path, files: Mapping[str, bytes]) -> bool:
    present = {p.name for p in path.iterdir()} if path.is_dir() else None
    return present == set(files) and all((path / name).read_bytes() == data for name, data in files.items())


def put(workspace: Workspace, path: Path, files: Mapping[str, bytes]) -> bool:
    """Puts a directory holding exactly `files` at `path`; False, nothing touched, when it is already so.

    Built in the private scratch directory of the same file system, then renamed. A directory in place is first set aside under a hidden
    name beside it; a crash between the two renames is mended by the next call, which brings it back before anything else.
    """
    aside = path.with_name(f".{path.name}.former")
    if aside.exists():
        if path.exists():
            shutil.rmtree(aside)
        else:
            os.rename(aside, path)  # noqa: PTH104 (named, so that a test can break it)
    if _same(path, files):
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    with private_directory(workspace) as room:
        new = room / "pack"
        new.mkdir(mode=0o755)
        for name, data in files.items():
            write_whole(new / name, data)
        if path.exists():
            os.rename(path, aside)  # noqa: PTH104
        try:
            os.rename(new, path)  # noqa: PTH104
        except OSError:
            if aside.exists():
                aside.rename(path)
            raise
    shutil.rmtree(aside, ignore_errors=True)
    return True


def pack(
    workspace: Workspace,
    con: duckdb.DuckDBPyConnection,
    contract: Contract,
    territory: Territory,
    month: str,
    definitions: Mapping[str, DefinitionLike],
    extra: Mapping[str, bytes] | None = None,
) -> Pack:
    """Writes the partner's pack of `month` (YYYY-MM) from `release`, `edition` and `organisation`; `extra` files (report…) go along.

    Raises KeyError when an indicator has no definition, LookupError when no edition was computed, ValueError for a bad month.
    """
    if not re.fullmatch(r"\d{4}-(0[1-9]|1[0-2])", month):
        raise ValueError("month")
    found = tabular.rows(con, _organisations(con, contract), definitions, _labels(workspace))
    stem = f"indicateurs_{contract.partner}_{month}"
    files = {
        **(extra or {}),
        f"{stem}.csv": tabular.to_csv(found),
        f"{stem}.xlsx": tabular.to_xlsx(found, definitions, _edition(con)[1]),
    }
    files[DESCRIPTION] = _description(con, contract, territory, month, files, definitions)
    files[SUMS] = _sums(files)
    path = workspace.outbox / contract.partner / month
    return Pack(path, put(workspace, path, files), len(found))


def _listed(path: Path) -> Iterable[tuple[str, str]]:
    """(hash, name) of every line of `SHA256SUMS`. Raises ValueError at a line that is not one, or a name that leaves the pack."""
    for line in (path / SUMS).read_text("utf-8").splitlines():
        match = re.fullmatch(r"([0-9a-f]{64}) [ *]([^/\\\0]+)", line)
        if match is None or match[2] in (".", ".."):
            raise ValueError(SUMS)
        yield match[1], match[2]


def verify(path: Path) -> list[str]:
    """What is wrong with a pack, in French; empty when every file is there, unaltered, and none was added."""
    try:
        listed = {name: digest for digest, name in _listed(path)}
    except FileNotFoundError:
        return [say("pack_no_sums", file=SUMS)]
    except (ValueError, UnicodeDecodeError):
        return [say("pack_bad_sums", file=SUMS)]
    problems = []
    for name, digest in sorted(listed.items()):
        file = path / name
        if not file.is_file() or file.is_symlink():
            problems.append(say("pack_file_missing", file=name))
        elif hashlib.sha256(file.read_bytes()).hexdigest() != digest:
            problems.append(say("pack_file_altered", file=name))
    if DESCRIPTION not in listed:
        problems.append(say("pack_file_missing", file=DESCRIPTION))
    present = {p.name for p in path.iterdir()} - {SUMS, SIGNATURE}
    problems += [say("pack_file_added", file=name) for name in sorted(present - set(listed))]
    return problems
