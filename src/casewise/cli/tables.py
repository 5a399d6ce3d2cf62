"""Tables for a person: wrapped text, rich on a terminal, or Markdown; each from the same rows."""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from itertools import zip_longest
from textwrap import wrap

import click

WIDTH = 100
_NARROW = 26
_GAP = "  "
# What Markdown would take for its own.
_MARKS, _ESCAPED = re.compile(r"([|<*_\\])"), r"\\\1"


@dataclass(frozen=True, slots=True)
class Table:
    """A title, a header and rows as wide as it; ``notes`` are paragraphs under the table."""

    title: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    notes: tuple[str, ...] = ()


def show(tables: list[Table], *, markdown: bool) -> None:
    """Print the tables on stdout."""
    if markdown:
        click.echo("\n\n".join(as_markdown(table) for table in tables))
    elif sys.stdout.isatty():
        _show_rich(tables)
    else:
        click.echo("\n\n".join(as_text(table) for table in tables))


def as_text(table: Table) -> str:
    lines = [table.title] if table.title else []
    if table.rows:
        widths = _widths([table.header, *table.rows])
        lines += _row(table.header, widths)
        lines.append(_GAP.join("-" * width for width in widths))
        for row in table.rows:
            lines += _row(row, widths)
    for note in table.notes:
        lines += wrap(note, WIDTH)
    return "\n".join(lines)


def _widths(rows: list[tuple[str, ...]]) -> list[int]:
    """Columns as wide as their text, the last with what is left, none of the others over 26."""
    longest = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    if sum(longest) + len(_GAP) * (len(longest) - 1) <= WIDTH:
        return longest
    first = [min(width, _NARROW) for width in longest[:-1]]
    left = WIDTH - sum(first) - len(_GAP) * len(first)
    return [*first, min(longest[-1], max(left, _NARROW))]


def _row(cells: tuple[str, ...], widths: list[int]) -> list[str]:
    columns = [wrap(cell, width) for cell, width in zip(cells, widths, strict=True)]
    lines = zip_longest(*columns, fillvalue="")
    return [
        _GAP.join(part.ljust(width) for part, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    ]


def as_markdown(table: Table) -> str:
    blocks = [f"## {table.title}"] if table.title else []
    if table.rows:
        lines = [_markdown_row(table.header), "|" + "---|" * len(table.header)]
        lines += [_markdown_row(row) for row in table.rows]
        blocks.append("\n".join(lines))
    return "\n\n".join([*blocks, *(re.sub(_MARKS, _ESCAPED, note) for note in table.notes)])


def _markdown_row(cells: tuple[str, ...]) -> str:
    return f"| {' | '.join(re.sub(_MARKS, _ESCAPED, cell) for cell in cells)} |"


def _show_rich(tables: list[Table]) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table as RichTable
    from rich.text import Text

    console = Console()
    for table in tables:
        if table.title:
            console.print(Text(table.title, style="bold"))
        if table.rows:
            shown = RichTable(box=box.SIMPLE_HEAD, pad_edge=False)
            for name in table.header:
                shown.add_column(Text(name), overflow="fold")
            for row in table.rows:
                shown.add_row(*(Text(cell) for cell in row))
            console.print(shown)
        for note in table.notes:
            console.print(Text(note))
        console.print()
