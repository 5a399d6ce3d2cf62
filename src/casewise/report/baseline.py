"""The baseline table: what the patients were like when they entered the study."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from casewise.report.style import MINUS, NOT_KNOWN, Style, digits_for
from casewise.report.table import Cell, Column, Footnotes, Row, Table, capital, row
from casewise.results import Arm, BaselineCell, BaselineRow, Difference, Results

AFTER_INDEX = (
    "measured after the index date, as the protocol declares: it may itself be an effect of the "
    "treatment"
)
NO_SPREAD = "the standard deviation of fewer than two values is undefined"


def arm_columns(arms: Sequence[Arm], style: Style) -> list[Column]:
    """One column an arm, with its size."""
    return [Column(f"{capital(arm.name)} {size(arm.n, style)}") for arm in arms]


def size(n: int, style: Style) -> str:
    """``(N = 9)``, which no line's end may break."""
    return f"(N\u00a0=\u00a0{style.count(n)})"


def baseline(results: Results, style: Style) -> Table:
    """Characteristics at the index date by arm, with standardized mean differences."""
    arms = results.arms
    total = sum(arm.n for arm in arms)
    tested = _tested(results)
    columns = [Column("Characteristic", "left"), *arm_columns(arms, style)]
    columns.append(Column(f"All patients {size(total, style)}"))
    for arm in arms[:-1]:
        against = "" if len(arms) == 2 else f", {arm.name} vs {arms[-1].name}"
        columns.append(Column(f"Standardized difference{against}"))
        columns += [Column(f"P value{against}")] if tested else []
    notes = Footnotes(style)
    rows = [line for item in results.baseline for line in _rows(item, results, style, notes)]
    return Table(
        "baseline",
        "Characteristics of the patients at baseline",
        tuple(columns),
        tuple(rows),
        notes.all(_remarks(results)),
        results.study.notice,
    )


def _tested(results: Results) -> bool:
    return any(d.p_value is not None for item in results.baseline for d in item.differences)


def _remarks(results: Results) -> list[str]:
    """What holds for the whole table."""
    summaries = {item.summary for item in results.baseline}
    remarks = []
    if "median" in summaries:
        remarks.append("IQR denotes interquartile range (first and third quartile).")
    if "mean" in summaries:
        remarks.append("SD denotes standard deviation.")
    cells = [cell for item in results.baseline for cell in (*item.arms.values(), item.overall)]
    if any(cell.not_documented or cell.not_applicable for cell in cells):
        remarks.append(
            "Percentages, medians and means are of the patients whose value is known; the others "
            "are counted in rows of their own."
        )
    remarks.append(
        "The standardized difference is that of each group from "
        f"{results.arms[-1].name}, in units of the pooled standard deviation."
    )
    return remarks


def _rows(item: BaselineRow, results: Results, style: Style, notes: Footnotes) -> list[Row]:
    """The lines of one covariate: its values, its levels, and those whose value is not known."""
    cells = [*(item.arms[arm.name] for arm in results.arms), item.overall]
    label = notes.marked(_label(item, style), AFTER_INDEX if item.after_index else "")
    digits = style.percent_digits(arm.n for arm in results.arms)

    def counted(level: str) -> list[str]:
        return [_count(cell, cell.counts.get(level, 0), style, digits) for cell in cells]

    first: list[str | Cell] = [""] * len(cells)
    if item.kind == "yes/no":
        first = [*counted("yes")]
    elif item.kind == "number":
        first = [*_numbers(item, cells, style, notes)]
    last = _differences(item, results, style, notes)
    blank = [""] * len(last)
    rows = [row(label, *first, *last, role="heading" if item.kind == "category" else "row")]
    rows += [row(level, *counted(level), *blank, indent=1) for level in item.levels]
    for name, missing in (
        ("Not documented", [cell.not_documented for cell in cells]),
        ("Not applicable", [cell.not_applicable for cell in cells]),
    ):
        if any(missing):
            counts = [style.count(n) for n in missing]
            rows.append(row(f"{name}, no.", *counts, *blank, indent=1))
    return rows


def _label(item: BaselineRow, style: Style) -> str:
    name = f"{item.label}, {item.unit}" if item.unit else item.label
    what = {"count": style.count_label, "median": "median [IQR]", "mean": "mean (SD)"}
    return f"{name}, {what[item.summary]}"


def _count(cell: BaselineCell, count: int, style: Style, digits: int) -> str:
    return style.count_percent(count, cell.n, digits) if cell.n else NOT_KNOWN


def _numbers(
    item: BaselineRow, cells: Sequence[BaselineCell], style: Style, notes: Footnotes
) -> list[Cell]:
    shown: Callable[[BaselineCell, int], Cell]
    if item.summary == "median":
        digits = digits_for(
            [v for c in cells for v in (c.median, c.q1, c.q3)],
            [c.q3 - c.q1 for c in cells if c.q1 is not None and c.q3 is not None],
        )

        def shown(cell: BaselineCell, digits: int) -> Cell:
            middle, low, high = (style.number(v, digits) for v in (cell.median, cell.q1, cell.q3))
            return Cell(f"{middle} [{style.range(low, high)}]")

    else:
        digits = digits_for([v for c in cells for v in (c.mean, c.sd)], [c.sd for c in cells])

        def shown(cell: BaselineCell, digits: int) -> Cell:
            middle = style.number(cell.mean, digits)
            if cell.sd is None:
                return notes.marked(f"{middle} ({NOT_KNOWN})", NO_SPREAD)
            return Cell(f"{middle} ({style.number(cell.sd, digits)})")

    return [shown(cell, digits) if cell.n else Cell(NOT_KNOWN) for cell in cells]


def _differences(
    item: BaselineRow, results: Results, style: Style, notes: Footnotes
) -> list[str | Cell]:
    by_arm = {difference.arm: difference for difference in item.differences}
    tested = _tested(results)
    cells: list[str | Cell] = []
    for arm in results.arms[:-1]:
        difference = by_arm.get(arm.name)
        cells.append(_difference(difference, style, notes))
        if tested:
            cells.append(_p_value(difference, style, notes))
    return cells


def _difference(difference: Difference | None, style: Style, notes: Footnotes) -> Cell:
    if difference is None:
        return Cell(NOT_KNOWN)
    size = None if difference.value is None else abs(difference.value)
    return notes.marked(style.number(size, 2).replace(MINUS, ""), difference.reason)


def _p_value(difference: Difference | None, style: Style, notes: Footnotes) -> Cell:
    if difference is None or difference.p_value is None:
        return Cell(NOT_KNOWN)
    return notes.marked(style.p(difference.p_value), f"P value: {difference.test}")
