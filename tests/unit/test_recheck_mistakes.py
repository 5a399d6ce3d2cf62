"""What is wrong with the file of a paper's figures, in the exact words and at its place."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from casewise.cli import cli
from casewise.errors import ProtocolError
from casewise.recheck import read_published

ARMS = "arms: {A: 9, B: 6}\noutcomes:\n"


def wrong(tmp_path: Path, text: str) -> list[str]:
    """Every problem as a person sees it, without the folder."""
    path = tmp_path / "paper.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ProtocolError) as caught:
        read_published(path)
    return [str(one).replace(f"{tmp_path}/", "") for one in caught.value.problems]


BROKEN = {
    "a percentage in words": (
        "  x:\n    percent: {A: a few, B: 33%}\n",
        'paper.yaml:4:18: "a few" is not a percentage; write it as printed: "22%", "33.3%"\n'
        "     4 |     percent: {A: a few, B: 33%}\n"
        "                          ^",
    ),
    "a percentage above 100": (
        "  x:\n    percent: {A: 120%}\n",
        'paper.yaml:4:18: "120%" is not between 0% and 100%\n'
        "     4 |     percent: {A: 120%}\n"
        "                          ^",
    ),
    "an arm that is not there": (
        "  x:\n    counts: {A: 2, C: 3}\n",
        'paper.yaml:4:20: no arm is called "C"\n'
        "     4 |     counts: {A: 2, C: 3}\n"
        "                            ^\n"
        "  arms: A, B",
    ),
    "more events than patients": (
        "  x:\n    counts: {A: 10}\n",
        "paper.yaml:4:17: 10 of 9 patients is impossible\n"
        "     4 |     counts: {A: 10}\n"
        "                         ^\n"
        '  where fewer or more patients were assessed, "n" gives their number by arm',
    ),
    "half a patient": (
        "  x:\n    counts: {A: 2.5}\n",
        'paper.yaml:4:17: expected a whole number; found "2.5"\n'
        "     4 |     counts: {A: 2.5}\n"
        "                         ^",
    ),
    "a negative count": (
        "  x:\n    counts: {A: -1}\n",
        'paper.yaml:4:17: a count is never negative; found "-1"\n'
        "     4 |     counts: {A: -1}\n"
        "                         ^",
    ),
    "a P in words": (
        "  x:\n    p: small\n",
        'paper.yaml:4:8: "small" is not a P value; write it as printed: "0.02", "<0.001" or "NS"\n'
        "     4 |     p: small\n"
        "                ^",
    ),
    "a P above 1": (
        "  x:\n    p: 1.2\n",
        'paper.yaml:4:8: "1.2" is not between 0 and 1\n     4 |     p: 1.2\n                ^',
    ),
    "a median without quartiles": (
        "  x:\n    median: {A: 12.0}\n",
        'paper.yaml:4:17: "12.0" is not a median with its quartiles; write it as printed: '
        '"12.0 [8.0-14.0]"\n'
        "     4 |     median: {A: 12.0}\n"
        "                         ^",
    ),
    "quartiles the wrong way round": (
        "  x:\n    median:\n      A: 12 [14-8]\n",
        'paper.yaml:5:10: "12 [14-8]" ends below its start: 14 is more than 8\n'
        "     5 |       A: 12 [14-8]\n"
        "                  ^",
    ),
    "a mean that is none": (
        "  x:\n    mean: {A: about 5}\n",
        'paper.yaml:4:15: "about 5" is not a mean; write it as printed: "45.3 (12.1)", or "45.3" '
        "alone\n"
        "     4 |     mean: {A: about 5}\n"
        "                       ^",
    ),
    "a range that is none": (
        "  x:\n    median: {A: '1 [0-2]'}\n    range: {A: 5}\n",
        'paper.yaml:5:16: "5" is not a range; write it as printed: "5-26"\n'
        "     5 |     range: {A: 5}\n"
        "                        ^",
    ),
    "a range alone": (
        "  x: {range: {A: 5-9}}\n",
        "paper.yaml:3:7: a range is rechecked beside a median, and there is none\n"
        "     3 |   x: {range: {A: 5-9}}\n"
        "               ^",
    ),
    "a level of an interval above 100%": (
        "  x: {odds ratio: 0.5 (950% CI 0.3-0.9)}\n",
        'paper.yaml:3:19: "0.5 (950% CI 0.3-0.9)" has a level that is not between 0% and 100%\n'
        "     3 |   x: {odds ratio: 0.5 (950% CI 0.3-0.9)}\n"
        "                           ^",
    ),
    "an effect without an interval": (
        "  x:\n    odds ratio: 0.5\n",
        'paper.yaml:4:17: "0.5" is not an estimate with its interval; write it as printed: '
        '"0.26 (0.07 to 0.97)"\n'
        "     4 |     odds ratio: 0.5\n"
        "                         ^",
    ),
    "an unknown key": (
        "  x:\n    percents: {A: 22%}\n",
        'paper.yaml:4:5: unknown key "percents"\n'
        "     4 |     percents: {A: 22%}\n"
        "             ^\n"
        '  did you mean "percent"? keys here: counts, percent, median, mean, range, n, whole '
        "numbers, at least, at most, p, risk difference, risk ratio, odds ratio, hazard ratio, "
        "mean difference, includes",
    ),
    "an unknown part": (
        "  deaths: {counts: {A: 0, B: 2}}\n  x: {counts: {A: 0, B: 3}, includes: [death]}\n",
        'paper.yaml:4:40: no outcome is called "death"\n'
        "     4 |   x: {counts: {A: 0, B: 3}, includes: [death]}\n"
        "                                                ^\n"
        '  did you mean "deaths"? outcomes: deaths, x',
    ),
    "a part of itself": (
        "  x: {counts: {A: 0, B: 3}, includes: [x]}\n",
        'paper.yaml:3:40: "x" includes itself\n'
        "     3 |   x: {counts: {A: 0, B: 3}, includes: [x]}\n"
        "                                                ^",
    ),
    "nothing reported": (
        "  x: {whole numbers: true}\n",
        'paper.yaml:3:3: "x" reports nothing to recheck\n'
        "     3 |   x: {whole numbers: true}\n"
        "           ^\n"
        "  give counts, percent, median, mean, range, p or an effect",
    ),
    "counts and a median in one": (
        "  x: {counts: {A: 1}, mean: {A: 2.5}}\n",
        'paper.yaml:3:23: "x" has a mean besides counts or percent\n'
        "     3 |   x: {counts: {A: 1}, mean: {A: 2.5}}\n"
        "                               ^\n"
        "  write it as two outcomes",
    ),
    "bounds that leave nothing": (
        "  x: {mean: {A: 2.5}, at least: 5, at most: 3}\n",
        'paper.yaml:3:45: "at most" 3 is below "at least" 5\n'
        "     3 |   x: {mean: {A: 2.5}, at least: 5, at most: 3}\n"
        "                                                     ^",
    ),
    "a key with nothing": (
        "  x:\n    counts: {A: 1}\n    p:\n",
        'paper.yaml:5:5: "p" has nothing after it\n'
        "     5 |     p:\n"
        "             ^\n"
        "  write what the paper prints, or take it out",
    ),
    "a whole number that is a word": (
        "  x: {mean: {A: 2.5}, whole numbers: perhaps}\n",
        'paper.yaml:3:38: expected true or false; found "perhaps"\n'
        "     3 |   x: {mean: {A: 2.5}, whole numbers: perhaps}\n"
        "                                              ^",
    ),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_mistake_is_shown_at_its_place(tmp_path: Path, name: str) -> None:
    text, message = BROKEN[name]
    assert wrong(tmp_path, ARMS + text) == [message]


def test_an_arm_has_patients(tmp_path: Path) -> None:
    found = wrong(tmp_path, "arms: {A: 0}\noutcomes: {x: {counts: {A: 0}}}\n")
    assert found[0].startswith("paper.yaml:1:11: an arm has at least one patient; found 0\n")


def test_every_mistake_is_listed_at_once_in_order(tmp_path: Path) -> None:
    text = ARMS + "  x: {percent: {A: many}, p: tiny}\n  y: {pp: 0.1}\n"
    lines = [one.split(":")[1] for one in wrong(tmp_path, text)]
    assert lines == ["3", "3", "4"]


def test_what_is_missing_is_named(tmp_path: Path) -> None:
    found = wrong(tmp_path, "outcomes: {x: {p: 0.1}}\n")
    assert '"arms" is missing' in found[0]


def test_the_command_exits_10_and_shows_no_traceback(tmp_path: Path) -> None:
    path = tmp_path / "paper.yaml"
    path.write_text(ARMS + "  x: {p: tiny}\n")
    result = CliRunner().invoke(cli, ["recheck", str(path)])
    assert result.exit_code == 10
    assert '"tiny" is not a P value' in result.stderr
    assert result.stdout == ""
