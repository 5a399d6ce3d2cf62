"""What a cell says: it happened, it did not, it is not documented, it does not apply."""

from __future__ import annotations

from pathlib import Path

from records_support import opened, rows, rows_of


def test_a_dated_event_occurs_on_its_date(tmp_path: Path) -> None:
    assert rows_of(opened(tmp_path), "admission", "person", "start", "status", "source") == [
        ("001", "2021-01-03", "occurred", "line 2, column admitted"),
        ("002", "2021-02-03", "occurred", "line 3, column admitted"),
        ("003", "2021-02-04", "occurred", "line 4, column admitted"),
    ]


def test_a_blank_date_means_no_and_a_missing_code_means_not_documented(tmp_path: Path) -> None:
    found = opened(tmp_path)
    assert rows_of(found, "death") == [
        ("002", "2021-02-20", "occurred"),
        ("003", None, "not documented"),
    ]
    texts = [note.text for note in found.notes if note.about == "death"]
    assert texts == ["A blank date of death was read as: did not happen (1 patient)."]


def test_ids_keep_their_leading_zeros(tmp_path: Path) -> None:
    assert rows(opened(tmp_path), "SELECT person FROM person") == [("001",), ("002",), ("003",)]
