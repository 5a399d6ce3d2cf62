"""``report.write``: every file the report is made of, the same bytes each time."""

from __future__ import annotations

from pathlib import Path

import pytest

from casewise import report
from sample_results import sample


def written(folder: Path, **options: str) -> dict[str, bytes]:
    folder.mkdir()
    files = report.write(sample(), folder, **options)
    return {str(file.relative_to(folder)): file.read_bytes() for file in files}


def test_the_report_is_written_whole_and_twice_the_same(tmp_path: Path) -> None:
    first = written(tmp_path / "first")
    assert {"report.html", "report.docx", "methods.md"} <= set(first)
    assert {"figures/forest.svg", "figures/forest.png", "tables/outcomes.csv"} <= set(first)
    assert written(tmp_path / "second") == first


def test_another_journal_prints_other_numbers(tmp_path: Path) -> None:
    page = written(tmp_path / "jama", journal="jama")["report.html"].decode()
    assert "P = .14" in page
    assert "P=0.14" not in page


def test_an_unknown_journal_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match='"lancet" is not a journal: expected one of nejm'):
        report.write(sample(), tmp_path, journal="lancet")
    assert list(tmp_path.iterdir()) == []


def test_the_page_names_no_address_to_fetch_from(tmp_path: Path) -> None:
    page = written(tmp_path / "out")["report.html"].decode()
    for fetching in ('src="http', "src='http", "@import", "url(http", '<link rel="stylesheet"'):
        assert fetching not in page
    assert "Content-Security-Policy" in page
