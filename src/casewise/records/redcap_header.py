"""The columns of a REDCap export, by variable names or by labels."""

from __future__ import annotations

from collections.abc import Sequence

from casewise.errors import Problem, RecordsError
from casewise.protocol.nearest import nearest
from casewise.records.dictionary import Dictionary, checkbox_column, plain
from casewise.records.text import Lines

EVENT = "redcap_event_name"
INSTRUMENT = "redcap_repeat_instrument"
INSTANCE = "redcap_repeat_instance"
_SYSTEM = {
    EVENT: "Event Name",
    INSTRUMENT: "Repeat Instrument",
    INSTANCE: "Repeat Instance",
}


def field_columns(
    file: str, lines: Lines, dictionary: Dictionary, needed: Sequence[str]
) -> tuple[dict[str, int], bool]:
    """The position of each known column by its variable name, and whether the header has
    labels. Columns that the dictionary does not know (survey stamps) are left out.

    Fields may share a label; an export keeps the dictionary's order, so that as many columns
    of a label as fields with it are told apart, and otherwise are an error where needed.
    """
    known = {**_SYSTEM, **_labels(dictionary)}
    by_label: dict[str, list[str]] = {}
    for name, label in known.items():
        by_label.setdefault(label, []).append(name)
    header = [plain(name) for name in lines.names]
    raw = sum(name in known for name in header)
    labelled = sum(name in by_label for name in header)
    if raw == labelled == 0:
        message = f"none of its columns is a field of {dictionary.file}"
        raise RecordsError(Problem(message, file, hint="is it this project's dictionary?"))
    if raw >= labelled:
        positions = {}
        for position, name in enumerate(header):
            if name in positions:
                where = f"line 1, column {position + 1}"
                raise RecordsError(Problem(f'a second column "{name}"', file, cell=where))
            if name in known:
                positions[name] = position
    else:
        positions = _by_label(file, header, by_label, needed)
    _check_needed(file, positions, dictionary, needed)
    return positions, labelled > raw


def _labels(dictionary: Dictionary) -> dict[str, str]:
    """What a labelled header calls each column; forms end with their status."""
    labels: dict[str, str] = {}
    form = ""
    for name, field in dictionary.columns.items():
        if form and field.form != form:
            labels[f"{form}_complete"] = "Complete?"
        form = field.form
        if field.type == "checkbox":
            code = next(c for c in field.choices if checkbox_column(field.name, c) == name)
            labels[name] = plain(f"{field.label} (choice={field.choices[code]})")
        else:
            labels[name] = field.label
    if form:
        labels[f"{form}_complete"] = "Complete?"
    return labels


def _by_label(
    file: str, header: list[str], by_label: dict[str, list[str]], needed: Sequence[str]
) -> dict[str, int]:
    positions: dict[str, int] = {}
    problems = []
    for label, names in by_label.items():
        at = [position for position, name in enumerate(header) if name == label]
        if len(at) == len(names):
            positions |= dict(zip(names, at, strict=True))
        elif at:
            for name in names:
                if name in needed:
                    message = (
                        f'{len(at)} columns are labelled "{label}", but {len(names)} fields are: '
                        f"which one is {name}?"
                    )
                    hint = "export every field, or with variable names in the header"
                    problems.append(Problem(message, file, hint=hint))
    if problems:
        raise RecordsError(problems)
    return positions


def _check_needed(
    file: str, positions: dict[str, int], dictionary: Dictionary, needed: Sequence[str]
) -> None:
    problems = []
    columns = dictionary.columns
    for name in dict.fromkeys(needed):
        if name in positions:
            continue
        named = [field.name for field in dictionary.fields.values() if field.label == name]
        boxes = [column for column, field in columns.items() if field.name == name]
        if name in columns:
            message, hint = f'the export has no column "{name}"', "export this field too"
        elif named:
            message, hint = f'no field "{name}"', f"that is the label of {named[0]}"
        elif boxes:
            message = f'"{name}" is a checkbox field, which has a column for each choice'
            hint = f"name one: {', '.join(boxes)}"
        else:
            message = f'no field "{name}" in {dictionary.file}'
            hint = nearest(name, [*columns, *positions])
        problems.append(Problem(message, file, hint=hint))
    if problems:
        raise RecordsError(problems)
