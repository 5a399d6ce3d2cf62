"""Blank cells of a REDCap export: not shown, so not applicable, or shown and not answered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from casewise.errors import Problem, RecordsError
from casewise.records.dictionary import (
    CHECKBOX,
    Dictionary,
    Field,
    checkbox_column,
    event_key,
)
from casewise.records.logic import Logic, LogicError, Ref, parse_logic
from casewise.records.table import Cell, Choice, Silent, text_of


@dataclass
class _Project:
    """The cells that branching logic asks for: of the row, else of the patient's event."""

    dictionary: Dictionary
    columns: dict[str, list[Cell]]
    patients: list[str]
    events: list[str]
    forms: list[str]
    base: dict[tuple[str, str], list[int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for row, (patient, event, form) in enumerate(
            zip(self.patients, self.events, self.forms, strict=True)
        ):
            if not form:
                self.base.setdefault((patient, event), []).append(row)

    def value(self, row: int, ref: Ref) -> str:
        """The code that the referred field holds; blank where it holds nothing."""
        column = self.columns[self.column(ref)]
        if ref.event is None and (value := _code(column[row])):
            return value
        events = [self.events[row]] if ref.event is None else self.named(ref.event)
        for event in events:
            for other in self.base.get((self.patients[row], event), ()):
                if value := _code(column[other]):
                    return value
        return ""

    def named(self, event: str) -> list[str]:
        """The events of the export that a logic means: by unique name, else by label."""
        known = list(dict.fromkeys(self.events))
        exact = [name for name in known if name == event]
        return exact or [name for name in known if name and event_key(name) == event_key(event)]

    def column(self, ref: Ref) -> str:
        return ref.field if ref.code is None else checkbox_column(ref.field, ref.code)


def _code(cell: Cell) -> str:
    return cell.code if isinstance(cell, Choice) else text_of(cell)


def settle_blanks(
    dictionary: Dictionary,
    columns: dict[str, list[Cell]],
    needed: Sequence[str],
    patients: list[str],
    events: list[str],
    forms: list[str],
    several: bool,
) -> list[str]:
    """Write into the blank cells of the needed columns what their branching logic says of them.

    Where a patient has several rows, a row in which a form is wholly blank is not one of that
    form's, and its cells stay blank. Answers with notes of what was settled.
    """
    project = _Project(dictionary, columns, patients, events, forms)
    fields = dictionary.columns
    problems: list[Problem] = []
    settled: dict[str, list[Cell]] = {}
    notes = []
    for name in dict.fromkeys(needed):
        item = fields.get(name)
        if item is None or not item.logic:
            continue
        try:
            logic, refs = parse_logic(item.logic)
            _check_refs(project, item, refs)
        except LogicError as error:
            message = f"the branching logic of {item.name} cannot be followed: {error}"
            problems.append(Problem(message, dictionary.file, cell=item.place))
            continue
        present = _present(project, item.form) if several else [True] * len(patients)
        settled[name], hidden, odd = _settle(project, columns[name], logic, present)
        if hidden:
            rows = f"{hidden} row{'' if hidden == 1 else 's'}"
            notes.append(f"{name} does not apply in {rows}: its branching logic hides it.")
        if odd:
            rows = f"{odd} row{'' if odd == 1 else 's'}"
            notes.append(
                f"{name} has a value in {rows} though its branching logic hides it; "
                "it was read as it stands."
            )
    if problems:
        raise RecordsError(problems)
    columns |= settled
    return notes


def _check_refs(project: _Project, item: Field, refs: frozenset[Ref]) -> None:
    for ref in sorted(refs, key=lambda ref: (ref.field, ref.code or "")):
        name = project.column(ref)
        if name not in project.columns:
            known = name in project.dictionary.columns
            raise LogicError(
                f"it asks for {name}, which the {'export lacks' if known else 'dictionary lacks'}"
            )
        if ref.event is not None and not project.named(ref.event):
            raise LogicError(f"it asks for the event {ref.event}, of which there is no row")


def _settle(
    project: _Project, cells: list[Cell], logic: Logic, present: list[bool]
) -> tuple[list[Cell], int, int]:
    settled = list(cells)
    hidden = odd = 0
    for row, cell in enumerate(cells):
        blank = cell == "" or cell is None
        unticked = isinstance(cell, Choice) and cell.label == CHECKBOX["0"]
        if not present[row]:
            continue
        shown = logic(lambda ref, row=row: project.value(row, ref))  # type: ignore[misc]
        if shown is False and (blank or unticked):
            # An export writes 0 for the boxes of a field that was never shown.
            settled[row] = Silent.NOT_APPLICABLE
            hidden += 1
        elif shown is None and (blank or unticked):
            settled[row] = Silent.NOT_DOCUMENTED
        elif shown is False:
            odd += 1
    return settled, hidden, odd


def _present(project: _Project, form: str) -> list[bool]:
    """In which rows anything of ``form`` was answered. Boxes that are not ticked are no answer."""
    record_id = next(iter(project.dictionary.fields))
    columns = [
        (project.columns[name], ("", "0") if item.type == "checkbox" else ("",))
        for name, item in project.dictionary.columns.items()
        if item.form == form and name in project.columns and item.name != record_id
    ]
    return [
        any(_code(cells[row]) not in silent for cells, silent in columns)
        for row in range(len(project.patients))
    ]
