"""Patterns of missing baseline values as a table."""

from __future__ import annotations

from casewise.report.baseline import arm_columns
from casewise.report.style import Style
from casewise.report.table import Column, Footnote, Table, row
from casewise.results import Results


def missing_patterns(results: Results, style: Style) -> Table:
    """Which covariates are not documented together, and in how many patients of each arm."""
    rows = []
    for pattern in results.missing_patterns:
        name = " + ".join(pattern.missing) or "None"
        counts = [pattern.arms[arm.name] for arm in results.arms]
        shown = ["<5" if n is None else style.count(n) for n in counts]
        rows.append(row("Any other pattern" if pattern.rest else name, *shown))
    said = (
        "Patients by the covariates that are not documented together. Patterns of fewer than 5 "
        "patients are among the others, and counts from 1 to 4 are not told."
    )
    return Table(
        "missing_patterns",
        "Patterns of missing baseline values",
        (Column("Not documented", "left"), *arm_columns(results.arms, style)),
        tuple(rows),
        (Footnote("", said),),
        results.study.notice,
    )
