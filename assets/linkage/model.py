"""The weights: a Fellegi–Sunter model fitted and applied by Splink, on which tokens two profiles share.

Here: the comparisons, where each probability comes from, prediction. u (two strangers agree) comes from chance agreements counted in the
privacy room; m (one person's two dossiers agree) from expectation-maximisation, without labels. Splink receives the levels each pair
reached, worked out once from the shared tokens (`pairs.py`): handing it the token arrays would keep over 1 KB per pair to have the levels
back. Not here: what to do with a weight.
"""

from __future__ import annotations

import contextlib
import logging
import warnings
from collections.abc import Iterator
from typing import Any

import duckdb
import splink.comparison_level_library as cll
import splink.comparison_library as cl
from splink import Linker, SettingsCreator, block_on
from splink.backends.duckdb import DuckDBAPI

from assets.linkage.pairs import first
from assets.privacy.rules import COMPARISONS, Level

#: Pairs at or above this weight (log2 odds) are joined: a probability of 0.89 by the model. Measured on 120,000 invented dossiers: pairs
#: weighing 3 to 5 are true in 96 % of cases, and joining them brings 0.7 % of recall. A wrong join is seen by no one: higher is safer.
MATCH_WEIGHT = 3.0

#: Pairs from this weight (probability 0.2) up to `MATCH_WEIGHT` are the grey zone, kept for review.
REVIEW_WEIGHT = -2.0

#: EM runs only on blocks of at least this many pairs; below, the starting values are kept.
EM_PAIRS = 500

#: Share of matching profile pairs whose surname, given name and date all agree at some level: turns counted sure pairs into the prior.
SURE_SHARE = 0.9

#: Highest prior: a handful of dossiers still comes from a territory of thousands of people.
MOST_LIKELY = 1e-4

#: Chance agreement of two people born in France, used as this many observed pairs until a territory's own figures outweigh them.
_CHANCE = {"surname": 7e-4, "surname_sound": 1.2e-3, "given": 5e-3, "given_sound": 8e-3, "date": 1e-4, "place": 1e-2}
_CHANCE_PAIRS = 1e5

#: Starting values of m, from the exact level down, then "no agreement". Kept where EM has too little to learn from.
_M: dict[str, tuple[float, ...]] = {
    "surname": (0.90, 0.01, 0.03, 0.03, 0.03),
    "given": (0.90, 0.01, 0.03, 0.03, 0.03),
    "date": (0.93, 0.01, 0.04, 0.02),
    "place": (0.95, 0.05),
    "contact": (0.50, 0.50),
    "number": (0.95, 0.05),
    "nir": (0.98, 0.02),
    "sex": (0.99, 0.01),
}

#: Share of the starting value in each fitted m.
_TEMPER = 0.1

#: Pairs that agree exactly on two comparisons teach the m of the others.
_ROUNDS = (("given", "date"), ("surname", "date"), ("surname", "given", "place"))

_COMPARED = (*COMPARISONS, "sex")

#: Name of the level "no agreement" in `linkage_parameter`.
NONE = "none"


def chance(con: duckdb.DuckDBPyConnection, store: str) -> dict[str, float]:
    """Probability that two strangers agree on each field, from the deliveries' own counts shrunk towards national values."""
    seen = dict(_CHANCE)
    for field, pairs, same in con.execute(f"SELECT field, sum(pairs), sum(same) FROM {store}.collision GROUP BY field").fetchall():
        if field in seen:
            seen[field] = (same + seen[field] * _CHANCE_PAIRS) / (pairs + _CHANCE_PAIRS)
    return seen


def strangers(seen: dict[str, float]) -> dict[str, list[float]]:
    """u of every level of every comparison, from the exact level down; the last is "no agreement".

    Names have several forms (×1.3); a date has some 60 others that share two of its three parts; one-letter neighbours are about as
    frequent as the name itself for surnames, a third for given names. Contacts and numbers are personal but for households.
    """
    surname, given = seen["surname"], seen["given"]
    levels = {
        "surname": [surname * 1.3, surname * given * 2, max(2 * (seen["surname_sound"] - surname), surname), surname],
        "given": [given * 1.3, 1e-3, max(2 * (seen["given_sound"] - given), given * 0.3), given * 0.3],
        "date": [seen["date"], seen["date"], seen["date"] * 60],
        "place": [seen["place"]],
        "contact": [1e-5],
        "number": [1e-8],
        "nir": [1e-8],
        "sex": [0.5],
    }
    return {name: [*values, 1 - sum(values)] for name, values in levels.items()}


def _comparison(name: str, u: list[float]) -> Any:
    labels = [level.name.lower() for level in COMPARISONS.get(name, (Level.EXACT,))]
    levels: list[Any] = [cll.CustomLevel(f"{name}_l = -1", "missing").configure(is_null_level=True)]
    for k, label in enumerate(labels):
        level = cll.CustomLevel(f"{name}_l = {len(labels) - k}", label)
        levels.append(level.configure(m_probability=_M[name][k], u_probability=u[k]))
    levels.append(cll.ElseLevel().configure(m_probability=_M[name][-1], u_probability=u[-1]))
    return cl.CustomComparison(output_column_name=name, comparison_levels=levels)


def _settings(con: duckdb.DuckDBPyConnection, store: str, profiles: int, sure_pairs: int) -> SettingsCreator:
    u = strangers(chance(con, store))
    return SettingsCreator(
        link_type="dedupe_only",
        comparisons=[_comparison(name, u[name]) for name in _COMPARED],
        blocking_rules_to_generate_predictions=[block_on("k")],
        probability_two_random_records_match=min(max(sure_pairs, 1) / SURE_SHARE / max(profiles * (profiles - 1) / 2, 1), MOST_LIKELY),
        additional_columns_to_retain=["k"],
    )


def predict(con: duckdb.DuckDBPyConnection, store: str, profiles: int, sure_pairs: int) -> list[tuple[str, str, float, float]]:
    """Table `weighed`: the columns of `pair` and `weight` (log2 odds, two decimals); returns the parameters (comparison, level, m, u).

    Splink is kept silent: its messages never reach a log, and it writes nothing but tables of this connection.
    """
    log = logging.getLogger("splink")
    if not log.handlers:
        log.addHandler(logging.NullHandler())
    log.propagate = False
    names = ", ".join(_COMPARED)
    # A pair is two rows of the same `k`, which Splink is asked to compare.
    con.execute(f"CREATE TABLE vector AS SELECT 2 * k AS unique_id, k, {names} FROM pair UNION ALL SELECT 2 * k + 1, k, {names} FROM pair")
    api = DuckDBAPI(con)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        vectors = api.register("vector")
        linker = Linker(vectors, _settings(con, store, profiles, sure_pairs), log_level=logging.CRITICAL)
        for fixed in _ROUNDS:
            exact = {name: len(COMPARISONS[name]) for name in fixed}
            if first(con, f"SELECT count(*) FROM pair WHERE {' AND '.join(f'{n} = {v}' for n, v in exact.items())}")[0] >= EM_PAIRS:
                rule = " AND ".join(["l.k = r.k", *(f"l.{n} = {v} AND r.{n} = {v}" for n, v in exact.items())])
                # Where nobody ever disagrees, Splink refuses an m of nearly nothing: the starting values then stand for this round.
                with contextlib.suppress(ValueError):
                    linker.training.estimate_parameters_using_expectation_maximisation(rule, estimate_without_term_frequencies=True)
        fitted = _tempered(linker.misc.save_model_to_json())
        predicted = Linker(vectors, fitted, log_level=logging.CRITICAL).inference.predict(warning_mode="never")
    con.execute(
        f"CREATE TABLE weighed AS SELECT p.*, round(s.match_weight, 2) AS weight "
        f"FROM pair AS p INNER JOIN {predicted.physical_name} AS s ON s.k_l = p.k"
    )
    return _parameters(fitted)


def _levels(model: dict[str, Any]) -> Iterator[tuple[str, int, dict[str, Any]]]:
    """Every level of a saved model but "missing": comparison, place from the exact level down, level."""
    for comparison in model["comparisons"]:
        known = [level for level in comparison["comparison_levels"] if not level.get("is_null_level")]
        for k, level in enumerate(known):
            yield str(comparison["output_column_name"]), k, level


def _tempered(model: dict[str, Any]) -> dict[str, Any]:
    """The fitted model with every m drawn a little towards its starting value: never met in training is not impossible."""
    for name, k, level in _levels(model):
        level["m_probability"] = (1 - _TEMPER) * float(level["m_probability"]) + _TEMPER * _M[name][k]
    return model


def _parameters(model: dict[str, Any]) -> list[tuple[str, str, float, float]]:
    """The fitted model, level by level."""
    return [
        (
            name,
            NONE if level["sql_condition"] == "ELSE" else str(level["label_for_charts"]),
            float(level["m_probability"]),
            float(level["u_probability"]),
        )
        for name, _, level in _levels(model)
    ]
