"""``report.write``: every file the report is made of, the same bytes each time."""

from __future__ import annotations

from pathlib import Path

import pytest

from casewise import report
from casewise.errors import RecordsError
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


def test_a_title_longer_than_word_stores_is_no_defect(tmp_path: Path) -> None:
    results = sample()
    study = results.study.model_copy(update={"title": "Made up " * 90})
    report.write(results.model_copy(update={"study": study}), tmp_path)
    assert (tmp_path / "report.docx").is_file()


@pytest.mark.filterwarnings("error")
def test_letters_that_no_font_has_are_told_under_the_figure(tmp_path: Path) -> None:
    results = sample()
    name, outcome = next(iter(results.outcomes.items()))
    odd = outcome.model_copy(update={"label": "Death \ue000"})
    report.write(results.model_copy(update={"outcomes": {**results.outcomes, name: odd}}), tmp_path)
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "Letters that no font on the machine has are drawn as boxes" in page


def test_an_outcome_that_lacks_an_arm_is_named(tmp_path: Path) -> None:
    results = sample()
    name, outcome = next(iter(results.outcomes.items()))
    first = results.arms[0].name
    fewer = {arm: cell for arm, cell in outcome.arms.items() if arm != first}
    broken = {**results.outcomes, name: outcome.model_copy(update={"arms": fewer})}
    with pytest.raises(RecordsError, match=f'"{outcome.label}" is of the arms '):
        report.write(results.model_copy(update={"outcomes": broken}), tmp_path)
    assert list(tmp_path.iterdir()) == []
