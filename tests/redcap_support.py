"""A small REDCap project with made-up patients: its data dictionary and its exports."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from casewise import records
from casewise.protocol.model import Study
from casewise.protocol.site import Site
from records_support import STUDY, TODAY

COLUMNS = (
    "Variable / Field Name",
    "Form Name",
    "Section Header",
    "Field Type",
    "Field Label",
    "Choices, Calculations, OR Slider Labels",
    "Field Note",
    "Text Validation Type OR Show Slider Number",
    "Text Validation Min",
    "Text Validation Max",
    "Identifier?",
    "Branching Logic (Show field only if...)",
    "Required Field?",
    "Custom Alignment",
    "Question Number (surveys only)",
    "Matrix Group Name",
    "Matrix Ranking?",
    "Field Annotation",
)

# name, form, type, label, choices, validation, identifier, branching logic
FIELDS: tuple[tuple[str, ...], ...] = (
    ("record_id", "stay", "text", "Record ID", "", "", "", ""),
    ("mrn", "stay", "text", "Hospital number", "", "number", "y", ""),
    ("admitted", "stay", "text", "Date of <b>admission</b>", "", "date_dmy", "", ""),
    ("discharged", "stay", "text", "Date of discharge", "", "date_mdy", "", ""),
    ("sex", "stay", "radio", "Sex", "1, Male | 2, Female", "", "", ""),
    ("pregnant", "stay", "yesno", "Pregnant?", "", "", "", "[sex] = '2'"),
    (
        "severity",
        "stay",
        "dropdown",
        "Severity",
        "1, mild | 2, moderate | 3, severe, ventilated",
        "",
        "",
        "",
    ),
    ("drugs", "stay", "checkbox", "Drugs", "1, Steroid | 2, Immunoglobulin, 2 g/kg", "", "", ""),
    ("died", "outcome", "yesno", "Died?", "", "", "", ""),
    ("died_on", "outcome", "text", "Date of death", "", "date_ymd", "", "[died] = '1'"),
)

RAW_HEADER = (
    "record_id,mrn,admitted,discharged,sex,pregnant,severity,drugs___1,drugs___2,stay_complete,"
    "died,died_on,outcome_complete"
)
RAW = (
    "01,9001,2021-03-05,2021-03-20,2,1,3,1,0,2,1,2021-04-01,2",
    "02,9002,2021-04-01,2021-04-12,1,,1,0,1,2,0,,2",
    "03,9003,2021-05-01,,2,UNK,2,0,0,2,,,0",
)
LABELLED_HEADER = (
    "Record ID,Hospital number,Date of admission,Date of discharge,Sex,Pregnant?,Severity,"
    'Drugs (choice=Steroid),"Drugs (choice=Immunoglobulin, 2 g/kg)",Complete?,'
    "Died?,Date of death,Complete?"
)
LABELLED = (
    '01,9001,2021-03-05,2021-03-20,Female,Yes,"severe, ventilated",Checked,Unchecked,Complete,'
    "Yes,2021-04-01,Complete",
    "02,9002,2021-04-01,2021-04-12,Male,,mild,Unchecked,Checked,Complete,No,,Complete",
    "03,9003,2021-05-01,,Female,UNK,moderate,Unchecked,Unchecked,Complete,,,Incomplete",
)

STUDY_OF_PROJECT: dict[str, Any] = {
    "title": "A project of made-up patients",
    "events": {
        "admission": {"visit": "inpatient"},
        "discharge": {"visit end": "inpatient"},
        "steroid": {"drug": "steroid"},
        "death": {"death": "any cause"},
    },
    "cohort": STUDY["cohort"],
    "arms": {"steroid": {"event": "steroid"}, "none": "otherwise"},
    "baseline": {
        "pregnant": {"type": "yes or no"},
        "severity": {"choices": ["mild", "moderate", "severe"]},
    },
    "outcomes": STUDY["outcomes"],
}
SITE: dict[str, Any] = {
    "records": {"redcap": "export.csv", "dictionary": "dictionary.csv"},
    "patient": "record_id",
    "missing": ["UNK"],
    "sex": "sex",
    "events": {
        "admission": {"date": "admitted"},
        "discharge": {"date": "discharged"},
        "steroid": {"yes or no": "drugs___1"},
        "death": {"date": "died_on", "yes or no": "died"},
    },
    "baseline": {
        "pregnant": "pregnant",
        "severity": {"column": "severity", "values": {"severe": "3"}},
    },
}


def dictionary(fields: Sequence[tuple[str, ...]] = FIELDS) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for name, form, kind, label, choices, validation, identifier, logic in fields:
        writer.writerow(
            [name, form, "", kind, label, choices, "", validation, "", "", identifier, logic]
            + [""] * 6
        )
    return out.getvalue()


def with_field(name: str, /, **changes: str) -> tuple[tuple[str, ...], ...]:
    """The fields above with cells of one replaced."""
    keys = ("name", "form", "type", "label", "choices", "validation", "identifier", "logic")
    return tuple(
        tuple(changes.get(key, cell) for key, cell in zip(keys, field, strict=True))
        if field[0] == name
        else field
        for field in FIELDS
    )


def opened(
    folder: Path,
    export: Sequence[str] = (RAW_HEADER, *RAW),
    fields: str | None = None,
    study: dict[str, Any] | None = None,
    **site: Any,
) -> records.Records:
    (folder / "export.csv").write_text("\n".join(export) + "\n", encoding="utf-8")
    (folder / "dictionary.csv").write_text(fields or dictionary(), encoding="utf-8")
    asked = Study.model_validate(STUDY_OF_PROJECT | (study or {}))
    return records.open(asked, Site.model_validate(SITE | site), folder, today=TODAY)
