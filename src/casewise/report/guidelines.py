"""The target trial and the reporting checklists as tables.

STROBE [vonelm2007], RECORD [benchimol2015], TARGET [cashin2025].
"""

from __future__ import annotations

from casewise.report.style import Style
from casewise.report.table import Column, Table, row, sentence
from casewise.results import Results

TITLES = {
    "STROBE": "STROBE, cohort studies",
    "RECORD": "RECORD, routinely collected health data",
    "TARGET": "TARGET, observational studies that emulate a target trial",
}
CHECKLISTS = tuple(f"checklist_{name.lower()}" for name in TITLES)


def target_trial(results: Results, style: Style) -> Table:
    """Each element of the trial that the study would be, beside what the records allow."""
    rows = [
        row(one.element, sentence(one.protocol), sentence(one.records), one.met)
        for one in results.target_trial
    ]
    columns = (
        "Element",
        "The trial, as the protocol has it",
        "What the records allow",
        "Is it so?",
    )
    return Table(
        "target_trial",
        "The target trial and its emulation",
        tuple(Column(title, "left") for title in columns),
        tuple(rows),
        (),
        results.study.notice,
    )


def checklists(results: Results) -> list[Table]:
    """One table a guideline."""
    made = []
    for name, title in TITLES.items():
        rows = []
        topic = ""
        for one in results.checklists:
            if one.guideline != name:
                continue
            if one.topic != topic:
                topic = one.topic
                rows.append(row(topic, "", "", "", role="heading"))
            rows.append(row(one.number, one.item, one.answer, one.by.capitalize(), indent=1))
        columns = ("Item", "What to report", "In this report", "Who answers")
        made.append(
            Table(
                f"checklist_{name.lower()}",
                title,
                tuple(Column(head, "left") for head in columns),
                tuple(rows),
                (),
                results.study.notice,
            )
        )
    return made
