"""A REDCap data dictionary: the 18 columns that say what each field of an export is."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from casewise.errors import Problem, RecordsError
from casewise.protocol.site import Source
from casewise.records.table import text_of
from casewise.records.text import read_text

# The columns that are used, by their name on the dictionary page and in the API's answer.
_COLUMNS = {
    "name": ("Variable / Field Name", "field_name"),
    "form": ("Form Name", "form_name"),
    "type": ("Field Type", "field_type"),
    "label": ("Field Label", "field_label"),
    "choices": ("Choices, Calculations, OR Slider Labels", "select_choices_or_calculations"),
    "validation": (
        "Text Validation Type OR Show Slider Number",
        "text_validation_type_or_show_slider_number",
    ),
    "identifier": ("Identifier?", "identifier"),
    "logic": ("Branching Logic (Show field only if...)", "branching_logic"),
}
# Those that only a form needs; a dictionary may lack them.
_MORE = {
    "section": ("Section Header", "section_header"),
    "note": ("Field Note", "field_note"),
    "low": ("Text Validation Min", "text_validation_min"),
    "high": ("Text Validation Max", "text_validation_max"),
    "annotation": ("Field Annotation", "field_annotation"),
}
_CODED = ("radio", "dropdown", "checkbox", "yesno", "truefalse")
_FIXED = {
    "yesno": {"1": "Yes", "0": "No"},
    "truefalse": {"1": "True", "0": "False"},
}
CHECKBOX = {"1": "Checked", "0": "Unchecked"}
COMPLETE = {"0": "Incomplete", "1": "Unverified", "2": "Complete"}


@dataclass(frozen=True)
class Field:
    """One field; ``choices`` maps the codes of a coded one to their labels. ``low`` and ``high``
    are the bounds of what can be entered, as they are written."""

    name: str
    form: str
    type: str
    label: str
    choices: dict[str, str]
    validation: str
    identifier: bool
    logic: str
    place: str
    section: str = ""
    note: str = ""
    low: str = ""
    high: str = ""
    annotation: str = ""


@dataclass(frozen=True)
class Dictionary:
    """The fields by name, in the order of the project."""

    file: str
    fields: dict[str, Field]

    @property
    def forms(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(field.form for field in self.fields.values()))

    @cached_property
    def columns(self) -> dict[str, Field]:
        """The columns of an export by the field they belong to: a checkbox has one a choice."""
        columns: dict[str, Field] = {}
        for field in self.fields.values():
            if field.type == "checkbox":
                columns |= {checkbox_column(field.name, code): field for code in field.choices}
            elif field.type != "descriptive":
                columns[field.name] = field
        return columns


def checkbox_column(name: str, code: str) -> str:
    """REDCap's own name: lower case, and anything but letters and digits an underscore, so
    that the code -1 of ``drugs`` stands in ``drugs____1``."""
    return f"{name}___{re.sub(r'[^a-z0-9]', '_', code.lower())}"


def plain(label: str) -> str:
    """A label as an export's header shows it: no markup, no line ends."""
    return " ".join(re.sub(r"</?[a-zA-Z][^>]*>", " ", label).split())


def slug(text: str) -> str:
    """A name without case and signs: "Exchange Session" is exchange_session."""
    return re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_")


def event_key(text: str) -> str:
    """What a longitudinal event's unique name and its label have in common."""
    text = re.sub(r"\s*\(Arm \d+: .*\)$", "", text.strip())
    return re.sub(r"_arm_\d+[a-z]?$", "", slug(text))


def read_dictionary(path: Path, encoding: str) -> Dictionary:
    """Raises ``RecordsError`` for a file that is no data dictionary, and for choices without a
    code, twice the same code, or twice the same field."""
    table = read_text(path, Source(table=path.name, encoding=encoding))
    named = {key: _named(names, table.columns) for key, names in _COLUMNS.items()}
    lacking = [_COLUMNS[key][0] for key, name in named.items() if name is None]
    if lacking:
        message = f"not a REDCap data dictionary: no column {', '.join(lacking)}"
        raise RecordsError(Problem(message, path.name))
    more = {key: _named(names, table.columns) for key, names in _MORE.items()}
    problems: list[Problem] = []
    fields: dict[str, Field] = {}
    for row in range(table.rows):
        cells = {key: text_of(table.columns[name or ""][row]) for key, name in named.items()}
        place = table.place(row, named["name"] or "")
        if cells["name"] in fields:
            message = f'a field "{cells["name"]}" stands here a second time'
            problems.append(Problem(message, path.name, cell=place))
        choices, wrong = _choices(cells["type"], cells["choices"])
        where = table.place(row, named["choices"] or "")
        problems += [Problem(message, path.name, cell=where) for message in wrong]
        fields[cells["name"]] = Field(
            cells["name"],
            cells["form"],
            cells["type"],
            plain(cells["label"]),
            choices,
            cells["validation"],
            cells["identifier"].lower() == "y",
            cells["logic"],
            table.place(row, named["logic"] or ""),
            **{key: text_of(table.columns[name][row]) for key, name in more.items() if name},
        )
    if problems:
        raise RecordsError(problems)
    return Dictionary(path.name, fields)


def _named(names: tuple[str, ...], columns: Iterable[str]) -> str | None:
    known = {name.casefold(): name for name in columns}
    return next((known[name.casefold()] for name in names if name.casefold() in known), None)


def _choices(kind: str, text: str) -> tuple[dict[str, str], list[str]]:
    """``1, Yes | 2, No, never`` as codes and labels: the first comma ends the code."""
    if kind in _FIXED:
        return _FIXED[kind], []
    if kind not in _CODED:
        return {}, []
    choices: dict[str, str] = {}
    wrong = []
    for part in text.split("|"):
        code, comma, label = part.partition(",")
        code = code.strip()
        if not comma or not code:
            wrong.append(f'"{part.strip()}" is not a choice; one is written as "1, Yes"')
        elif code in choices:
            wrong.append(f'two choices have the code "{code}"')
        else:
            choices[code] = plain(label)
    return choices, wrong
