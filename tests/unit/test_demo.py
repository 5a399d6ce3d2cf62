"""The demo writes our figures as the paper does, and says where a path leads nowhere."""

from __future__ import annotations

from pathlib import Path

import pytest

from casewise import demo
from casewise.errors import ProtocolError
from sample_results import sample


def compared(tmp_path: Path, find: str) -> demo.Row:
    file = tmp_path / "published.yaml"
    file.write_text(
        f'figures:\n  - what: a figure\n    published: "9"\n    find: {find}\n', encoding="utf-8"
    )
    (row,) = demo.compare(sample(), file)
    return row


def test_a_count_is_written_as_it_is(tmp_path: Path) -> None:
    row = compared(tmp_path, f"arms.{sample().arms[0].name}.n")
    assert row.ours == "9"
    assert row.agrees


@pytest.mark.parametrize(
    ("found", "path", "text"),
    [
        ({"median": 12, "q1": 8.0, "q3": 14.25}, "outcomes.stay.arms.a", "12.0 [8.0–14.3]"),
        ({"median": None, "q1": None, "q3": None}, "a", "undefined [undefined–undefined]"),
        ({"n": 6, "events": 5}, "outcomes.death.arms.a", "83%"),
        ({"n": 8, "events": 1}, "outcomes.death.arms.a", "13%"),
        (0.04055944055944057, "outcomes.death.test.p_value", "0.04"),
        (0.045, "outcomes.death.test.p_value", "0.05"),
        (None, "outcomes.death.test.p_value", "undefined"),
    ],
)
def test_a_figure_is_written_as_the_paper_does(found: object, path: str, text: str) -> None:
    assert demo._written(found, path) == text


def test_a_path_that_leads_nowhere_says_what_there_is(tmp_path: Path) -> None:
    with pytest.raises(ProtocolError) as caught:
        compared(tmp_path, "arms.plasma.n")
    (problem,) = caught.value.problems
    assert problem.message == '"arms.plasma.n" is not in the results: no "plasma"'
    assert problem.hint == "there is: " + ", ".join(arm.name for arm in sample().arms)


def test_the_bundled_example_is_found() -> None:
    assert (demo.folder() / "charts.csv").is_file()
    assert (demo.folder() / "published.yaml").is_file()
