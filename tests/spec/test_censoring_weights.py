"""Patients who are lost because they are ill: the known stand for those like them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import casewise
from adjustment_support import charts, run, written
from casewise import report
from casewise.errors import ProtocolError

OUTCOMES = {
    "death by 30 days": {"event": "death", "within": "30 days"},
    "survival": {"time to": "death", "within": "30 days"},
}
WEIGHTS = {
    "missing": {"outcomes": "censoring weights", "weights from": ["severity", "shock"]},
    "primary": "death by 30 days",
}


def lossy(rows: list[dict[str, str]], seed: int = 3) -> list[dict[str, str]]:
    """The severely ill leave: most of those in shock are last seen within ten days."""
    random = np.random.default_rng(seed)
    made = []
    for row in rows:
        day = np.datetime64("2020-01-01") + int(random.integers(0, 10))
        leaves = random.random() < (0.85 if row["shock"] == "yes" else 0.05)
        if leaves and (not row["died"] or np.datetime64(row["died"]) > day):
            row = row | {"died": "", "seen": str(day), "discharged": "", "rash": ""}
        made.append(row)
    return made


@pytest.fixture(scope="module")
def rows() -> list[dict[str, str]]:
    return charts(3000, seed=7, missing=0)


def test_weighting_brings_back_the_risks_of_before_the_loss(
    tmp_path: Path, rows: list[dict[str, str]]
) -> None:
    whole = run(tmp_path / "a", {}, rows, outcomes=OUTCOMES).outcomes["death by 30 days"]
    found = run(tmp_path / "b", WEIGHTS, lossy(rows), outcomes=OUTCOMES)
    left = found.outcomes["death by 30 days"]
    binary, timed = found.sensitivity.censoring
    for place, arm in enumerate(("drug", "no drug")):
        true = whole.arms[arm].events / whole.arms[arm].n
        known = left.arms[arm].events / left.arms[arm].n
        assert known < true - 0.02  # those who were left are the less ill
        assert abs(binary.risks[place] - true) < (true - known) / 2
        assert timed.risks[place] == pytest.approx(binary.risks[place], abs=1e-9)
    assert binary.lost == tuple(left.arms[arm].lost for arm in ("drug", "no drug"))


def test_few_lost_patients_are_not_modelled_and_the_report_says_why(tmp_path: Path) -> None:
    found = run(tmp_path, WEIGHTS, lossy(charts(20, missing=0)), outcomes=OUTCOMES)
    one = found.sensitivity.censoring[0]
    assert one.risks is None
    assert "fewer than 5" in one.reason


def test_the_weights_are_a_table_a_file_and_a_sentence(tmp_path: Path, rows: Any) -> None:
    found = run(tmp_path, WEIGHTS, lossy(rows[:600]), outcomes=OUTCOMES)
    out = tmp_path / "out"
    out.mkdir()
    report.write(found, out)
    assert "stood for by those like them" in (out / "report.html").read_text(encoding="utf-8")
    assert (out / "tables" / "censoring_weights.csv").exists()
    assert "Robins JM" in (out / "methods.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("missing", "said"),
    [
        ({"weights from": ["severity"]}, "not asked for"),
        ({"outcomes": "censoring weights", "weights from": ["sevrity"]}, '"sevrity"'),
        ({"outcomes": "censoring weights", "weights from": ["shock", "shock"]}, "twice"),
    ],
)
def test_weights_that_cannot_be_meant_are_refused(tmp_path: Path, missing: Any, said: str) -> None:
    path = written(tmp_path, {"missing": missing}, charts(10))
    with pytest.raises(ProtocolError, match=said):
        casewise.read(path, tmp_path / "site.yaml")
