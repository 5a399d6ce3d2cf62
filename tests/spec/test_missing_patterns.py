"""Which baseline values are missing together: counts by arm, and none that are small."""

from __future__ import annotations

from pathlib import Path

import casewise
from adjustment_support import charts, written
from casewise import report


def rows_with(lacking: dict[int, tuple[str, ...]]) -> list[dict[str, str]]:
    """Forty patients, the first twenty treated; who lacks what by number."""
    made = []
    for n, row in enumerate(charts(40, missing=0)):
        row = row | {"given": row["admitted"] if n < 20 else ""}
        made.append(row | dict.fromkeys(lacking.get(n, ()), "NK"))
    return made


def test_patterns_are_counted_by_arm_and_small_ones_are_not_told(tmp_path: Path) -> None:
    lacking = dict.fromkeys(range(7), ("lactate", "shock"))
    lacking |= dict.fromkeys((20, 21), ("lactate", "shock"))
    lacking |= dict.fromkeys((30, 31, 32), ("severity",))
    study = written(tmp_path, {}, rows_with(lacking))
    found = casewise.run(study, tmp_path / "site.yaml")
    whole, both, rest = found.missing_patterns
    assert (whole.missing, whole.arms) == ((), {"drug": 13, "no drug": 15})
    assert (both.missing, both.arms) == (("Shock", "Lactate"), {"drug": 7, "no drug": None})
    assert (rest.rest, rest.arms) == (True, {"drug": 0, "no drug": None})
    out = tmp_path / "out"
    out.mkdir()
    report.write(found, out)
    page = (out / "report.html").read_text(encoding="utf-8")
    assert "Shock + Lactate" in page
    assert "&lt;5" in page
    assert (out / "tables" / "missing_patterns.csv").exists()


def test_where_every_value_is_documented_there_is_no_pattern(tmp_path: Path) -> None:
    study = written(tmp_path, {}, rows_with({}))
    assert casewise.run(study, tmp_path / "site.yaml").missing_patterns == ()
