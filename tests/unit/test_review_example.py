"""The made-up charts of the review example tell every date of the table they come from."""

from __future__ import annotations

import csv
import datetime as dt
import importlib.util
import sys
from pathlib import Path
from typing import Any

import pytest

EXAMPLE = Path(__file__).parents[2] / "examples" / "plasma_exchange_review"
TABLE = EXAMPLE.parent / "plasma_exchange" / "charts.csv"


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def maker() -> Any:
    """make_notes.py as a module; it stands outside the package."""
    sys.path.insert(0, str(EXAMPLE))
    try:
        spec = importlib.util.spec_from_file_location("make_notes", EXAMPLE / "make_notes.py")
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        yield module
    finally:
        sys.path.remove(str(EXAMPLE))


def test_the_script_writes_the_same_charts_again(maker, tmp_path):
    maker.write(tmp_path)
    for name in ("persons.csv", "items.csv", "notes.csv"):
        assert (tmp_path / name).read_bytes() == (EXAMPLE / name).read_bytes()


def test_every_date_of_the_table_is_told_in_a_note(maker):
    notes = rows(EXAMPLE / "notes.csv")
    untold = []
    for row in rows(TABLE):
        mine = [n for n in notes if n["patient"] == row["record_id"]]
        admitted = dt.date.fromisoformat(row["admitted"])
        for column, cell in row.items():
            if cell[:2] not in ("19", "20") or cell.count("-") != 2:
                continue
            day = dt.date.fromisoformat(cell)
            told = any(
                form in note["text"]
                for note in mine
                for form in (
                    maker.spoken(day),
                    maker.short(day),
                    maker.hospital_day(day, admitted),
                    maker.ago(day, dt.date.fromisoformat(note["time"][:10])),
                )
            )
            if not told:
                untold.append((row["record_id"], column, cell))
    assert untold == []


def test_every_note_says_that_the_patient_is_made_up():
    notes = rows(EXAMPLE / "notes.csv")
    assert all(note["text"].startswith("MADE-UP PATIENT") for note in notes)
    for row in rows(TABLE):
        count = sum(note["patient"] == row["record_id"] for note in notes)
        assert 4 <= count <= 20


def test_the_structured_records_alone_do_not_give_the_table():
    items = rows(EXAMPLE / "items.csv")
    exchanges = [i for i in items if i["term"] == "therapeutic plasma exchange"]
    assert len(exchanges) == 9 * 4, "one of each course's five sessions stands in the notes alone"
