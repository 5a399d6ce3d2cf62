"""Results to printed tables: who was studied and what they received; and all tables in order.

Each builder is pure: ``(results, style) -> Table``. The baseline table is in ``baseline``,
outcomes and harms are in ``effects``.
"""

from __future__ import annotations

from dataclasses import replace

from casewise.report import chart_review
from casewise.report.adjusted import adjusted, codes, offered
from casewise.report.adjusted import balance as adjustment
from casewise.report.baseline import arm_columns, baseline
from casewise.report.bias import bias
from casewise.report.effects import harms, outcomes, time_to_event
from casewise.report.guidelines import checklists, target_trial
from casewise.report.incidence import incidence
from casewise.report.mean_count import mean_count
from casewise.report.missingness import missing_patterns
from casewise.report.ranked import pairs
from casewise.report.sensitivity import TABLES as SENSITIVITY
from casewise.report.style import NOT_KNOWN, Style, digits_for
from casewise.report.table import Column, Footnotes, Row, Table, capital, row, sentence
from casewise.results import AttritionStep, Results, Treatment, TreatmentCell

PARTS = {
    "index": "Index date",
    "include": "Inclusion",
    "exclude": "Exclusion",
    "arm": "Treatment group",
    "baseline": "Baseline",
    "outcome": "Outcome",
    "harm": "Harm",
    "treatment": "Treatment",
}
BY_ARM = (
    *(
        "baseline",
        "missing_patterns",
        "outcomes",
        "time_to_event",
        "incidence",
        "pairs",
        "mean_count",
        "harms",
        "treatments",
    ),
    *("adjusted", "adjustment", "codes", "without_model"),
    *(
        "unmeasured",
        "missing_outcomes",
        "censoring",
        "negative_controls",
        "subgroups",
        "alternatives",
    ),
)
ORDINALS = ("First", "Second", "Third", "Fourth", "Fifth", "Sixth", "Seventh", "Eighth", "Ninth")


def build(results: Results, style: Style) -> tuple[Table, ...]:
    """Every table of the report that has a row, in the report's order."""
    builders = (
        *(
            target_trial,
            attrition,
            chart_review.review,
            chart_review.agreement,
            chart_review.agreement_of_values,
            chart_review.quality,
            baseline,
            missing_patterns,
            outcomes,
            pairs,
            mean_count,
            time_to_event,
            incidence,
            adjusted,
            adjustment,
            codes,
            offered,
        ),
        *SENSITIVITY,
        *(harms, treatments, definitions),
    )
    made = [builder(results, style) for builder in builders]
    made += checklists(results)
    return tuple(_labelled(table, results) for table in made if table.rows)


def _labelled(table: Table, results: Results) -> Table:
    """With the words that a biased comparison needs, in the title, where nobody overlooks them."""
    said = bias(results, table.name) if table.name in BY_ARM else ""
    return replace(table, title=f"{table.title}. {said}") if said else table


def attrition(results: Results, style: Style) -> Table:
    """Who was left after each criterion, in the order applied, and who is in which arm."""
    notes = Footnotes(style)
    rows = []
    for step in results.attrition:
        left_out = NOT_KNOWN if step.kind == "records" else style.count(step.excluded)
        cell = notes.marked(left_out, _unknown(step, style))
        text = sentence(step.text) if step.text != step.criterion else ""
        rows.append(row(_criterion(step), text, cell, style.count(step.remaining)))
    rows.append(row("In the study", "", "", "", role="heading"))
    rows += [row(capital(arm.name), "", "", style.count(arm.n), indent=1) for arm in results.arms]
    columns = (Column("Criterion", "left"), Column("Definition", "left"))
    return Table(
        "attrition",
        "Selection of the patients",
        (*columns, Column("Left out"), Column("Remaining")),
        tuple(rows),
        notes.all(["Criteria were applied in the order shown."]),
        results.study.notice,
    )


def _criterion(step: AttritionStep) -> str:
    kind = {"index": "Index date: ", "include": "Included: ", "exclude": "Excluded: "}
    prefix = kind.get(step.kind, "")
    return prefix + step.criterion if prefix else capital(step.criterion)


def _unknown(step: AttritionStep, style: Style) -> str:
    """For how many patients the records do not say, and what became of them."""
    if not step.unknown:
        return ""
    many = f"{style.count(step.unknown)} {'patient' if step.unknown == 1 else 'patients'}"
    if step.kind == "exclude":
        return f"for {many} who remained, the records do not say whether this holds"
    return f"for {many} left out here, the records do not say whether this holds"


def treatments(results: Results, style: Style) -> Table:
    """What the patients received, as which line of therapy, and on which day."""
    notes = Footnotes(style)
    digits = style.percent_digits(arm.n for arm in results.arms)
    rows: list[Row] = []
    for treatment in results.treatments:
        cells = [treatment.arms[arm.name] for arm in results.arms]
        rows += _treatment_rows(treatment, cells, style, digits)
    days = any(
        cell.day_median is not None for item in results.treatments for cell in item.arms.values()
    )
    remarks = [
        "Percentages are of the patients for whom the records say whether the treatment was given.",
        "Days are of the first receipt, counted from the index date (day 0); negative days are "
        "before it."
        if days
        else "",
    ]
    return Table(
        "treatments",
        "Treatments received",
        (Column("Treatment", "left"), *arm_columns(results.arms, style)),
        tuple(rows),
        notes.all(remarks),
        results.study.notice,
    )


def _treatment_rows(
    treatment: Treatment, cells: list[TreatmentCell], style: Style, digits: int
) -> list[Row]:
    shown = [style.count_percent(c.received, c.n, digits) if c.n else NOT_KNOWN for c in cells]
    rows = [row(f"{treatment.label}, {style.count_label}", *shown)]
    for line in sorted({line for cell in cells for line in cell.lines}, key=_line_order):
        counts = [style.count(cell.lines.get(line, 0)) for cell in cells]
        rows.append(row(f"{_line(line)}, no.", *counts, indent=1))
    if any(cell.day_median is not None for cell in cells):
        label = "Day of first receipt, median (range)"
        rows.append(row(label, *[_days(cell, style) for cell in cells], indent=1))
    for label, counts_ in (
        ("Received, day not known, no.", [cell.undated for cell in cells]),
        ("Not documented, no.", [cell.not_documented for cell in cells]),
    ):
        if any(counts_):
            rows.append(row(label, *[style.count(n) for n in counts_], indent=1))
    return rows


def _line(line: str) -> str:
    """``Second line``, or ``Line 12`` where ordinals grow long."""
    if line.isdigit() and 1 <= int(line) <= len(ORDINALS):
        return f"{ORDINALS[int(line) - 1]} line"
    return f"Line {line}"


def _line_order(line: str) -> tuple[int, str]:
    return (int(line) if line.isdigit() else 10**6, line)


def _days(cell: TreatmentCell, style: Style) -> str:
    if cell.day_median is None:
        return NOT_KNOWN
    middle = style.number(cell.day_median, digits_for([cell.day_median]))
    low, high = style.number(cell.day_minimum, 0), style.number(cell.day_maximum, 0)
    return f"{middle} ({style.range(low, high)})"


def definitions(results: Results, style: Style) -> Table:
    """What each term of the study means, in plain words."""
    rows = []
    part = ""
    for definition in results.study.definitions:
        if definition.part != part:
            part = definition.part
            rows.append(row(PARTS[part], "", role="heading"))
        rows.append(row(capital(definition.term), definition.text, indent=1))
    return Table(
        "definitions",
        "Definitions",
        (Column("Term", "left"), Column("Definition", "left")),
        tuple(rows),
        (),
        results.study.notice,
    )


def provenance(results: Results, style: Style) -> Table:
    """The files that were read, by name and content, and the program that read them."""
    made = results.provenance
    rows = [
        row("Protocol (study.yaml)", "", made.protocol_sha256),
        row("Site file (site.yaml)", "", made.site_sha256),
    ]
    for source in made.records:
        lines = "" if source.rows is None else style.count(source.rows)
        rows.append(row(f"Records: {source.name}", lines, source.sha256))
    return Table(
        "provenance",
        f"Provenance: what was read, by Casewise {made.casewise}",
        (Column("File", "left"), Column("Rows"), Column("SHA-256", "left")),
        tuple(rows),
        (),
        results.study.notice,
    )
