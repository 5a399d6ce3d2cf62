"""Excel files into typed cells. A cell's place is its sheet and its address: ``C14``."""

from __future__ import annotations

import re
import warnings
import zipfile
from pathlib import Path
from typing import Any

import openpyxl
from openpyxl.utils import column_index_from_string, get_column_letter

from casewise.errors import Problem, RecordsError
from casewise.protocol.nearest import nearest
from casewise.protocol.site import Source
from casewise.records.table import Cell, CellError, Table, check_names, text_of

_PADDED = re.compile(r"0{2,}")
_SHOWN = 5


def read_excel(path: Path, source: Source) -> Table:
    """The one sheet, or the one the site names. Memory and time grow with the cells of the
    whole file: about 10 µs and 200 bytes each.

    Raises ``RecordsError`` for a damaged file, an unknown sheet, merged cells, formulas that
    were saved without their value, and columns without a name of their own.
    """
    file = path.name
    book = _load(path, file, data_only=True)
    sheet = _sheet(book, source.sheet, file)
    problems = _merged(sheet, source.header, file) + _uncomputed(path, sheet, file)
    if problems:
        raise RecordsError(problems)
    lines = list(sheet.iter_rows(min_row=source.header))
    if not any(cell.value is not None for line in lines for cell in line):
        raise RecordsError(Problem("the sheet is empty", file, cell=f"sheet {sheet.title}"))
    names = [" ".join(text_of(_cell(cell)).split()) for cell in lines[0]]
    if not any(names):
        where = f"sheet {sheet.title}, row {source.header}"
        raise RecordsError(Problem("no column names here", file, cell=where))
    filled = [
        (at, row)
        for at, row in enumerate(
            ([_cell(c) for c in line] for line in lines[1:]), source.header + 1
        )
        if any(text_of(cell) for cell in row)
    ]
    at = [at for at, _ in filled]
    rows = [row for _, row in filled]
    cells: list[list[Cell]] = [list(column) for column in zip(*rows, strict=True)]
    cells = cells or [[] for _ in names]
    kept, problems = check_names(
        file,
        names,
        lambda position: f"sheet {sheet.title}, {get_column_letter(position + 1)}{source.header}",
        lambda position: not any(text_of(cell) for cell in cells[position]),
    )
    if problems:
        raise RecordsError(problems)
    letters = {name: get_column_letter(position + 1) for position, name in kept.items()}
    columns = {name: cells[position] for position, name in kept.items()}
    return Table(
        file,
        columns,
        len(rows),
        lambda row, name: f"sheet {sheet.title}, {letters[name]}{at[row]}",
        _hidden(sheet, letters, at, file) + _percentages(sheet, letters, at, file),
    )


def _load(path: Path, file: str, data_only: bool) -> Any:
    try:
        with warnings.catch_warnings():
            # It warns of what it does not keep (validation lists, styles); only cells matter here.
            warnings.simplefilter("ignore")
            return openpyxl.load_workbook(path, data_only=data_only)
    except PermissionError:
        raise
    except Exception as error:
        # openpyxl lets through whatever a damaged part makes its parsers raise.
        hint = "save it again as .xlsx"
        if path.read_bytes()[:8] == b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1":
            hint = "it is an older .xls file or has a password: save it as .xlsx without one"
        message = "the file is not an Excel workbook that can be read"
        raise RecordsError(Problem(message, file, hint=hint)) from error


def _sheet(book: Any, name: str | None, file: str) -> Any:
    titles = [sheet.title for sheet in book.worksheets]
    if name is not None:
        if name in titles:
            return book[name]
        hint = nearest(name, titles) or f"its sheets: {', '.join(titles)}"
        raise RecordsError(Problem(f'no sheet "{name}"', file, hint=hint))
    if len(titles) != 1:
        message = f"{len(titles)} sheets: {', '.join(titles)}; which one has the records?"
        raise RecordsError(Problem(message, file, hint=f"say sheet: {titles[0]}" if titles else ""))
    return book.worksheets[0]


def _cell(cell: Any) -> Cell:
    value = cell.value
    if cell.data_type == "e":
        return CellError(str(value))
    if isinstance(value, int) and not isinstance(value, bool):
        # A patient shown as 00007 is 00007: the number format holds the leading zeros.
        if _PADDED.fullmatch(cell.number_format or ""):
            return str(value).zfill(len(cell.number_format))
        return value
    if value is None or isinstance(value, str | float | bool):
        return value
    return value if hasattr(value, "isoformat") else str(value)


def _merged(sheet: Any, header: int, file: str) -> list[Problem]:
    """Of a merged range only the first cell has a value: the others would look blank."""
    return [
        Problem(
            "merged cells: which of them does the value belong to?",
            file,
            cell=f"sheet {sheet.title}, {area.coord}",
            hint="unmerge them and fill each one",
        )
        for area in sorted(sheet.merged_cells.ranges, key=lambda area: (area.min_row, area.min_col))
        if area.max_row >= header
    ]


def _uncomputed(path: Path, sheet: Any, file: str) -> list[Problem]:
    """Formulas that were saved without their value look blank; a second reading finds them."""
    with zipfile.ZipFile(path) as parts:
        sheets = [name for name in parts.namelist() if name.startswith("xl/worksheets/")]
        if not any(b"<f" in parts.read(name) for name in sheets if name.endswith(".xml")):
            return []
    formulas = _load(path, file, data_only=False)[sheet.title]
    return [
        Problem(
            "a formula that was saved without its value",
            file,
            cell=f"sheet {sheet.title}, {cell.coordinate}",
            hint="open the file in Excel or LibreOffice, let it compute, and save it",
        )
        for line in formulas.iter_rows()
        for cell in line
        if cell.data_type == "f" and sheet[cell.coordinate].value is None
    ]


def _hidden(sheet: Any, letters: dict[str, str], at: list[int], file: str) -> tuple[str, ...]:
    rows = [str(row) for row in at if sheet.row_dimensions[row].hidden]
    hidden = [d for d in sheet.column_dimensions.values() if d.hidden]
    columns = [
        letter
        for letter in letters.values()
        if any(d.min <= column_index_from_string(letter) <= d.max for d in hidden)
    ]
    notes = []
    for what, names in (("row", rows), ("column", columns)):
        if names:
            were = f"{what} was" if len(names) == 1 else f"{what}s were"
            shown = ", ".join(names[:_SHOWN]) + (" and more" if len(names) > _SHOWN else "")
            notes.append(
                f"{len(names)} hidden {were} read like the others: {shown} "
                f"of {file}, sheet {sheet.title}."
            )
    return tuple(notes)


def _percentages(sheet: Any, letters: dict[str, str], at: list[int], file: str) -> tuple[str, ...]:
    """What is shown as 45% is stored as 0.45, and which of them is meant nobody can see."""
    notes = []
    for name, letter in letters.items():
        shown = [sheet[f"{letter}{row}"] for row in at]
        percent = [
            cell
            for cell in shown
            if isinstance(cell.value, int | float) and "%" in (cell.number_format or "")
        ]
        if percent:
            are = "1 cell is" if len(percent) == 1 else f"{len(percent)} cells are"
            notes.append(
                f"{are} shown in percent in column {name} and read as stored, 45% as 0.45: "
                f"{', '.join(cell.coordinate for cell in percent[:_SHOWN])}"
                f"{' and more' if len(percent) > _SHOWN else ''} of {file}, sheet {sheet.title}."
            )
    return tuple(notes)
