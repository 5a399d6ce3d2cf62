"""A chart review is records like any other: two people read, a third settles, the study runs."""

from __future__ import annotations

from pathlib import Path

import pytest

import casewise
from casewise.errors import CasewiseError
from casewise.review import answers, assigning
from casewise.review.store import Store
from review_support import SITE, STUDY, Given, example_review, right_answers, rows

EXAMPLES = STUDY.parents[1]


def abstract(store: Store, chart: str, who: str, said: dict[str, Given]) -> None:
    for field, (status, value) in said.items():
        answers.save(store, chart, field, who, status=status, value=value, base=0)
    answers.finish(store, chart, who)


@pytest.fixture(scope="module")
def reviewed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All charts read twice. Bo takes a planned exchange for one that was performed, and dates a
    discharge a day late; nothing is decided yet."""
    path = tmp_path_factory.mktemp("review") / "review.db"
    store = example_review(path)
    for name, role in (("Ann", "abstractor"), ("Bo", "abstractor"), ("Jude", "adjudicator")):
        store.add_account(name, role, "hash", by="Cora")  # type: ignore[arg-type]
    assigning.assign(store, ["Ann", "Bo"], 1.0, by="Cora", seed=3)
    for chart, said in right_answers().items():
        abstract(store, chart, "Ann", said)
        wrong = dict(said)
        if chart == "made-up-05":
            wrong["ferritin"] = ("answered", "1")
        if chart == "made-up-07":
            wrong["discharge, date"] = ("answered", "2022-01-01")
        abstract(store, chart, "Bo", wrong)
    return path


def test_a_run_waits_for_differences_to_be_decided_and_names_them_without_answers(
    reviewed: Path,
) -> None:
    with pytest.raises(CasewiseError) as told:
        casewise.run(STUDY, SITE, records=reviewed)
    assert told.value.exit_code == 14
    text = str(told.value)
    assert "not settled: ferritin" in text
    assert "made-up" not in text
    assert "2022" not in text


def test_the_settled_review_gives_the_results_of_the_bundled_table(reviewed: Path) -> None:
    store = Store(reviewed)
    right = right_answers()
    for one in answers.differences(store, open_only=True):
        status, value = right[one.chart][one.field]
        answers.decide(
            *(store, one.chart, one.field, "Jude"),
            **{"status": status, "value": value, "reason": "as the note has it"},  # type: ignore[arg-type]
        )
    ours = casewise.run(STUDY, SITE, records=reviewed)
    table = casewise.run(STUDY, EXAMPLES / "plasma_exchange" / "site.yaml")
    assert ours.attrition == table.attrition
    assert ours.baseline == table.baseline
    assert ours.outcomes == table.outcomes
    assert ours.harms == table.harms
    assert ours.treatments == table.treatments
    assert len(rows(EXAMPLES / "plasma_exchange" / "charts.csv")) == len(right)
