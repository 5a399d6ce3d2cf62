"""Forms to and from REDCap: the data dictionary of 18 columns, and the answers as its import."""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping
from pathlib import Path

from casewise.errors import Problem, RecordsError
from casewise.protocol.site import date_columns
from casewise.records.dictionary import Field as Variable
from casewise.records.dictionary import read_dictionary
from casewise.review import answers
from casewise.review.files import write_csv
from casewise.review.form import ANSWERED, NOT_DOCUMENTED, Field, Form, ShowWhen, Type
from casewise.review.store import Store

HEADER = (
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
_OURS = "casewise:"  # before the field's own name, in the annotation
_KINDS: dict[Type, tuple[str, str]] = {
    "yes or no": ("yesno", ""),
    "date": ("text", "date_ymd"),
    "dates": ("text", "date_ymd"),
    "number": ("text", "number"),
    "choice": ("radio", ""),
    "text": ("notes", ""),
}
_SIMPLE = re.compile(r"\[(?P<field>\w+)(\((?P<box>\w+)\))?\]\s*=\s*['\"]?(?P<code>[^'\"\]]*)['\"]?")


def variables(form: Form) -> dict[str, tuple[str, ...]]:
    """The REDCap variables of each field: lower case, letters, digits and underscores, at most 26
    characters, each only once. Several dates are a variable each."""
    taken = {"record_id"}
    found: dict[str, tuple[str, ...]] = {}
    for field in form.fields:
        names = [field.name]
        if field.type == "dates":
            names = list(date_columns(field.name.removesuffix(", date"), field.times))
        found[field.name] = tuple(_variable(name, taken) for name in names)
    return found


def _variable(name: str, taken: set[str]) -> str:
    stem = re.sub(r"[^a-z0-9]+", "_", name.casefold()).strip("_")[:26].strip("_")
    stem = stem if stem[:1].isalpha() else f"f_{stem}"[:26].strip("_")
    wanted, number = stem, 2
    while wanted in taken:
        wanted = f"{stem[: 25 - len(str(number))]}_{number}"
        number += 1
    taken.add(wanted)
    return wanted


def write_dictionary(form: Form, path: Path) -> None:
    """The form as a data dictionary. The project needs the missing-data code ND."""
    names = variables(form)
    rows = [["record_id", "review", "", "text", "Record", *[""] * 13]]
    section = ""
    for field in form.fields:
        kind, validation = _KINDS[field.type]
        head = field.section if field.section != section else ""
        section = field.section
        for number, variable in enumerate(names[field.name], start=1):
            several = f" ({number})" if len(names[field.name]) > 1 else ""
            rows.append(
                [
                    *(variable, "review", head if number == 1 else "", kind),
                    f"{field.question}{several}",
                    " | ".join(f"{code}, {label}" for code, label in _codes(field).items())
                    if field.type == "choice"
                    else "",
                    *(field.definition, validation, field.low, field.high, ""),
                    _logic(form, field, names),
                    *("", "", "", "", ""),
                    f"{_OURS}{field.name}",
                ]
            )
    write_csv(path, HEADER, rows)


def _codes(field: Field) -> dict[str, str]:
    if field.type == "yes or no":
        return {"1": "yes", "0": "no"}
    return {str(number): choice for number, choice in enumerate(field.choices, start=1)}


def _logic(form: Form, field: Field, names: Mapping[str, tuple[str, ...]]) -> str:
    branch = field.show_when
    if branch is None:
        return ""
    above = form.field(branch.field)
    assert above is not None
    codes = {label: code for code, label in _codes(above).items()} if above.options else {}
    variable = names[branch.field][0]
    return " or ".join(f"[{variable}] = '{codes.get(value, value)}'" for value in branch.is_)


def write_records(store: Store, path: Path) -> int:
    """The settled answers as a REDCap import, one row a chart; how many. Not documented is ND; what
    is not settled or not asked is empty."""
    form = store.form()
    names = variables(form)
    rows = []
    for chart in store.charts():
        final, _ = answers.settled(store, chart.chart)
        row = [chart.chart]
        for field in form.fields:
            one = final.get(field.name)
            values = [""] * len(names[field.name])
            if one is not None and one.status == NOT_DOCUMENTED:
                values[0] = "ND"
            elif one is not None and one.status == ANSWERED:
                said = one.value.split(", ") if field.type == "dates" else [one.value]
                codes = {label: code for code, label in _codes(field).items()}
                values[: len(said)] = [codes.get(v, v) if field.options else v for v in said]
            row += values
        rows.append(row)
    write_csv(path, ["record_id", *(n for several in names.values() for n in several)], rows)
    return len(rows)


def read_form(path: Path, title: str) -> tuple[Form, list[str]]:
    """A data dictionary as a form, and what of it a form cannot say, in a sentence each.

    A checkbox becomes a yes or no field a box. Raises ``RecordsError`` where the file is none.
    """
    dictionary = read_dictionary(path, "utf-8-sig")
    with path.open(encoding="utf-8-sig", newline="") as file:
        more = {row.get(HEADER[0], "") or "": row for row in csv.DictReader(file)}
    fields: list[Field] = []
    left_out: list[str] = []
    ours = {v: _own_name(v, more.get(v, {})) for v in dictionary.fields}
    known: dict[str, tuple[str, dict[str, str]]] = {}
    section = ""
    for position, (name, variable) in enumerate(dictionary.fields.items()):
        extra = {key: (value or "").strip() for key, value in more.get(name, {}).items() if key}
        if position == 0 or variable.type in ("calc", "descriptive", "file", "sql"):
            if position:
                left_out.append(f"{name} is a {variable.type} field, which a form has none of")
            continue
        shown = _branch(variable.logic, known)
        if shown is None and variable.logic:
            left_out.append(f"{name}: its branching logic is too rich for a form; always asked")
        section = extra.get(HEADER[2], "") or section
        for field in _fields(variable, ours[name], extra, shown, section):
            if fields and fields[-1].name == field.name:  # the next date of the same field
                fields[-1] = fields[-1].model_copy(update={"times": fields[-1].times + 1})
            else:
                fields.append(field)
        known[name] = (ours[name], dict(variable.choices))
    if not fields:
        raise RecordsError(Problem("no field that a form can ask", path.name))
    return Form(title=title, fields=tuple(fields)), left_out


def _own_name(variable: str, row: Mapping[str, str | None]) -> str:
    note = row.get(HEADER[-1]) or ""
    return note.removeprefix(_OURS).strip() if note.startswith(_OURS) else variable


def _fields(
    variable: Variable,
    name: str,
    extra: Mapping[str, str],
    shown: ShowWhen | None,
    section: str,
) -> list[Field]:
    shared = {
        "section": section,
        "definition": extra.get(HEADER[6], ""),
        "show_when": shown,
    }
    label = variable.label or name
    if variable.type == "checkbox":
        return [
            Field(name=f"{name}, {box}", label=f"{label}: {box}", type="yes or no", **shared)
            for box in variable.choices.values()
        ]
    kind = _type(variable)
    bounds = {}
    if kind in ("number", "date"):
        bounds = {"low": extra.get(HEADER[8], ""), "high": extra.get(HEADER[9], "")}
    several = name.endswith(", date") and re.search(r"\(\d+\)$", label) is not None
    if several:
        kind, label = "dates", re.sub(r"\s*\(\d+\)$", "", label)
    choices = tuple(variable.choices.values()) if kind == "choice" else ()
    return [Field(name=name, label=label, type=kind, choices=choices, **bounds, **shared)]


def _type(variable: Variable) -> Type:
    if variable.type in ("yesno", "truefalse"):
        return "yes or no"
    if variable.type in ("radio", "dropdown"):
        return "choice"
    if variable.type == "slider" or variable.validation in ("number", "integer"):
        return "number"
    return "date" if variable.validation.startswith("date") else "text"


def _branch(logic: str, known: Mapping[str, tuple[str, dict[str, str]]]) -> ShowWhen | None:
    """``[smoker] = '1' or [smoker] = '2'``: one field, any of some answers."""
    answers_: list[str] = []
    above = ""
    for part in re.split(r"\s+or\s+", logic.strip(), flags=re.IGNORECASE) if logic.strip() else []:
        match = _SIMPLE.fullmatch(part.strip())
        if match is None or match["field"] not in known:
            return None
        name, choices = known[match["field"]]
        code = match["code"].strip()
        if match["box"]:
            name, answer = (
                f"{name}, {choices.get(match['box'], '')}",
                "yes" if code == "1" else "no",
            )
        elif set(choices) == {"1", "0"} and set(choices.values()) <= {"Yes", "No", "True", "False"}:
            answer = "yes" if code == "1" else "no"
        else:
            answer = choices.get(code, code)
        if above and name != above:
            return None
        above = name
        answers_.append(answer)
    return ShowWhen(field=above, is_=tuple(answers_)) if above else None
