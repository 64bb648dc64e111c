"""Runs a suite of `schemas/expectations.py` on a table of the warehouse, with Great Expectations.

Here: the profile (one scan in DuckDB), the translation to Great Expectations, the reading of results. Not here: what is expected.
No telemetry, no Data Docs (they load remote scripts and print samples), no progress bars, nothing kept on disk.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

import duckdb
import pandas as pd

from schemas.expectations import SUITES, Expectation

#: Stands for a number that should be there and is not: under every minimum.
_MISSING = -1.0

#: More distinct codes than any list holds: enough to see that something is wrong.
_MOST_VALUES = 1000


class Outcome(NamedTuple):
    """One expectation's result."""

    expectation: str
    column: str
    success: bool


@contextmanager
def _silence() -> Iterator[None]:
    """Great Expectations logs the traceback of what it could not compute, offending values included: it says nothing while we run it."""
    ours = [
        logger
        for name, logger in logging.root.manager.loggerDict.items()
        if isinstance(logger, logging.Logger) and name.split(".")[0] == "great_expectations" and not logger.disabled
    ]
    for logger in ours:
        logger.disabled = True
    try:
        yield
    finally:
        for logger in ours:
            logger.disabled = False


def _context() -> Any:
    """An ephemeral context: no store on disk, no Data Docs, no analytics, no progress bar. Importing takes 6 to 10 seconds: only here."""
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    import great_expectations as gx
    from great_expectations.data_context.types.base import DataContextConfig, InMemoryStoreBackendDefaults, ProgressBarsConfig

    config = DataContextConfig(
        store_backend_defaults=InMemoryStoreBackendDefaults(init_temp_docs_sites=False),
        progress_bars=ProgressBarsConfig(globally=False),
        analytics_enabled=False,
    )
    with _silence():
        return gx.get_context(mode="ephemeral", project_config=config)


def profile(con: duckdb.DuckDBPyConnection, table: str, suite: Sequence[Expectation]) -> pd.DataFrame:
    """The table's profile: one column per expectation (`e0`, `e1`…), its number(s) or its distinct values, padded with missing ones.

    Raises duckdb.Error when the table or one of its columns is not there.
    """
    row = con.execute(f"SELECT {', '.join(e.sql for e in suite)} FROM {table}").fetchone()
    series: dict[str, Any] = {}
    for position, (expectation, value) in enumerate(zip(suite, row or (), strict=True)):
        found = [v for v in (value if isinstance(value, list) else [value]) if v is not None][:_MOST_VALUES]
        if expectation.values is not None:
            series[f"e{position}"] = pd.Series([str(v) for v in found], dtype=object)
        else:
            series[f"e{position}"] = pd.Series([float(v) for v in found] or ([] if expectation.nullable else [_MISSING]), dtype=float)
    return pd.DataFrame(series)


def _translate(suite: Sequence[Expectation]) -> Any:
    """The Great Expectations suite; `meta` carries the position, for its results come in any order."""
    import great_expectations as gx

    kinds: Any = gx.expectations
    made = []
    for position, e in enumerate(suite):
        column, meta = f"e{position}", {"position": position}
        if e.values is not None:
            made.append(kinds.ExpectColumnValuesToBeInSet(column=column, value_set=list(e.values), meta=meta))
        else:
            made.append(kinds.ExpectColumnValuesToBeBetween(column=column, min_value=e.minimum, max_value=e.maximum, meta=meta))
    return gx.ExpectationSuite(name="filrouge", expectations=made)


def _raised(info: object) -> bool:
    """True when Great Expectations could not compute an expectation: it reports it beside a plain result, at one of two depths."""
    if not isinstance(info, Mapping):
        return False
    return bool(info.get("raised_exception")) or any(_raised(inner) for inner in info.values())


def judge(frame: pd.DataFrame, suite: Sequence[Expectation]) -> list[Outcome]:
    """Runs the suite on a profile. An expectation that raised, or of which no result came back, has failed."""
    context = _context()
    with _silence():
        source = context.data_sources.add_pandas("profiles")
        batch = source.add_dataframe_asset("profile").add_batch_definition_whole_dataframe("whole").get_batch({"dataframe": frame})
        found = batch.validate(_translate(suite), result_format="BOOLEAN_ONLY")
    passed = {r.expectation_config.meta["position"] for r in found.results if r.success is True and not _raised(r.exception_info)}
    return [Outcome(e.name, e.column, position in passed) for position, e in enumerate(suite)]


def run_suite(con: duckdb.DuckDBPyConnection, table: str) -> list[Outcome]:
    """The outcome of every expectation about `table`, in the order of its suite.

    Raises KeyError for a table without a suite, duckdb.Error when the table is not there: nothing was checked then.
    """
    suite = SUITES[table]
    return judge(profile(con, table, suite), suite)
