"""One ``Table`` as a real Word table: three rules, repeated header, widths that fit the text."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

from docx.document import Document
from docx.enum.style import WD_STYLE_TYPE
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Cm, Emu, Pt
from docx.table import Table as WordTable
from docx.table import _Cell, _Row
from docx.text.paragraph import Paragraph

from casewise.report.table import Cell, Column, Row, Table

SIZE = 8.5
# A twentieth of a point, in which Word keeps widths: rounded down, no table overhangs.
TWIP = 635
# An Arial letter is on average a little over half its size wide; figures are 0.556 of it.
LETTER = 0.56
PADDING = 7.0
INDENT = 9.0
# How far the texts' full widths may exceed the page before it is turned.
SQUEEZE = 1.2
# A number with its interval stays on one line up to this length.
UNBROKEN = 24
LABEL = 40
# A longer column title takes two lines; a shorter one, which is bold, stays on one.
SHORT = 10
TOGETHER = 22
LANDSCAPE_FROM = 7
STYLE = "Table Text"
STYLE_ID = "TableText"
ALIGN = {
    "left": WD_ALIGN_PARAGRAPH.LEFT,
    "center": WD_ALIGN_PARAGRAPH.CENTER,
    "right": WD_ALIGN_PARAGRAPH.RIGHT,
}
# What XML 1.0 cannot hold.
_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


def clean(text: str) -> str:
    """``text`` without the characters that no Word file can hold."""
    return _ILLEGAL.sub("\ufffd", text)


def add_style(document: Document) -> None:
    """The paragraph style of every cell and footnote, so that empty cells are no taller."""
    style = document.styles.add_style(STYLE, WD_STYLE_TYPE.PARAGRAPH)
    style.base_style = document.styles["Normal"]
    style.font.size = Pt(SIZE)
    style.paragraph_format.space_before = style.paragraph_format.space_after = Pt(1.5)
    style.paragraph_format.line_spacing = 1.0


def add(document: Document, table: Table, number: str, width: Emu, after: bool = False) -> None:
    """The table at the document's end: number and title above, footnotes and notice below.

    ``after`` says that another table is above it: a long one then begins a page.
    """
    title = document.add_paragraph()
    title.paragraph_format.keep_with_next = True
    title.paragraph_format.space_before = Pt(18 if after else 0)
    title.paragraph_format.space_after = Pt(3)
    title.paragraph_format.page_break_before = after and len(table.rows) > TOGETHER
    title.add_run(clean(f"{number}{table.title}")).bold = True
    word = document.add_table(rows=1 + len(table.rows), cols=len(table.columns))
    word.alignment = WD_TABLE_ALIGNMENT.LEFT
    word.autofit = False
    _rules(word)
    widths = column_widths(table, width)
    header, *body = word.rows
    _mark_row(header, "w:tblHeader")
    for cell, column, space in zip(header.cells, table.columns, widths, strict=True):
        cell.width = space
        paragraph = _fill(cell, Cell(column.title), column, bold=True)
        paragraph.paragraph_format.keep_with_next = True
        _edge(cell, "bottom")
    nears = _near(table.rows)
    for made, row, near in zip(body, table.rows, nears, strict=True):
        _body_row(made, row, table.columns, widths, near)
    for grid, space in zip(word._tbl.tblGrid.gridCol_lst, widths, strict=True):
        grid.w = space
    _below(document, table)


def _near(rows: Sequence[Row]) -> list[bool]:
    """Whether each row stays on a page with the next.

    A short table stays whole, footnotes and all; in a long one each block stays whole (a row and
    the indented rows under it), and the last three blocks with the footnotes.
    """
    if len(rows) <= TOGETHER:
        return [True] * len(rows)
    blocks = [i for i, row in enumerate(rows) if not row.indent]
    last = blocks[-3:][0] if blocks else 0
    followed = [rows[i + 1].indent > 0 for i in range(len(rows) - 1)]
    return [near or i >= last for i, near in enumerate([*followed, True])]


def _body_row(
    made: _Row, row: Row, columns: Sequence[Column], widths: Sequence[Emu], near: bool
) -> None:
    """One row, never split over two pages; ``near`` keeps it with the next."""
    _mark_row(made, "w:cantSplit")
    for cell, space in zip(made.cells, widths, strict=True):
        cell.width = space
    if row.role == "note":
        whole = made.cells[0].merge(made.cells[-1])
        _fill(whole, row.cells[0], columns[0]).paragraph_format.keep_with_next = near
        return
    bold = row.role in ("heading", "strong")
    for i, (cell, content, column) in enumerate(zip(made.cells, row.cells, columns, strict=True)):
        paragraph = _fill(cell, content, column, bold=bold and i == 0)
        paragraph.paragraph_format.keep_with_next = near
        if i == 0 and row.indent:
            paragraph.paragraph_format.left_indent = Pt(INDENT * row.indent)


def _fill(cell: _Cell, content: Cell, column: Column, bold: bool = False) -> Paragraph:
    paragraph: Paragraph = cell.paragraphs[0]
    # By id: python-docx would look through every style of the document for each cell.
    paragraph._p.style = STYLE_ID
    paragraph.alignment = ALIGN[column.align]
    if content.text:
        paragraph.add_run(clean(content.text)).bold = bold or None
    if content.mark:
        _raised(paragraph, content.mark)
    return paragraph


def _raised(paragraph: Paragraph, mark: str) -> None:
    """A footnote's mark; the asterisk is drawn high already and would shrink to a dot."""
    paragraph.add_run(mark).font.superscript = not mark.startswith("*") or None


def _below(document: Document, table: Table) -> None:
    """The notice and the footnotes, right under the table."""
    lines = [(note.mark, note.text) for note in table.footnotes]
    if table.notice:
        lines.insert(0, ("", table.notice))
    for i, (mark, text) in enumerate(lines):
        paragraph = document.add_paragraph(style=STYLE)
        paragraph.paragraph_format.space_before = Pt(3 if i == 0 else 0)
        paragraph.paragraph_format.space_after = Pt(0)
        paragraph.paragraph_format.keep_with_next = i < len(lines) - 1
        if mark:
            _raised(paragraph, mark)
        paragraph.add_run(clean(f"{' ' if mark else ''}{text}"))


def is_wide(table: Table, width: int) -> bool:
    """Whether a table needs more than ``width``: many columns, or texts that would be squeezed.

    Words at the left may take two lines, so they count for no more than ``LABEL`` letters.
    """
    _, liked = _wishes(table)
    most = [_points("x" * LABEL) if c.align == "left" else math.inf for c in table.columns]
    wished = sum(min(wish, limit) for wish, limit in zip(liked, most, strict=True))
    return len(table.columns) >= LANDSCAPE_FROM or wished > SQUEEZE * width / Pt(1)


def column_widths(table: Table, width: int) -> list[Emu]:
    """Widths that sum to ``width``: first what must not be broken, then what would like room."""
    least, liked = _wishes(table)
    room = width / Pt(1)
    wish = sum(liked) - sum(least)
    if sum(liked) <= room:
        points = [like + (room - sum(liked)) / len(liked) for like in liked]
    else:
        spare = max(room - sum(least), 0.0) / wish if wish else 0.0
        points = [low + spare * (like - low) for low, like in zip(least, liked, strict=True)]
    scale = room / sum(points)
    return [Emu(TWIP * int(20 * point * scale)) for point in points]


def _wishes(table: Table) -> tuple[list[float], list[float]]:
    """In points, the least width of each column and the one it would like."""
    least, liked = [], []
    for i, column in enumerate(table.columns):
        rows = [row for row in table.rows if row.role != "note"]
        texts = [(r.cells[i].text + r.cells[i].mark, 0 if i else r.indent) for r in rows]
        heads = [_points(word) for word in column.title.split(" ")]
        needs = [_points(_whole(text, i)) + INDENT * indent for text, indent in texts]
        likes = [_points(text) + INDENT * indent for text, indent in texts]
        least.append(max([*heads, *needs, 20.0]))
        head = _points(column.title) * (1.1 if len(column.title) <= SHORT else 0.55)
        liked.append(max([*likes, head, least[-1]]))
    return least, liked


def _whole(text: str, column: int) -> str:
    """The part of a cell that must stay on one line."""
    if column and len(text) <= UNBROKEN:
        return text
    return max(text.split(), key=len, default="")


def _points(text: str) -> float:
    return len(text) * SIZE * LETTER + PADDING


def _rules(word: WordTable) -> None:
    """Rules above and below, none inside, and little space in the cells."""
    properties = word._tbl.tblPr
    borders = OxmlElement("w:tblBorders")
    for side in ("top", "bottom"):
        borders.append(_line(side))
    properties.insert_element_before(borders, "w:shd", "w:tblLayout", "w:tblCellMar", "w:tblLook")
    margins = OxmlElement("w:tblCellMar")
    for side in ("left", "right"):
        space = OxmlElement(f"w:{side}")
        space.set(qn("w:w"), "60")
        space.set(qn("w:type"), "dxa")
        margins.append(space)
    properties.insert_element_before(margins, "w:tblLook")


def _line(side: str) -> object:
    line = OxmlElement(f"w:{side}")
    for name, value in (("val", "single"), ("sz", "8"), ("space", "0"), ("color", "000000")):
        line.set(qn(f"w:{name}"), value)
    return line


def _edge(cell: _Cell, side: str) -> None:
    borders = OxmlElement("w:tcBorders")
    borders.append(_line(side))
    cell._tc.get_or_add_tcPr().append(borders)


def _mark_row(row: _Row, name: str) -> None:
    """Header rows repeat on each page; no row is cut by a page's end."""
    properties = row._tr.get_or_add_trPr()
    if name != "w:cantSplit":
        properties.append(OxmlElement("w:cantSplit"))
    properties.append(OxmlElement(name))


def box(paragraph: Paragraph) -> None:
    """A frame around a paragraph."""
    borders = OxmlElement("w:pBdr")
    for side in ("top", "left", "bottom", "right"):
        line = OxmlElement(f"w:{side}")
        for name, value in (("val", "single"), ("sz", "8"), ("space", "4"), ("color", "000000")):
            line.set(qn(f"w:{name}"), value)
        borders.append(line)
    later = ("w:shd", "w:tabs", "w:spacing", "w:ind", "w:jc", "w:rPr")
    paragraph._p.get_or_add_pPr().insert_element_before(borders, *later)
    paragraph.paragraph_format.left_indent = Cm(0.2)
    paragraph.paragraph_format.right_indent = Cm(0.2)
