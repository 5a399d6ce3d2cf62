"""Rows of the canonical event table, gathered in blocks and loaded at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from casewise.engine import Engine
from casewise.records.canonical import EVENT, OBSERVATION, PERSON
from casewise.records.columns import NO_DATE
from casewise.records.table import Table

OCCURRED, NOT_DOCUMENTED, NOT_APPLICABLE = range(3)
STATUS = np.array(["occurred", "not documented", "not applicable"], dtype=object)


@dataclass(frozen=True)
class Patients:
    """Who is in the table: ``ids`` in the order they first stand there; ``of_row`` says to
    which of them each row belongs, ``first_row`` where each one starts."""

    ids: list[str]
    of_row: NDArray[np.intp]
    first_row: NDArray[np.intp]

    @classmethod
    def of(cls, ids: Sequence[str]) -> Patients:
        number: dict[str, int] = {}
        first: list[int] = []
        for row, name in enumerate(ids):
            if name not in number:
                number[name] = len(number)
                first.append(row)
        of_row = np.array([number[name] for name in ids], dtype=np.intp)
        return cls(list(number), of_row, np.array(first, dtype=np.intp))


@dataclass(frozen=True)
class Mark:
    """For each patient one date, and the place it stands in."""

    date: NDArray[np.datetime64]
    row: NDArray[np.intp]
    column: NDArray[np.object_]

    @classmethod
    def blank(cls, patients: int) -> Mark:
        return cls(
            np.full(patients, NO_DATE),
            np.zeros(patients, dtype=np.intp),
            np.full(patients, "", dtype=object),
        )

    def keep(
        self, person: int, date: np.datetime64, row: int, column: str, last: bool = False
    ) -> None:
        """Keep the first, or the last, of the dates offered."""
        known = self.date[person]
        if np.isnat(known) or (date > known if last else date < known):
            self.date[person], self.row[person], self.column[person] = date, row, column


@dataclass(frozen=True)
class Block:
    """Rows of one event or covariate out of one column; arrays are equally long.

    ``row`` is the table's row that each came from.
    """

    domain: str
    code: str
    column: str
    row: NDArray[np.intp]
    status: NDArray[np.int8]
    start: NDArray[np.datetime64]
    end: NDArray[np.datetime64]
    value: NDArray[np.float64]
    text: NDArray[Any]
    unit: str | None = None
    end_column: str | None = None


@dataclass
class Gathered:
    """Rows of one event, added one at a time."""

    code: str
    domain: str = "event"
    unit: str | None = None
    items: dict[tuple[str, str | None], list[tuple[Any, ...]]] = field(default_factory=dict)

    def add(
        self,
        row: int,
        column: str,
        status: int = OCCURRED,
        start: Any = NO_DATE,
        end: Any = NO_DATE,
        value: float = np.nan,
        end_column: str | None = None,
    ) -> None:
        key = (column, end_column)
        self.items.setdefault(key, []).append((row, status, start, end, value))

    def blocks(self) -> list[Block]:
        made = []
        for (column, end_column), items in self.items.items():
            row, status, start, end, value = zip(*items, strict=True)
            made.append(
                Block(
                    self.domain,
                    self.code,
                    column,
                    np.array(row, dtype=np.intp),
                    np.array(status, dtype=np.int8),
                    np.array(start, dtype="datetime64[D]"),
                    np.array(end, dtype="datetime64[D]"),
                    np.array(value, dtype=np.float64),
                    np.full(len(row), None, dtype=object),
                    self.unit,
                    end_column,
                )
            )
        return made


def load_events(engine: Engine, table: Table, patients: Patients, blocks: Sequence[Block]) -> None:
    ids = np.array(patients.ids, dtype=object)

    def each(values: Sequence[Any], dtype: Any) -> NDArray[Any]:
        return np.concatenate(values) if values else np.empty(0, dtype=dtype)

    def named(pick: str) -> NDArray[Any]:
        parts = [np.full(len(b.row), getattr(b, pick), dtype=object) for b in blocks]
        return each(parts, object)

    rows = each([block.row for block in blocks], np.intp)
    source = [table.place(row, block.column) for block in blocks for row in block.row.tolist()]
    columns = {
        "person": ids[patients.of_row[rows]],
        "domain": named("domain"),
        "code": named("code"),
        "vocabulary": np.full(len(rows), "protocol", dtype=object),
        "start": each([block.start for block in blocks], "datetime64[D]"),
        "end": each([block.end for block in blocks], "datetime64[D]"),
        "value": each([block.value for block in blocks], np.float64),
        "unit": named("unit"),
        "text": each([block.text for block in blocks], object),
        "visit": np.full(len(rows), None, dtype=object),
        "status": STATUS[each([block.status for block in blocks], np.int8)],
        "source": np.array(source, dtype=object),
    }
    engine.load("event", columns, EVENT)


def load_people(
    engine: Engine,
    patients: Patients,
    birth: NDArray[np.datetime64],
    age: NDArray[np.float64],
    sex: NDArray[Any],
) -> None:
    """The person table, and an observation table that says nothing of anyone yet."""
    ids = np.array(patients.ids, dtype=object)
    engine.load("person", {"person": ids, "birth": birth, "age": age, "sex": sex}, PERSON)
    nobody = np.empty(0, dtype=object)
    engine.load("observation", dict.fromkeys(OBSERVATION, nobody), OBSERVATION)


def load_follow_up(engine: Engine, patients: Patients, end: NDArray[np.datetime64]) -> None:
    ids = np.array(patients.ids, dtype=object)
    columns = {"person": ids, "start": np.full(len(ids), NO_DATE), "end": end}
    engine.load("observation", columns, OBSERVATION)
