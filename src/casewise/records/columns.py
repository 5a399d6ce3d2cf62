"""A column of cells into values and what each cell says: known, blank, missing, not applicable."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from casewise.errors import Problem
from casewise.protocol.site import Binding, DateReading, Site
from casewise.records.cells import Reader, UnreadableError, date_reader, forms
from casewise.records.table import Cell, CellError, Silent, Table, text_of

BLANK, KNOWN, MISSING, NOT_APPLICABLE, UNREADABLE = range(5)
NO_DATE = np.datetime64("NaT", "D")


@dataclass(frozen=True)
class Column:
    """``state`` says of each cell what it is; ``values`` hold where it is ``KNOWN``."""

    name: str
    state: NDArray[np.int8]
    values: NDArray[Any]


@dataclass(frozen=True)
class Codes:
    """What cells other than values mean. A binding's own words come before the site's."""

    values: frozenset[str] = frozenset()
    own: tuple[tuple[int, str], ...] = ()
    shared: tuple[tuple[int, str], ...] = ()
    numeric: bool = False

    def state(self, cell: Cell) -> int:
        """Numbers compare as numbers where the column holds numbers: 0.000 is the code 0."""
        if cell is Silent.NOT_APPLICABLE:
            return NOT_APPLICABLE
        if cell is Silent.NOT_DOCUMENTED:
            return MISSING
        texts = forms(cell)
        if any(text in self.values for text in texts):
            return KNOWN
        for state, code in (*self.own, *self.shared):
            if any(_same(text, code, self.numeric) for text in texts):
                return state
        return KNOWN if any(texts) else BLANK


def _same(text: str, code: str, numeric: bool) -> bool:
    if text == code or not numeric:
        return text == code
    try:
        return float(text.replace(",", ".")) == float(code)
    except ValueError:
        return False


def codes_of(
    site: Site, binding: Binding | None, values: Iterable[str] = (), numeric: bool = False
) -> Codes:
    def pairs(missing: Iterable[str], other: Iterable[str]) -> tuple[tuple[int, str], ...]:
        return (
            *((MISSING, code.strip()) for code in missing),
            *((NOT_APPLICABLE, code.strip()) for code in other),
        )

    own = pairs(binding.missing, binding.not_applicable) if binding else ()
    shared = pairs(site.missing, site.not_applicable)
    return Codes(frozenset(values), own, shared, numeric)


@dataclass
class Reading:
    """One table being read: every column once, and every problem met on the way."""

    table: Table
    site: Site
    problems: list[Problem] = field(default_factory=list)

    def place(self, row: int, column: str) -> str:
        return self.table.place(row, column)

    def problem(self, row: int, column: str, message: str, hint: str = "") -> Problem:
        return Problem(message, self.table.file, cell=self.place(row, column), hint=hint)

    def column(self, name: str, read: Reader, codes: Codes, empty: Any) -> Column:
        """Each distinct cell is read once; each unreadable one is reported where it stands.

        ``empty`` is the value of cells that hold none, and gives the values their type.
        """
        cells = self.table.columns[name]
        number: dict[Any, int] = {}
        # True == 1 == 1.0 in Python, but not in a table.
        keys = [cell if type(cell) is str else (type(cell), cell) for cell in cells]
        which = np.array([number.setdefault(key, len(number)) for key in keys], dtype=np.intp)
        distinct = [key if type(key) is str else key[1] for key in number]
        meanings = [_meaning(cell, read, codes) for cell in distinct]
        state = np.array([meaning[0] for meaning in meanings], dtype=np.int8)
        values = np.full(len(meanings), empty, dtype=_dtype(empty))
        for i, (_, value, _) in enumerate(meanings):
            if value is not None:
                values[i] = value
        hint = True
        for row in np.flatnonzero(np.isin(which, np.flatnonzero(state == UNREADABLE))).tolist():
            failure = meanings[which[row]][2]
            if failure is not None:
                self._report(row, name, cells[row], failure, failure.hint if hint else "")
                hint = False
        return Column(name, state[which], values[which])

    def dates(self, name: str, dates: DateReading | None, binding: Binding | None) -> Column:
        dates = dates or self.site.dates
        numeric = dates is not None and dates.days_since is not None
        codes = codes_of(self.site, binding, numeric=numeric)
        return self.column(name, date_reader(dates), codes, NO_DATE)

    def _report(self, row: int, name: str, cell: Cell, failure: UnreadableError, hint: str) -> None:
        message = str(failure)
        if name in self.table.identifiers:
            text = f'"{text_of(cell)}"'
            message = message.replace(text, "the cell (not shown: an identifier)")
            hint = ""
        self.problems.append(self.problem(row, name, message, hint))


def _dtype(empty: Any) -> Any:
    if isinstance(empty, np.datetime64):
        return "datetime64[D]"
    return np.float64 if isinstance(empty, float) else object


def _meaning(cell: Cell, read: Reader, codes: Codes) -> tuple[int, Any, UnreadableError | None]:
    state = codes.state(cell)
    if state != KNOWN:
        return state, None, None
    try:
        return KNOWN, read(cell), None
    except UnreadableError as failure:
        return UNREADABLE, None, failure


def read_ids(reading: Reading, name: str) -> list[str]:
    """Each row's patient as the source writes it, leading zeros and all; blank is a problem."""
    ids = [text_of(cell) for cell in reading.table.columns[name]]
    for row, (cell, text) in enumerate(zip(reading.table.columns[name], ids, strict=True)):
        if not text:
            reading.problems.append(
                reading.problem(row, name, "no patient identifier; whose is this row?")
            )
        elif isinstance(cell, CellError):
            reading.problems.append(
                reading.problem(row, name, f'"{text}" is an error of the spreadsheet')
            )
    return ids
