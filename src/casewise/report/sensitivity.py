"""Sensitivity as tables: hidden confounders, unknown outcomes, negative controls, subgroups."""

from __future__ import annotations

import math

from casewise.report.adjusted import SHORT
from casewise.report.effects import effect
from casewise.report.style import NOT_KNOWN, Style
from casewise.report.table import Cell, Column, Footnotes, Row, Table, capital, row
from casewise.results import Estimate, Results
from casewise.results_sensitivity import Unmeasured


def _shown(estimate: Estimate | None, style: Style) -> str:
    if estimate is None:
        return NOT_KNOWN
    return f"{SHORT.get(estimate.measure, '')} {effect(estimate, style)}".strip()


def _number(value: float | None, style: Style) -> str:
    if value is None:
        return NOT_KNOWN
    return "infinite" if math.isinf(value) else style.ratio(value)


def unmeasured(results: Results, style: Style) -> Table:
    """E-value and tipping point of each ratio."""
    notes = Footnotes(style)
    rows: list[Row] = []
    head = ""
    for one in results.sensitivity.unmeasured:
        name = one.outcome + (f": {one.arm}" if len(results.arms) > 2 else "")
        if name != head:
            head = name
            rows.append(row(name, *[""] * 5, role="heading"))
        cells = [_number(v, style) for v in (one.e_value, one.e_value_limit)]
        cells += [_number(v, style) for v in (one.tipping, one.tipping_limit)]
        rows.append(row(capital(one.analysis), _shown(one.ratio, style), *cells, indent=1))
    remarks = [_tipping(results.sensitivity.unmeasured)] if rows else []
    return Table(
        "unmeasured",
        "What a confounder that was not measured would have to be",
        (
            *(Column("Outcome and analysis", "left"), Column("Ratio")),
            *(Column("E-value"), Column("of its limit")),
            *(Column("Tipping point"), Column("of its limit")),
        ),
        tuple(rows),
        notes.all(remarks),
        results.study.notice,
    )


def _tipping(rows: tuple[Unmeasured, ...]) -> str:
    one, zero = (f"{100 * p:g}%" for p in rows[0].prevalences)
    return (
        "The E-value is the least risk ratio that an unmeasured confounder must have with both "
        "treatment and outcome, beyond the measured covariates, to explain the estimate; of the "
        "limit nearer to no effect, 1 says that the interval includes no effect already. The "
        f"tipping point is the risk ratio with the outcome of a confounder that {one} of the "
        f"treated and {zero} of the comparator have; a dash says that no such confounder suffices, "
        "or that the ratio is no risk ratio."
    )


def missing_outcomes(results: Results, style: Style) -> Table:
    """Best and worst case, and the shift at which the verdict changes."""
    rows = []
    for one in results.sensitivity.missing_outcomes:
        name = one.outcome + (f": {one.arm}" if len(results.arms) > 2 else "")
        cells = [effect(e, style) for e in (one.observed, one.best, one.worst)]
        unknown = ", ".join(style.count(n) for n in one.unknown)
        rows.append(row(name, unknown, *cells, _number_or_none(one.delta, style)))
    return Table(
        "missing_outcomes",
        "What the outcomes that are not known could do",
        (
            *(Column("Outcome", "left"), Column("Not known, treated, comparator")),
            *(Column("Known alone"), Column("Best case"), Column("Worst case")),
            Column("Tipping shift"),
        ),
        tuple(rows),
        Footnotes(style).all(
            [
                "Risk differences in percentage points. Best case: none of the treated who are not "
                "known had the event and all of the comparator; worst case: the other way round. "
                "The tipping shift is the change in log odds of the treated who are not known, "
                "from the observed risk, at which the interval begins or ceases to include no "
                "difference; a dash says that none does."
            ]
        ),
        results.study.notice,
    )


def censoring(results: Results, style: Style) -> Table:
    """Risks with the known weighted to stand for the lost."""
    notes = Footnotes(style)
    rows: list[Row] = []
    for one in results.sensitivity.censoring:
        name = one.outcome + (f": {one.arm}" if len(results.arms) > 2 else "")
        lost = ", ".join(style.count(n) for n in one.lost)
        label = notes.marked(name, one.reason)
        if one.risks is None or one.effective is None:
            rows.append(row(label, lost, *[NOT_KNOWN] * 4))
            continue
        effective = ", ".join(style.number(n, 0) for n in one.effective)
        risks = ", ".join(f"{style.number(100 * risk, 1)}%" for risk in one.risks)
        shown = [effect(e, style) for e in one.estimates]
        rows.append(row(label, lost, effective, risks, *shown))
    level = style.level(results.settings.level)
    said = (
        "Patients whose outcome is known are weighted by the inverse of the probability of being "
        "watched until then, by Cox’s model of who is lost; intervals take the weights as known. "
        "Right where the covariates say who is lost. Not adjusted otherwise."
    )
    return Table(
        "censoring",
        "Risks with the patients who were lost stood for by those like them",
        (
            *(Column("Outcome", "left"), Column("Lost, treated, comparator")),
            *(Column("Effective numbers"), Column("Risks")),
            *(Column(f"Risk difference ({level} CI)"), Column(f"Risk ratio ({level} CI)")),
        ),
        tuple(rows),
        notes.all([said]),
        results.study.notice,
    )


def _number_or_none(value: float | None, style: Style) -> str:
    return NOT_KNOWN if value is None else style.number(value, 2)


def controls(results: Results, style: Style) -> Table:
    """The systematic error of negative controls, and ratios calibrated by it."""
    notes = Footnotes(style)
    rows: list[Row] = []
    for one in results.sensitivity.negative_controls:
        told = "not known" if one.mean is None else _error(one.mean, one.sd or 0.0, style)
        name = notes.marked(f"{capital(one.analysis)}, systematic error", one.reason)
        rows.append(row(name, told, "", "", role="heading"))
        for control, ratio in zip(one.names, one.controls, strict=True):
            rows.append(row(f"{control} (control)", _shown(ratio, style), "", "", indent=1))
        for c in one.calibrated:
            p = NOT_KNOWN if c.p_value is None else style.p(c.p_value)
            rows.append(
                row(c.outcome, _shown(c.before, style), _shown(c.after, style), p, indent=1)
            )
    return Table(
        "negative_controls",
        "Outcomes that treatment cannot change, and ratios calibrated by them",
        (
            *(Column("Analysis and outcome", "left"), Column("Ratio")),
            *(Column("Calibrated"), Column("Calibrated P")),
        ),
        tuple(rows),
        notes.all(["The systematic error is that of the controls’ ratios: its median and range."]),
        results.study.notice,
    )


def _error(mean: float, sd: float, style: Style) -> str:
    middle = style.ratio(math.exp(mean))
    low, high = (style.ratio(math.exp(mean + k * 1.959964 * sd)) for k in (-1, 1))
    return f"{middle} ({style.limits(low, high)})"


def subgroups(results: Results, style: Style) -> Table:
    """The effect in each level of a covariate, with the test of interaction."""
    rows: list[Row] = []
    notes = Footnotes(style)
    for one in results.sensitivity.subgroups:
        p = NOT_KNOWN if one.interaction is None else style.p(one.interaction)
        arm = f": {one.arm}" if len(results.arms) > 2 else ""
        title = f"{one.outcome}{arm}, by {one.label[:1].lower()}{one.label[1:]}"
        title = title if one.label[:2].isupper() is False else f"{one.outcome}{arm}, by {one.label}"
        rows.append(row(f"{title} ({one.analysis})", "", "", "", p, role="heading"))
        for level in one.levels:
            counts = [""] * 2
            if level.events is not None:
                pairs = zip(level.events, level.n, strict=True)
                counts = [f"{style.count(e)}/{style.count(n)}" for e, n in pairs]
            shown: str | Cell = notes.marked(_shown(level.estimate, style), level.reason)
            rows.append(row(capital(level.level), *counts, shown, "", indent=1))
    level_ = style.level(results.settings.level)
    return Table(
        "subgroups",
        "Effects by subgroup",
        (
            *(Column("Outcome and subgroup", "left"), Column("Treated"), Column("Comparator")),
            *(Column(f"Ratio ({level_} CI)"), Column("P, interaction")),
        ),
        tuple(rows),
        notes.all(
            [
                "Events/patients. P is of the test that the ratio is the same in all levels "
                "(Cochran’s Q); a difference between one level’s P and another’s is no such test."
            ]
        ),
        results.study.notice,
    )


def alternatives(results: Results, style: Style) -> Table:
    rows = [
        row(
            capital(one.name),
            capital(one.analysis),
            *[style.count(n) for n in one.n],
            _shown(one.estimate, style),
            role="strong" if one.name == "as planned" else "row",
        )
        for one in results.sensitivity.alternatives
    ]
    return Table(
        "alternatives",
        "The primary outcome under every declared alternative",
        (
            *(Column("Choice", "left"), Column("Analysis", "left")),
            *(Column("Treated, no."), Column("Comparator, no."), Column("Estimate")),
        ),
        tuple(rows),
        (),
        results.study.notice,
    )


TABLES = (alternatives, unmeasured, missing_outcomes, censoring, controls, subgroups)
