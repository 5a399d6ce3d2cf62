"""Outcomes ranked by gravity: which pairs are won, from protocol to every file of the report."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path
from typing import Any

import pytest

import casewise
from adjustment_support import charts, written
from casewise import report, results
from casewise.errors import ProtocolError
from small_records import records, run, study

RANKED = {"worst": {"ranked": ["death", "readmission"], "within": "90 days"}}
PEOPLE = {
    "t0": {"age": 50, "last": "2020-03-01"},  # dies on day 40
    "t1": {"age": 50, "last": "2021-01-01"},  # readmitted on day 50
    "u0": {"age": 50, "last": "2021-01-01"},  # dies on day 20
    "u1": {"age": 50, "last": "2020-01-31"},  # readmitted on day 10, last seen on day 30
}
ROWS = [
    *[(name, "admission", "2020-01-01") for name in PEOPLE],
    *[(name, "discharge", "2020-01-05") for name in PEOPLE],
    *[(name, "drug", "2020-01-01") for name in ("t0", "t1")],
    ("t0", "death", "2020-02-10"),
    ("t1", "readmission", "2020-02-20"),
    ("u0", "death", "2020-01-21"),
    ("u1", "readmission", "2020-01-11"),
]


def ranked(people: Any = PEOPLE, rows: Any = ROWS, **changes: Any) -> results.RankedOutcome:
    found = run(study(outcomes=RANKED, **changes), records(people, rows)).outcomes["worst"]
    assert isinstance(found, results.RankedOutcome)
    return found


def test_the_gravest_event_that_can_decide_a_pair_decides_it() -> None:
    """t0 outlives u0, as does t1. Nobody knows whether u1 died after day 30, so that readmission
    decides: u1 had it on day 10, t0 and t1 not until 30."""
    pairs = ranked().pairs[0]
    assert (pairs.won, pairs.lost, pairs.tied) == (4, 0, 0)
    assert [(e.event, e.won, e.lost) for e in pairs.by_event] == [
        ("Death", 2, 0),
        ("Readmission", 2, 0),
    ]


def test_a_pair_that_nobody_saw_decided_is_tied_and_the_win_odds_count_it_half() -> None:
    people = PEOPLE | {"t0": {"age": 50, "last": "2020-01-06"}}  # seen to day 5 only
    found = ranked(people, [row for row in ROWS if row[:2] != ("t0", "death")])
    pairs = found.pairs[0]
    assert (pairs.won, pairs.lost, pairs.tied) == (2, 0, 2)
    odds = next(e for e in found.estimates if e.measure == "win odds")
    ratio = next(e for e in found.estimates if e.measure == "win ratio")
    assert odds.value == pytest.approx((2 + 1) / (0 + 1))
    assert ratio.value is None
    assert "no pair was lost" in ratio.reason


def test_p_of_few_patients_is_the_share_of_arrangements_as_far_from_even() -> None:
    # wins less losses of each patient among all four: t1 best, then t0, u1, u0
    scores = {"t0": -1 + 1 + 1, "t1": 3, "u0": -3, "u1": 1 - 1 - 1}
    found = ranked()
    sums = [sum(scores[name] for name in two) for two in combinations(scores, 2)]
    far = sum(abs(total) >= abs(scores["t0"] + scores["t1"]) for total in sums) / len(sums)
    assert found.test.p_value == pytest.approx(far)
    assert found.test.method.startswith("exact permutation")


def test_who_died_without_a_date_takes_part_in_no_pair() -> None:
    rows = [row for row in ROWS if row[:2] != ("u0", "death")] + [("u0", "death", None)]
    arm = ranked(rows=rows).arms["no drug"]
    assert (arm.n, arm.unknown) == (1, 1)


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"ranked": ["death"], "within": "90 days"}, "several events"),
        ({"ranked": ["death", "death"], "within": "90 days"}, "ranked twice"),
        ({"ranked": ["death", "deth"], "within": "90 days"}, '"deth"'),
    ],
)
def test_a_ranking_that_cannot_be_meant_is_refused(tmp_path: Path, asked: Any, said: str) -> None:
    path = written(tmp_path, {"primary": "worst"}, charts(10), outcomes={"worst": asked})
    with pytest.raises(ProtocolError, match=said):
        casewise.read(path, tmp_path / "site.yaml")


def test_a_ranked_outcome_is_in_the_page_the_word_file_the_tables_and_the_methods(
    tmp_path: Path,
) -> None:
    outcomes = {"worst": {"ranked": ["death", "rash"], "within": "60 days", "label": "Worst"}}
    path = written(tmp_path, {"primary": "worst"}, charts(200), outcomes=outcomes)
    found = casewise.run(path, tmp_path / "site.yaml")
    out = tmp_path / "out"
    out.mkdir()
    report.write(found, out)
    page = (out / "report.html").read_text(encoding="utf-8")
    assert "Pairs of patients, by what decided them" in page
    assert "Win ratio" in page
    rows = (out / "tables" / "pairs.csv").read_text(encoding="utf-8").splitlines()
    pairs = found.outcomes["worst"].pairs[0]
    decided = [r.split(",")[-3:] for r in rows[1:]]
    assert sum(int(won) for won, _, tied in decided if not tied) == pairs.won
    arms = [arm.n for arm in found.arms]
    assert pairs.won + pairs.lost + pairs.tied == arms[0] * arms[1]
    methods = (out / "methods.md").read_text(encoding="utf-8")
    assert "Pocock SJ" in methods
    assert "Finkelstein" in methods
