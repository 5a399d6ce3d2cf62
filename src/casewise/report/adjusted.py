"""Adjusted comparisons beside the crude ones, and how alike each method made the groups."""

from __future__ import annotations

from collections.abc import Sequence

from casewise.report.effects import ABSOLUTE, effect, measure_label
from casewise.report.style import NOT_KNOWN, Style
from casewise.report.table import Cell, Column, Footnotes, Row, Table, capital, row, sentence
from casewise.results import (
    Adjusted,
    Adjustment,
    AdjustmentMethod,
    BinaryOutcome,
    Comparison,
    Estimate,
    Outcome,
    Results,
    Test,
)

RELATIVE = ("odds ratio", "hazard ratio", "rate ratio", "risk ratio")
CUSTOMARY = 0.1
CONDITIONAL = (
    "an effect among patients with the same covariates; the other effects are of groups, and odds "
    "and hazard ratios of the two kinds differ even without confounding"
)
UNDERCOVERS = {
    "nearest matching": "matching leaves some of the difference: in simulations with strong "
    "confounding this interval held the truth in 91 to 95 of 100, not in 95",
    "optimal matching": "matching leaves some of the difference: in simulations with strong "
    "confounding such intervals held the truth in 91 to 95 of 100, not in 95",
    "stratification": "a tenth of the difference is left within strata: in simulations this "
    "interval held the truth in 90 to 95 of 100, not in 95",
    "ATT entropy balancing": "where the groups overlap little, this interval held the truth in 90 "
    "of 100 simulations, not in 95",
    "ATT weights": "where the groups overlap little, this interval held the truth in 92 of 100 "
    "simulations, not in 95",
}
MISSING = {
    "multiple imputation": "Covariates that were not documented are imputed, by chained equations "
    "with predictive mean matching, and the answers pooled by Rubin’s rules; balance and overlap "
    "are of the first imputation",
    "complete cases": "Patients with a covariate that was not documented are left out",
    "indicators": "Where a covariate was not documented, its mean (of a number), no, or a value "
    "of its own (of a category) stands for it, and a further covariate says so",
}


def adjusted(results: Results, style: Style) -> Table:
    """Each outcome crude and by every method: risks, absolute effect, relative effect and P."""
    notes = Footnotes(style)
    rows: list[Row] = []
    for outcome in results.outcomes.values():
        for comparison in outcome.comparisons(results.arms):
            mine = [a for a in outcome.adjusted if a.arm == comparison.arm]
            if mine:
                rows += _block(outcome, comparison, mine, results, style, notes)
    level = style.level(results.settings.level)
    columns = (
        *(Column("Analysis", "left"), Column("Effect in", "left")),
        *(Column("Treated"), Column("Comparator")),
        *(Column(f"Absolute effect ({level} CI)"), Column(f"Relative effect ({level} CI)")),
        Column("P value"),
    )
    remarks = [_missing(one) for one in results.adjustments]
    remarks += [
        "Effects are of the treated group against the comparator. Risks are in percent, as they "
        "would be in groups made alike; the crude rows are as observed. The overlap are patients "
        "whose treatment was in doubt, each counted by how much it was.",
        _abbreviations(results),
    ]
    return Table(
        "adjusted",
        "Comparisons adjusted for baseline covariates",
        columns,
        tuple(rows),
        notes.all(dict.fromkeys(remarks)),
        results.study.notice,
    )


def _block(
    outcome: Outcome,
    comparison: Comparison,
    mine: Sequence[Adjusted],
    results: Results,
    style: Style,
    notes: Footnotes,
) -> list[Row]:
    label = outcome.label
    if len(results.arms) > 2:
        label += f": {comparison.arm} vs {comparison.comparator}"
    rows = [row(label, *[""] * 6, role="heading")]
    crude = ("Crude", "patients as they were")
    rows.append(_line(crude, _observed(outcome, comparison), comparison, style, notes))
    for one in mine:
        remarks = CONDITIONAL if one.conditional else "", UNDERCOVERS.get(one.method, "")
        name = notes.marked(capital(one.method), *remarks)
        if not one.estimates:
            why = notes.marked(NOT_KNOWN, one.reason)
            rows.append(
                row(name, one.population, *[NOT_KNOWN] * 2, why, *[NOT_KNOWN] * 2, indent=1)
            )
            continue
        rows.append(_line((name, one.population), one.risks, one, style, notes))
    return rows


def _line(
    head: tuple[str | Cell, str],
    risks: tuple[float, float] | None,
    one: Adjusted | Comparison,
    style: Style,
    notes: Footnotes,
) -> Row:
    absolute = _of(one.estimates, ABSOLUTE)
    relative = next((e for m in RELATIVE for e in one.estimates if e.measure == m), None)
    shown = [NOT_KNOWN] * 2 if risks is None else [style.number(100 * r, 1) for r in risks]
    test: Test = one.test
    p = notes.marked(style.p(test.p_value), test.reason if test.p_value is None else "")
    cells = [_effect(absolute, style, notes), _effect(relative, style, notes)]
    return row(*head, *shown, *cells, p, indent=1)


def _of(estimates: Sequence[Estimate], measures: set[str]) -> Estimate | None:
    kept = [e for e in estimates if e.measure in measures and e.measure != "number needed to treat"]
    return kept[0] if kept else None


SHORT = {
    "risk difference": "RD",
    "mean difference": "Mean",
    "Hodges-Lehmann shift": "Shift",
    "rate difference": "Rate",
    "odds ratio": "OR",
    "risk ratio": "RR",
    "hazard ratio": "HR",
    "rate ratio": "IRR",
}


def _effect(estimate: Estimate | None, style: Style, notes: Footnotes) -> str | Cell:
    if estimate is None:
        return NOT_KNOWN
    name = SHORT.get(estimate.measure, capital(estimate.measure))
    lacks = None in (estimate.value, estimate.lower, estimate.upper)
    return notes.marked(f"{name} {effect(estimate, style)}", estimate.reason if lacks else "")


def _abbreviations(results: Results) -> str:
    """What the short names in front of the effects stand for, those that occur."""
    found: dict[str, str] = {}
    for outcome in results.outcomes.values():
        if not outcome.adjusted:
            continue
        crude = [e for c in outcome.comparisons(results.arms) for e in c.estimates]
        for one in (*crude, *[e for a in outcome.adjusted for e in a.estimates]):
            if one.measure in SHORT:
                label = measure_label(one)
                keep = label.startswith("Hodges")
                found[SHORT[one.measure]] = label if keep else label[:1].lower() + label[1:]
    return sentence("; ".join(f"{name} denotes {what}" for name, what in found.items()))


def _observed(outcome: Outcome, comparison: Comparison) -> tuple[float, float] | None:
    if not isinstance(outcome, BinaryOutcome):
        return None
    cells = [outcome.arms[name] for name in (comparison.arm, comparison.comparator)]
    if not all(cell.n for cell in cells):
        return None
    one, zero = (cell.events / cell.n for cell in cells)
    return one, zero


def _missing(one: Adjustment) -> str:
    told = MISSING.get(one.missing, one.missing)
    if one.missing == "complete cases":
        many = sum(one.left_out)
        told += f" ({many} of {many + sum(one.n) + sum(one.trimmed)})"
    return sentence(told)


def balance(results: Results, style: Style) -> Table:
    """By method: the largest difference left, effective numbers, and the weights' tail."""
    notes = Footnotes(style)
    rows: list[Row] = []
    for one in results.adjustments:
        if len(results.arms) > 2 or one.declined:
            rows.append(row(f"{one.arm} vs {one.comparator}", *[""] * 5, role="heading"))
        if one.declined:
            rows.append(row(Cell(sentence(one.declined)), role="note"))
            continue
        before = [c.before for c in one.columns]
        n = [style.count(k) for k in one.n]
        rows.append(row("Crude", _largest(before, style), _over(before), *n, NOT_KNOWN))
        rows += [_method(m, style, notes) for m in one.methods]
    remarks = [
        "Standardized differences are in standard deviations of the groups before adjustment. "
        "The effective number is that of equally weighted patients who would say as much. The "
        "last column is the greatest weight in units of its group’s mean weight, treated and "
        "comparator.",
        *[sentence(note) for one in results.adjustments for note in one.notes],
        *[_trimmed(one) for one in results.adjustments],
    ]
    columns = ("Largest difference", "Over 0.1, no.", "Effective no., treated")
    return Table(
        "adjustment",
        "How alike the groups became",
        (
            Column("Method", "left"),
            *[Column(title) for title in (*columns, "Effective no., comparator")],
            Column("Greatest weight"),
        ),
        tuple(rows),
        notes.all(remarks),
        results.study.notice,
    )


def _trimmed(one: Adjustment) -> str:
    if not any(one.trimmed):
        return ""
    return f"{sum(one.trimmed)} patients with a propensity near 0 or 1 are left out of it all."


def _method(one: AdjustmentMethod, style: Style, notes: Footnotes) -> Row:
    name = capital(one.method)
    if one.after is None:
        why = one.reason or "it models the outcome, and weights nobody: there is no balance to show"
        return row(notes.marked(name, why), *[NOT_KNOWN] * 5)
    remarks = [] if one.unmatched is None else [_unmatched(one.unmatched, style)]
    effective = [style.number(v, 0) for v in one.effective or ()]
    tails = [style.number(t.quantiles[-1], 1) for t in one.tails or ()]
    cells = (_largest(one.after, style), _over(one.after), *effective, ", ".join(tails))
    return row(notes.marked(name, *remarks), *cells)


def _unmatched(count: int, style: Style) -> str:
    return f"{style.count(count)} treated patients have no match and are left out"


def _largest(values: Sequence[float], style: Style) -> str:
    largest = max((abs(v) for v in values), default=0.0)
    return "<0.001" if 0 <= largest < 0.0005 else style.number(largest, 3)


def _over(values: Sequence[float]) -> str:
    return str(sum(abs(v) > CUSTOMARY for v in values))


def codes(results: Results, style: Style) -> Table:
    """Every code before day 0: how many differ beyond 0.1, and the farthest, before and after."""
    rows: list[Row] = []
    remarks: list[str] = []
    shown = [one for one in results.adjustments if one.codes is not None]
    methods = list(dict.fromkeys(m.method for one in shown for m in one.methods))
    for one in shown:
        found = one.codes
        assert found is not None
        if len(results.arms) > 2:
            blank = [""] * (1 + len(methods))
            rows.append(row(f"{one.arm} vs {one.comparator}", *blank, role="heading"))
        total = style.count(found.codes)
        over = [NOT_KNOWN if n is None else style.count(n) for n in found.over]
        largest = [NOT_KNOWN if d is None else style.number(d, 2) for d in found.largest]
        rows.append(row(f"Over 0.1, of {total} codes", *over))
        rows.append(row("Largest difference", *largest))
        rows.append(row("Farthest apart before", *[""] * (1 + len(methods)), role="heading"))
        for code in found.farthest:
            after = [NOT_KNOWN if d is None else style.number(d, 2) for d in code.after]
            rows.append(row(capital(code.label), style.number(code.before, 2), *after, indent=1))
        remarks.append(
            f"Codes recorded {' and '.join(found.windows)} before day 0, day 0 itself left out, "
            f"each a covariate; of fewer than {style.count(found.at_least)} patients none is. "
            f"{style.count(found.selected)} covariates have a coefficient in the propensity."
        )
        if found.unmapped:
            count = style.count(found.unmapped)
            remarks.append(f"{count} records have no standard concept, and so no column.")
    remarks.append(
        "Differences are standardized: in standard deviations of the groups before adjustment."
    )
    return Table(
        "codes",
        "Every code before day 0 as a covariate",
        (Column("Code", "left"), Column("Crude"), *[Column(capital(m)) for m in methods]),
        tuple(rows),
        Footnotes(style).all(dict.fromkeys(remarks)),
        results.study.notice,
    )


def offered(results: Results, style: Style) -> Table:
    """Where no model was fitted: what can be said without one."""
    notes = Footnotes(style)
    level = style.level(results.settings.level)
    rows: list[Row] = []
    for one in results.adjustments:
        for item in one.offered:
            estimate = item.estimates[0] if item.what.startswith("exact") else None
            shown: str | Cell = NOT_KNOWN
            if estimate is not None:
                shown = notes.marked(
                    f"OR {effect(estimate, style)}", estimate.reason, "OR denotes odds ratio"
                )
            p = style.p(item.test.p_value) if item.test else NOT_KNOWN
            rows.append(row(capital(item.what), sentence(item.text), shown, p))
    return Table(
        "without_model",
        "What can be said without a model",
        (
            *(Column("Analysis", "left"), Column("Finding", "left")),
            *(Column(f"Estimate ({level} CI)"), Column("P value")),
        ),
        tuple(rows),
        notes.all(["One covariate at a time; nothing here adjusts for all of them."]),
        results.study.notice,
    )
