"""The made-up chart table comes from its script byte for byte, and the script's proof holds."""

from __future__ import annotations

import importlib
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

EXAMPLE = Path(__file__).parents[2] / "examples" / "plasma_exchange"
SAID = "made up"


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The example's two scripts, as they import each other when run in their folder."""
    monkeypatch.syspath_prepend(str(EXAMPLE))
    return lambda name: importlib.import_module(name)


def test_the_script_reproduces_the_committed_table_byte_for_byte(script: Any) -> None:
    make_charts: ModuleType = script("make_charts")
    assert make_charts.table().encode() == (EXAMPLE / "charts.csv").read_bytes()


def test_every_published_figure_is_proved_from_the_dates(script: Any) -> None:
    proof = script("prove_charts").proof((EXAMPLE / "charts.csv").read_text(encoding="utf-8"))
    assert proof[0] == "19 charts, 15 eligible. Every patient is made up."


def test_the_proof_fails_when_a_figure_is_not_so(script: Any) -> None:
    text = (EXAMPLE / "charts.csv").read_text(encoding="utf-8")
    lines = [
        line.replace("made-up-06,2014-12-01", "made-up-06,2014-11-30") for line in text.split("\n")
    ]
    assert "\n".join(lines) != text
    with pytest.raises(AssertionError, match="hospital stay"):
        script("prove_charts").proof("\n".join(lines))


def test_the_stay_fits_the_test_variants_that_the_readme_says(script: Any) -> None:
    prove_charts = script("prove_charts")
    treated, control = [9, 18, 23, 25, 27, 31, 36, 44, 61], [5, 8, 10, 14, 14, 26]
    p_values = prove_charts.stay_tests(treated, control)
    assert {name for name, p in p_values.items() if prove_charts.rounded(p, 2) != "0.02"} == {
        "Welch's t",
        "median test",
    }
    assert p_values["rank-sum, exact, ties as they are"] == pytest.approx(80 / 5005)


def test_only_quantile_type_seven_cannot_give_the_published_quartiles(script: Any) -> None:
    found = script("prove_charts").types_that_can_give(8, 12, 14)
    assert found == [1, 2, 3, 4, 5, 6, 8, 9]


@pytest.mark.parametrize("name", ["make_charts.py", "README.md"])
def test_the_first_line_says_that_the_patients_are_made_up(name: str) -> None:
    assert SAID in (EXAMPLE / name).read_text(encoding="utf-8").split("\n")[0]


def test_the_report_is_told_to_say_that_the_patients_are_made_up() -> None:
    site = (EXAMPLE / "site.yaml").read_text(encoding="utf-8")
    assert SAID in site.split("notice:")[1].split("records:")[0]
