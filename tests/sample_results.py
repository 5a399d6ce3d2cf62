"""Made-up ``Results`` for tests of the report: every kind of outcome and every awkward value.

``sample()`` has two arms of 9 and 6. ``sample(arms=3)`` adds a third arm, ``many_patients()`` has
89 patients. Counts add up everywhere; tests and intervals of the two-arm sample's binary outcomes
are the true ones, the others are only plausible.
"""

from __future__ import annotations

import math
from typing import Any

from casewise.results import (
    Arm,
    AttritionStep,
    BaselineCell,
    BaselineRow,
    Definition,
    Difference,
    Mark,
    Note,
    Provenance,
    Results,
    Settings,
    Source,
    StudyInfo,
    Swimmer,
    SwimmerRow,
    Treatment,
    TreatmentCell,
)
from sample_outcomes import NAMES, follow_up, harms, outcomes, share

NOTICE = "The patients in this report are made up. No finding here applies to anyone."
PROTOCOL = """title: Plasma exchange in rapidly progressive lung disease
events:
  death: {death: any cause}
outcomes:
  death by 30 days: {any of: [death], within: 30 days}
"""
SITE = "records: charts.csv\npatient: record_id\nevents:\n  death: {date: died_on}\n"


def sample(arms: int = 2) -> Results:
    """Two arms of 9 and 6, or three of 9, 5 and 6 with the comparator last."""
    groups = (Arm(name=NAMES[0], n=9), Arm(name=NAMES[1], n=6))
    if arms == 3:
        groups = (groups[0], Arm(name=NAMES[2], n=5), groups[1])
    return _build(groups)


def many_patients() -> Results:
    """47 and 42 patients: more than the swimmer plot holds on one page."""
    return _build((Arm(name=NAMES[0], n=47), Arm(name=NAMES[1], n=42)))


def _build(arms: tuple[Arm, ...]) -> Results:
    return Results(
        study=_study(arms),
        settings=Settings(level=0.95, quantile_type=2, multiplicity="holm"),
        arms=arms,
        attrition=_attrition(sum(arm.n for arm in arms)),
        baseline=_baseline(arms),
        outcomes=outcomes(arms),
        harms=harms(arms),
        treatments=_treatments(arms),
        swimmer=_swimmer(arms),
        notes=(
            Note(
                kind="assumption",
                about="death by 30 days",
                text="A patient lost before day 30 was left out of the denominator.",
            ),
            Note(
                kind="limit",
                about="myositis",
                text="The records say yes or no without a date: it was taken as present at the "
                "index date.",
            ),
            Note(
                kind="records",
                about="ferritin",
                text="One value below the assay's limit was read as the limit.",
            ),
        ),
        provenance=Provenance(
            casewise="0.1.0",
            protocol_sha256="a" * 64,
            site_sha256="b" * 64,
            site=SITE,
            records=(Source(name="charts.csv", sha256="c" * 64, rows=21),),
            sql="SELECT 1",
        ),
    )


def _study(arms: tuple[Arm, ...]) -> StudyInfo:
    definitions = [
        Definition(part="index", term="first flare", text="Day 0 is the date of the first flare."),
        Definition(
            part="include",
            term="adult",
            text="Included when age on day 0 is at least 18 years.",
        ),
        Definition(
            part="exclude",
            term="prior transplant",
            text="Left out when lung transplant is recorded at any time up to day 0.",
        ),
        Definition(
            part="arm",
            term=arms[0].name,
            text="Plasma exchange is recorded from day 0 to day 30, both included.",
        ),
        *(
            Definition(part="arm", term=arm.name, text="Everyone known not to be in another arm.")
            for arm in arms[1:]
        ),
        Definition(part="baseline", term="age", text="Age on day 0."),
        Definition(
            part="outcome",
            term="death by 30 days",
            text="Death from any cause from day 0 to day 30, both included; patients lost before "
            "the end without the event are left out.",
        ),
        Definition(
            part="harm",
            term="line infection",
            text="Bloodstream infection from a line from day 0 to the first discharge.",
        ),
        Definition(part="treatment", term="rituximab", text="The first rituximab, at any time."),
    ]
    return StudyInfo(
        title="Plasma exchange in rapidly progressive lung disease",
        question="Does adding plasma exchange improve survival?",
        notice=NOTICE,
        definitions=tuple(definitions),
        protocol=PROTOCOL,
    )


def _attrition(n: int) -> tuple[AttritionStep, ...]:
    return (
        AttritionStep(criterion="In the records", kind="records", remaining=n + 6, excluded=0),
        AttritionStep(
            criterion="first flare",
            kind="index",
            remaining=n + 5,
            excluded=1,
            text="Day 0 is the date of the first flare.",
        ),
        AttritionStep(
            criterion="adult",
            kind="include",
            remaining=n + 3,
            excluded=2,
            unknown=1,
            text="Included when age on day 0 is at least 18 years.",
        ),
        AttritionStep(
            criterion="prior transplant",
            kind="exclude",
            remaining=n,
            excluded=3,
            unknown=2,
            text="Left out when lung transplant is recorded at any time up to day 0.",
        ),
        AttritionStep(
            criterion="Assigned to an arm",
            kind="arm",
            remaining=n,
            excluded=0,
            text="Patients who meet the definition of exactly one arm.",
        ),
    )


def _baseline(arms: tuple[Arm, ...]) -> tuple[BaselineRow, ...]:
    total = sum(arm.n for arm in arms)
    names = [arm.name for arm in arms]
    others = names[:-1]

    def number(n: int, **update: Any) -> BaselineCell:
        values: dict[str, Any] = {
            "n": n,
            "median": 54.0,
            "q1": 47.5,
            "q3": 61.0,
            "mean": 53.8,
            "sd": 9.44,
            "minimum": 31.0,
            "maximum": 77.0,
        }
        return BaselineCell(**(values | update))

    def yes(n: int, fraction: float, missing: int = 0) -> BaselineCell:
        return BaselineCell(
            n=n - missing,
            not_documented=missing,
            counts={"yes": share(n, fraction)},
        )

    def levels(n: int) -> BaselineCell:
        first, second = share(n, 0.5), share(n, 0.25)
        return BaselineCell(
            n=n,
            counts={
                "dermatomyositis": first,
                "antisynthetase syndrome": second,
                "polymyositis": 0,
                "=other": n - first - second,
            },
        )

    rows = [
        BaselineRow(
            name="age",
            label="Age",
            unit="years",
            kind="number",
            summary="median",
            arms={arm.name: number(arm.n) for arm in arms},
            overall=number(total),
            differences=tuple(
                Difference(arm=name, value=0.214, p_value=0.689, test="rank-sum test")
                for name in others
            ),
        ),
        BaselineRow(
            name="female",
            label="Female sex",
            kind="yes/no",
            summary="count",
            arms={arm.name: yes(arm.n, 0.66) for arm in arms},
            overall=yes(total, 0.66),
            differences=tuple(Difference(arm=name, value=-0.0449) for name in others),
        ),
        BaselineRow(
            name="subtype",
            label="Myositis subtype",
            kind="category",
            summary="count",
            levels=(
                "dermatomyositis",
                "antisynthetase syndrome",
                "polymyositis",
                "=other",
            ),
            arms={arm.name: levels(arm.n) for arm in arms},
            overall=_added([levels(arm.n) for arm in arms]),
            differences=tuple(
                Difference(
                    arm=name,
                    value=math.inf,
                    reason="the arms have no level in common",
                )
                for name in others
            ),
        ),
        BaselineRow(
            name="ferritin",
            label="Ferritin",
            unit="µg/L",
            kind="number",
            summary="mean",
            arms={
                arm.name: number(
                    arm.n - 2 if i == 0 else 1,
                    not_documented=2 if i == 0 else arm.n - 2,
                    not_applicable=0 if i == 0 else 1,
                    mean=1234.5,
                    sd=None if i else 410.2,
                )
                for i, arm in enumerate(arms)
            },
            overall=number(
                arms[0].n - 2 + len(arms) - 1,
                not_documented=2 + sum(arm.n - 2 for arm in arms[1:]),
                not_applicable=len(arms) - 1,
                mean=1234.5,
                sd=398.0,
            ),
            differences=tuple(
                Difference(
                    arm=name,
                    value=None,
                    reason="one arm has fewer than two known values",
                )
                for name in others
            ),
        ),
        BaselineRow(
            name="ventilated",
            label="Ventilated by day 2",
            kind="yes/no",
            summary="count",
            arms={arm.name: yes(arm.n, 0.3, missing=1) for arm in arms},
            overall=yes(total, 0.3, missing=len(arms)),
            differences=tuple(Difference(arm=name, value=0.56) for name in others),
            after_index=True,
        ),
    ]
    return tuple(rows)


def _added(cells: list[BaselineCell]) -> BaselineCell:
    counts: dict[str, int] = {}
    for cell in cells:
        for level, count in cell.counts.items():
            counts[level] = counts.get(level, 0) + count
    return BaselineCell(n=sum(cell.n for cell in cells), counts=counts)


def _treatments(arms: tuple[Arm, ...]) -> tuple[Treatment, ...]:
    rows = []
    for name, label, fraction, day in (
        ("glucocorticoids", "Glucocorticoids", 1.0, -3.0),
        ("rituximab", "Rituximab", 0.5, 4.0),
        ("cyclophosphamide", "Cyclophosphamide", 0.0, None),
    ):
        cells = {}
        for arm in arms:
            received = share(arm.n, fraction)
            first = received // 2
            cells[arm.name] = TreatmentCell(
                n=arm.n - (1 if name == "rituximab" else 0),
                received=received,
                not_documented=1 if name == "rituximab" else 0,
                undated=1 if name == "rituximab" and received else 0,
                lines={"1": first, "2": received - first} if received else {},
                day_median=day,
                day_minimum=None if day is None else day - 4,
                day_maximum=None if day is None else day + 9,
            )
        rows.append(Treatment(name=name, label=label, arms=cells))
    return tuple(rows)


def _swimmer(arms: tuple[Arm, ...]) -> Swimmer:
    rows = []
    for i, arm in enumerate(arms):
        for row, (day, died) in enumerate(follow_up(arm)):
            marks = [Mark(event="flare", day=0, role="index")]
            if i == 0:
                marks.append(Mark(event="plasma exchange", day=1 + row % 9, role="exposure"))
            if row % 3 == 0:
                marks.append(Mark(event="rituximab", day=4, role="exposure"))
            if row % 4 == 1:
                marks.append(Mark(event="line infection", day=8, role="harm"))
            if row % 3 == 1:
                marks.append(Mark(event="discharge", day=min(day, 19), role="competing"))
            if died:
                marks.append(Mark(event="death", day=day, role="outcome"))
            unknown = row == arm.n - 1 and not died
            rows.append(
                SwimmerRow(
                    arm=arm.name,
                    end_day=None if unknown else day,
                    end="death" if died else "unknown" if unknown else "end of follow-up",
                    marks=tuple(marks),
                )
            )
    return Swimmer(rows=tuple(rows))
