"""What a printed table is, before it is HTML or Word: cells are text, numbers already formatted."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from casewise.report.style import Style, mark

Align = Literal["left", "right", "center"]
Role = Literal["row", "heading", "strong", "note"]


@dataclass(frozen=True, slots=True)
class Column:
    title: str
    align: Align = "center"


@dataclass(frozen=True, slots=True)
class Cell:
    """``mark`` is the sign of a footnote, printed raised after the text."""

    text: str = ""
    mark: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a table.

    A ``heading`` has a bold label and names the rows under it (its other cells may be filled);
    ``strong`` is an ordinary row with a bold label (the primary outcome); a ``note`` has one cell
    that spans every column. The first cell is the row's label, moved right by ``indent`` steps.
    """

    cells: tuple[Cell, ...]
    role: Role = "row"
    indent: int = 0


@dataclass(frozen=True, slots=True)
class Footnote:
    mark: str
    text: str


@dataclass(frozen=True, slots=True)
class Table:
    """``name`` is a slug, also the CSV file's name. ``notice`` is printed with the table wherever
    it goes: that the patients are made up. A footnote without a mark belongs to the whole table.
    """

    name: str
    title: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    footnotes: tuple[Footnote, ...] = ()
    notice: str = ""


def row(label: str | Cell, *cells: str | Cell, role: Role = "row", indent: int = 0) -> Row:
    """A row from texts and cells."""
    return Row(tuple(_cell(cell) for cell in (label, *cells)), role, indent)


def note_row(text: str) -> Row:
    """A row whose one cell spans the table."""
    return Row((Cell(text),), "note")


def _cell(value: str | Cell) -> Cell:
    return value if isinstance(value, Cell) else Cell(value)


class Footnotes:
    """Gives each different remark a mark, in order of first use."""

    def __init__(self, style: Style) -> None:
        self._style = style
        self._marks: dict[str, str] = {}

    def marked(self, text: str, *remarks: str) -> Cell:
        """``text`` with the marks of ``remarks``; empty remarks are none."""
        marks = [self._mark(remark) for remark in dict.fromkeys(remarks) if remark]
        return Cell(text, "\u200a".join(marks) if self._style.name != "jama" else ",".join(marks))

    def all(self, general: Iterable[str] = ()) -> tuple[Footnote, ...]:
        """The unmarked remarks on the whole table first, then the marked ones."""
        marked = (Footnote(sign, sentence(text)) for text, sign in self._marks.items())
        return (*(Footnote("", text) for text in general if text), *marked)

    def _mark(self, remark: str) -> str:
        if remark not in self._marks:
            self._marks[remark] = mark(self._style, len(self._marks))
        return self._marks[remark]


def capital(text: str) -> str:
    """With a capital at the front, unless the first word has capitals of its own (mTOR)."""
    return text[:1].upper() + text[1:] if text.partition(" ")[0].islower() else text


def sentence(text: str) -> str:
    """With a capital at the front and a full stop at the end."""
    if not text:
        return text
    whole = capital(text)
    return whole if whole.endswith((".", "?", "!")) else whole + "."
