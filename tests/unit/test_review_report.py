"""A chart review in results and report: agreement, criteria, seals. Every patient is made up."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

import pytest

import casewise
from casewise import report
from casewise.results import Results, load
from casewise.review import answers, assigning
from casewise.review.store import Store
from review_support import SITE, STUDY, example_review, right_answers


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every chart read by two, who differ on two ferritins; decided, and locked."""
    path = tmp_path_factory.mktemp("review") / "review.db"
    store = example_review(path, blinded=True)
    for name, role in (("Ann", "abstractor"), ("Bo", "abstractor"), ("Jude", "adjudicator")):
        store.add_account(name, role, "hash", by="Cora")  # type: ignore[arg-type]
    assigning.assign(store, ["Ann", "Bo"], 1.0, by="Cora", seed=3)
    right = right_answers()
    for number, (chart, said) in enumerate(right.items()):
        for who in ("Ann", "Bo"):
            for field, (status, value) in said.items():
                if who == "Bo" and field == "ferritin" and number < 2:
                    status, value = "answered", "1"
                answers.save(store, chart, field, who, status=status, value=value, base=0)
            answers.finish(store, chart, who)
    for one in answers.differences(store):
        status, value = right[one.chart][one.field]
        answers.decide(
            *(store, one.chart, one.field, "Jude"), status=status, value=value, reason="the lab's"
        )
    store.lock("Cora")
    return path


@pytest.fixture(scope="module")
def results(path: Path, tmp_path_factory: pytest.TempPathFactory) -> Results:
    out = tmp_path_factory.mktemp("out") / "report"
    casewise.run(STUDY, SITE, records=path, out=out)
    return load(out / "results.json")


def test_the_results_hold_what_was_read_what_differed_and_the_locks_hash(
    path: Path, results: Results
) -> None:
    found = results.review
    assert found is not None
    store = Store(path)
    locked = store.locked()
    assert locked is not None
    assert (found.charts, found.read_twice, found.abstractors) == (19, 19, 2)
    assert (found.differences, found.adjudicated) == (2, 2)
    assert (found.lock_hash, found.log_hash) == (locked.hash, store.verify().head)
    assert found.blinded
    (ferritin,) = [one for one in found.fields if one.field == "ferritin"]
    assert (ferritin.agreed, ferritin.charts) == (17, 19)


def test_no_chart_and_nobody_is_named(results: Results) -> None:
    assert results.review is not None
    text = results.review.model_dump_json()
    assert not re.search("made-up|Ann|Bo|Jude", text)


def test_criteria_are_met_by_evidence_and_what_no_log_knows_is_left_to_the_author(
    results: Results,
) -> None:
    assert results.review is not None
    said = {one.criterion: one for one in results.review.quality}
    assert said["Agreement was tested statistically"].verdict == "met"
    assert "2 answers differed, of which 2 were decided" in (
        said["Agreement was tested statistically"].evidence
    )
    assert said["Abstractors were blinded"].verdict == "met"
    assert said["Abstractors were trained"].verdict == "not met"
    assert said["A review board approved the study or waived approval"].verdict == "needs author"
    assert all(one.sources for one in said.values())


@pytest.fixture(scope="module")
def written(results: Results, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report, made again from results.json alone."""
    out = tmp_path_factory.mktemp("again")
    report.write(results, out)
    return out


def test_the_page_and_the_word_file_print_agreement_criteria_and_the_lock(
    results: Results, written: Path
) -> None:
    assert results.review is not None
    page = (written / "report.html").read_text("utf-8")
    word = zipfile.ZipFile(written / "report.docx").read("word/document.xml").decode()
    for text in (page, word):
        assert "Agreement of abstractors: choices" in text
        assert "Published criteria for record reviews" in text
        assert results.review.lock_hash in text
        assert "17 of 19; 89% (67 to 99)" in text
    assert '<section id="review"' in page
    methods = (written / "methods.md").read_text("utf-8")
    assert "2 abstractors read 19 charts" in methods
    assert "Vassar M, Holzmann M" in methods
    assert (written / "tables" / "review_agreement.csv").exists()


def test_a_study_of_a_table_has_no_such_section(written: Path, tmp_path: Path) -> None:
    table = casewise.run(STUDY, STUDY.parent / "site.yaml", out=tmp_path / "out")
    assert table.review is None
    assert 'id="review"' not in (tmp_path / "out" / "report.html").read_text("utf-8")
