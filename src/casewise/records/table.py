"""A table as read from a file: cells with their place, before anything is made of them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import TypeAlias

from casewise.errors import Problem


@dataclass(frozen=True, slots=True)
class CellError:
    """A cell of a spreadsheet that holds an error instead of a value: ``#N/A``."""

    text: str


@dataclass(frozen=True, slots=True)
class Choice:
    """A cell of a coded field: what the export calls it and what the dictionary calls it."""

    code: str
    label: str


class Silent(Enum):
    """A cell whose meaning the data dictionary settles, whatever the site says of codes."""

    NOT_APPLICABLE = "not applicable"
    NOT_DOCUMENTED = "not documented"


Cell: TypeAlias = (
    str | int | float | bool | dt.datetime | dt.date | dt.time | CellError | Choice | Silent | None
)


@dataclass(frozen=True)
class Table:
    """``columns`` are equally long; ``place`` says where a cell is, as a person finds it.

    ``identifiers`` are columns whose cells may not be shown in any message. ``several_rows``
    says that a patient may have more than one row.
    """

    file: str
    columns: Mapping[str, list[Cell]]
    rows: int
    place: Callable[[int, str], str]
    notes: tuple[str, ...] = ()
    identifiers: frozenset[str] = frozenset()
    several_rows: bool = False


def text_of(cell: Cell) -> str:
    """A cell as a person would type it, without spaces around: 7.0 is ``7``."""
    match cell:
        case str():
            return cell.strip()
        case None | Silent():
            return ""
        case bool():
            return "TRUE" if cell else "FALSE"
        case float() if cell.is_integer() and abs(cell) < 1e15:
            return str(int(cell))
        case dt.datetime() if cell.time() == dt.time():
            return cell.date().isoformat()
        case dt.datetime():
            return cell.isoformat(" ")
        case CellError():
            return cell.text
        case Choice():
            return cell.label
    return str(cell)


def check_names(
    file: str, names: list[str], where: Callable[[int], str], blank: Callable[[int], bool]
) -> tuple[dict[int, str], list[Problem]]:
    """Column names by position, and what is wrong with them. A column with neither a name nor
    a cell in it (spreadsheets export those) is left out."""
    kept: dict[int, str] = {}
    first: dict[str, int] = {}
    problems: list[Problem] = []
    for position, name in enumerate(names):
        if not name:
            if not blank(position):
                problems.append(
                    Problem("this column has cells but no name", file, cell=where(position))
                )
        elif name in first:
            problems.append(
                Problem(
                    f'the name "{name}" stands here and in {where(first[name])}; '
                    "each column needs its own",
                    file,
                    cell=where(position),
                )
            )
        else:
            first[name] = position
            kept[position] = name
    return kept, problems
