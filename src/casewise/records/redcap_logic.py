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
class Project:
    """An export's cells as its branching logic sees them: those of the row, else those of the
    patient's row without a repeating instrument in the same event.

    ``missing`` are codes that stand for an answer that is not documented.
    """

    dictionary: Dictionary
    columns: dict[str, list[Cell]]
    patients: list[str]
    events: list[str]
    forms: list[str]
    missing: frozenset[str] = frozenset()
    several_rows: bool = False
    _base: dict[tuple[str, str], list[int]] = field(default_factory=dict)
    _logic: dict[str, Logic | None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for row, (patient, event, form) in enumerate(
            zip(self.patients, self.events, self.forms, strict=True)
        ):
            if not form:
                self._base.setdefault((patient, event), []).append(row)

    def value(self, row: int, ref: Ref, asking: frozenset[str] = frozenset()) -> str | None:
        """The code that the referred field holds; "" where its own logic hides it, ``None``
        where nobody answered it. ``asking`` are the fields whose logic led here."""
        column = column_of(ref)
        cells = self.columns[column]
        rows = [row] if ref.event is None else []
        for event in [self.events[row]] if ref.event is None else self.named(ref.event):
            rows += self._base.get((self.patients[row], event), [])
        for other in rows:
            if value := _code(cells[other]):
                return None if value in self.missing else value
        hidden = ref.event is None and self.shown(row, column, asking) is False
        return "" if hidden else None

    def shown(self, row: int, column: str, asking: frozenset[str]) -> bool | None:
        """Whether the logic of the column's field shows it; unknown where it goes in a circle
        or cannot be followed."""
        item = self.dictionary.columns.get(column)
        if item is None or not item.logic:
            return True
        if item.name not in self._logic:
            try:
                self._logic[item.name] = self.logic_of(item)
            except LogicError:
                self._logic[item.name] = None
        logic = self._logic[item.name]
        if logic is None or item.name in asking:
            return None
        asking = asking | {item.name}
        return logic(lambda ref: self.value(row, ref, asking))

    def logic_of(self, item: Field) -> Logic:
        """Raises ``LogicError`` where it is not understood or asks for what is not there."""
        logic, refs = parse_logic(item.logic)
        for ref in sorted(refs, key=lambda ref: (ref.field, ref.code or "")):
            name = column_of(ref)
            if name not in self.columns:
                lacking = "export" if name in self.dictionary.columns else "dictionary"
                raise LogicError(f"it asks for {name}, which the {lacking} lacks")
            if ref.event is not None and not self.named(ref.event):
                raise LogicError(f"it asks for the event {ref.event}, of which there is no row")
        return logic

    def named(self, event: str) -> list[str]:
        """The events of the export that a logic means: by unique name, else by label."""
        known = list(dict.fromkeys(self.events))
        exact = [name for name in known if name == event]
        return exact or [name for name in known if name and event_key(name) == event_key(event)]

    def present(self, form: str) -> list[bool]:
        """In which rows anything of ``form`` was answered; boxes not ticked are no answer.

        Where a patient has one row, every form is in it.
        """
        if not self.several_rows:
            return [True] * len(self.patients)
        record_id = next(iter(self.dictionary.fields))
        columns = [
            (self.columns[name], ("", "0") if item.type == "checkbox" else ("",))
            for name, item in self.dictionary.columns.items()
            if item.form == form and name in self.columns and item.name != record_id
        ]
        return [
            any(_code(cells[row]) not in silent for cells, silent in columns)
            for row in range(len(self.patients))
        ]


def column_of(ref: Ref) -> str:
    return ref.field if ref.code is None else checkbox_column(ref.field, ref.code)


def _code(cell: Cell) -> str:
    return cell.code if isinstance(cell, Choice) else text_of(cell)


def settle_blanks(project: Project, needed: Sequence[str]) -> list[str]:
    """Write into the blank cells of the needed columns what their branching logic says of them.

    Where a patient has several rows, a row in which a form is wholly blank is not one of that
    form's, and its cells stay blank. Answers with notes of what was settled.
    """
    problems: list[Problem] = []
    settled: dict[str, list[Cell]] = {}
    notes = []
    for name in dict.fromkeys(needed):
        item = project.dictionary.columns.get(name)
        if item is None or not item.logic:
            continue
        try:
            project.logic_of(item)
        except LogicError as error:
            message = f"the branching logic of {item.name} cannot be followed: {error}"
            problems.append(Problem(message, project.dictionary.file, cell=item.place))
            continue
        settled[name], hidden, odd = _settle(project, name, item)
        if hidden:
            notes.append(f"{name} does not apply in {_rows(hidden)}: its branching logic hides it.")
        if odd:
            notes.append(
                f"{name} has a value in {_rows(odd)} though its branching logic hides it; "
                "it was read as it stands."
            )
    if problems:
        raise RecordsError(problems)
    project.columns |= settled
    return notes


def _rows(number: int) -> str:
    return f"{number} row{'' if number == 1 else 's'}"


def _settle(project: Project, name: str, item: Field) -> tuple[list[Cell], int, int]:
    settled = list(project.columns[name])
    hidden = odd = 0
    for row, present in enumerate(project.present(item.form)):
        if not present:
            continue
        cell = settled[row]
        # An export writes 0 for the boxes of a field that was never shown.
        unticked = isinstance(cell, Choice) and cell.label == CHECKBOX["0"]
        shown = project.shown(row, name, frozenset())
        if shown is True:
            continue
        if text_of(cell) and not unticked:
            odd += shown is False
        elif shown is False:
            settled[row] = Silent.NOT_APPLICABLE
            hidden += 1
        else:
            settled[row] = Silent.NOT_DOCUMENTED
    return settled, hidden, odd
