"""Survival curves of arms made comparable: what they end at, and where they are shown."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from adjustment_support import charts, run
from casewise import report

ASKED = {
    "adjust": {"method": ["inverse probability weights", "overlap weights", "AIPW"]},
    "primary": "survival",
}


def test_curves_end_at_the_risks_that_the_table_has_and_stand_in_figure_and_file(
    tmp_path: Path,
) -> None:
    found = run(tmp_path, ASKED, charts(600, missing=0))
    adjusted = found.outcomes["survival"].adjusted
    assert [a.method for a in adjusted] == ASKED["adjust"]["method"]
    for one in adjusted:
        for curve, risk in zip(one.curves, one.risks, strict=True):
            assert curve.survival[-1] == pytest.approx(1 - risk, abs=1e-9)
            assert np.all(np.diff(curve.survival) <= 0)
            assert curve.last == 60
    out = tmp_path / "out"
    out.mkdir()
    report.write(found, out)
    assert (out / "figures" / "adjusted-curves-survival.svg").exists()
    rows = (out / "tables" / "adjusted_curves.csv").read_text(encoding="utf-8").splitlines()
    assert len(rows) == 1 + sum(len(c.time) for a in adjusted for c in a.curves)
    assert "adjusted curves" in (out / "report.html").read_text(encoding="utf-8")


def test_a_method_without_weights_has_no_curves(tmp_path: Path) -> None:
    asked = {"adjust": {"method": "Cox regression"}}
    found = run(tmp_path, asked, charts(600, missing=0))
    assert found.outcomes["survival"].adjusted[0].curves is None
