"""The truth itself: what becomes of a referral, the onward step, the noise that was really put in.

Small worlds written by hand, and figures counted by hand.
"""

from __future__ import annotations

import re
from dataclasses import fields
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from assets.demonstration import texts
from assets.demonstration.calendar import Window, add_months, day, from_parts, parts
from assets.demonstration.dossiers import NEVER, Style, open_dossiers
from assets.demonstration.noise import Noise
from assets.demonstration.outcomes import Rules, ambiguous, outcomes
from assets.demonstration.people import draw_people
from assets.demonstration.places import kinds
from assets.demonstration.truth import _followed_up

SENT = day(date(2026, 3, 1))
HORIZON = day(date(2026, 10, 31))


def referral(id_: int = 0, **changes: object) -> dict[str, object]:
    base: dict[str, object] = {
        "id": id_,
        "person": 1,
        "sender": "ML01",
        "receiver": "OF01",
        "receiver_kind": None,
        "service": "remise_a_niveau",
        "sent": SENT,
        "status": "sent",
    }
    return {**base, **changes}


def outcome_of(referrals: list[dict[str, object]], arrivals: list[tuple[str, str, int]], **rules: object) -> list[tuple[str, float | None]]:
    """Outcome and delay of each referral; an arrival is (organisation, service, days after 1 March)."""
    seen = pd.DataFrame(
        [(i, 1, o, kinds()[o], s, SENT + d) for i, (o, s, d) in enumerate(arrivals)],
        columns=["arrival", "person", "org", "kind", "service", "day"],
    )
    out = outcomes(pd.DataFrame(referrals), seen, Rules(horizon=HORIZON, **rules))  # type: ignore[arg-type]
    return [(o, None if np.isnan(d) else d) for o, d in zip(out["outcome"], out["delay"].astype(float), strict=True)]


RAN = "remise_a_niveau"
CASES: dict[str, tuple[dict[str, object], list[tuple[str, str, int]], tuple[str, float | None]]] = {
    "arrived, counted in days": ({}, [("OF01", RAN, 12)], ("arrived", 12)),
    "the first arrival counts": ({}, [("OF01", RAN, 40), ("OF01", RAN, 12)], ("arrived", 12)),
    "seven days early still answers": ({}, [("OF01", RAN, -7)], ("arrived", -7)),
    "eight days early does not": ({}, [("OF01", RAN, -8)], ("not_arrived", None)),
    "the ninetieth day answers": ({}, [("OF01", RAN, 90)], ("arrived", 90)),
    "the ninety-first does not": ({}, [("OF01", RAN, 91)], ("not_arrived", None)),
    "same service elsewhere": ({}, [("OF02", RAN, 20)], ("arrived_elsewhere", 20)),
    "another service elsewhere": ({}, [("OF02", "formation_qualifiante", 20)], ("not_arrived", None)),
    "receiver before elsewhere": ({}, [("OF02", RAN, 5), ("OF01", RAN, 20)], ("arrived", 20)),
    "any organisation of the kind named": (
        {"receiver": None, "receiver_kind": "organisme_formation"},
        [("OF02", RAN, 20)],
        ("arrived", 20),
    ),
    "another kind": ({"receiver": None, "receiver_kind": "e2c"}, [("OF02", RAN, 20)], ("arrived_elsewhere", 20)),
    "refused by the receiver": ({"status": "refused_by_receiver"}, [], ("refused", None)),
    "refused by the person": ({"status": "refused_by_person"}, [], ("refused", None)),
    "cancelled": ({"status": "cancelled"}, [], ("cancelled", None)),
    "refused, yet seen": ({"status": "refused_by_receiver"}, [("OF01", RAN, 9)], ("arrived", 9)),
    "said arrived, unseen": ({"status": "arrived"}, [], ("declared_arrived_unseen", None)),
    "window still open": ({"sent": HORIZON - 89}, [], ("pending", None)),
    "window just closed": ({"sent": HORIZON - 90}, [], ("not_arrived", None)),
    "no show": ({"status": "no_show"}, [], ("not_arrived", None)),
}


@pytest.mark.parametrize("case", CASES)
def test_outcome_of_one_referral(case: str) -> None:
    changes, arrivals, expected = CASES[case]
    assert outcome_of([referral(**changes)], arrivals) == [expected]


def test_an_arrival_answers_the_nearest_earlier_referral_of_a_service() -> None:
    two = [referral(0), referral(1, sent=SENT + 30)]
    assert outcome_of(two, [("OF01", RAN, 40)]) == [("not_arrived", None), ("arrived", 10)]
    assert outcome_of(two, [("OF01", RAN, 20), ("OF01", RAN, 40)]) == [("arrived", 20), ("arrived", 10)]


def test_an_arrival_may_answer_two_referrals_of_different_services() -> None:
    two = [referral(0), referral(1, service="insertion")]
    assert outcome_of(two, [("OF01", RAN, 4)]) == [("arrived", 4), ("arrived", 4)]


def test_ambiguous_is_what_another_reading_changes() -> None:
    rows = pd.DataFrame([referral(0), referral(1, person=2), referral(2, person=3, service="accompagnement", receiver="CEP01")])
    seen = [(1, "OF01", RAN), (2, "OF01", "formation_qualifiante"), (3, "ML01", "accompagnement")]
    arrivals = pd.DataFrame(
        [(i, p, o, kinds()[o], s, SENT + 3) for i, (p, o, s) in enumerate(seen)],
        columns=["arrival", "person", "org", "kind", "service", "day"],
    )
    assert ambiguous(rows, arrivals, Rules(horizon=HORIZON)).tolist() == [False, True, True]


def test_onward_step_after_a_refresher() -> None:
    ended = day(date(2026, 8, 31))
    refresher = pd.DataFrame(
        {"id": range(7), "person": range(7), "org": "OF01", "ended": ended, "until": add_months(np.array([ended] * 7), 6)}
    )
    assert refresher["until"][0] == day(date(2027, 2, 28))

    class World:
        training = pd.DataFrame({"person": [0, 1, 2], "started": [ended + 1, ended, 0], "org": "OF01"})
        contract = pd.DataFrame({"person": [3, 4], "started": [day(date(2027, 2, 28)), day(date(2027, 3, 1))]})
        registration = pd.DataFrame({"person": [5, 6], "opened": [ended + 5, ended + 5], "org": ["CEP01", "OF01"]})

    assert sorted(_followed_up(refresher, World)) == [0, 3, 5]  # type: ignore[arg-type]


def test_calendar_months() -> None:
    window = Window.of("2026-03", 3)
    assert window.names == ("2026-01", "2026-02", "2026-03")
    assert (window.start, window.horizon) == (day(date(2026, 1, 1)), day(date(2026, 3, 31)))
    assert window.index(np.array([0, window.start, window.start + 31, window.horizon])).tolist() == [-1, 0, 1, 2]
    days = np.array([day(date(2024, 2, 29)), day(date(1961, 12, 31)), day(date(2026, 1, 31))])
    assert [p.tolist() for p in parts(days)] == [[2024, 1961, 2026], [2, 12, 1], [29, 31, 31]]
    assert from_parts(*parts(days)).tolist() == days.tolist()
    assert add_months(days, 1).tolist() == [day(date(2024, 3, 29)), day(date(1962, 1, 31)), day(date(2026, 2, 28))]


@pytest.fixture(scope="module")
def people() -> pd.DataFrame:
    return draw_people(30_000, 4, Noise.realistic(), Window.of("2026-10", 12))


def test_people_are_as_said(people: pd.DataFrame) -> None:
    noise = Noise.realistic()
    for kind, share in {"twin": noise.twins, "sibling": noise.siblings, "couple": noise.couples, "homonym": noise.homonyms}.items():
        second = people[people["tie_kind"] == kind]
        first = people.iloc[second["tie"]].reset_index(drop=True)
        second = second.reset_index(drop=True)
        assert len(second) * 2 == pytest.approx(share * len(people), abs=2)
        same = {
            "twin": ["family", "birth", "birth_place"],
            "sibling": ["family", "phone"],
            "couple": ["email", "phone"],
            "homonym": ["family", "given", "sex", "birth"],
        }
        assert (second[same[kind]] == first[same[kind]]).all(axis=None), kind
        assert (second["nir"] != first["nir"]).all()
        if kind == "twin":
            assert (second["given"] != first["given"]).all()
    assert people["nir"].is_unique and people["ft_id"].is_unique and people["ine"].dropna().is_unique
    assert people["age"].between(16, 61).all()
    for nir, birth in zip(people["nir"], people["birth"], strict=True):
        digits = int(nir[:13].replace("2A", "19").replace("2B", "18"))
        year, month, _ = (int(p[0]) for p in parts(np.array([birth])))
        assert re.fullmatch(r"[12]\d{4}(\d{2}|2A|2B)\d{8}", nir) and 97 - digits % 97 == int(nir[13:])
        assert (int(nir[1:3]), int(nir[3:5])) == (year % 100, month)
    every = " ".join({*people["family"], *people["given"]})
    every.encode("cp1252")
    for piece in ("-", "'", "de ", "Le ", "é", "ç"):
        assert piece in every
    assert people.loc[people["sex"] == "F", "usage"].notna().mean() > 0.1


def test_noise_is_what_is_documented(people: pd.DataFrame) -> None:
    noise = Noise.realistic()
    count = len(people)
    known = open_dossiers(np.arange(count), people, Style("X"), noise, Window.of("2026-10", 12), 4)

    def share(mask: np.ndarray, among: np.ndarray | None = None) -> float:
        return float(np.mean(mask if among is None else mask[among]))

    typed, right = known.typed, known.right
    none = {f: np.array([v is None for v in typed[f]]) for f in ("nir", "email", "phone", "birth_place")}
    for field, rate in {
        "nir": noise.nir_missing,
        "email": noise.email_missing,
        "phone": noise.phone_missing,
        "birth_place": noise.birth_place_missing,
    }.items():
        assert share(none[field]) == pytest.approx(rate, abs=0.01), field
    swapped = (typed["family_name"] == right["given_names"]) & (typed["given_names"] == right["family_name"])
    assert share(swapped) == pytest.approx(noise.swapped_names * 0.75, abs=0.003)
    year, month, of_month = parts(typed["birth_date"])
    _, true_month, true_day = parts(right["birth_date"])
    possible = (true_day <= 12) & (true_day != true_month)
    assert share((of_month == true_month) & (month == true_day), possible) == pytest.approx(noise.day_month_swap, abs=0.003)
    assert share(year == 1900) == pytest.approx(noise.birth_placeholder, abs=0.0015)
    typing = np.array(
        [texts.strip_accents(a) != texts.strip_accents(b) for a, b in zip(typed["given_names"], right["given_names"], strict=True)]
    )
    compound = np.array([texts.first_part(v) != v for v in right["given_names"]])
    assert share(typing, ~compound) == pytest.approx(noise.given_typo + noise.swapped_names, abs=0.006)
    wrong = np.array([any(typed[f][i] != right[f][i] for f in ("family_name", "given_names", "birth_date", "nir")) for i in range(count)])
    fixed = known.corrected_on != NEVER
    assert share(fixed, wrong) == pytest.approx(noise.corrected_later, abs=0.02)


def test_a_perfect_world_has_no_noise_and_no_homonyms() -> None:
    window = Window.of("2026-10", 12)
    people = draw_people(8_000, 4, Noise.none(), window)
    form = pd.Series(texts.plain(people["family"].to_numpy(object)) + "|" + texts.plain(people["given"].to_numpy(object)))
    assert not pd.DataFrame({"form": form, "birth": people["birth"]}).duplicated().any()
    assert people["email"].is_unique and people["phone"].is_unique
    known = open_dossiers(np.arange(len(people)), people, Style("X"), Noise.none(), window, 4)
    for field, values in known.typed.items():
        assert values.tolist() == known.right[field].tolist()
    assert known.typed["nir"].tolist() == people["nir"].tolist() and (known.corrected_on == NEVER).all()


def test_the_documentation_says_the_rates_of_the_code() -> None:
    text = Path("docs/demonstration.md").read_text("utf-8")
    said = dict(re.findall(r"^\| `(\w+)` \| ([\d.]+) \|", text, re.MULTILINE))
    assert said == {f.name: f"{getattr(Noise.realistic(), f.name):g}" for f in fields(Noise)}
    assert all(f.metadata["fr"] in text for f in fields(Noise))
