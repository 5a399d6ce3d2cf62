"""What the command line does with mistakes, interruptions and defects of our own."""

from __future__ import annotations

import json
from typing import Any

import pytest
from click.testing import CliRunner, Result

from casewise import pipeline
from casewise.cli import cli
from casewise.errors import CasewiseError, Problem, ProtocolError, RecordsError, UndefinedError


def run(monkeypatch: pytest.MonkeyPatch, wrong: BaseException, *options: str) -> Result:
    def raising(*_: Any, **__: Any) -> None:
        raise wrong

    monkeypatch.setattr(pipeline, "run", raising)
    return CliRunner().invoke(cli, ["run", "study.yaml", *options])


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        (CasewiseError("something"), 2),
        (ProtocolError("something"), 10),
        (RecordsError("something"), 11),
        (UndefinedError("something"), 13),
    ],
)
def test_each_kind_of_mistake_has_its_exit_code(
    monkeypatch: pytest.MonkeyPatch, wrong: CasewiseError, code: int
) -> None:
    result = run(monkeypatch, wrong)
    assert result.exit_code == code
    assert result.stderr.endswith("something\n")
    assert result.stdout == ""


def test_an_interruption_ends_with_130(monkeypatch: pytest.MonkeyPatch) -> None:
    result = run(monkeypatch, KeyboardInterrupt())
    assert result.exit_code == 130
    assert "Interrupted; nothing was written." in result.stderr


def test_a_defect_is_ours_and_shows_no_data(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CASEWISE_DEBUG", raising=False)
    result = run(monkeypatch, RuntimeError("could not convert 'Jane Doe, 12 March'"))
    assert result.exit_code == 1
    assert "Jane" not in result.output
    assert "Traceback" not in result.output
    assert "This is a defect of the program" in result.stderr
    assert "RuntimeError in " in result.stderr


def test_a_defect_shows_its_traceback_when_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CASEWISE_DEBUG", "1")
    result = run(monkeypatch, RuntimeError("the detail"))
    assert result.exit_code == 1
    assert "Traceback" in result.stderr
    assert "the detail" in result.stderr


def test_fifty_problems_are_shown_and_the_rest_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    many = RecordsError([Problem(f"wrong {number}", "charts.csv") for number in range(73)])
    result = run(monkeypatch, many, "--quiet")
    assert result.stderr.splitlines()[49:] == [
        "charts.csv: wrong 49",
        "and 23 more (--json lists all)",
    ]


def test_json_lists_every_problem_on_stdout(monkeypatch: pytest.MonkeyPatch) -> None:
    many = RecordsError([Problem(f"wrong {number}", "charts.csv") for number in range(73)])
    result = run(monkeypatch, many, "--json", "--quiet")
    assert result.exit_code == 11
    problems = json.loads(result.stdout)["problems"]
    assert len(problems) == 73
    assert problems[72]["message"] == "wrong 72"


@pytest.mark.parametrize(
    ("arguments", "suggestion"),
    [(["rnu"], "Did you mean 'run'?"), (["run", "s.yaml", "--jsno"], "Did you mean '--json'?")],
)
def test_a_word_written_wrong_is_answered_with_the_nearest(
    arguments: list[str], suggestion: str
) -> None:
    result = CliRunner().invoke(cli, arguments)
    assert result.exit_code == 2
    assert suggestion in result.stderr
