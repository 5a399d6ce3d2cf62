"""Forms to and from REDCap: the data dictionary of 18 columns, and the answers as its import."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from casewise.errors import Problem, RecordsError
from casewise.protocol.site import date_columns
from casewise.records.dictionary import Field as Variable
from casewise.records.dictionary import plain, read_dictionary
from casewise.review import answers
from casewise.review.files import harmless, write_csv
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
_OURS = "casewise:"  # in the annotation, before what a dictionary has no column for, as JSON
_BESIDE = ("unit", "times", "ordered", "words", "blinded")
_KINDS: dict[Type, tuple[str, str]] = {
    "yes or no": ("yesno", ""),
    "date": ("text", "date_ymd"),
    "dates": ("text", "date_ymd"),
    "number": ("text", "number"),
    "choice": ("radio", ""),
    "text": ("notes", ""),
}
_EQUAL = (
    r"\s*\[(?P<field>\w+)(?:\((?P<box>[\w-]+)\))?\]\s*=\s*"
    r"(?:'(?P<one>[^']*)'|\"(?P<two>[^\"]*)\"|(?P<bare>-?[\w.]+))\s*"
)
_SIMPLE = re.compile(_EQUAL)
_ANY_OF = re.compile(re.sub(r"\?P<\w+>", "?:", f"{_EQUAL}(?:or{_EQUAL})*"), re.IGNORECASE)


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
    """The form as a data dictionary, which ``read_form`` makes the same form of. The project needs
    the missing-data code ND.

    Raises ``RecordsError`` where a choice has the sign that REDCap puts between two, or a branch
    hangs on a text with both kinds of quotes.
    """
    names = variables(form)
    problems = list(_unsayable(form, path.name))
    if problems:
        raise RecordsError(problems)
    rows = [["record_id", "review", "", "text", "Record", *[""] * 13]]
    section = ""
    for field in form.fields:
        kind, validation = _KINDS[field.type]
        head = field.section if field.section != section else ""
        beside = _beside(field, head)
        section = field.section or section
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
                    f"{_OURS} {json.dumps(beside, ensure_ascii=False)}",
                ]
            )
    # one that has apostrophes of its own gets one more, as the others get one in write_csv
    write_csv(path, HEADER, [[f"'{c}" if _guarded(c) else c for c in row] for row in rows])


def _beside(field: Field, head: str) -> dict[str, Any]:
    """What the dictionary has no column for. Its sections end only where another begins."""
    said = field.model_dump(mode="json", include=set(_BESIDE), exclude_defaults=True)
    named = {"name": field.name, "label": field.label}
    return named | said | ({} if field.section or head else {"section": ""})


def _unsayable(form: Form, file: str) -> Iterator[Problem]:
    for field in form.fields:
        for choice in field.choices:
            if "|" in choice or plain(choice) != choice:
                message = f'REDCap cannot hold the choice "{choice}" of {field.name}'
                yield Problem(message, file, hint="without |, tags and double spaces")
        branch = field.show_when
        if branch and any("'" in v and '"' in v for v in branch.is_ if not _code(form, branch, v)):
            message = f"REDCap cannot hold the branch of {field.name}: two kinds of quotes"
            yield Problem(message, file)


def _code(form: Form, branch: ShowWhen, value: str) -> str:
    """The code of a branch's value; none where its field is not coded."""
    above = form.field(branch.field)
    assert above is not None
    codes = {label: code for code, label in _codes(above).items()} if above.options else {}
    return codes.get(value, "")


def _codes(field: Field) -> dict[str, str]:
    if field.type == "yes or no":
        return {"1": "yes", "0": "no"}
    return {str(number): choice for number, choice in enumerate(field.choices, start=1)}


def _logic(form: Form, field: Field, names: Mapping[str, tuple[str, ...]]) -> str:
    branch = field.show_when
    if branch is None:
        return ""
    variable = names[branch.field][0]
    values = [_code(form, branch, value) or value for value in branch.is_]
    quoted = [f'"{value}"' if "'" in value else f"'{value}'" for value in values]
    return " or ".join(f"[{variable}] = {value}" for value in quoted)


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

    A checkbox becomes a yes or no field a box. Raises ``RecordsError`` where the file is none, or
    a field or the whole is no form: two choices with the same label, two fields with one name.
    """
    dictionary = read_dictionary(path, "utf-8-sig")
    fields: list[Field] = []
    left_out: list[str] = []
    problems: list[Problem] = []
    known: dict[str, tuple[str, Variable]] = {}
    section = ""
    for position, (name, variable) in enumerate(dictionary.fields.items()):
        section = _own(variable.section) or section
        if position == 0 or variable.type in ("calc", "descriptive", "file", "sql"):
            if position:
                left_out.append(f"{name} is a {variable.type} field, which a form has none of")
            continue
        beside = _read_beside(variable, left_out)
        shown = _branch(variable.logic, known)
        if shown is None and variable.logic:
            left_out.append(f"{name}: its branching logic is too rich for a form; always asked")
        own = str(beside.get("name", name))
        known[name] = (own, variable)
        if fields and fields[-1].name == own:
            continue  # the next date of the same field
        shared = {"section": section, "definition": _own(variable.note), "show_when": shown}
        try:
            fields += _fields(variable, shared, beside, left_out)
        except ValidationError as error:
            problems += [_problem(path, variable.place, one) for one in error.errors()]
    if problems:
        raise RecordsError(problems)
    if not fields:
        raise RecordsError(Problem("no field that a form can ask", path.name))
    try:
        return Form(title=title, fields=tuple(fields)), left_out
    except ValidationError as error:
        raise RecordsError([_problem(path, "", one) for one in error.errors()]) from None


def _problem(path: Path, place: str, error: Mapping[str, Any]) -> Problem:
    return Problem(str(error["msg"]).removeprefix("Value error, "), path.name, cell=place)


def _guarded(text: str) -> bool:
    """Whether apostrophes stand before what a spreadsheet would take for a formula."""
    inside = text.lstrip("'")
    return inside != text and harmless(inside) != inside


def _own(text: str) -> str:
    """A cell without the apostrophe that was put before it in writing."""
    return text[1:] if _guarded(text) else text


def _read_beside(variable: Variable, left_out: list[str]) -> dict[str, Any]:
    note = variable.annotation
    if not note.startswith(_OURS):
        return {}
    try:
        said = json.loads(note.removeprefix(_OURS))
    except ValueError:
        said = None
    if not isinstance(said, dict):
        left_out.append(f"{variable.name}: its annotation is not as casewise wrote it; not used")
        return {}
    return {k: v for k, v in said.items() if k in (*_BESIDE, "name", "label", "section")}


def _fields(
    variable: Variable,
    shared: Mapping[str, Any],
    beside: Mapping[str, Any],
    left_out: list[str],
) -> list[Field]:
    label = _own(variable.label)
    if variable.type == "checkbox":
        return [
            Field(
                **{"name": f"{variable.name}, {box}", "label": f"{label or variable.name}: {box}"},
                type="yes or no",
                **shared,
            )
            for box in variable.choices.values()
        ]
    kind = _type(variable)
    several = int(beside.get("times", 1)) > 1
    label = re.sub(r" \(1\)$", "", label) if several else label
    said = {"name": variable.name, "label": label} | dict(shared) | dict(beside)
    if label != plain(str(beside.get("label") or said["name"])):
        said["label"] = label  # changed since, or not ours
    if kind == "choice":
        said["choices"] = tuple(variable.choices.values())
    for end, text in (("low", variable.low), ("high", variable.high)):
        if text and kind in ("number", "date"):
            wrong = Field(name="a bound", type=kind).problem(text)
            if wrong:
                left_out.append(f'{variable.name}: its bound "{text}" is no {kind}; not used')
            else:
                said[end] = text
    return [Field(type="dates" if several else kind, **said)]


def _type(variable: Variable) -> Type:
    if variable.type in ("yesno", "truefalse"):
        return "yes or no"
    if variable.type in ("radio", "dropdown"):
        return "choice"
    if variable.type == "slider" or variable.validation.startswith(("number", "integer")):
        return "number"
    return "date" if variable.validation.startswith("date") else "text"


def _branch(logic: str, known: Mapping[str, tuple[str, Variable]]) -> ShowWhen | None:
    """``[smoker] = '1' or [smoker] = '2'``: one field, any of some answers."""
    if not _ANY_OF.fullmatch(logic):
        return None
    above: set[str] = set()
    values: list[str] = []
    for match in _SIMPLE.finditer(logic):
        if match["field"] not in known:
            return None
        name, variable = known[match["field"]]
        code = next((v for v in (match["one"], match["two"], match["bare"]) if v is not None), "")
        if match["box"]:
            name = f"{name}, {variable.choices.get(match['box'], '')}"
        if match["box"] or variable.type in ("yesno", "truefalse"):
            value = "yes" if code == "1" else "no"
        elif variable.choices and code not in variable.choices:
            return None
        else:
            value = variable.choices.get(code, code)
        above.add(name)
        values.append(value)
    return ShowWhen(field=above.pop(), is_=tuple(values)) if len(above) == 1 else None
