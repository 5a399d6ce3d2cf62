"""A REDCap export, raw or labelled, into cells that the data dictionary explains.

Coded cells become their choice; blank cells whose branching logic hides them do not apply, or
are not documented where the question that decides was not answered. Dates are ISO in every
export, whatever the project shows.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from casewise.errors import Problem, RecordsError
from casewise.protocol.nearest import nearest
from casewise.protocol.site import Binding, Site
from casewise.records.dictionary import (
    CHECKBOX,
    COMPLETE,
    Dictionary,
    Field,
    event_key,
    plain,
    slug,
)
from casewise.records.redcap_header import EVENT, INSTANCE, INSTRUMENT, field_columns
from casewise.records.redcap_logic import Project, settle_blanks
from casewise.records.table import Cell, Choice, Table
from casewise.records.text import Lines, columns_of, split_text

Style = Literal["raw", "labelled"]
Place = Callable[[int, str], str]

_AGAIN = "export the records again, raw or labelled"


@dataclass(frozen=True)
class Export:
    """An export as read. ``events`` and ``forms`` say of each row which longitudinal event and
    which repeating instrument it is of; blank where the project has none."""

    table: Table
    dictionary: Dictionary
    events: list[str]
    forms: list[str]

    def rows_of(self, binding: Binding | None) -> NDArray[np.intp]:
        """The rows a binding is about: all, unless it names an event or a form."""
        kept = np.ones(self.table.rows, dtype=bool)
        if binding is not None and binding.redcap_event is not None:
            wanted = binding.redcap_event
            known = sorted(set(self.events) - {""})
            kept &= np.array(_matches(wanted, self.events, self.table.file, "event", known))
        if binding is not None and binding.form is not None:
            repeating = {slug(form) for form in self.forms} - {""}
            form = binding.form
            if slug(form) not in repeating | {slug(form) for form in self.dictionary.forms}:
                message = f'no form "{form}"'
                hint = nearest(form, self.dictionary.forms)
                raise RecordsError(Problem(message, self.table.file, hint=hint))
            of_form = slug(form) if slug(form) in repeating else ""
            kept &= np.array([slug(other) == of_form for other in self.forms])
        return np.flatnonzero(kept)

    def duplicates(self, ids: list[str], patient: str) -> list[Problem]:
        """Rows that repeat a patient's event, instrument and instance."""
        instances = [str(cell or "").strip() for cell in self.table.columns.get(INSTANCE, [])]
        instances = instances or [""] * self.table.rows
        first: dict[tuple[str, str, str, str], int] = {}
        problems = []
        for row, key in enumerate(zip(ids, self.events, self.forms, instances, strict=True)):
            if key in first:
                where = self.table.place(first[key], patient)
                message = f"the same patient, event, instrument and instance as in {where}"
                cell = self.table.place(row, patient)
                problems.append(Problem(message, self.table.file, cell=cell))
            elif key[0]:
                first[key] = row
        return problems


def _matches(wanted: str, there: list[str], file: str, what: str, known: list[str]) -> list[bool]:
    """The event's unique name (baseline_arm_1) or its label (Baseline), as the export has it."""
    exact = [name == wanted for name in there]
    if any(exact):
        return exact
    alike = [bool(name) and event_key(name) == event_key(wanted) for name in there]
    if not any(alike):
        shown = f"its events: {', '.join(known)}" if known else "the export has no event column"
        hint = nearest(wanted, known) or shown
        raise RecordsError(Problem(f'no {what} "{wanted}"', file, hint=hint))
    return alike


def read_redcap(path: Path, dictionary: Dictionary, site: Site, needed: Sequence[str]) -> Export:
    """Read the export at ``path``; ``needed`` are the columns that the site names.

    Raises ``RecordsError`` where a needed column is missing, labels cannot be told from codes,
    or branching logic that decides about a needed column cannot be understood.
    """
    lines = split_text(path, site.records)
    positions, labelled_header = field_columns(path.name, lines, dictionary, needed)
    cells = columns_of(lines)
    columns: dict[str, list[Cell]] = {
        name: [cell.strip() for cell in cells[position]] for name, position in positions.items()
    }
    place = _placer(lines, positions)
    style, problems = _decode(path.name, columns, dictionary, site, needed, place)
    if problems:
        raise RecordsError(problems)
    events = [str(cell) for cell in columns.get(EVENT, [""] * len(lines.rows))]
    forms = [str(cell) for cell in columns.get(INSTRUMENT, [""] * len(lines.rows))]
    several = any(name in columns for name in (EVENT, INSTRUMENT, INSTANCE))
    patients = [str(cell) for cell in columns.get(site.patient, [])]
    notes = [f"{path.name} is a {style} REDCap export."] if style else []
    if labelled_header:
        notes.append(f"The columns of {path.name} were found by their labels in the dictionary.")
    missing = frozenset(code.strip() for code in site.missing)
    project = Project(dictionary, columns, patients, events, forms, missing, several)
    notes += settle_blanks(project, needed)
    identifiers = frozenset(name for name, field in dictionary.columns.items() if field.identifier)
    table = Table(
        path.name, columns, len(lines.rows), place, tuple(notes), identifiers, several_rows=several
    )
    return Export(table, dictionary, events, forms)


def _placer(lines: Lines, positions: dict[str, int]) -> Place:
    """Columns as the export's own header calls them: a person looks for that."""
    return lambda row, name: f"line {lines.at[row]}, column {lines.names[positions[name]]}"


def _decode(
    file: str,
    columns: dict[str, list[Cell]],
    dictionary: Dictionary,
    site: Site,
    needed: Sequence[str],
    place: Place,
) -> tuple[Style | None, list[Problem]]:
    """Put choices in the place of codes or labels, whichever the export holds."""
    coded = {
        name: choices
        for name, field in dictionary.columns.items()
        if name in columns and (choices := _choices_of(field))
    }
    statuses = [f"{form}_complete" for form in dictionary.forms]
    coded |= {name: COMPLETE for name in statuses if name in columns}
    for name in coded:
        columns[name] = [plain(str(cell)) for cell in columns[name]]
    skip = {name: _codes(site, name) for name in coded}
    texts = {name: {str(cell) for cell in columns[name]} - {""} - skip[name] for name in coded}
    styles = {name: _style(texts[name], choices) for name, choices in coded.items()}
    style, problems = _one_style(file, styles, needed)
    if problems:
        return None, problems
    for name, choices in coded.items():
        problems += _ambiguous_words(file, name, choices, site)
        unknown = _replace(columns[name], choices, style, skip[name])
        if name in needed:
            field = dictionary.columns.get(name)
            hidden = field is not None and field.identifier
            for row, text in unknown:
                shown = "the cell (not shown: an identifier)" if hidden else f'"{text}"'
                message = f"{shown} is not a choice of this field in {dictionary.file}"
                hint = "" if hidden else nearest(text, [*choices.values()])
                problems.append(Problem(message, file, cell=place(row, name), hint=hint))
    return style, problems


def _codes(site: Site, column: str) -> set[str]:
    """The site's codes for cells of this column that hold no choice."""
    words = [*site.missing, *site.not_applicable]
    for name, binding in _bindings(site):
        words += [*binding.missing, *binding.not_applicable] if name == column else []
    return {word.strip() for word in words}


def _choices_of(field: Field) -> dict[str, str]:
    return CHECKBOX if field.type == "checkbox" else field.choices


def _bindings(site: Site) -> list[tuple[str, Binding]]:
    """Each column a binding reads cells of its own from."""
    pairs: list[tuple[str, Binding]] = [(b.column, b) for b in (site.age, site.sex) if b]
    pairs += [(b.column, b) for b in site.baseline.values()]
    for event in site.events.values():
        named = (*(event.date or ()), *(event.end or ()), *event.numbers)
        pairs += [(name, event) for name in named]
        pairs += [(event.yes_or_no, event)] if event.yes_or_no else []
    return pairs


def _style(texts: set[str], choices: dict[str, str]) -> Style | Literal["mixed", "either", ""]:
    """What the cells show themselves to be: codes, labels, some of each, either of them with
    another meaning, or nothing that tells."""
    labels = set(choices.values())
    codes_only = any(text in choices and text not in labels for text in texts)
    labels_only = any(text in labels and text not in choices for text in texts)
    if codes_only and labels_only:
        return "mixed"
    if codes_only or labels_only:
        return "raw" if codes_only else "labelled"
    differ = any(choices[text] != text for text in texts if text in choices)
    return "either" if differ else ""


def _one_style(
    file: str, styles: dict[str, Style | Literal["mixed", "either", ""]], needed: Sequence[str]
) -> tuple[Style | None, list[Problem]]:
    """The export's style, told by the needed columns, or by any other where those tell none."""
    problems = [
        Problem(f"column {name} mixes codes and labels of the dictionary", file, hint=_AGAIN)
        for name, style in styles.items()
        if style == "mixed" and name in needed
    ]
    mine = [name for name in styles if name in needed]
    raw, labelled = (
        next((name for name in [*mine, *styles] if styles[name] == style), None)
        for style in ("raw", "labelled")
    )
    if raw in mine and labelled in mine:
        message = (
            f"column {raw} holds codes of the dictionary and column {labelled} holds labels: "
            "the export is mixed"
        )
        problems.append(Problem(message, file, hint=_AGAIN))
    if (raw in mine) != (labelled in mine):
        return ("raw" if raw in mine else "labelled"), problems
    if raw is not None and labelled is None:
        return "raw", problems
    if labelled is not None and raw is None:
        return "labelled", problems
    problems += [
        Problem(
            f"column {name} could hold codes or labels of the dictionary, which mean different "
            "things, and no other column tells which",
            file,
            hint="export another field with choices too",
        )
        for name in mine
        if styles[name] == "either"
    ]
    return None, problems


def _replace(
    cells: list[Cell], choices: dict[str, str], style: Style | None, skip: set[str]
) -> list[tuple[int, str]]:
    """Put choices in place of their codes or labels; answers with the rows of other texts that
    are neither blank nor one of the site's codes."""
    known = {code: Choice(code, label) for code, label in choices.items()}
    if style == "labelled":
        known = {choice.label: choice for choice in reversed(known.values())}
    unknown = []
    for row, cell in enumerate(cells):
        text = str(cell)
        if text in known:
            cells[row] = known[text]
        elif text and text not in skip:
            unknown.append((row, text))
    return unknown


def _ambiguous_words(file: str, name: str, choices: dict[str, str], site: Site) -> list[Problem]:
    """A word of the site's that is the code of one choice and the label of another."""
    words: list[str] = []
    for column, binding in _bindings(site):
        if column == name:
            words += [*binding.missing, *binding.not_applicable]
            words += [text for texts in getattr(binding, "values", {}).values() for text in texts]
            words += [*getattr(binding, "yes", ()), *getattr(binding, "no", ())]
    return [
        Problem(
            f'column {name}: "{word}" is the code of "{choices[word]}" and the label of another '
            "choice; which one is meant?",
            file,
        )
        for word in dict.fromkeys(words)
        if word in choices and choices[word] != word and word in choices.values()
    ]
