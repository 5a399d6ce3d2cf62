"""Charts into a review from CSV files, and answers out of it."""

from __future__ import annotations

import csv
import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from casewise.errors import Problem, RecordsError
from casewise.protocol.nearest import nearest
from casewise.review import answers
from casewise.review.form import ANSWERED, NOT_APPLICABLE, NOT_DOCUMENTED
from casewise.review.store import Chart, Item, Note, Store

KEY = ("patient", "field", "answer")
PERSONS = ("patient", "sex", "age")
ITEMS = ("patient", "domain", "start", "end", "term", "value", "unit")
NOTES = ("note", "patient", "time", "kind", "text")
DOMAINS = (
    *("visit", "condition", "drug", "procedure", "measurement", "observation", "device"),
    "death",
)
_RISKY = ("=", "+", "-", "@", "\t", "\r")


def read_charts(
    folder: Path, *, training: bool = False
) -> tuple[list[Chart], list[tuple[str, Item]], list[Note]]:
    """The charts of ``persons.csv``, ``items.csv`` and ``notes.csv``, each in UTF-8; the last two
    may be missing. Raises ``RecordsError`` with every line that cannot be read."""
    problems: list[Problem] = []
    charts, known = [], set()
    for line, row in _rows(folder / "persons.csv", PERSONS, ("patient",), problems):
        if row["patient"] in known:
            problems.append(_at("persons.csv", line, "this patient stands in the file twice"))
        known.add(row["patient"])
        charts.append(Chart(row["patient"], row["sex"], row["age"], training))
    items: list[tuple[str, Item]] = []
    for line, row in _rows(folder / "items.csv", ITEMS, ("patient", "domain", "start"), problems):
        patient = row.pop("patient")
        told = "" if patient in known else "this patient is not in persons.csv"
        told = told or _unreadable(row)
        problems += [_at("items.csv", line, told)] if told else []
        items.append((patient, Item(**row)))
    notes, seen = [], set()
    for line, row in _rows(folder / "notes.csv", NOTES, ("note", "patient", "time"), problems):
        told = "" if row["patient"] in known else "this patient is not in persons.csv"
        told = told or ("another note has this name too" if row["note"] in seen else "")
        told = told or _not_a_moment(row["time"])
        problems += [_at("notes.csv", line, told)] if told else []
        seen.add(row["note"])
        notes.append(Note(row["note"], row["patient"], row["time"], row["kind"], row["text"]))
    if not charts and not problems:
        problems.append(Problem("a header, but no patients below it", "persons.csv"))
    if problems:
        raise RecordsError(problems)
    return charts, items, notes


def read_key(folder: Path) -> dict[str, dict[str, tuple[str, str]]]:
    """The right answers of training charts: ``key.csv`` with patient, field and answer; ND is not
    documented, NA not applicable. By chart and field; nothing where there is no such file."""
    problems: list[Problem] = []
    found: dict[str, dict[str, tuple[str, str]]] = {}
    statuses = {"ND": (NOT_DOCUMENTED, ""), "NA": (NOT_APPLICABLE, "")}
    for _, row in _rows(folder / "key.csv", KEY, KEY, problems):
        said = statuses.get(row["answer"], (ANSWERED, row["answer"]))
        found.setdefault(row["patient"], {})[row["field"]] = said
    if problems:
        raise RecordsError(problems)
    return found


def _rows(
    path: Path, columns: Sequence[str], needed: Sequence[str], problems: list[Problem]
) -> Iterator[tuple[int, dict[str, str]]]:
    """Each row with the line that it ends in; columns that are not there are empty."""
    if not path.is_file():
        if path.name == "persons.csv":
            raise RecordsError(Problem("no such file; the charts are listed in it", path.name))
        return
    csv.field_size_limit(2**31 - 1)
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            header = [name.strip() for name in reader.fieldnames or ()]
            lacking = [name for name in needed if name not in header]
            for name in lacking:
                message = f'no column "{name}"'
                problems.append(Problem(message, path.name, hint=nearest(name, header)))
            if lacking:
                return
            for row in reader:
                found = {name: (row.get(name) or "").strip() for name in columns}
                if "text" in found:
                    found["text"] = row.get("text") or ""  # evidence counts its characters
                empty = [name for name in needed if not found[name]]
                if empty:
                    problems.append(_at(path.name, reader.line_num, f"no {empty[0]}"))
                yield reader.line_num, found
    except (UnicodeDecodeError, csv.Error) as error:
        message = f"cannot be read as CSV in UTF-8: {error}"
        raise RecordsError(Problem(message, path.name)) from None


def _unreadable(row: dict[str, str]) -> str:
    if row["domain"] not in DOMAINS:
        return f'"{row["domain"][:40]}" is not a kind of record: {", ".join(DOMAINS)}'
    told = _not_a_moment(row["start"]) or (_not_a_moment(row["end"]) if row["end"] else "")
    if not told and row["value"]:
        try:
            float(row["value"])
        except ValueError:
            told = "a value is a number"
    return told


def _not_a_moment(text: str) -> str:
    try:
        dt.datetime.fromisoformat(text)
    except ValueError:
        return "a date is written year-month-day, with hours and minutes behind it where known"
    return ""


def _at(file: str, line: int, message: str) -> Problem:
    return Problem(message, file, cell=f"line {line}")


def write_answers(store: Store, folder: Path) -> list[tuple[str, int]]:
    """The review as CSV files in ``folder``: ``answers.csv`` (one row a chart, what each field says
    in the end; empty where it is not settled), ``readings.csv`` (every abstractor's answers, with
    their evidence) and ``decisions.csv``. The answer is each file with its rows.

    "ND" stands for not documented, "NA" for not applicable. A text that a spreadsheet would take
    for a formula is written with an apostrophe before it.
    """
    fields = [one.name for one in store.form().fields]
    settled: list[Sequence[str]] = []
    readings: list[Sequence[str]] = []
    decided: list[Sequence[str]] = []
    for chart in store.charts():
        final, _ = answers.settled(store, chart.chart)
        said = {name: _shown(one.status, one.value) for name, one in final.items()}
        cells = (said.get(name, "") for name in fields)
        settled.append([chart.chart, chart.sex, chart.age, *cells])
        people = "SELECT DISTINCT who FROM answer WHERE chart = ? ORDER BY who"
        for (who,) in store.rows(people, chart.chart):
            for one in answers.of_chart(store, chart.chart, who).values():
                quotes = " | ".join(quote.quote for quote in one.evidence)
                shown = _shown(one.status, one.value)
                readings.append([chart.chart, one.field, who, shown, quotes, one.at])
        for one in answers.decisions(store, chart.chart).values():
            shown = _shown(one.status, one.value)
            decided.append([chart.chart, one.field, one.who, shown, one.reason, one.at])
    files: dict[str, tuple[list[str], list[Sequence[str]]]] = {
        "answers.csv": (["patient", "sex", "age", *fields], settled),
        "readings.csv": (["patient", "field", "abstractor", "answer", "evidence", "at"], readings),
        "decisions.csv": (["patient", "field", "adjudicator", "answer", "reason", "at"], decided),
    }
    for name, (header, rows) in files.items():
        write_csv(folder / name, header, rows)
    return [(name, len(rows)) for name, (_, rows) in files.items()]


def write_csv(path: Path, header: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Rows that no spreadsheet reads a formula in."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow([harmless(cell) for cell in header])
        writer.writerows([harmless(cell) for cell in row] for row in rows)


def harmless(cell: str) -> str:
    """A cell that begins as a formula does, with an apostrophe before it; numbers stay."""
    if not cell.startswith(_RISKY):
        return cell
    try:
        float(cell)
    except ValueError:
        return f"'{cell}"
    return cell


def _shown(status: str | None, value: str) -> str:
    return {NOT_DOCUMENTED: "ND", NOT_APPLICABLE: "NA"}.get(status or "", value)
