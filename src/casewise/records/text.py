"""CSV and TSV files into cells. Every cell is text; its place is the line it starts in."""

from __future__ import annotations

import codecs
import csv
import io
from dataclasses import dataclass
from pathlib import Path

from casewise.errors import Problem, RecordsError
from casewise.protocol.site import Source
from casewise.records.table import Cell, Table, check_names

_BOMS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
# No cell of a chart is longer; a quote that is never closed swallows the rest of the file.
LONGEST_CELL = 10_000_000
QUOTES = "a cell that contains the delimiter needs quotes"


@dataclass(frozen=True)
class Lines:
    """A text file split into cells: the header's names, each row and the line it starts in."""

    names: list[str]
    at: list[int]
    rows: list[list[str]]


def split_text(path: Path, source: Source) -> Lines:
    """Raises ``RecordsError`` for a file that is not a table of equally long lines."""
    file = path.name
    text = _decode(file, path.read_bytes(), source.encoding)
    delimiter = source.delimiter or ("\t" if path.suffix.lower() in (".tsv", ".tab") else ",")
    names, at, rows = _split(file, text, delimiter, source.header)
    if len(names) == 1 and source.delimiter is None:
        _check_delimiter(file, names[0], delimiter, source.header)
    width = len(names)
    ragged = [(line, len(row)) for line, row in zip(at, rows, strict=True) if len(row) != width]
    if ragged:
        hints = [QUOTES, *[""] * len(ragged)]
        raise RecordsError(
            [
                ragged_line(file, line, cells, width, hint)
                for (line, cells), hint in zip(ragged, hints, strict=False)
            ]
        )
    return Lines(names, at, rows)


def read_text(path: Path, source: Source) -> Table:
    """A plain table. Raises ``RecordsError`` for one whose columns have no names of their own."""
    file, lines = path.name, split_text(path, source)
    cells = columns_of(lines)
    kept, problems = check_names(
        file,
        lines.names,
        lambda position: f"line {source.header}, column {position + 1}",
        lambda position: not any(cell.strip() for cell in cells[position]),
    )
    if problems:
        raise RecordsError(problems)
    columns: dict[str, list[Cell]] = {name: [*cells[position]] for position, name in kept.items()}
    at = lines.at
    return Table(file, columns, len(at), lambda row, name: f"line {at[row]}, column {name}")


def columns_of(lines: Lines) -> list[list[str]]:
    if not lines.rows:
        return [[] for _ in lines.names]
    return [list(column) for column in zip(*lines.rows, strict=True)]


def _decode(file: str, data: bytes, encoding: str) -> str:
    if not data.strip():
        raise RecordsError(Problem("the file is empty", file))
    if data.startswith(b"PK\x03\x04"):
        hint = "if it is an Excel workbook, its name has to end in .xlsx"
        raise RecordsError(Problem("the file is an archive, not text", file, hint=hint))
    marked = next((name for mark, name in _BOMS if data.startswith(mark)), None)
    try:
        codec = codecs.lookup(encoding).name
        "".encode(encoding)
    except (LookupError, UnicodeError):
        raise RecordsError(
            Problem(
                f'"{encoding}" is not a text encoding', file, hint="common: utf-8, cp1252, utf-16"
            )
        ) from None
    if marked and not codec.startswith(marked):
        raise RecordsError(
            Problem(f"the file is {marked}, not {encoding}", file, hint=f"say encoding: {marked}")
        )
    if marked == "utf-8":
        data = data[3:]
    try:
        text = data.decode(encoding)
    except UnicodeError as error:
        start = error.start if isinstance(error, UnicodeDecodeError) else 0
        raise RecordsError(
            Problem(
                f"byte 0x{data[start]:02X} is not {encoding}",
                file,
                cell=f"line {data[:start].count(bytes([10])) + 1}",
                hint="say in which encoding the file was saved; Excel on Windows: encoding: cp1252",
            )
        ) from None
    if "\0" in text:
        raise RecordsError(nul_byte(file, text[: text.index("\0")].count("\n") + 1))
    return text.removeprefix("\ufeff")


def _split(
    file: str, text: str, delimiter: str, header: int
) -> tuple[list[str], list[int], list[list[str]]]:
    """The header's names, and of each row its first line and its cells."""
    if delimiter in '\r\n\0"':
        raise RecordsError(Problem("a line end, a NUL or a quote cannot be the delimiter", file))
    stream = io.StringIO(text, newline="")
    for _ in range(header - 1):
        stream.readline()
    # The module's limit is global; raised, not set for good, so as not to surprise a caller.
    limit = csv.field_size_limit(LONGEST_CELL)
    reader = csv.reader(stream, delimiter=delimiter, strict=True)
    names: list[str] | None = None
    lines: list[int] = []
    rows: list[list[str]] = []
    line = header
    try:
        for row in reader:
            if names is None:
                names = [" ".join(name.split()) for name in row]
                if not any(names):
                    raise RecordsError(Problem("no column names here", file, cell=f"line {header}"))
            elif any(cell and not cell.isspace() for cell in row):
                lines.append(line)
                rows.append(row)
            line = header + reader.line_num
    except csv.Error as error:
        raise RecordsError(unsplittable(file, line, str(error))) from None
    finally:
        csv.field_size_limit(limit)
    if names is None:
        raise RecordsError(Problem(f"the file ends before line {header}, the header", file))
    return names, lines, rows


def ragged_line(file: str, line: int, cells: int, width: int, hint: str) -> Problem:
    message = f"{cells} cell{'' if cells == 1 else 's'} where the header has {width}"
    return Problem(message, file, cell=f"line {line}", hint=hint)


def nul_byte(file: str, line: int) -> Problem:
    hint = "the file is damaged, or not text: export it again as CSV"
    return Problem("a NUL byte, which no text file has", file, cell=f"line {line}", hint=hint)


def unsplittable(file: str, line: int, error: str) -> Problem:
    """Why ``csv`` could not tell the cells apart from ``line`` on."""
    if "unexpected end of data" in error or "field larger" in error:
        return Problem("a quote that opens here is never closed", file, cell=f"line {line}")
    return Problem(
        "text follows a closing quote",
        file,
        cell=f"line {line}",
        hint='a quote inside a quoted cell is written twice: "5"" tube"',
    )


def _check_delimiter(file: str, name: str, delimiter: str, header: int) -> None:
    for other, shown in ((";", '";"'), ("\t", '"\\t"'), (",", '","'), ("|", '"|"')):
        if other != delimiter and other in name:
            raise RecordsError(
                Problem(
                    f"only one column; the cells look separated by {shown}",
                    file,
                    cell=f"line {header}",
                    hint=f"say delimiter: {shown}",
                )
            )
