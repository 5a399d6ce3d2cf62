"""``casewise explain``: what the study made of one patient, and from which rows."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from casewise.cli import options

if TYPE_CHECKING:
    from casewise.cohort.explaining import Answer, Explanation, Row

WIDTH = 60  # of the picture, in characters
_TITLES = {
    "index": "Day 0",
    "include": "Include",
    "exclude": "Exclude",
    "arm": "Arms",
    "baseline": "Baseline",
    "outcome": "Outcomes",
    "harm": "Harms",
    "treatment": "Treatments",
}


def _id(ctx: click.Context, param: click.Parameter, given: str) -> str:
    """An id may be a negative number; what else begins with a dash is a mistyped option."""
    if given.startswith("-") and not given[1:].isdigit():
        raise click.NoSuchOption(given, ctx=ctx)
    return given


@click.command(
    context_settings={"ignore_unknown_options": True},
    short_help="Say why one patient is in or out, and from which rows.",
    epilog="""\b
Examples:
  casewise explain study.yaml 7
  casewise explain study.yaml 1042 --records cdm --json
""",
)
@options.study
@click.argument("patient", callback=_id)
@options.site
@options.records
@options.as_json
def explain(
    study: Path, patient: str, site: Path | None, records: str | Path | None, as_json: bool
) -> None:
    """Explain what STUDY made of PATIENT, named as in the records.

    Prints the patient's time line as the study sees it, the answer to each criterion and arm, and
    each covariate's and outcome's value, with the rows of the records that they rest on. This shows
    one patient's data, on stdout alone; nothing is written down.
    """
    from casewise import pipeline

    found = pipeline.explain(study, options.beside(study, site), patient, records=records)
    if as_json:
        click.echo(json.dumps(asdict(found), indent=2, ensure_ascii=False))
        return
    click.echo("\n".join(lines(found)))


def lines(found: Explanation) -> list[str]:
    """The explanation as a person reads it."""
    made = [f"{found.title}: patient {found.patient}", "", _outcome(found), ""]
    made += _picture(found.timeline)
    made += ["", "Records, as the study sees them", *_rows(found.timeline)]
    for kind, title in _TITLES.items():
        answers = [one for one in found.answers if one.kind == kind]
        if answers:
            made += ["", title]
            made += [line for one in answers for line in _answer(one, 1)]
    return made


def _outcome(found: Explanation) -> str:
    since, until = found.watched
    watched = f" Watched {f'from {since} ' if since else ''}until {until}." if until else ""
    if found.index_date is None:
        why = " on a day that the patient was watched" if found.unwatched else ""
        return f"Not in the study: no day 0 ({found.left_at}{why}).{watched}"
    day = f"Day 0 is {found.index_date}.{watched}"
    if found.left_at:
        return f'{day} Not in the study: left at the criterion "{found.left_at}".'
    if not found.arm:
        return f"{day} Not in the study: meets every criterion, but not exactly one arm."
    return f'{day} In the study, in the arm "{found.arm}".'


def _picture(rows: tuple[Row, ...]) -> list[str]:
    """Each event in a line of its own, from the first day on record to the last."""
    dated = [row for row in rows if row.day is not None]
    if not dated:
        return ["Without a day 0, or a row with a date, there is nothing to draw."]
    days = [day for row in dated for day in (row.day or 0, _end(row))] + [0]
    first, last = min(days), max(days)
    scale = max(last - first, 1) / (WIDTH - 1)

    def place(day: int) -> int:
        return round((day - first) / scale)

    names = list(dict.fromkeys(row.event for row in dated))
    wide = max(len(name) for name in names)
    marks = sorted({first, 0, last})
    axis = [" "] * (WIDTH + 6)
    for day in marks:
        for offset, letter in enumerate(str(day)):
            axis[place(day) + offset] = letter
    made = [f"{'day'.ljust(wide)}  {''.join(axis).rstrip()}"]
    for name in names:
        line = [" "] * WIDTH
        line[place(0)] = "|"
        for row in dated:
            if row.event == name:
                start, end = place(row.day or 0), place(_end(row))
                line[start : end + 1] = "=" * (end - start + 1)
                line[start] = "x" if end == start else "["
                if end > start:
                    line[end] = "]"
        made.append(f"{name.ljust(wide)}  {''.join(line).rstrip()}")
    return made


def _end(row: Row) -> int:
    from datetime import date

    if row.end is None or row.date is None or row.day is None:
        return row.day or 0
    return row.day + (date.fromisoformat(row.end) - date.fromisoformat(row.date)).days


def _rows(rows: Iterable[Row], indent: int = 1) -> list[str]:
    cells = [
        (
            "" if row.day is None else f"day {row.day}",
            (row.date or "no date") + (f" to {row.end}" if row.end else ""),
            row.event,
            row.value if row.status == "occurred" else row.status,
            row.code,
            row.source,
        )
        for row in rows
    ]
    if not cells:
        return ["  " * indent + "nothing on record"]
    widths = [max(len(cell[n]) for cell in cells) for n in range(5)]
    coded = 5 if widths[4] else 4  # a chart's rows have no codes
    return [
        "  " * indent
        + "  ".join(
            [
                cell[0].rjust(widths[0]),
                *(cell[n].ljust(widths[n]) for n in range(1, coded)),
                cell[5],
            ]
        )
        for cell in cells
    ]


def _answer(one: Answer, indent: int) -> list[str]:
    """Name, answer and sentence, and the rows below."""
    name = f"{one.name}: " if one.name else ""
    made = [f"{'  ' * indent}{name}{one.answer}"]
    if one.text:
        made.append(f"{'  ' * (indent + 1)}{one.text}")
    if one.rows:
        made += _rows(one.rows, indent + 2)
    for part in one.parts:
        made += _answer(part, indent + 2)
    return made
